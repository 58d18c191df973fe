"""Colour, where there is any: a few names, each around text that says the same without it."""

from dataclasses import dataclass

_CODES = {"red": 31, "green": 32, "yellow": 33, "cyan": 36, "dim": 2, "bold": 1}


@dataclass(frozen=True, slots=True)
class Paint:
    """Wraps text in SGR sequences (ECMA-48 §8.3.117), or leaves it alone."""

    on: bool = False

    def __call__(self, name: str, text: str) -> str:
        """The text in that colour; the empty name is none."""
        if not self.on or not name or not text:
            return text
        return f"\x1b[{_CODES[name]}m{text}\x1b[0m"

    def status(self, status: int) -> str:
        """The name of the colour for a status: 2xx is well, 0 is no answer."""
        if 200 <= status < 300:
            return "green"
        return "yellow" if 300 <= status < 400 else "red"
