"""One screen a file: what it shows, which actions it answers, what it asks the desk to do."""
