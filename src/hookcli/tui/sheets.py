"""The lines of the tabs Signature and Diff; pure."""

from hookcli.captures.model import SignatureState
from hookcli.tui import words
from hookcli.tui.details import Details, outcome_title
from hookcli.tui.paint import Line, Piece, left, spread, wrapped
from hookcli.workbench import diff

IGNORED = ("id", "created", "header.date", "header.x-request-id")
"""What always differs between two events and says nothing."""
WIDE = 100

_WORDS = {
    SignatureState.OK: ("✓", "ok", "Signed by the sender, and fresh."),
    SignatureState.BAD: ("✗", "bad", "Not signed by the secret you gave."),
    SignatureState.STALE: ("!", "warn", "Signed by the sender, but too long before it arrived."),
    SignatureState.NONE: ("–", "dim", "Not signed, or by a scheme that is not known."),
    SignatureState.UNKNOWN: ("?", "warn", "Signed, but there is no secret to check it with."),
    SignatureState.NEW: ("✓", "accent", "Signed here, by hookcli."),
}


def signature_lines(details: Details, width: int, *, ascii_only: bool) -> list[Line]:
    """What is known of a signature: the verdict, its facts, and how it came about."""
    capture = details.capture
    glyph, role, sentence = _WORDS[capture.signature.state]
    if ascii_only:
        glyph = {"✓": "ok", "✗": "FAIL", "–": "-"}.get(glyph, glyph)
    if capture.signature.state is SignatureState.BAD and capture.scheme:
        sentence = f"Not signed by the secret you gave for {capture.scheme}."
    lines: list[Line] = [(), (Piece(f"  {glyph} {sentence}", role),), ()]
    facts = [("scheme", capture.scheme or "none known")]
    header = _signature_header(details)
    if header:
        facts.append(("header", header))
    if capture.signature.reason:
        facts.append(("reason", capture.signature.reason))
    if capture.signature.age_ms is not None:
        facts.append(("timestamp", f"{words.long_span(capture.signature.age_ms)} before arrival"))
    if capture.signature.secret:
        facts.append(("secret", f"“{capture.signature.secret}”"))
    for name, value in facts:
        parts = wrapped(value, max(width - 15, 20), 3)
        for number, part in enumerate(parts):
            lines.append((Piece(f"  {name if not number else '':<11}", "dim"), Piece(part)))
    lines += [(), *_proposal(details)]
    return lines


def _proposal(details: Details) -> list[Line]:
    state = details.capture.signature.state
    if state is SignatureState.UNKNOWN:
        scheme = details.capture.scheme or "this scheme"
        return [(Piece(f"  Put the secret of {scheme} under [secrets], then it is checked here:"),),
                (Piece(f"     hookcli verify {details.capture.id} --secret env:NAME", "strong"),)]  # fmt: skip
    if state in (SignatureState.BAD, SignatureState.STALE):
        return [(Piece("     r", "key"), Piece("  replay as it is       "), Piece("ctrl+r", "key"),
                 Piece("  sign again and replay"))]  # fmt: skip
    return []


def _signature_header(details: Details) -> str:
    for name, value in details.capture.headers:
        low = name.lower()
        if b"signature" in low or low in (b"x-hub-signature-256", b"x-shopify-hmac-sha256"):
            return f"{name.decode('latin-1')}: {value.decode('latin-1')}"
    return ""


def diff_lines(
    this: Details, other: Details | None, why: str, width: int, *, ascii_only: bool
) -> list[Line]:
    """What differs from another event: by path where the bodies allow it."""
    if other is None:
        return [(), (Piece("  Nothing to compare with: no other event of this type.", "dim"),), (),
                (Piece("  Mark an event with m, then it is compared with that one.", "dim"),)]  # fmt: skip
    a, b = other.capture.request(other.body), this.capture.request(this.body)
    found = diff.requests(a, b, ignore=diff.Ignore(IGNORED))
    answer = diff.answers(other.last, this.last)
    sections = [*found.sections, answer]
    count = sum(len(section.differences) for section in sections)
    ignored = len(found.ignored)
    arrow = "<->" if ascii_only else "↔"
    head = f"  {this.capture.id[-10:]}  {arrow}  {other.capture.id[-10:]}  ({why})"
    more = f" · {ignored} ignored" if ignored else ""
    tail = f"{words.plural(count, 'difference')}{more} "
    lines: list[Line] = [spread((Piece(head),), (Piece(tail, "strong"),), width), ()]
    lines += _sides(this, other, width)
    for section in sections:
        lines += _section(section, width, ascii_only=ascii_only)
    return lines


def _sides(this: Details, other: Details, width: int) -> list[Line]:
    def side(name: str, details: Details) -> str:
        outcome = outcome_title(details.last) if details.last else "not forwarded"
        return f"  {name}  {words.clock(details.capture.received_at)}  {outcome}"

    half = (width - 2) // 2
    if width < WIDE:
        return [(Piece(side("- other", other), "bad"),), (Piece(side("+ this ", this), "ok"),)]
    return [(Piece(left(side("OTHER", other), half), "strong"), Piece("│ ", "dim"),
             Piece(side("THIS", this), "strong"))]  # fmt: skip


def _section(section: diff.Section, width: int, *, ascii_only: bool) -> list[Line]:
    names = {"request": "request line", "response": "answer"}
    title = names.get(section.name, section.name)
    if section.identical:
        return [(Piece(f"  {title:<13}", "dim"), Piece("the same", "dim"))]
    if not section.differences:
        ignored = len(section.ignored)
        text = f"{ignored} ignored, else the same" if ignored else "only order or spacing differ"
        return [(Piece(f"  {title:<13}", "dim"), Piece(text, "dim"))]
    how = {"path": "by path, key order does not count", "line": "by line", "byte": "by byte"}
    note = how.get(str(section.how.value), "")
    number = words.plural(len(section.differences), "difference")
    lines: list[Line] = [
        (Piece(f"  {title:<13}", "strong"), Piece(f"{number}  "), Piece(note, "dim"))
    ]
    for difference in section.differences:
        lines += _difference(difference, width, ascii_only=ascii_only)
    return lines


def _difference(one: diff.Difference, width: int, *, ascii_only: bool) -> list[Line]:
    where = one.where
    before = _value(one.before)
    after = _value(one.after)
    if width >= WIDE:
        half = (width - 2) // 2
        name = max(min(36, half // 2), 12)
        bar = "| " if ascii_only else "│ "
        return [(Piece("    " + left(where, name) + " "), Piece(left(before, half - name - 5), "bad"),
                 Piece(bar, "dim"), Piece("  " + left(where, name) + " "),
                 Piece(left(after, half - name - 4), "ok"))]  # fmt: skip
    return [(Piece(f"    {where}"),), (Piece("      - ", "bad"), Piece(before)),
            (Piece("      + ", "ok"), Piece(after))]  # fmt: skip


def _value(value: bytes | None) -> str:
    if value is None:
        return "(absent)"
    return " ".join(value[:400].decode("utf-8", "replace").split()) or '""'
