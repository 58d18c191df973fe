"""The lines under the header when something is wrong, in the order of their rank; never a modal."""

from collections.abc import Iterator

from hookcli.tui import words
from hookcli.tui.header import waiting_sentence
from hookcli.tui.link import Link
from hookcli.tui.paint import Line, Piece, wrapped

RANK = (
    "token", "deleted", "another-listener", "disk", "target", "lost", "paused", "clock", "slow",
)  # fmt: skip
"""What is worst comes first; one is shown."""

CLOCK_MS = 30_000
"""Providers accept signatures some minutes old; half a minute off is worth a word."""


def banner(link: Link, width: int, now: float, *, oldest_ms: float, ascii_only: bool) -> list[Line]:
    """The lines of the most important thing that is wrong; none when nothing is."""
    for text, role, lines in _wrong(link, now, oldest_ms):
        bar = "|" if ascii_only else "┃"
        parts = wrapped(text, max(width - 4, 20), lines)
        return [(Piece(f" {bar} ", role), Piece(part)) for part in parts]
    return []


def _wrong(link: Link, now: float, oldest_ms: float) -> Iterator[tuple[str, str, int]]:
    """Sentences with their role and how many lines they may take, worst first."""
    for code in ("token", "deleted", "another-listener", "disk"):
        for notice in reversed(link.notices):
            if notice.code == code:
                hint = f" ({notice.hint})" if notice.hint else ""
                yield f"{notice.text}{hint}", "bad" if notice.level == "error" else "warn", 2
                break
    for target in link.targets.values():
        if target.state not in ("", "up"):
            yield _target_down(waiting_sentence(target, oldest_ms, now)), "wait", 3
            break
    if link.state(now) == "lost":
        yield _relay_gone(link, now), "bad", 3
    if link.paused:
        waiting = f", {link.waiting} waiting" if link.waiting else ""
        yield f"paused{waiting} (p goes on, . delivers one)", "warn", 1
    if abs(link.clock_ahead_ms) >= CLOCK_MS:
        off = words.long_span(abs(link.clock_ahead_ms))
        yield f"clock is {off} off the relay's; signatures may look stale", "warn", 1
    for notice in reversed(link.notices):
        if notice.code == "slow":
            yield notice.text, "warn", 1
            break


def _target_down(sentence: str) -> str:
    return (
        f"{sentence} The relay answers senders itself meanwhile and nothing is lost. Start your "
        "app, or T chooses another target. ctrl+t tries now."
    )


def _relay_gone(link: Link, now: float) -> str:
    host = link.url.partition("://")[2].partition("/")[0] or "the relay"
    why = f" ({link.reason})" if link.reason else ""
    return (
        f"No answer from {host} for {link.lost_s(now)} s{why}. Everything captured so far is here "
        "and can be replayed and edited. What arrives meanwhile is kept by the relay and comes in "
        "order when it is back. L log, ctrl+t tries now."
    )
