"""Which log the relays of a test have: a file in their folder, or NATS. A test is written once."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_servers: list[str] = []
"""Where the logs of relays that are started now are; nowhere: in their folders."""


@contextmanager
def on(url: str | None) -> Iterator[None]:
    """What is started inside has its log there, or in a file of its folder."""
    before, _servers[:] = _servers[:], [url] if url else []
    try:
        yield
    finally:
        _servers[:] = before


def settings(folder: Path) -> dict[str, Any]:
    """Those that give a relay the log of that folder; after a restart it is the same."""
    return shared(folder, _servers[0]) if _servers else {}


def shared(folder: Path, url: str) -> dict[str, Any]:
    """Those of a log on one server of NATS that belongs to a folder, as a file would."""
    prefix = "t" + hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return {"log": url, "log_prefix": prefix, "log_replicas": 1, "log_streams": 2}


def environment(folder: Path) -> dict[str, str]:
    """The same for a relay that is a process."""
    return {f"HOOKCLI_RELAY_{name.upper()}": str(value) for name, value in settings(folder).items()}
