"""From a request to its identity and its verdict."""

from collections.abc import Mapping, Sequence

from hookcli.errors import UsageError
from hookcli.signatures.base import (
    STATES,
    Claim,
    Fault,
    Identity,
    Reason,
    Scheme,
    Secret,
    Verdict,
)
from hookcli.signatures.table import load, recognise
from hookcli.wire.http import Request

_NOTHING = Identity()


def identify(request: Request, recipes: Sequence[Scheme] = ()) -> Identity:
    """Who sent a request and what it is about; never raises, whatever the request holds.

    Args:
        recipes: the schemes of the configuration, which go before those that are built in.
    """
    scheme = _own(request, recipes) or recognise(request)
    if scheme is None:
        return _NOTHING
    event_type, provider_id = scheme.event(request)
    return Identity(
        source=scheme.source or scheme.name,
        event_type=event_type,
        provider_id=provider_id,
        scheme=scheme.name if scheme.signs else "",
        deadline_s=scheme.deadline_s,
    )


def _own(request: Request, recipes: Sequence[Scheme]) -> Scheme | None:
    return next((scheme for scheme in recipes if scheme.recognises(request)), None)


def scheme_of(scheme: str | Scheme) -> Scheme | None:
    """The scheme that is meant; None when no scheme is called so."""
    return load(scheme) if isinstance(scheme, str) else scheme


def verify(
    request: Request, scheme: str | Scheme, secrets: Sequence[Secret], *, at: int
) -> Verdict:
    """Whether one of the secrets signed this request, and at a time near `at`.

    Never raises, whatever the request holds. The signature is looked at before the time, so that
    `stale` means: rightly signed, too long ago.

    Args:
        secrets: in order; the first that fits is named.
        at: µs since the Unix epoch: when the request came, or now.
    """
    found = scheme_of(scheme)
    if found is None:
        name = scheme if isinstance(scheme, str) else scheme.name
        return _verdict(Reason.UNKNOWN_SCHEME, name, f"no scheme is called {name}")
    try:
        claim = found.claim(request)
    except Fault as fault:
        return _unclaimed(found, fault, secrets)
    age_ms = None if claim.timestamp is None else (at - claim.timestamp) // 1000
    if not secrets:
        return _verdict(Reason.NO_SECRET, found.name, age_ms=age_ms)
    fitting, why = fitting_secret(found, claim, secrets)
    if fitting is None:
        reason = why.reason if why else Reason.WRONG_SECRET
        return _verdict(reason, found.name, why.detail if why else "", age_ms=age_ms)
    signed_at = found.signed_at(claim, fitting)
    age_ms = None if signed_at is None else (at - signed_at) // 1000
    return _verdict(timely(found, age_ms), found.name, age_ms=age_ms, secret_name=fitting.name)


def _verdict(
    reason: Reason,
    scheme: str,
    detail: str = "",
    *,
    age_ms: int | None = None,
    secret_name: str = "",
) -> Verdict:
    return Verdict(
        state=STATES[reason],
        reason=reason,
        scheme=scheme,
        detail=detail,
        age_ms=age_ms,
        secret_name=secret_name,
    )


def _unclaimed(scheme: Scheme, fault: Fault, secrets: Sequence[Secret]) -> Verdict:
    """A request that lacks its signature is bad only where a secret says that it should have one."""
    if fault.reason is Reason.MISSING_HEADER and not secrets:
        return _verdict(Reason.NOT_SIGNED, scheme.name, fault.detail)
    return _verdict(fault.reason, scheme.name, fault.detail)


def fitting_secret(
    scheme: Scheme, claim: Claim, secrets: Sequence[Secret]
) -> tuple[Secret | None, Fault | None]:
    """The first secret that gives the claimed signature; a fault when none could even be tried."""
    faults = []
    for secret in secrets:
        try:
            if scheme.fits(claim, secret):
                return secret, None
        except Fault as fault:
            faults.append(Fault(fault.reason, f"secret {secret.name}: {fault.detail}"))
    return None, faults[0] if faults and len(faults) == len(secrets) else None


def timely(scheme: Scheme, age_ms: int | None) -> Reason:
    """Whether a signature of this age counts; both ends of the tolerance do."""
    if age_ms is None or scheme.tolerance_s is None:
        return Reason.OK
    if age_ms > scheme.tolerance_s * 1000:
        return Reason.STALE
    return Reason.FUTURE if age_ms < -scheme.tolerance_s * 1000 else Reason.OK


def judge(
    request: Request,
    secrets: Mapping[str, Sequence[Secret]],
    *,
    at: int,
    recipes: Sequence[Scheme] = (),
) -> tuple[Identity, Verdict]:
    """Identity and verdict at once, for a listener.

    Args:
        secrets: by the scheme's name.
        at: µs since the Unix epoch: when the request came.
    """
    identity = identify(request, recipes)
    if not identity.scheme:
        return identity, _verdict(Reason.NOT_SIGNED, "")
    own = next((each for each in recipes if each.name == identity.scheme), None)
    known = secrets.get(identity.scheme, ())
    return identity, verify(request, own or identity.scheme, known, at=at)


def sign(request: Request, scheme: str | Scheme, secret: Secret, *, now: int) -> Request:
    """The request signed at `now` (µs since the Unix epoch), every other byte as it was.

    Raises:
        UsageError: the scheme is not known, is signed with the provider's own private key, or the
            secret has not the form that it wants.
    """
    found = scheme_of(scheme)
    if found is None:
        raise UsageError(f"no scheme is called {scheme}", hint="hookcli help signatures")
    try:
        return found.sign(request, secret, now=now)
    except Fault as fault:
        if fault.reason is Reason.BAD_SECRET:
            what = f"secret {secret.name} does not fit {found.name}: {fault.detail}"
            raise UsageError(what) from None
        raise UsageError(f"it cannot be signed for {found.name}: {fault.detail}") from None
