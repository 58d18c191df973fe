"""The line at the top: what state the connection and the program are in, as far as reports tell."""

from dataclasses import dataclass

from hookcli.tui import words
from hookcli.tui.link import Link, Target
from hookcli.tui.paint import Line, Piece, cut_middle, length, spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the right side tells."""

    seen: int = 0
    failed: int = 0
    waiting: int = 0
    p50: float | None = None
    p95: float | None = None
    spark: str = ""


def header(link: Link, counts: Counts, width: int, now: float, *, ascii_only: bool = False) -> Line:
    """`● live 2s  hooks.example/ep → localhost:8000 ● up      128 seen  3 failed`."""
    state = state_pieces(link, now, ascii_only=ascii_only)
    end = _counts(link, counts, width)
    room = width - length(state) - length(end) - 3
    where = _where(link, room, wide=width >= 110, ascii_only=ascii_only)
    return spread((*state, *where), (*end, Piece(" ")), width)


def state_pieces(link: Link, now: float, *, ascii_only: bool = False) -> Line:
    """The dot and the word; never `live` before the relay said welcome."""
    state = link.state(now)
    full, empty, half = ("*", "o", "~") if ascii_only else ("●", "◌", "◐")
    if state == "none":
        return (Piece(f" {empty} ", "dim"), Piece("captures only", "strong"), Piece("  "))
    if state == "connecting":
        return (Piece(f" {empty} ", "wait"), Piece("connecting", "strong"), Piece("  "))
    if state == "ended":
        return (Piece(f" {empty} ", "bad"), Piece("stopped", "strong"), Piece("  "))
    if state == "lost":
        return _lost(link, now, empty)
    if state == "stale":
        who = link.who(now)
        text = f"stale {link.worst.silent_s(now)}s"
        text = text if who == "relay" else f"{who} {text}"
        return (Piece(f" {half} ", "warn"), Piece(text, "warn"), Piece("  "))
    if link.local:
        return (Piece(f" {half} ", "wait"), Piece("local only", "strong"), Piece("  "))
    return (
        Piece(f" {full} ", "ok"), Piece("live", "strong"),
        Piece(f" {link.worst.silent_s(now)}s", "dim"), Piece("  "),
    )  # fmt: skip


def _lost(link: Link, now: float, dot: str) -> Line:
    stream = link.worst
    text = f"{link.who(now)} lost {stream.lost_s(now)} s"
    pieces = [Piece(f" {dot} ", "bad"), Piece(text, "bad")]
    if stream.attempt and stream.retry_at is not None:
        wait = max(int(stream.retry_at - now + 0.999), 0)
        when = f"in {wait} s" if wait else "now"
        pieces.append(Piece(f"  try {stream.attempt} {when}", "dim"))
    return (*pieces, Piece("  "))


def _counts(link: Link, counts: Counts, width: int) -> Line:
    pieces: list[Piece] = []
    if width >= 130 and link.round_trip_ms is not None:
        pieces.append(Piece(f"relay {link.round_trip_ms:.0f} ms   ", "dim"))
    pieces.append(Piece(f"{counts.seen} seen" if counts.seen else "nothing yet"))
    if counts.failed:
        pieces.append(Piece(f"  {counts.failed} failed", "bad"))
    if counts.waiting:
        pieces.append(Piece(f"  {counts.waiting} waiting", "wait"))
    if width >= 130 and counts.p50 is not None and counts.p95 is not None:
        pieces.append(Piece(f"  p50 {counts.p50:.0f} ms  p95 {counts.p95:.0f} ms", "dim"))
    if width >= 150 and counts.spark:
        pieces.append(Piece(f"  {counts.spark}", "accent"))
    return tuple(pieces)


def _where(link: Link, room: int, *, wide: bool, ascii_only: bool) -> Line:
    if not link.ready:
        return ()
    url = _place(link, wide=wide)
    if not link.targets:
        return (Piece(cut_middle(url, room)), Piece("  capture only", "dim"))
    target = next(iter(link.targets.values()))
    more = f" +{len(link.targets) - 1}" if len(link.targets) > 1 else ""
    dot, word, role = target_state(target, ascii_only=ascii_only)
    name = target.url.partition("://")[2] or target.url
    if room < len(url) + len(name) + 12:
        name = f":{name.rpartition(':')[2]}" if ":" in name else name
    arrow = " -> " if ascii_only else " → "
    tail = (Piece(f"{name}{more} "), Piece(dot, role), Piece(f" {word}", role))
    left = room - length(tail) - len(arrow)
    if left < 12:
        return tail
    return (Piece(cut_middle(url, left)), Piece(arrow, "dim"), *tail)


def _place(link: Link, *, wide: bool) -> str:
    """The URL that is listened to, or the names of several endpoints."""
    if link.several:
        return " + ".join(link.several.values())
    return link.url if wide else link.url.partition("://")[2] or link.url


def target_state(target: Target, *, ascii_only: bool = False) -> tuple[str, str, str]:
    """Glyph, word and role of a target."""
    if target.state == "up":
        return ("*" if ascii_only else "●"), "up", "ok"
    if target.state == "":
        return ("o" if ascii_only else "○"), "not tried yet", "dim"
    word = {"refused": "refused", "timeout": "no answer"}.get(target.state, target.state)
    return ("x" if ascii_only else "✗"), word, "bad"


def target_sentence(target: Target) -> str:
    """One sentence on a target, for the empty screens and the connection screen."""
    name = target.url.partition("://")[2] or target.url
    if target.state == "up":
        return f"{name} accepts connections"
    if target.state == "refused":
        return f"{name} refuses connections"
    if target.state == "timeout":
        return f"{name} does not answer"
    return f"{name} has not been tried yet"


def waiting_sentence(target: Target, oldest_ms: float, now: float) -> str:
    """`localhost:8000 refuses connections (3 waiting, oldest 41 s, next try in 4 s).`"""
    facts = [f"{target.waiting} waiting"]
    if oldest_ms:
        facts.append(f"oldest {words.long_span(oldest_ms)}")
    if target.next_try_at is not None:
        facts.append(f"next try in {max(int(target.next_try_at - now + 0.999), 0)} s")
    return f"{target_sentence(target)} ({', '.join(facts)})."
