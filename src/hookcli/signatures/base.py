"""The words of this room: what a request is, whether its signature holds, and if not, why.

    Secret     a name and a value; only the name is ever shown
    Identity   who sent a request, what happened, which scheme signs it
    Verdict    whether the signature holds, with a reason from a closed set
    Scheme     how one provider signs; its subclasses live in `hmacs`, `keys` and `schemes/`

Nothing here raises for what a stranger sent: a `Fault` is caught where the verdict is made.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, NoReturn

from msgspec import Struct

from hookcli.errors import UsageError
from hookcli.wire.http import Request


class State(StrEnum):
    """What is known of a signature; the same words as `captures.model.SignatureState`."""

    OK = "ok"
    BAD = "bad"
    STALE = "stale"
    """Rightly signed, but at a time outside the tolerance."""
    NONE = "none"
    """Not signed, or by a scheme that is not known."""
    UNKNOWN = "unknown"
    """Signed, but it cannot be checked: no secret is there, or the provider must be asked."""
    NEW = "new"
    """Signed here, by hookcli."""


class Reason(StrEnum):
    """Why a verdict is what it is. A closed set: callers may match on it exhaustively."""

    OK = "ok"
    STALE = "stale"
    """Signed rightly, longer ago than the scheme tolerates."""
    FUTURE = "future"
    """Signed rightly, for a time that has not come yet."""
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a word, not a secret
    """No secret gives this signature: another secret signed it, or what was signed has changed."""
    BODY_CHANGED = "body_changed"
    """The body is not the one whose hash travels beside it."""
    MISSING_HEADER = "missing_header"
    """A field that carries the signature or its time is not there, though a secret is known."""
    MALFORMED_HEADER = "malformed_header"
    """The field cannot be a signature: wrong alphabet, wrong length, twice with different values."""
    MALFORMED_BODY = "malformed_body"
    """The body that carries the signature cannot be read."""
    NO_SECRET = "no_secret"  # noqa: S105
    """Signed, and no secret is known for its scheme."""
    BAD_SECRET = "bad_secret"  # noqa: S105
    """No secret that is known has the form that the scheme wants."""
    UNTRUSTED_KEY = "untrusted_key"
    """The request names a certificate that is not the provider's."""
    UNSUPPORTED = "unsupported"
    """Recognised, but only the provider can check it."""
    NOT_SIGNED = "not_signed"
    """Nothing in it is a signature that is known."""
    UNKNOWN_SCHEME = "unknown_scheme"
    """The scheme that was asked for is not known."""


STATES: dict[Reason, State] = {
    Reason.OK: State.OK,
    Reason.STALE: State.STALE,
    Reason.FUTURE: State.STALE,
    Reason.WRONG_SECRET: State.BAD,
    Reason.BODY_CHANGED: State.BAD,
    Reason.MISSING_HEADER: State.BAD,
    Reason.MALFORMED_HEADER: State.BAD,
    Reason.MALFORMED_BODY: State.BAD,
    Reason.NO_SECRET: State.UNKNOWN,
    Reason.BAD_SECRET: State.UNKNOWN,
    Reason.UNTRUSTED_KEY: State.BAD,
    Reason.UNSUPPORTED: State.UNKNOWN,
    Reason.NOT_SIGNED: State.NONE,
    Reason.UNKNOWN_SCHEME: State.NONE,
}


WORDS: dict[Reason, str] = {
    Reason.OK: "it holds",
    Reason.STALE: "rightly signed, but too long ago",
    Reason.FUTURE: "rightly signed, but for a time that has not come",
    Reason.WRONG_SECRET: "no secret that is known gives this signature",
    Reason.BODY_CHANGED: "the body is not the one that was signed",
    Reason.MISSING_HEADER: "it should be signed and is not",
    Reason.MALFORMED_HEADER: "what stands there cannot be a signature",
    Reason.MALFORMED_BODY: "the body that should carry the signature cannot be read",
    Reason.NO_SECRET: "signed, and no secret is known to check it with",
    Reason.BAD_SECRET: "the secret has not the form that the scheme wants",
    Reason.UNTRUSTED_KEY: "it names a certificate that is not the provider's",
    Reason.UNSUPPORTED: "only the provider can check it",
    Reason.NOT_SIGNED: "not signed",
    Reason.UNKNOWN_SCHEME: "the scheme is not known",
}
"""Each reason for people, without a full stop."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A signing secret, a public key, or a private key in PEM; no text of it shows the value."""

    name: str
    """For people: “stripe-test”, a variable's name."""
    value: str | bytes = field(repr=False)

    @property
    def raw(self) -> bytes:
        """The value as bytes; text is UTF-8."""
        if isinstance(self.value, bytes):
            return self.value
        return self.value.encode("utf-8", "surrogateescape")


class Identity(Struct, frozen=True, kw_only=True):
    """Who sent a request and what it is about, as far as the request tells."""

    source: str = ""
    """The provider's short name (`stripe`), empty when not known."""
    event_type: str = ""
    """The provider's name for what happened (`invoice.paid`), empty when not known."""
    provider_id: str = ""
    """The provider's own event id, by which it repeats itself; empty when not known."""
    scheme: str = ""
    """The scheme's name; empty when not known. A request without a signature has one too, if its
    provider would have signed it."""
    deadline_s: float | None = None
    """How long the provider waits for an answer; None when it does not say."""


class Verdict(Struct, frozen=True, kw_only=True):
    """Whether a signature holds."""

    state: State
    reason: Reason
    scheme: str = ""
    detail: str = ""
    """What exactly is wrong, for people: `t is missing`. Ours alone, nothing of the request."""
    age_ms: int | None = None
    """Signed time to the time of the check, negative for the future; None where no time is signed."""
    secret_name: str = ""
    """The name of the secret that fitted."""

    @property
    def ok(self) -> bool:
        """Whether it holds and is fresh."""
        return self.state is State.OK


class Claim(Struct, frozen=True, kw_only=True):
    """What a request says of its own signature, read but not checked."""

    signatures: tuple[bytes, ...]
    """The signatures as text, of the right alphabet and length; any of them may hold."""
    messages: tuple[bytes, ...]
    """What was signed. More than one where the provider's own spelling of the URL is not certain;
    the first is the likeliest."""
    timestamp: int | None = None
    """The signed time, µs since the Unix epoch; None where none is signed."""


class Fault(Exception):  # noqa: N818 - never leaves this room
    """Why a claim or a key cannot be read."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def untold(request: Request) -> tuple[str, str]:
    """Neither type nor id."""
    del request
    return "", ""


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """How one provider signs, and how it names its events."""

    name: str
    """As in `[secrets]` and on the command line."""
    title: str
    """The provider's name for people."""
    page: str
    """The provider's page that this follows."""
    algorithm: str = ""
    """For people: `HMAC-SHA-256, hex`."""
    signed: str = ""
    """What is signed, for people: `{timestamp}.{raw body}`."""
    source: str = ""
    """The provider's short name where it is not the scheme's."""
    header: bytes = b""
    """The field that carries the signature, in the provider's spelling; empty: none does."""
    tolerance_s: int | None = None
    """How old a signature may be; None where no time is signed or none is enforced."""
    deadline_s: float | None = None
    """How long the provider waits for an answer; None when it does not say."""
    uncovered: str = ""
    """What the signature does not protect, for people; empty when it covers body and time."""
    event: Callable[[Request], tuple[str, str]] = field(default=untold, repr=False)
    """The event's type and id; empty where the request does not tell."""

    signs: ClassVar[bool] = True
    """Whether this provider signs at all; others are recognised for their events only."""
    asymmetric: ClassVar[bool] = False
    """Signed with a private key that only the provider has."""
    is_token: ClassVar[bool] = False
    """The field holds the secret itself; it must not be shown."""

    def recognises(self, request: Request) -> bool:
        """Whether this is the one, among the schemes that share a marking field."""
        del request
        return True

    def claim(self, request: Request) -> Claim:
        """What the request says of its signature.

        Raises:
            Fault: nothing that could be checked.
        """
        del request
        raise Fault(Reason.UNSUPPORTED, f"only {self.title} can check it")

    def fits(self, claim: Claim, secret: Secret) -> bool:
        """Whether the secret gives one of the claimed signatures.

        Raises:
            Fault: the secret has not the form that the scheme wants.
        """
        del claim, secret
        return False

    def signed_at(self, claim: Claim, secret: Secret) -> int | None:
        """The time that a fitting secret vouches for, µs since the Unix epoch; None for none."""
        del secret
        return claim.timestamp

    def sign(self, request: Request, secret: Secret, *, now: int) -> Request:
        """The request signed at `now` (µs), every other byte as it was.

        Raises:
            UsageError: it cannot be signed here.
            Fault: the secret or the request has not the form that the scheme wants.
        """
        del request, secret, now
        self.refuse()

    def refuse(self) -> NoReturn:
        """Say that this scheme cannot be signed without the provider."""
        raise UsageError(
            f"{self.name} signs with a private key that only {self.title} has;"
            " it cannot be signed here",
            hint="--no-resign, or verify with a test key pair:"
            f" hookcli trigger {self.name} --keypair",
        )
