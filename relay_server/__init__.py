"""The relay: takes webhooks from the internet, keeps them, and streams them to listeners."""
