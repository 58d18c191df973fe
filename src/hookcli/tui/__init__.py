"""The inspector: screens over the captures, the tunnel running beside them in its own thread."""

import os

# What comes after the first drawing of a key waits for a frame or two; Textual reads this when it is imported.
os.environ.setdefault("TEXTUAL_FPS", "120")
