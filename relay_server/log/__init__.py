"""Endpoints' durable logs: `base` is the interface, the other modules implement it."""
