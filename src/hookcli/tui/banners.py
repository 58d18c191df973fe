"""The lines under the header when something is wrong, in the order of their rank; never a modal."""

from collections.abc import Iterator

from hookcli.tui import words
from hookcli.tui.header import waiting_sentence
from hookcli.tui.link import Link
from hookcli.tui.paint import Line, Piece, wrapped
from hookcli.tunnel import observe

STAYING = ("token", "deleted", "disk")
"""Notices that stay true until something is done about them; the worst first."""
ANOTHER, ALONE = "another-listener", "alone"
"""Somebody else listens too, until nobody does."""
SHOWN_S = {"error": 60.0, "warning": 20.0}
"""How long other notices are shown, by their level."""

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
    if link.phase == "ended" and link.reason:
        yield _ended(link), "bad", 3
    for code in STAYING:
        yield from _notice(link, code)
    for target in link.targets.values():
        if target.state not in ("", "up"):
            yield _target_down(waiting_sentence(target, oldest_ms, now)), "wait", 3
            break
    if link.state(now) == "lost":
        yield _relay_gone(link, now), "bad", 3
    yield from _notice(link, ANOTHER, unless=ALONE)
    if link.paused:
        waiting = f", {link.waiting} waiting" if link.waiting else ""
        yield f"paused{waiting} (p goes on, . delivers one)", "warn", 1
    if abs(link.clock_ahead_ms) >= CLOCK_MS:
        off = words.long_span(abs(link.clock_ahead_ms))
        yield f"clock is {off} off the relay's; signatures may look stale", "warn", 1
    if link.slow is not None and now - link.slow[0] < SHOWN_S["warning"]:
        _, source, took, budget = link.slow
        text = (
            f"slow: your app takes {words.long_span(took)} of {source}'s {words.long_span(budget)}"
        )
        yield text, "warn", 1
    for at, notice in reversed(link.notices):
        if notice.code not in (*STAYING, ANOTHER, ALONE) and now - at < SHOWN_S.get(
            notice.level, 0
        ):
            yield _sentence(notice), _role(notice), 2


def _notice(link: Link, code: str, unless: str = "") -> Iterator[tuple[str, str, int]]:
    """The latest notice with this code, unless one with the other came after it."""
    for _, notice in reversed(link.notices):
        if notice.code == unless:
            return
        if notice.code == code:
            yield _sentence(notice), _role(notice), 2
            return


def _ended(link: Link) -> str:
    return (
        f"Listening ended: {link.reason}. What was captured is here and can be replayed and edited."
    )


def _sentence(notice: observe.Notice) -> str:
    return f"{notice.text} ({notice.hint})" if notice.hint else notice.text


def _role(notice: observe.Notice) -> str:
    return "bad" if notice.level == "error" else "warn"


def _target_down(sentence: str) -> str:
    return (
        f"{sentence} The relay answers senders itself meanwhile and nothing is lost. Start your "
        "app, or T chooses another target. ctrl+t tries now."
    )


def _relay_gone(link: Link, now: float) -> str:
    host = link.url.partition("://")[2].partition("/")[0] or "the relay"
    why = f" ({link.reason})" if link.reason else ""
    who = link.who(now)
    of = "" if who == "relay" else f" on {who}"
    return (
        f"No answer from {host}{of} for {link.worst.lost_s(now)} s{why}. Everything captured so far is here "
        "and can be replayed and edited. What arrives meanwhile is kept by the relay and comes in "
        "order when it is back. L log, ctrl+t tries now."
    )
