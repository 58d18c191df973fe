"""Samples to be signed and sent: one file each beside this one, `stripe/invoice.paid.http`.

A file is a method, fields, an empty line and the body. What must differ from one sending to the next
stands in it as {{nonce}} (24 hex digits), {{number}} (15 digits), {{uuid}}, {{seconds}}, {{millis}} or {{rfc3339}}.
"""

import uuid
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from hookcli.errors import NotFoundError
from hookcli.signatures.times import MILLISECOND, RFC3339, SECOND, write
from hookcli.wire.http import Request

_HERE = Path(__file__).parent
_SUFFIX = ".http"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A request that is not signed yet."""

    name: str
    scheme: str
    """The scheme to sign it with."""
    request: Request


def names() -> tuple[str, ...]:
    """Every sample's name, sorted: `stripe/invoice.paid`."""
    files = _HERE.rglob(f"*{_SUFFIX}")
    return tuple(sorted(file.relative_to(_HERE).as_posix().removesuffix(_SUFFIX) for file in files))


def sample(name: str, *, url: str, target: bytes = b"", now: int, nonce: bytes) -> Sample:
    """The sample of that name as if its provider sent it now.

    Args:
        url: the endpoint's public URL; `target` is what stands behind it.
        now: µs since the Unix epoch.
        nonce: 16 random bytes; the same ones make the same event, a duplicate.

    Raises:
        NotFoundError: no sample is called so; the nearest one is told.
    """
    known = names()
    if name not in known:
        near = get_close_matches(name, known, 1, 0.4)
        hint = f"hookcli trigger {near[0]}" if near else "hookcli trigger --list"
        raise NotFoundError(f"no sample is called {name}", hint=hint)
    text = (_HERE / f"{name}{_SUFFIX}").read_bytes()
    head, _, body = _filled(text, now, nonce).partition(b"\n\n")
    method, *fields = head.split(b"\n")
    pairs = (field.partition(b": ") for field in fields)
    request = Request(
        method=method.decode(),
        url=url,
        target=target,
        headers=tuple((key, value) for key, _, value in pairs),
        body=body.removesuffix(b"\n"),
    )
    return Sample(name=name, scheme=name.partition("/")[0], request=request)


def _filled(text: bytes, now: int, nonce: bytes) -> bytes:
    for key, value in (
        (b"nonce", nonce.hex()[:24].encode()),
        (b"number", b"%d" % (10**14 + int.from_bytes(nonce) % (9 * 10**14))),
        (b"uuid", str(uuid.UUID(bytes=nonce, version=4)).encode()),
        (b"seconds", write(now, SECOND)),
        (b"millis", write(now, MILLISECOND)),
        (b"rfc3339", write(now, RFC3339)),
    ):
        text = text.replace(b"{{%s}}" % key, value)
    return text
