"""What an export takes and what it gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hookcli.captures.model import Attempt, Capture
from hookcli.wire.http import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One capture with its body and what came of it."""

    capture: Capture
    body: bytes
    attempts: tuple[Attempt, ...] = ()

    @property
    def request(self) -> Request:
        """The captured request."""
        return self.capture.request(self.body)

    @property
    def last(self) -> Attempt | None:
        """The newest attempt, if there is one."""
        return self.attempts[-1] if self.attempts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One export, ready to be written."""

    data: bytes
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Bodies that `data` refers to by name, to be written beside it."""
    left_out: tuple[str, ...] = ()
    """The fields that were left out, once for every time: `Authorization`, `query api_key`."""
