"""The lines under the header when something is wrong, in the order of their rank; never a modal."""

from collections.abc import Iterator, Sequence

from hookcli.tui import words
from hookcli.tui.header import waiting_sentence
from hookcli.tui.link import Link
from hookcli.tui.paint import Line, Piece, flowed, wrapped
from hookcli.tunnel import observe

STAYING = ("token", "deleted", "disk")
"""Notices that stay true until something is done about them; the worst first."""
ANOTHER, ALONE = "another-listener", "alone"
"""Somebody else listens too, until nobody does."""
LINES = 3
"""As many as a banner has at most."""
SHOWN_S = {"error": 60.0, "warning": 20.0}
"""How long other notices are shown, by their level."""

CLOCK_MS = 30_000
"""Providers accept signatures some minutes old; half a minute off is worth a word."""


def banner(link: Link, width: int, now: float, *, oldest_ms: float, ascii_only: bool) -> list[Line]:
    """The lines of the most important thing that is wrong; none when nothing is."""
    for texts, role in _wrong(link, now, oldest_ms):
        bar = "|" if ascii_only else "┃"
        parts = _whole(texts, max(width - 4, 20))
        return [(Piece(f" {bar} ", role), Piece(part)) for part in parts]
    return []


def _whole(texts: Sequence[str], width: int) -> list[str]:
    """The first text that can be said in full; what it is that one can press stands at its end."""
    for text in texts:
        if len(parts := flowed(text, width)) <= LINES:
            return parts
    return wrapped(texts[-1], width, LINES)


def _wrong(link: Link, now: float, oldest_ms: float) -> Iterator[tuple[Sequence[str], str]]:
    """What is wrong, in many words and in few, and its role; worst first."""
    if link.phase == "ended" and link.reason:
        yield [_ended(link)], "bad"
    for code in STAYING:
        yield from _notice(link, code)
    for target in link.targets.values():
        if target.state not in ("", "up"):
            yield _target_down(waiting_sentence(target, oldest_ms, now)), "wait"
            break
    if link.state(now) == "lost":
        yield _relay_gone(link, now), "bad"
    yield from _notice(link, ANOTHER, unless=ALONE)
    if link.paused:
        waiting = f", {link.waiting} waiting" if link.waiting else ""
        yield [f"paused{waiting} (p goes on, . delivers one)"], "warn"
    if abs(link.clock_ahead_ms) >= CLOCK_MS:
        off = words.long_span(abs(link.clock_ahead_ms))
        yield [f"clock is {off} off the relay's; signatures may look stale"], "warn"
    if link.slow is not None and now - link.slow[0] < SHOWN_S["warning"]:
        _, source, took, budget = link.slow
        text = (
            f"slow: your app takes {words.long_span(took)} of {source}'s {words.long_span(budget)}"
        )
        yield [text], "warn"
    for at, notice in reversed(link.notices):
        if notice.code not in (*STAYING, ANOTHER, ALONE) and now - at < SHOWN_S.get(
            notice.level, 0
        ):
            yield [_sentence(notice)], _role(notice)


def _notice(link: Link, code: str, unless: str = "") -> Iterator[tuple[Sequence[str], str]]:
    """The latest notice with this code, unless one with the other came after it."""
    for _, notice in reversed(link.notices):
        if notice.code == unless:
            return
        if notice.code == code:
            yield [_sentence(notice)], _role(notice)
            return


def _ended(link: Link) -> str:
    return (
        f"Listening ended: {link.reason}. What was captured is here and can be replayed and edited."
    )


def _sentence(notice: observe.Notice) -> str:
    return f"{notice.text} ({notice.hint})" if notice.hint else notice.text


def _role(notice: observe.Notice) -> str:
    return "bad" if notice.level == "error" else "warn"


def _target_down(sentence: str) -> Sequence[str]:
    return (
        f"{sentence} The relay answers senders itself meanwhile and nothing is lost. Start your "
        "app, or T chooses another target. ctrl+t tries now.",
        f"{sentence} Nothing is lost. T another target, ctrl+t tries now.",
    )


def _relay_gone(link: Link, now: float) -> Sequence[str]:
    host = link.url.partition("://")[2].partition("/")[0] or "the relay"
    why = f" ({link.reason})" if link.reason else ""
    who = link.who(now)
    of = "" if who == "relay" else f" on {who}"
    silent = f"No answer from {host}{of} for {link.worst.lost_s(now)} s"
    return (
        f"{silent}{why}. Everything captured so far is here "
        "and can be replayed and edited. What arrives meanwhile is kept by the relay and comes in "
        "order when it is back. L log, ctrl+t tries now.",
        f"{silent}{why}. The relay keeps what arrives; all that is here works. "
        "L log, ctrl+t tries now.",
        f"{silent}. L log, ctrl+t tries now.",
    )
