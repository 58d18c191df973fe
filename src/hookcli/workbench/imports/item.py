"""What an import brings in: a request, and what the source knew about it."""

from dataclasses import dataclass

from hookcli.wire.http import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One request from elsewhere, to become a capture with an id of its own."""

    request: Request
    http_version: str = "1.1"
    origin: str = ""
    """The id it had where it comes from; empty when it had none."""
    endpoint: str = ""
    seq: int | None = None
    received_at: int | None = None
    """µs since the Unix epoch; None when the source does not say."""
    peer: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
