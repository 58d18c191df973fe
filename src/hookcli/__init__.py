"""hookcli: webhooks to localhost. Importing this package imports nothing else, for ever."""
