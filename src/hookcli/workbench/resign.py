"""Whether a request has to be signed again, and with which secret; what it is afterwards.

Signed again is what was changed in a signed place or has grown stale, where a secret is known and
nobody said otherwise. A signature that was bad to begin with, or was set by hand, is left: who sends
such a thing means it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hookcli import signatures
from hookcli.captures.model import Signature, SignatureState
from hookcli.config.secrets import reference
from hookcli.errors import UsageError
from hookcli.signatures import Scheme, Secret, Verdict
from hookcli.signatures.base import Reason
from hookcli.wire.headers import values
from hookcli.wire.http import Request

_UNTIMELY = frozenset({Reason.STALE, Reason.FUTURE})
_FITS = _UNTIMELY | {Reason.OK}
_QUIET = frozenset({Reason.OK, Reason.NOT_SIGNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for."""

    resign: bool | None = None
    """Always, never, or where it is needed."""
    secrets: Callable[[str], Sequence[Secret]] = lambda scheme: ()
    """A scheme's secrets, in order."""
    recipes: Sequence[Scheme] = ()
    """Schemes of the user's own."""

    def scheme(self, name: str) -> Scheme | None:
        """The scheme of that name; None when there is none."""
        own = next((one for one in self.recipes if one.name == name), None)
        return own or (signatures.load(name) if name else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The request as it is to be sent."""

    request: Request
    signature: Signature
    """What is known of its signature now."""
    again: bool = False
    """It was signed here."""
    remark: str = ""
    """What is to be known of its signature, for people; empty when there is nothing to say."""


def signed(before: Request, after: Request, scheme_name: str, wish: Wish, *, now: int) -> Signed:
    """`after`, which was made of `before` or is the same, signed again at `now` (µs) if need be.

    Raises:
        UsageError: it was to be signed in any case and cannot be.
    """
    scheme = wish.scheme(scheme_name)
    if scheme is None:
        return _unsigned(after, wish)
    secrets = tuple(wish.secrets(scheme.name))
    verdict = signatures.verify(after, scheme, secrets, at=now)
    kept = Signed(request=after, signature=signature_of(verdict))
    if wish.resign is None and not _needed(before, after, scheme, secrets, verdict, now):
        return kept
    if wish.resign is False or not secrets:
        return _left(kept, before, scheme, verdict, wish)
    return _sign(before, after, scheme, secrets, kept, wish, now)


def _needed(
    before: Request,
    after: Request,
    scheme: Scheme,
    secrets: Sequence[Secret],
    verdict: Verdict,
    now: int,
) -> bool:
    name = scheme.header.lower()
    if name and values(before.headers, name) != values(after.headers, name):
        return False
    if not secrets:
        return _looks_stale(scheme, verdict) or _touched(before, after)
    if verdict.reason is Reason.OK:
        return False
    if verdict.reason in _UNTIMELY:
        return True
    was = signatures.verify(before, scheme, secrets, at=now)
    return was.reason in _FITS if before == after else True


def _left(kept: Signed, before: Request, scheme: Scheme, verdict: Verdict, wish: Wish) -> Signed:
    """Sent as it is; said, where that matters."""
    if wish.resign:
        if scheme.asymmetric:
            scheme.refuse()
        raise UsageError(
            f"no secret for {scheme.name}",
            hint=f"--secret {reference(scheme.name)}, or set it under [secrets]",
        )
    touched = _touched(before, kept.request)
    if not touched and not _looks_stale(scheme, verdict):
        return kept
    what = "changed" if touched else "signed long ago"
    why = "" if wish.resign is False else f": no secret for {scheme.name}"
    remark = f"{what}, {scheme.name} signature left as it was{why}"
    return Signed(request=kept.request, signature=kept.signature, remark=remark)


def _sign(
    before: Request,
    after: Request,
    scheme: Scheme,
    secrets: Sequence[Secret],
    kept: Signed,
    wish: Wish,
    now: int,
) -> Signed:
    was = signatures.verify(before, scheme, secrets, at=now)
    secret = next((one for one in secrets if one.name == was.secret_name), secrets[0])
    try:
        request = signatures.sign(after, scheme, secret, now=now)
    except UsageError as error:
        if wish.resign:
            raise
        remark = f"signature left as it was: {error.message}"
        return Signed(request=after, signature=kept.signature, remark=remark)
    return Signed(
        request=request,
        signature=Signature(state=SignatureState.NEW, secret=secret.name),
        again=True,
        remark=f"signed again: {scheme.name} with “{secret.name}”",
    )


def _unsigned(request: Request, wish: Wish) -> Signed:
    if wish.resign:
        raise UsageError(
            "nothing that is known signs this request: there is nothing to sign again",
            hint="hookcli help signatures",
        )
    return Signed(request=request, signature=Signature())


def _touched(before: Request, after: Request) -> bool:
    return before.body != after.body or before.target != after.target


def _looks_stale(scheme: Scheme, verdict: Verdict) -> bool:
    if verdict.age_ms is None or scheme.tolerance_s is None:
        return False
    return verdict.age_ms > scheme.tolerance_s * 1000


def signature_of(verdict: Verdict) -> Signature:
    """A verdict as captures keep it."""
    return Signature(
        state=SignatureState(verdict.state.value),
        reason="" if verdict.reason in _QUIET else verdict.reason.value,
        age_ms=verdict.age_ms,
        secret=verdict.secret_name,
    )
