"""The head of a WebSocket frame (RFC 6455 §5.2), for what both sides write by themselves."""

import struct

_BINARY = 0x82
"""A whole binary message in one frame."""
MASKED = 0x80
"""A masking key follows: a client's frames have one, a server's have none (RFC 6455 §5.1)."""


def head(size: int, masked: int = 0) -> bytes:
    """What stands before a binary message of so many bytes; `masked` is `MASKED` or 0."""
    if size < 126:
        return struct.pack("!BB", _BINARY, masked | size)
    if size < 65_536:
        return struct.pack("!BBH", _BINARY, masked | 126, size)
    return struct.pack("!BBQ", _BINARY, masked | 127, size)
