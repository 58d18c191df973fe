"""The lines of the tab Signature: the verdict, how it came about, and one next step; pure."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hookcli.captures.model import SignatureState
from hookcli.tui import words
from hookcli.tui.details import Details
from hookcli.tui.paint import Line, Piece, chop, left, length, shown, width_of, wrapped

if TYPE_CHECKING:
    from hookcli.signatures.explaining import Explanation

_GLYPHS = {
    SignatureState.OK: ("✓", "ok", "ok"),
    SignatureState.BAD: ("✗", "FAIL", "bad"),
    SignatureState.STALE: ("!", "!", "warn"),
    SignatureState.NONE: ("–", "-", "dim"),
    SignatureState.UNKNOWN: ("?", "?", "warn"),
    SignatureState.NEW: ("✓", "ok", "accent"),
}
_WHEN = {
    SignatureState.OK: "it held",
    SignatureState.BAD: "it did not hold",
    SignatureState.STALE: "it was too old",
    SignatureState.NONE: "it was not known to be signed",
    SignatureState.UNKNOWN: "there was no secret to check it with",
    SignatureState.NEW: "it was signed here",
}
_LABEL = 14


def signature_lines(
    details: Details, found: "Explanation | None", width: int, *, ascii_only: bool
) -> list[Line]:
    """What is known of a signature; `found` is None where no scheme is known."""
    if found is None:
        text = "Not signed, or by a scheme that is not known."
        glyph = "-" if ascii_only else "–"
        return [(), (Piece(f"  {glyph} {text}", "dim"),)]
    state = SignatureState(found.verdict.state.value)
    glyph, plain, role = _GLYPHS[state]
    lines: list[Line] = [()]
    sign = plain if ascii_only else glyph
    for number, part in enumerate(wrapped(found.headline, max(width - 6, 20), 3)):
        lines.append((Piece(f"  {sign if not number else ' ' * width_of(sign)} {part}", role),))
    lines.append(())
    for name, value in _facts(details, found, ascii_only=ascii_only):
        for number, part in enumerate(_broken(value, max(width - _LABEL - 2, 20))):
            lines.append(
                (Piece(f"  {name if not number else '':<{_LABEL - 2}}", "dim"), Piece(part))
            )
    lines += _tried(found, width, ascii_only=ascii_only)
    lines += _advice(found, width, ascii_only=ascii_only)
    return [*lines, (), *_keys(details, found, width)]


def _facts(
    details: Details, found: "Explanation", *, ascii_only: bool
) -> Iterator[tuple[str, str]]:
    """Name and value, in the order of reading."""
    verdict, capture = found.verdict, details.capture
    how = f"{verdict.scheme}: {found.algorithm}" if found.algorithm else verdict.scheme
    yield "scheme", f"{how} over {found.signed}" if found.signed else how
    for name, value in found.headers:
        yield "header", f"{name}: {value}"
    if verdict.age_ms is not None:
        yield "timestamp", _timestamp(found, ascii_only=ascii_only)
    names = ", ".join(f"“{name}”" for name in found.secrets)
    yield "secrets" if len(found.secrets) > 1 else "secret", names or "none configured"
    if not verdict.ok:
        for name, text in found.expected:
            yield "", f"with “{name}” the signature would be {text}"
    if found.uncovered:
        yield "not covered", found.uncovered
    if capture.signature.state.value != verdict.state.value:
        yield "at capture", _WHEN[capture.signature.state]


def _timestamp(found: "Explanation", *, ascii_only: bool) -> str:
    age = found.verdict.age_ms or 0
    way = "before" if age >= 0 else "after"
    text = f"{words.long_span(abs(age))} {way} arrival"
    if found.in_time is None or found.tolerance_s is None:
        return text
    mark = ("ok" if found.in_time else "FAIL") if ascii_only else ("✓" if found.in_time else "✗")
    side = "inside" if found.in_time else "outside"
    return f"{text}   {mark} {side} {words.long_span(found.tolerance_s * 1000)}"


def _broken(text: str, width: int) -> list[str]:
    """All of a value, over as many lines as it takes: a signature is compared to its end."""
    out: list[str] = []
    for word in shown(text).split(" "):
        if out and width_of(out[-1]) + 1 + width_of(word) <= width:
            out[-1] += f" {word}"
        else:
            out += chop(word, width)
    return out or [""]


def _tried(found: "Explanation", width: int, *, ascii_only: bool) -> list[Line]:
    if not found.tried:
        return []
    room = min(max(width - 34, 30), 56)
    mark = "ok " if ascii_only else "✓ "
    lines: list[Line] = [(), (Piece("  What was tried", "strong"),)]
    for one in found.tried:
        result = Piece(f"{mark if one.fits else ''}{one.result}", "ok" if one.fits else "dim")
        lines.append((Piece(f"    {left(one.what, room)}  "), result))
    return lines


def _advice(found: "Explanation", width: int, *, ascii_only: bool) -> list[Line]:
    arrow = "=>" if ascii_only else "➜"
    text = " ".join(part for part in (found.finding, found.next_step) if part)
    if not text:
        return []
    parts = wrapped(text, max(width - 6, 20), 5)
    return [(), *((Piece(f"  {arrow if not n else ' ' * width_of(arrow)} {part}", "strong"),)
                  for n, part in enumerate(parts))]  # fmt: skip


def _keys(details: Details, found: "Explanation", width: int) -> list[Line]:
    """What can be done from here."""
    lines: list[Line] = []
    if found.secrets and not found.verdict.ok:
        signed = f"replay signed with “{found.secrets[0]}”"
        lines.append((Piece("      r", "key"), Piece("  replay as it is     "),
                      Piece("ctrl+r", "key"), Piece(f"  {signed}")))  # fmt: skip
    elif not found.secrets:
        command = f"hookcli verify {words.short(details.capture.id)} --secret env:NAME"
        lines.append((Piece(f"      {command}", "strong"),))
    copy: Line = (Piece("      c", "key"), Piece("  copy the string that is signed"))
    page: Line = (Piece("      o", "key"), Piece("  the provider's own page"))
    more = [line for line, there in ((copy, found.message), (page, found.page)) if there]
    if length(line := tuple(piece for each in more for piece in each)) <= width:
        return [*lines, line] if line else lines
    return [*lines, *more]
