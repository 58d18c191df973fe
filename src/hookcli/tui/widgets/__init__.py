"""Widgets that draw their own lines; they know nothing of stores, sockets or threads."""
