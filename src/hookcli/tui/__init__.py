"""The inspector: screens over the captures, the tunnel running beside them in its own thread."""
