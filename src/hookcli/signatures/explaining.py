"""Why a signature fails, in words: what was tried, what fits, and one next step.

Names of secrets are told, never their values. What the explanation shows of the request (fields,
the signed text) is a stranger's: it is to be made harmless before it is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hookcli.signatures.base import WORDS, Fault, Reason, Scheme, Secret, Verdict
from hookcli.signatures.guesses import Asked, Guess, Row, rows
from hookcli.signatures.hmacs import Hmac, Pairs
from hookcli.signatures.judging import identify, scheme_of, verify
from hookcli.signatures.layout import called
from hookcli.wire.headers import values
from hookcli.wire.http import Request

_TRIED = frozenset(
    {Reason.WRONG_SECRET, Reason.BODY_CHANGED, Reason.MALFORMED_HEADER, Reason.BAD_SECRET}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One line of what was tried."""

    what: str
    """`the other secrets of this project (3)`."""
    fits: bool
    result: str
    """`no`, or what fits in a few words: `“slack-prod”`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that a screen or a command says about a signature."""

    verdict: Verdict
    headline: str
    """The answer in one sentence."""
    title: str
    """The provider for people: `Slack`."""
    algorithm: str
    """`HMAC-SHA-256, hex`."""
    signed: str
    """What is signed: `v0:{timestamp}:{raw body}`."""
    uncovered: str
    """What the signature does not protect; empty when nothing."""
    page: str
    """The provider's page, a URL; empty for a recipe of the user's own."""
    headers: tuple[tuple[str, str], ...]
    """The fields that carry signature and time, as received; a token is not shown."""
    signed_at: int | None
    """The signed time, µs since the Unix epoch; None where none is told."""
    in_time: bool | None
    """Whether that time is inside the tolerance; None where there is no tolerance or no time."""
    tolerance_s: int | None
    secrets: tuple[str, ...]
    """The names of the secrets that were given for the scheme, in order."""
    expected: tuple[tuple[str, str], ...]
    """A secret's name, and what the signature would be with it; none for tokens and key pairs."""
    message: bytes | None
    """Exactly what is signed, to be copied; None when the request lacks a part of it."""
    tried: tuple[Tried, ...]
    fitting: str
    """The name of a secret that fits after all, perhaps of another scheme; empty when none does."""
    finding: str
    """What is the matter, as a sentence; empty when nothing that was tried fits."""
    next_step: str
    """One thing to do, as a sentence; empty when all is well."""


def explain(
    request: Request,
    scheme: str | Scheme,
    secrets: Sequence[Secret],
    *,
    at: int,
    others: Sequence[Secret] = (),
) -> Explanation:
    """Explain a verdict; never raises, whatever the request holds.

    Args:
        secrets: those of the scheme, in order.
        at: µs since the Unix epoch: when the request came, or now.
        others: every further secret of the project, to see whether one of them signed it.
    """
    verdict = verify(request, scheme, secrets, at=at)
    found = scheme_of(scheme)
    if found is None:
        return _unknown(verdict)
    own = {secret.raw for secret in secrets}
    asked = Asked(
        request=request,
        scheme=found,
        secrets=secrets,
        others=[secret for secret in others if secret.raw not in own],
    )
    tried, fits = _try(asked) if verdict.reason in _TRIED and secrets else ((), None)
    if fits is None and verdict.reason is Reason.NO_SECRET and asked.others:
        tried, fits = _try(asked)
    return _explanation(asked, verdict, tried, fits)


def _try(asked: Asked) -> tuple[tuple[Tried, ...], Guess | None]:
    """Each row's result, and the first guess that fits; nothing is tried after it."""
    tried: list[Tried] = []
    for row in rows(asked):
        found = _first_fitting(row)
        tried.append(Tried(what=row.what, fits=bool(found), result=found.result if found else "no"))
        if found is not None:
            return tuple(tried), found
    return tuple(tried), None


def _first_fitting(row: Row) -> Guess | None:
    return next((guess for guess in row.guesses if _fits(guess)), None)


def _fits(guess: Guess) -> bool:
    try:
        return guess.scheme.fits(guess.scheme.claim(guess.request), guess.secret)
    except Fault:
        return False


def _explanation(
    asked: Asked, verdict: Verdict, tried: tuple[Tried, ...], fits: Guess | None
) -> Explanation:
    scheme = asked.scheme
    signed_at, message = _claimed(asked)
    finding = fits.finding if fits else _finding(asked, verdict)
    return Explanation(
        verdict=verdict,
        headline=_headline(asked, verdict),
        title=scheme.title,
        algorithm=scheme.algorithm,
        signed=scheme.signed,
        uncovered=scheme.uncovered,
        page=scheme.page,
        headers=_shown_fields(asked),
        signed_at=signed_at,
        in_time=_in_time(scheme, verdict),
        tolerance_s=scheme.tolerance_s,
        secrets=tuple(secret.name for secret in asked.secrets),
        expected=_expected(asked),
        message=message,
        tried=tried,
        fitting=fits.secret.name if fits else verdict.secret_name,
        finding=finding,
        next_step=fits.advice if fits else _next_step(asked, verdict),
    )


def _unknown(verdict: Verdict) -> Explanation:
    return Explanation(
        verdict=verdict,
        headline=f"No scheme is called {verdict.scheme}.",
        title="",
        algorithm="",
        signed="",
        uncovered="",
        page="",
        headers=(),
        signed_at=None,
        in_time=None,
        tolerance_s=None,
        secrets=(),
        expected=(),
        message=None,
        tried=(),
        fitting="",
        finding="",
        next_step="Name one that is known, or describe your own under [scheme.NAME].",
    )


def _claimed(asked: Asked) -> tuple[int | None, bytes | None]:
    """The signed time and the signed text, as far as the request tells them."""
    try:
        claim = asked.scheme.claim(asked.request)
    except Fault:
        if not isinstance(asked.scheme, Hmac):
            return None, None
        try:
            return None, asked.scheme.message(asked.request)
        except Fault:
            return None, None
    if asked.scheme.is_token and not claim.signatures:
        return None, None
    return claim.timestamp, claim.messages[0]


def _in_time(scheme: Scheme, verdict: Verdict) -> bool | None:
    if verdict.age_ms is None or scheme.tolerance_s is None:
        return None
    return abs(verdict.age_ms) <= scheme.tolerance_s * 1000


def _shown_fields(asked: Asked) -> tuple[tuple[str, str], ...]:
    """The fields that matter; the value of a field that may hold a secret is left out."""
    scheme = asked.scheme
    names = [scheme.header, getattr(scheme, "time_header", b"")]
    if scheme.is_token and isinstance(scheme, Hmac):
        names.append(b"X-Gitlab-Token")
    return tuple(
        (name.decode("latin-1"), _value(scheme, name, value))
        for name in names
        if name
        for value in values(asked.request.headers, name.lower())
    )


def _value(scheme: Scheme, name: bytes, value: bytes) -> str:
    hidden = scheme.is_token and (not isinstance(scheme, Hmac) or name != scheme.header)
    return "(a token, not shown)" if hidden else value.decode("latin-1")


def _expected(asked: Asked) -> tuple[tuple[str, str], ...]:
    scheme = asked.scheme
    if not isinstance(scheme, Hmac):
        return ()
    prefix = scheme.text_key + b"=" if isinstance(scheme, Pairs) else scheme.prefix
    made = []
    for secret in asked.secrets:
        try:
            text = scheme.digest(secret, scheme.message(asked.request))
        except Fault:
            continue
        made.append((secret.name, (prefix + text).decode("latin-1")))
    return tuple(made)


def _headline(asked: Asked, verdict: Verdict) -> str:
    name, title = asked.scheme.name, asked.scheme.title
    match verdict.reason:
        case Reason.OK:
            return f"Signed with “{verdict.secret_name}”."
        case Reason.STALE | Reason.FUTURE:
            way = "after" if verdict.reason is Reason.STALE else "before"
            return (
                f"Rightly signed with “{verdict.secret_name}”, but {_span(verdict)} {way} its time."
            )
        case Reason.WRONG_SECRET:
            many = "any secret" if len(asked.secrets) > 1 else "the secret"
            return f"Not signed by {many} you gave for {name}."
        case Reason.NO_SECRET:
            return f"Signed as {title} does; there is no secret for {name} to check it with."
        case Reason.NOT_SIGNED:
            return "Not signed."
        case _:
            detail = f": {verdict.detail}" if verdict.detail else ""
            return f"{WORDS[verdict.reason].capitalize()}{detail}."


def _span(verdict: Verdict) -> str:
    seconds = abs(verdict.age_ms or 0) / 1000
    for size, word in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds:.0f} seconds"


def _finding(asked: Asked, verdict: Verdict) -> str:
    if verdict.reason in (Reason.STALE, Reason.FUTURE):
        return (
            f"{asked.scheme.title} allows {asked.scheme.tolerance_s} seconds;"
            f" this signature is {_span(verdict)} off."
        )
    other = identify(asked.request).scheme
    if verdict.reason is Reason.MISSING_HEADER and other and other != asked.scheme.name:
        return f"It looks like {other}, not like {asked.scheme.name}."
    return ""


def _next_step(asked: Asked, verdict: Verdict) -> str:
    name = asked.scheme.name
    variable = f"HOOKCLI_SECRET_{name.upper().replace('-', '_')}"
    match verdict.reason:
        case Reason.OK:
            return ""
        case Reason.STALE:
            return "Sign it again with a fresh time: replay it with --resign."
        case Reason.FUTURE:
            return "Set the clock of this machine, or of the one that signs."
        case Reason.NO_SECRET | Reason.BAD_SECRET:
            return f"Give the secret for {name}: under [secrets], or in {variable}."
        case Reason.MISSING_HEADER:
            return f"See that {asked.scheme.title} signs: a secret must be set on its side too."
        case Reason.UNSUPPORTED:
            return f"Ask {asked.scheme.title} to check it; its page says how."
        case Reason.UNTRUSTED_KEY:
            return "Do not trust it: whoever sent this names a certificate of their own."
        case Reason.WRONG_SECRET | Reason.BODY_CHANGED:
            return _wrong_secret(asked)
        case Reason.NOT_SIGNED | Reason.UNKNOWN_SCHEME:
            return ""
        case _:
            return "Look at the field: something on the way has changed or cut it."


def _wrong_secret(asked: Asked) -> str:
    """Nothing fits: the likeliest explanation that the request itself hints at."""
    mode = _live_mode(asked.request)
    if mode:
        return (
            f"The event is of {mode} mode, and each mode has a secret of its own:"
            f" copy the one of this endpoint again from {asked.scheme.title}."
        )
    if isinstance(asked.scheme, Hmac) and "url" in asked.scheme.signed:
        url = called(asked.request).decode("utf-8", "replace")
        return f"Compare the URL that {asked.scheme.title} calls with {url}, then the secret."
    if asked.scheme.asymmetric:
        return f"Copy the public key again from {asked.scheme.title}."
    return f"Copy the secret of this endpoint again from {asked.scheme.title}."


def _live_mode(request: Request) -> str:
    """`live` or `test`, where the body says so as Stripe's does."""
    start = request.body[:65_536].replace(b" ", b"")
    if b'"livemode":true' in start:
        return "live"
    return "test" if b'"livemode":false' in start else ""
