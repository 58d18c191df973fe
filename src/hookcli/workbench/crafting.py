"""Requests as a provider would send them: signed rightly, wrongly or long ago."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from hookcli import signatures
from hookcli.errors import UsageError
from hookcli.signatures import Scheme, Secret, State, samples
from hookcli.wire.headers import Headers, first
from hookcli.wire.http import Request
from hookcli.workbench import media

_WRONG = "not the secret that your app has"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """How a request is signed."""

    scheme: Scheme | None = None
    """None: not at all."""
    secret: Secret | None = None
    bad: bool = False
    """The signature has the right form and does not hold."""
    age_us: int = 0
    """How long before `now` it claims to have been signed."""


def signed(request: Request, how: Signing, *, now: int) -> Request:
    """The request signed at `now` (µs), or what was asked for instead.

    Raises:
        UsageError: it cannot be signed here, or no wrong signature can be made.
    """
    if how.scheme is None or how.secret is None:
        return request
    at = now - how.age_us
    if not how.bad:
        return signatures.sign(request, how.scheme, how.secret, now=at)
    made = _badly(request, how.scheme, how.secret, at)
    if signatures.verify(made, how.scheme, [how.secret], at=at).state is not State.BAD:
        raise UsageError(f"no wrong signature can be made for {how.scheme.name}")
    return made


def _badly(request: Request, scheme: Scheme, secret: Secret, at: int) -> Request:
    if scheme.is_token:
        return signatures.sign(request, scheme, replace(secret, value=_WRONG), now=at)
    # Signed over other bytes: whatever the form of the secret, the signature has the right one.
    other = structs.replace(request, body=_other(request.body))
    made = signatures.sign(other, scheme, secret, now=at)
    return structs.replace(made, body=request.body)


def _other(body: bytes) -> bytes:
    """Another body of the same kind and length, or one byte for none."""
    return body[:-1] + bytes((body[-1] ^ 1,)) if body else b" "


def from_sample(
    name: str, url: str, secrets: "Callable[[str], Sequence[Secret]]", *, now: int, nonce: bytes
) -> Request:
    """The sample of that name for `url`, signed at `now` (µs) where a secret of its scheme is known.

    Raises:
        NotFoundError: no sample is called so.
        UsageError: the secret that is known cannot sign.
    """
    found = samples.sample(name, url=url, now=now, nonce=nonce)
    known = secrets(found.scheme)
    how = Signing(scheme=signatures.load(found.scheme), secret=known[0]) if known else Signing()
    return signed(found.request, how, now=now)


def from_body(body: bytes, url: str, target: bytes) -> Request:
    """A POST of these bytes, with the type that they look like."""
    kind = media.kind((), body)
    types = {
        media.Kind.JSON: b"application/json",
        media.Kind.TEXT: b"text/plain; charset=utf-8",
    }
    named = types.get(kind, b"application/octet-stream")
    headers: Headers = ((b"Content-Type", named),)
    return Request(method="POST", url=url, target=target, headers=headers, body=body)


def to_send(request: Request) -> Request:
    """The same, as nobody's capture: nothing says that it was forwarded."""
    headers = tuple(pair for pair in request.headers if pair[0].lower() != b"host")
    named = first(headers, b"user-agent") is not None
    own = () if named else ((b"User-Agent", b"hookcli-trigger"),)
    return structs.replace(request, url="", headers=(*headers, *own))
