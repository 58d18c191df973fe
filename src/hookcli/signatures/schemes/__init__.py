"""One module a provider; `hookcli.signatures.table` says which, and loads it when it is met."""
