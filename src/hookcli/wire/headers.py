"""Header fields as they were sent: pairs of raw bytes, in order, with case and repeats kept."""

from collections.abc import Iterable

Headers = tuple[tuple[bytes, bytes], ...]
"""Pairs of (name, value) in the order received; neither is decoded, joined or re-cased."""

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Lower-case names that belong to one connection only (RFC 9110 §7.6.1)."""


def values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    """Every value of the field, in order; `name` is given in lower case."""
    return [value for key, value in headers if key.lower() == name]


def first(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The first value of the field, or None; `name` is given in lower case."""
    for key, value in headers:
        if key.lower() == name:
            return value
    return None


def of_connection(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    """Lower-case names of the fields that belong to the connection on which these came."""
    named = {
        token.strip().lower()
        for value in values(headers, b"connection")
        for token in value.split(b",")
    }
    # A sender may not use Connection to remove what frames or routes the message.
    return HOP_BY_HOP | (named - {b"content-length", b"host", b""})


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The fields without those that belong to the connection they came on (RFC 9110 §7.6.1)."""
    pairs = tuple(headers)
    dropped = of_connection(pairs)
    return tuple([pair for pair in pairs if pair[0].lower() not in dropped])
