"""Ids and secrets: how they are made, stored and compared."""

import hashlib
import hmac
import os
import random
import secrets
from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(one + two for one in _CROCKFORD for two in _CROCKFORD)
"""The characters of ten bits."""
_SHIFTS = range(120, -1, -10)
# Event ids are unique, not secret; asking the kernel for each would cost more than the rest.
_unique = random.Random(os.urandom(32))  # noqa: S311
_NOBODY = hashlib.sha256(b"nobody").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A stream token as it is stored: never itself."""

    sha256: str
    """Of the whole token, in hex. 256 random bits need no slow hash."""
    until: int | None = None
    """When it stops being valid, µs since the Unix epoch; None: not by itself."""


def new_endpoint_id() -> str:
    """160 random bits in lower case: it is part of a URL, which some programs fold."""
    return "ep_" + b32encode(os.urandom(20)).decode().lower()


def new_token() -> str:
    """256 random bits; the prefix makes it findable and keeps it from beginning with `-`."""
    return "hk_" + secrets.token_urlsafe(32)


class EventIds:
    """Makes ULIDs: 48 bits of milliseconds, 80 random ones, in Crockford's base 32.

    They rise in the order in which they are made, also within a millisecond and when the clock
    goes back: then the time of the newest one goes on counting.
    """

    def __init__(self) -> None:
        self._newest = 0

    def new(self, now_ms: int) -> str:
        """An id for something that happened at `now_ms`, since the Unix epoch."""
        made = max(now_ms, 0) << 80 | _unique.getrandbits(80)
        if now_ms <= self._newest >> 80:
            made = self._newest + 1 + _unique.getrandbits(40)
        self._newest = made
        return "".join([_PAIRS[made >> shift & 0x3FF] for shift in _SHIFTS])


new_event_id = EventIds().new


def hashed(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def bearer(value: str | None) -> str:
    """The token of an `Authorization` field; empty when there is none."""
    scheme, _, token = (value or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def matches(token: str, stored: Iterable[Token], now: int) -> Token | None:
    """The stored token that this one is and that is valid at `now` (µs).

    Costs the same for no stored token as for one, so that an unknown endpoint and a wrong token
    take the same time.
    """
    given = hashed(token)
    found = None
    for one in list(stored) or [Token(sha256=_NOBODY, until=0)]:
        if hmac.compare_digest(given, one.sha256) and (one.until is None or now < one.until):
            found = one
    return found
