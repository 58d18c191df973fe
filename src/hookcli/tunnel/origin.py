"""A target taken apart once: where its connections go, and where its paths begin."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from hookcli.config.values import is_loopback

_PORTS = {"http": 80, "https": 443}
_CANNOT_STAND = re.compile(rb"[^!$-;=@-_a-z|~]|[?#]")
"""What is percent-encoded in a path that people wrote; `%` stays: they may have encoded it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The scheme, host and port that every request to a target goes to, whatever a sender wrote."""

    secure: bool
    host: str
    """Name or address, without brackets."""
    port: int
    authority: bytes
    """What a `Host` field says of it (RFC 9110 §7.2)."""
    is_local: bool
    """It is this machine."""
    base: bytes
    """What stands before every path: empty, or beginning with `/`."""

    @property
    def key(self) -> tuple[bool, str, int]:
        """Requests with the same key may share connections."""
        return self.secure, self.host, self.port


def parse(target: str, path: str | None = None) -> Origin:
    """Take a target apart; `path` is put behind its own.

    Raises:
        ValueError: it is not an http or https URL with a host.
    """
    parts = urlsplit(target)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("not an http or https URL")
    host = parts.hostname
    port = parts.port or _PORTS[parts.scheme]
    named = host if host.isascii() else host.encode("idna").decode("ascii")
    shown = f"[{named}]" if ":" in named else named
    authority = shown if port == _PORTS[parts.scheme] else f"{shown}:{port}"
    base = _quoted(parts.path)
    if path:
        base = join(base, _quoted(path))
    return Origin(
        secure=parts.scheme == "https",
        host=named,
        port=port,
        authority=authority.encode("ascii"),
        is_local=is_loopback(target),
        base=base,
    )


def join(base: bytes, target: bytes) -> bytes:
    """The request target of `target` below `base`: bytes put together, nothing resolved.

    It begins with `/` whatever a sender wrote, so a server reads it as a path of its own
    (RFC 9112 §3.2.1). Slashes that the sender doubled stay doubled; none is doubled here.
    """
    if target.startswith(b"/"):
        return base.removesuffix(b"/") + target
    if target[:1] in (b"", b"?", b"#"):
        return (base or b"/") + target
    return base.removesuffix(b"/") + b"/" + target


def _quoted(path: str) -> bytes:
    raw = path.encode("utf-8", "surrogateescape")
    return _CANNOT_STAND.sub(lambda found: b"%%%02X" % found[0][0], raw)
