"""Every scheme in one list, and as the page `docs/signatures.md`, which `make docs` writes."""

from hookcli.signatures.base import STATES, WORDS, Reason, Scheme
from hookcli.signatures.handshakes import known
from hookcli.signatures.table import load, names

_HEAD = """\
# Signatures

<!-- Written by `make docs` from the code; a test sees that it is current. -->

hookcli knows how {count} providers sign their webhooks: it checks every event it captures, says why a
check fails (`hookcli verify`, the Signature tab), and signs again what was changed (`--resign`).

Secrets are named, never written down, in the configuration; several of one scheme are tried in order:

```toml
[secrets]
stripe = "env:STRIPE_WEBHOOK_SECRET"
slack  = ["env:SLACK_SIGNING_SECRET", "file:~/.secrets/slack-prod"]
```

Or in the environment: `HOOKCLI_SECRET_STRIPE`, `HOOKCLI_SECRET_STANDARD_WEBHOOKS`.

## Verdicts

Signatures are checked over the bytes as they came, before their time is looked at: `stale` means
rightly signed, too long ago. What stands in the request twice and differently, has another alphabet
or another length, or is signed with an algorithm weaker than the provider's best, is refused.

| `sig:` | reason | means |
|---|---|---|
"""

_SCHEMES = """
## Schemes

Time is signed only where a tolerance is given, unless the last column says otherwise. The deadline is
how long the provider waits for an answer, as far as it says so.

| scheme | provider | algorithm | what is signed | field | tolerance | deadline | not protected |
|---|---|---|---|---|---|---|---|
"""

_HANDSHAKES = """
## Handshakes

Challenges reach the program, and its answer goes back to who asks. `listen --handshakes` answers for
a program that cannot: one that is not there, has nothing to say in time, or answers 404, 405 or 5xx. Such
an answer is an attempt of its own (`why` is `handshake`), and what the sender was told is by `hookcli`;
the challenge is delivered to the program all the same. The endpoint must hold senders (`--respond app`).

Known are {asked}. Where the answer or its proof needs a secret, it must be known; the token
that Meta asks for is `meta-verify` under `[secrets]`, and is not checked where that is missing. SNS is
named only: its answer would be to open a URL that a stranger may have written.
"""

_TAIL = """
With a private key (`discord`, `paypal`, `sendgrid`, `sns`) only the provider can sign. Its public key is
the secret here: as the provider shows it, in PEM, or as a certificate. For tests, `hookcli trigger
--keypair` makes a pair of your own. PayPal is recognised; only PayPal can check it. Nothing is ever
fetched from a URL that a request names.

## Your own

```toml
[scheme.billing]
header = "X-Billing-Signature"        # the field that carries the signature; must be given
algorithm = "sha256"                  # md5, sha1, sha256, sha384, sha512, or token
encoding = "hex"                      # hex, base64, base64url
prefix = "sha256="                    # what stands before the signature
pairs = ["t", "v1"]                   # instead: the field is `t=…,v1=…`, time and signature
signed = "{timestamp}.{body}"         # also {method} {url} {path} {query} {header:Name} {body:sha256}
timestamp_header = "X-Billing-Time"
timestamp_unit = "s"                  # s, ms, rfc3339
tolerance = 300                       # seconds
key = "text"                          # how the secret writes the key: text, hex, base64
type = "header:X-Billing-Event"       # or body:dotted.path
id = "body:id"
deadline = 10                         # seconds that the sender waits
```

Its secrets stand under `[secrets]` by the same name.
"""


def schemes() -> tuple[Scheme, ...]:
    """Every scheme that signs, by its name."""
    loaded = (load(name) for name in names())
    return tuple(scheme for scheme in loaded if scheme is not None and scheme.signs)


def markdown() -> str:
    """The page."""
    every = schemes()
    providers = {scheme.source or scheme.name for scheme in every}
    reasons = "".join(
        f"| {STATES[reason].value} | `{reason.value}` | {WORDS[reason]} |\n" for reason in Reason
    )
    rows = "".join(map(_row, every))
    asked = ", ".join(f"{provider} ({what})" for provider, what in sorted(known()))
    return "".join(
        (
            _HEAD.format(count=len(providers)),
            reasons,
            _SCHEMES,
            rows,
            _TAIL,
            _HANDSHAKES.format(asked=asked),
        )
    )


def _row(scheme: Scheme) -> str:
    cells = (
        f"`{scheme.name}`",
        f"[{scheme.title}]({scheme.page})",
        scheme.algorithm,
        _code(scheme.signed) if "{" in scheme.signed else scheme.signed,
        _code(scheme.header.decode()),
        _seconds(scheme.tolerance_s),
        _seconds(scheme.deadline_s),
        scheme.uncovered,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:g} s"
