"""Why an attempt has no answer: an outcome and one line for people."""

from dataclasses import dataclass

from hookcli.captures.model import Outcome


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong with one request to the program."""

    outcome: Outcome
    text: str


class Broken(Exception):  # noqa: N818
    """Carries a fault up to the one place that makes an attempt of it."""

    def __init__(self, outcome: Outcome, text: str) -> None:
        super().__init__(text)
        self.fault = Fault(outcome, text)


def size(count: int) -> str:
    """A limit as people write it."""
    for unit, scale in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= scale:
            return f"{count / scale:.3g} {unit}"
    return f"{count} bytes"


def seconds(value: float) -> str:
    """A time limit as people write it."""
    return f"{value:.3g} s"
