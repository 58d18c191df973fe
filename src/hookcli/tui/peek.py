"""Why the selected event went as it did: the lines under the list, without a key being pressed."""

import json
import re
from collections.abc import Iterator
from typing import Any

from hookcli.captures.model import Attempt, Capture, Outcome, SignatureState
from hookcli.tui import words
from hookcli.tui.paint import Line, Piece, cut, joined, length
from hookcli.tui.rows import GLYPHS, Row
from hookcli.wire.headers import first

_MESSAGE_KEYS = ("error", "message", "detail", "title", "reason", "errors", "msg")
_EXCEPTION = re.compile(r"^(?:[\w.]+\.)?\w*(?:Error|Exception|Exit|Interrupt|Warning)\b.*", re.M)
_RAILS = re.compile(r"^[A-Z]\w*(?:::[A-Z]\w*)+(?: \(.*\))?.*", re.M)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]+>", re.IGNORECASE | re.DOTALL)
_LOOK_AT = 65536
WIDE, NAMES = 90, 24
"""Cells from which on ids are whole, and cells of a name among facts."""
SLOW = 0.8
"""The share of the provider's patience from which on an answer is called slow."""


def answer_line(attempt: Attempt) -> str:
    """The first meaningful line of an answer, or why there is none."""
    if attempt.outcome is not Outcome.RESPONDED:
        return attempt.error or attempt.outcome.value
    text = attempt.body[:_LOOK_AT].decode("utf-8", "replace").strip()
    if not text:
        return ""
    content_type = (first(attempt.headers, b"content-type") or b"").lower()
    return message_in(text, html=b"html" in content_type or text[:1] == "<")


def message_in(text: str, *, html: bool = False) -> str:
    """A JSON error message, a page's title, an exception's line; else the first line."""
    if text[:1] in "{[" and (found := _json_message(text)):
        return found
    if html:
        if (title := _TITLE.search(text)) and title[1].strip():
            return " ".join(title[1].split())
        text = _TAG.sub("\n", text)
    found_line = _EXCEPTION.findall(text) or [m[0] for m in _RAILS.finditer(text)]
    line = found_line[-1] if found_line else next(iter(text.strip().splitlines()), "")
    return " ".join(str(line).split())


def _json_message(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return _message_of(value, 0)


def _message_of(value: Any, depth: int) -> str:
    if isinstance(value, str):
        return " ".join(value.split())
    if depth > 3:
        return ""
    if isinstance(value, list):
        return _message_of(value[0], depth + 1) if value else ""
    if isinstance(value, dict):
        for key in _MESSAGE_KEYS:
            if value.get(key) and (found := _message_of(value[key], depth + 1)):
                return found
    return ""


def peek(row: Row, now: int, *, budget_ms: float | None = None, capture: Capture | None = None,
         repeats: Row | None = None, endpoint: str = "", ascii_only: bool = False, width: int = 80) -> list[Line]:  # fmt: skip
    """Three lines: outcome and retry; the answer's message; signature, sender, budget.

    Args:
        now: µs since the Unix epoch.
        endpoint: The name of the row's endpoint, where there are several.
    """
    dash = "-" if ascii_only else "─"
    name = row.id if width >= WIDE else words.short(row.id)
    dot = " - " if ascii_only else " · "
    head = [Piece(f"{dash * 3} ", "dim"), Piece(name), Piece(dot, "dim")]
    head += outcome_pieces(row, now, ascii_only=ascii_only)
    head += [Piece(" "), Piece(dash * 300, "dim")]
    return [tuple(head), _message(row, ascii_only=ascii_only),
            (Piece(" "), *joined(_facts(row, capture, budget_ms, repeats, endpoint, width), dot, width - 1))]  # fmt: skip


def outcome_pieces(row: Row, now: int, *, ascii_only: bool = False) -> Line:
    """`✗ 500 in 84 ms · attempt 2, next in 12 s`."""
    glyph, plain, role = GLYPHS[row.kind]
    sign = plain if ascii_only else glyph
    dot = " - " if ascii_only else " · "
    pieces = [
        Piece("" if row.flying else f"{sign} ", role),
        Piece(outcome_words(row, now), "bad" if row.failed else "strong"),
    ]
    if row.attempts > 1 or row.next_retry_at is not None:
        pieces.append(Piece(f"{dot}attempt {row.attempts}"))
    if row.next_retry_at is not None:
        wait = max(row.next_retry_at - now, 0) / 1000
        pieces.append(Piece(f", next in {words.long_span(wait)}", "wait"))
    return tuple(pieces)


def outcome_words(row: Row, now: int) -> str:
    """How it went, in words."""
    if row.flying:
        return f"being answered for {words.long_span((now - row.flying) / 1000)}"
    if row.waiting:
        return f"waiting for your app since {words.long_span((now - row.at) / 1000)}"
    if row.outcome is None:
        return "captured, not forwarded"
    if row.outcome is Outcome.RESPONDED:
        return f"{row.status} in {words.long_span(row.ms)}"
    names = {
        Outcome.REFUSED: "refused", Outcome.TIMED_OUT: "timed out", Outcome.ABORTED: "cut off",
        Outcome.TLS: "TLS failed", Outcome.GARBLED: "not an HTTP answer",
        Outcome.TOO_LARGE: "answer too large",
    }  # fmt: skip
    return f"{names[row.outcome]} after {words.long_span(row.ms)}"


def _message(row: Row, *, ascii_only: bool) -> Line:
    arrow = " > " if ascii_only else " ↳ "
    if row.error:
        return (Piece(arrow, "dim"), Piece(row.error, "strong" if row.failed else ""))
    if row.note:
        return (Piece(" ; ", "dim"), Piece(row.note))
    return (Piece(arrow, "dim"), Piece(f"{row.method} {row.path}", "dim"))


def _facts(
    row: Row, capture: Capture | None, budget_ms: float | None, repeats: Row | None, endpoint: str,
    width: int,
) -> Iterator[Piece]:  # fmt: skip
    sender, signature = told_words(row), signature_pieces(row, capture)
    roomy = length(signature) + len(sender) + 4 <= width
    yield from signature if roomy else signature_pieces(row, None)
    if sender:
        yield Piece(sender)
    if budget_ms and row.outcome is not None and not row.parent:
        text = f"budget {words.long_span(row.ms)} of {words.long_span(budget_ms)}"
        yield Piece(text, budget_role(row.ms, budget_ms))
    if repeats is not None:
        before = words.long_span((row.at - repeats.at) / 1000)
        text = f"repeats {words.short(repeats.id)}, {before} later"
        yield Piece(text, "warn")
    if endpoint:
        yield Piece(f"to {cut(endpoint, NAMES)}")
    for tag in row.tags:
        yield Piece(f":{cut(tag, NAMES)}", "accent")


def budget_role(ms: float, budget_ms: float) -> str:
    """How a time looks beside what the provider waits for."""
    if ms > budget_ms:
        return "bad"
    return "warn" if ms >= SLOW * budget_ms else ""


def told_words(row: Row) -> str:
    """What the sender was told."""
    if row.told is None:
        return ""
    if row.told.status == 0:
        return "sender hung up"
    ways = {"ack": " (ack)", "deadline": " (ack, too late)", "hookcli": " (hookcli)"}
    by = ways.get(row.told.by, "")
    return f"sender saw {row.told.status}{by}"


def signature_pieces(row: Row, capture: Capture | None) -> Line:
    """`signature ok (stripe, 0.4 s old)`."""
    words_of = {
        SignatureState.OK: ("signature ok", ""), SignatureState.BAD: ("signature bad", "warn"),
        SignatureState.STALE: ("signature stale", "warn"), SignatureState.NONE: ("not signed", "dim"),
        SignatureState.UNKNOWN: ("signed, no secret to check with", "dim"),
        SignatureState.NEW: ("signed here", "accent"),
    }  # fmt: skip
    text, role = words_of[row.sig]
    facts: list[str] = []
    if capture is not None and capture.scheme:
        facts.append(capture.scheme)
    if capture is not None and capture.signature.age_ms is not None:
        facts.append(f"{words.long_span(capture.signature.age_ms)} old")
    if capture is not None and row.sig in (SignatureState.BAD, SignatureState.STALE):
        facts.append(capture.signature.reason.replace("_", " "))
    known = ", ".join(filter(None, facts))
    return (Piece(f"{text} ({known})" if known else text, role),)
