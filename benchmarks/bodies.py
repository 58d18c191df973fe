"""Bodies of four sizes from the real payloads, and the signed heads they travel under."""

import functools
import hashlib
from dataclasses import dataclass

from tests.support import corpus

SIZES = {"1K": 1_024, "8K": 8_192, "64K": 65_536, "1M": 1_000_000}
"""Names of size classes and the bytes they aim at."""


@dataclass(frozen=True, slots=True)
class Load:
    """One body with what its head says of it."""

    data: bytes
    fields: bytes
    """The header fields that depend on the body only, each with its line end."""

    def head(self, path: str, run: int, number: int, delay_ms: int) -> bytes:
        """A request head as GitHub's, signed now, as a provider does for each delivery."""
        signature = corpus.sign(self.data)
        delay = b"X-Bench-Delay: %d\r\n" % delay_ms if delay_ms else b""
        return (
            b"POST %s HTTP/1.1\r\nHost: hooks.test\r\nX-GitHub-Delivery: %08x-0000-4000-8000-%012x\r\n"
            b"X-Hub-Signature-256: %s\r\nX-Bench-Id: %d.%d\r\n%s%s\r\n"
            % (path.encode(), run, number, signature, run, number, delay, self.fields)
        )


def _load(event: str, data: bytes) -> Load:
    lines = (
        b"Accept: */*",
        b"User-Agent: GitHub-Hookshot/044aadd",
        b"X-GitHub-Event: " + event.encode(),
        b"X-GitHub-Hook-ID: 292430182",
        b"X-Bench-Sha256: " + hashlib.sha256(data).hexdigest().encode(),
        b"Content-Type: application/json",
        b"Content-Length: %d" % len(data),
    )
    return Load(data, b"".join(line + b"\r\n" for line in lines))


@functools.cache
def loads(size: str) -> tuple[Load, ...]:
    """Up to sixteen different bodies of that size class."""
    if size == "1K":
        whole = [(e, p) for e, p in corpus.payloads() if "sender" in p]
        parts = ("action", "ref", "number", "sender")
        small = [(e, corpus.compact({k: p[k] for k in parts if k in p})) for e, p in whole]
        made = [(event, body) for event, body in small if 900 <= len(body) <= 1_300]
    elif size == "8K":
        every = [(example.event, example.body) for example in corpus.github()]
        made = [(event, body) for event, body in every if 7_000 <= len(body) <= 9_500]
    else:
        made = [("push", _bundle(start * 37, SIZES[size])) for start in range(4)]
    step = max(1, len(made) // 16)
    return tuple(_load(event, body) for event, body in made[::step][:16])


def _bundle(start: int, size: int) -> bytes:
    """One document of whole payloads, beginning at `start`, just under `size` bytes."""
    pool = [example.body for example in corpus.github()]
    parts: list[bytes] = []
    left = size - len('{"events":[]}')
    for at in range(start, start + 100 * len(pool)):
        body = pool[at % len(pool)]
        if len(body) + 1 > left:
            break
        parts.append(body)
        left -= len(body) + 1
    return b'{"events":[' + b",".join(parts) + b"]}"
