"""JSON Schema on what comes in: checked in a process of its own, which may be killed."""
