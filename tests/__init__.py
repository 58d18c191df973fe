"""A package of its own name: some distributions install a top-level `tests`, which would win."""
