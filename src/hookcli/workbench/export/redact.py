"""Credentials in a request: named, and left out of what leaves this machine.

Header and query fields only. A body is what was captured: whoever exports it means it. Signatures
are no credentials: they fit one body, and without them nothing could be verified.
"""

import re
from dataclasses import replace

from msgspec import structs

from hookcli.captures.model import Attempt
from hookcli.wire.headers import Headers
from hookcli.workbench import formtext
from hookcli.workbench.export.item import Item
from hookcli.workbench.splices import splice

_NAME = re.compile(
    r"(?:^|[-_])(?:authorization|cookies?|tokens?|secrets?|passw(?:or)?d|credentials?"
    r"|(?:api|app|access|auth|subscription)[-_]?keys?|session[-_]?id)(?:$|[-_])",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_QUERY = re.compile(r"^(?:key|auth|sig)$", re.IGNORECASE)
# What is a credential by its look, whatever the field is called.
_VALUE = re.compile(
    rb"^(?:bearer|basic|digest|token) \S|\b(?:sk_live_|sk_test_|rk_live_|whsec_|ghp_|gho_|ghs_"
    rb"|github_pat_|glpat-|xox[abposr]-|shpat_|shpss_|AKIA[0-9A-Z]{12}|hk_[0-9A-Za-z]{8})",
    re.IGNORECASE,
)


def credentials(headers: Headers, query: bytes) -> tuple[str, ...]:
    """The names of header and query fields that hold credentials, in order, repeats included."""
    named = [name.decode("latin-1") for name, value in headers if _is_secret_header(name, value)]
    asked = [field.name for field in formtext.fields(query) if _is_secret_field(query, field)]
    return (*named, *(f"query {name}" for name in asked))


def redact(item: Item, *, answers: bool = True) -> tuple[Item, tuple[str, ...]]:
    """The item without credentials in its request and its answers, and what was left out.

    Without `answers`, because they are not going to be written, they are not looked at.
    """
    capture = item.capture
    path, mark, query = capture.target.partition(b"?")
    secret = [field for field in formtext.fields(query) if _is_secret_field(query, field)]
    left = list(credentials(capture.headers, query))
    for field in reversed(secret):
        query = splice(query, [formtext.removing(query, field)])
    target = path + mark + query if query or not secret else path
    attempts = item.attempts
    if answers:
        attempts = tuple(_answer(attempt, left) for attempt in attempts)
    cleared = structs.replace(capture, headers=_without(capture.headers), target=target)
    return replace(item, capture=cleared, attempts=attempts), tuple(left)


def _answer(attempt: Attempt, left: list[str]) -> Attempt:
    left += credentials(attempt.headers, b"")
    return structs.replace(attempt, headers=_without(attempt.headers))


def _without(headers: Headers) -> Headers:
    return tuple(pair for pair in headers if not _is_secret_header(*pair))


def _is_secret_header(name: bytes, value: bytes) -> bool:
    return _is_secret_name(name.decode("latin-1")) or _VALUE.search(value) is not None


def _is_secret_field(query: bytes, field: formtext.Field) -> bool:
    value = formtext.decode(query[field.start : field.end])
    named = _is_secret_name(field.name) or _QUERY.search(field.name) is not None
    return named or _VALUE.search(value) is not None


def _is_secret_name(name: str) -> bool:
    return _NAME.search(_CAMEL.sub("-", name)) is not None
