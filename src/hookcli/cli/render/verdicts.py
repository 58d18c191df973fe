"""What is found out about a signature: lines for people, a record for programs. No secret's value."""

from collections.abc import Iterator

from hookcli.cli.render import ndjson
from hookcli.cli.render.paint import Paint
from hookcli.cli.render.words import safe, span
from hookcli.signatures import State
from hookcli.signatures.explaining import Explanation
from hookcli.workbench.records import Record, instant

_WORDS = {
    State.OK: ("ok", "green"),
    State.BAD: ("BAD", "red"),
    State.STALE: ("OLD", "yellow"),
    State.NONE: ("none", "dim"),
    State.UNKNOWN: ("?", "yellow"),
    State.NEW: ("new", ""),
}


def lines(name: str, found: Explanation, paint: Paint, *, whole: bool) -> Iterator[str]:
    """The verdict on a line; below it why it fails and what to do. `whole`: all that is known."""
    verdict = found.verdict
    word, color = _WORDS[verdict.state]
    if not verdict.scheme:
        yield f"{safe(name)}  -  {paint(color, word)}  Nothing in it is a signature that is known."
        yield "  try: --scheme NAME, where you know who signed it"
        return
    yield f"{safe(name)}  {safe(verdict.scheme)}  {paint(color, word)}  {safe(found.headline)}"
    if whole:
        yield from _facts(found, paint)
    if verdict.state is State.OK:
        return
    if found.finding and found.finding != found.headline:
        yield f"  {safe(found.finding)}"
    if found.next_step:
        yield f"  try: {safe(found.next_step)}"


def _facts(found: Explanation, paint: Paint) -> Iterator[str]:
    if found.algorithm:
        yield f"  {paint('dim', 'signed    ')} {safe(found.signed)}  ({safe(found.algorithm)})"
    for name, value in found.headers:
        yield f"  {paint('dim', 'field     ')} {safe(name)}: {safe(value)}"
    if found.signed_at is not None:
        age = found.verdict.age_ms or 0
        allowed = f", {span(found.tolerance_s * 1000)} are allowed" if found.tolerance_s else ""
        way = f"{span(abs(age))} {'before' if age > 0 else 'after'}" if abs(age) >= 1000 else "as"
        told = f"{way} it came{allowed}"
        yield f"  {paint('dim', 'signed at ')} {instant(found.signed_at)}, {told}"
    if found.secrets:
        yield f"  {paint('dim', 'secrets   ')} {safe(', '.join(found.secrets))}"
    for one in found.tried:
        mark = paint("green", "fits") if one.fits else paint("dim", "no  ")
        result = f": {safe(one.result)}" if one.fits else ""
        yield f"  {paint('dim', 'tried     ')} {mark} {safe(one.what)}{result}"
    if found.uncovered and found.verdict.state is State.OK:
        yield f"  {paint('dim', 'not covered')} {safe(found.uncovered)}"
    if found.page and found.verdict.state is not State.OK:
        yield f"  {paint('dim', 'page      ')} {found.page}"


def record(event: str, name: str, found: Explanation, now: int) -> str:
    """One line."""
    verdict = found.verdict
    made: Record = ndjson.head("verification", now) | {
        "event": event or None,
        "name": name,
        "scheme": verdict.scheme or None,
        "state": verdict.state.value,
        "reason": verdict.reason.value,
        "detail": verdict.detail or None,
        "age_ms": verdict.age_ms,
        "secret": verdict.secret_name or None,
        "fitting": found.fitting or None,
        "headline": found.headline,
        "finding": found.finding or None,
        "next_step": found.next_step or None,
        "tried": [
            {"what": one.what, "fits": one.fits, "result": one.result} for one in found.tried
        ],
    }
    return ndjson.dumped(made)
