"""A walk through every screen, one after the other, in whatever size and theme the inspector has."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from hookcli.tui.screens.replay_many import ManyScreen
from hookcli.tunnel import observe
from tests.hookcli.tui.rig import READY, Drive

UP = observe.TargetState(target="http://localhost:8000", state="up", waiting=0)
REFUSED = replace(UP, state="refused", waiting=3, next_try_ms=4000)
ALIVE = observe.Alive(round_trip_ms=34.0, clock_ahead_ms=0.0)


async def through(it: Drive, ready: observe.Ready = READY) -> AsyncIterator[str]:
    """The name of each screen once it is drawn, beginning and ending in the list."""
    up = replace(UP, target=ready.targets[0])
    it.report(ready, ALIVE, up)
    for name, keys in PLACES.items():
        await it.press("escape", "escape", "escape", *keys)
        if name == "filter at fault":
            await it.until(lambda: "▲" in it.screen, "the fault is pointed at")
        yield name
    await it.press("escape", "escape", "escape")
    async for name in _editing(it):
        yield name
    async for name in _troubles(it, ready):
        yield name


PLACES: dict[str, tuple[str, ...]] = {
    "list": ("k",),
    "request": ("enter", "1"),
    "response": ("2",),
    "attempts": ("3",),
    "signature": ("4",),
    "diff": ("d",),
    "diff as text": ("d", "t"),
    "diff of bodies": ("d", "t", "a"),
    "raw": ("6",),
    "offset": ("enter", "6", "g"),
    "raw as text": ("enter", "6", "v"),
    "search": ("enter", "1", "slash", *"amount"),
    "wrapped": ("enter", "1", "w"),
    "sideways": ("enter", "1", "w", "j", "j", *["l"] * 9),
    "zoomed": ("z",),
    "filter": ("z", "slash", *"so"),
    "filter at fault": ("slash", *"status:5xx ms>fast"),
    "filter without hits": ("slash", *"nothing-has-this", "enter"),
    "help": ("question_mark",),
    "help of the filter": ("slash", "f1"),
    "commands": ("colon",),
    "commands found": ("colon", *"resi"),
    "log": ("L",),
    "connection": ("i",),
    "stats": ("S",),
    "stats by source": ("S", "4", "b"),
    "replay to": ("R",),
    "copy": ("Y",),
    "export": ("x",),
    "note": ("semicolon",),
    "tag": ("t",),
    "target": ("T",),
    "deleted": ("delete",),
    "brought back": ("u",),
}
"""What is pressed in the list, or where the screen before was left by escape."""


async def _editing(it: Drive) -> AsyncIterator[str]:
    await it.press("e")
    for number in range(1, 6):
        yield f"editor, part {number}"
        await it.press("f3")
    it.program.status = 422
    await it.press("ctrl+j")
    yield "editor, sent"
    await it.press("escape", "escape")
    await it.press("g", "m", "m", "m", "r")
    await it.until(lambda: isinstance(it.app.screen, ManyScreen) and it.app.screen.finished, "sent")
    yield "replay of many"
    await it.press("escape", "escape", "U", "escape")


async def _troubles(it: Drive, ready: observe.Ready) -> AsyncIterator[str]:
    for name, report in troubles(ready).items():
        it.report(report)
        await it.settle()
        yield name
        it.report(ready, ALIVE, replace(UP, target=ready.targets[0]))
        it.app.board.link.notices.clear()


def troubles(ready: observe.Ready) -> dict[str, observe.Report]:
    """What goes wrong, by name."""
    notice = observe.Notice(level="error", code="", text="")
    return {
        "refused": replace(REFUSED, target=ready.targets[0]),
        "lost": observe.Reconnecting(attempt=5, retry_in_ms=3000, down_ms=23_000, reason="timed out"),
        "token": replace(notice, code="token", text="the relay does not accept this token any more",
                         hint="hookcli login https://hooks.example.com"),
        "disk": replace(notice, code="disk", text="disk full, not taking more; the relay keeps them"),
        "another": replace(notice, level="info", code="another-listener",
                           text="another listener (maria-mbp, since 14:02) is on this endpoint too; both get every event",
                           hint="hookcli endpoint create payments-me"),
        "clock": replace(ALIVE, clock_ahead_ms=94_000.0),
        "gap": observe.Missing(from_seq=2, to_seq=38, count=37, reason="retention"),
        "again": observe.Connected(down_ms=29_000, caught_up=3),
        "turned away": observe.TurnedAway(at=0, method="POST", target=b"/", peer="192.0.2.1", status=403,
                                          reason="address", more=1),
    }  # fmt: skip
