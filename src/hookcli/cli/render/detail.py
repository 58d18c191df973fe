"""One capture for people: request, answer, attempts, signature; every stranger's byte made harmless."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hookcli.captures.model import Attempt, Capture, Outcome, SignatureState
from hookcli.cli.render.lines import reply
from hookcli.cli.render.paint import Paint
from hookcli.cli.render.words import clock, instant, plural, safe, size, span
from hookcli.wire.headers import Headers
from hookcli.workbench import media

LETTERS = "mHBhbas"
"""Meta, request head and body, answer's head and body, attempts, signature."""

_SIGNATURE_WORDS = {
    SignatureState.OK: "ok",
    SignatureState.BAD: "BAD",
    SignatureState.STALE: "too old",
    SignatureState.NONE: "not signed, or in no way that is known",
    SignatureState.UNKNOWN: "not checked: no secret is configured",
    SignatureState.NEW: "signed here",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """What there is to show."""

    capture: Capture
    body: bytes
    attempts: Sequence[Attempt]
    chosen: Attempt | None
    """The attempt whose answer is shown."""


def lines(detail: Detail, letters: str, paint: Paint) -> Iterator[str]:
    """The parts that the letters name, in the order of `LETTERS`, an empty line between them."""
    parts = {
        "m": lambda: meta(detail, paint),
        "H": lambda: request_head(detail.capture, paint),
        "B": lambda: body(detail.capture.headers, detail.body),
        "h": lambda: answer_head(detail, paint),
        "b": lambda: _answer_body(detail),
        "a": lambda: attempts(detail, paint),
        "s": lambda: signature(detail.capture, paint),
    }
    first = True
    for letter in LETTERS:
        if letter in letters and (made := list(parts[letter]())):
            yield from made if first else ("", *made)
            first = False


def meta(detail: Detail, paint: Paint) -> Iterator[str]:
    """What it is, where it came from, what its sender was told."""
    one = detail.capture
    what = safe(" ".join(filter(None, (one.source, one.event_type)))) or safe(one.method)
    where = f"seq {one.seq}" if one.seq is not None else "made here"
    yield f"{paint('bold', what)}  {one.id}  {where}"
    facts = [f"received {instant(one.received_at)}"]
    facts += [f"from {safe(one.peer)}"] if one.peer else []
    facts += [f"provider's id {safe(one.provider_id)}"] if one.provider_id else []
    facts += [f"mutation of {one.parent}"] if one.parent else []
    yield " · ".join(facts)
    told = [f"sender was told {reply(one.told)} after {span(one.told.ms)}"] if one.told else []
    told += [f"signature {_SIGNATURE_WORDS[one.signature.state]}"]
    yield " · ".join(told)
    if one.tags or one.note:
        yield safe(" ".join([*(f":{tag}" for tag in one.tags), one.note]).strip())


def request_head(capture: Capture, paint: Paint) -> Iterator[str]:
    """The request line and the fields as they were sent."""
    path = safe((capture.target or b"/").decode("utf-8", "backslashreplace"))
    yield f"{paint('bold', f'{safe(capture.method)} {path}')} HTTP/{safe(capture.http_version)}"
    yield from fields(capture.headers, paint)


def fields(headers: Headers, paint: Paint) -> Iterator[str]:
    """Header fields, one a line."""
    for name, value in headers:
        shown = safe(value.decode("utf-8", "backslashreplace"))
        yield f"{paint('cyan', safe(name.decode('latin-1')))}: {shown}"


def body(headers: Headers, data: bytes) -> Iterator[str]:
    """A body: JSON one value a line, other text as it is, what is no text announced."""
    kind = media.kind(headers, data)
    if kind is media.Kind.EMPTY:
        yield "(no body)"
    elif kind is media.Kind.JSON:
        from hookcli.workbench.pretty import Pretty

        for line in Pretty(data).lines():
            yield "  " * line.depth + safe(line.text)
    elif kind is media.Kind.BINARY:
        told = media.content_type(headers) or "no content type"
        encoded = ", compressed" if media.is_encoded(headers) else ""
        yield f"(binary, {size(len(data))}, {safe(told)}{encoded}; --body --raw or -O FILE)"
    else:
        for text in data.decode("utf-8", "replace").splitlines():
            yield safe(text)


def answer_head(detail: Detail, paint: Paint) -> Iterator[str]:
    """The chosen attempt's status line and fields; or why there is no answer."""
    attempt = detail.chosen
    if attempt is None:
        yield paint("dim", "(not forwarded yet)")
        return
    total = len(detail.attempts)
    nth = f"attempt {attempt.n} of {total}" if total > 1 else "answer"
    target = safe(attempt.target) or "hookcli"
    yield paint("dim", f"{nth} of {target} in {span(attempt.ms)}" if total <= 1 else
                f"{nth}, {attempt.why.value}, {target}, {span(attempt.ms)}")  # fmt: skip
    if attempt.outcome is not Outcome.RESPONDED:
        yield paint("red", f"{attempt.outcome.value}: {safe(attempt.error)}")
        return
    reason = safe(attempt.reason.decode("utf-8", "backslashreplace"))
    color = paint.status(attempt.status)
    yield paint(color, f"HTTP/1.1 {attempt.status} {reason}".rstrip())
    yield from fields(attempt.headers, paint)


def _answer_body(detail: Detail) -> Iterator[str]:
    attempt = detail.chosen
    if attempt is not None and attempt.outcome is Outcome.RESPONDED:
        yield from body(attempt.headers, attempt.body)
        if attempt.body_size > len(attempt.body):
            cut = f"{size(len(attempt.body))} of {size(attempt.body_size)}"
            yield f"(cut: {cut} are kept)"


def attempts(detail: Detail, paint: Paint) -> Iterator[str]:
    """Every attempt, one a line; nothing for one alone."""
    if len(detail.attempts) < 2:
        return
    yield paint("dim", plural(len(detail.attempts), "attempt"))
    for one in detail.attempts:
        answered = one.outcome is Outcome.RESPONDED
        status = str(one.status) if answered else one.outcome.value
        color = paint.status(one.status) if answered else "red"
        mark = ">" if one is detail.chosen else " "
        due = f"  next {clock(one.next_retry_at)}" if one.next_retry_at is not None else ""
        yield (
            f"{mark} #{one.n:<3} {clock(one.started_at)}  {one.why.value:<9}  "
            f"{paint(color, f'{status:<9}')} {span(one.ms):>8}  {safe(one.target)}{due}"
        )


def signature(capture: Capture, paint: Paint) -> Iterator[str]:
    """What is known of the signature."""
    verdict = capture.signature
    if not capture.scheme and verdict.state is SignatureState.NONE:
        return
    color = {SignatureState.OK: "green", SignatureState.BAD: "red"}.get(verdict.state, "yellow")
    text = f"signature  {paint(color, _SIGNATURE_WORDS[verdict.state])}"
    facts = [safe(capture.scheme)] if capture.scheme else []
    facts += [f"secret “{safe(verdict.secret)}”"] if verdict.secret else []
    facts += [f"{span(verdict.age_ms)} old on arrival"] if verdict.age_ms is not None else []
    facts += [safe(verdict.reason)] if verdict.reason else []
    yield "  ".join([text, *facts])
