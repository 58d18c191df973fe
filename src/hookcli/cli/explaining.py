"""`hookcli listen --explain`: when a failing delivery would be tried again. Nothing is connected."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hookcli.cli.here import Here

if TYPE_CHECKING:
    from hookcli.tunnel.retries import Retry
    from hookcli.tunnel.schedule import Planned

_ROWS = 14
"""Rows before what stays the same is summed up."""


def explain(here: Here) -> int:
    """Show the schedule that the settings ask for."""
    from hookcli.cli.render.ndjson import dumped, head
    from hookcli.tunnel.retries import Retry
    from hookcli.tunnel.schedule import schedule

    for_ms = here.settings.number("retry_for")
    retry = Retry(
        times=here.settings.number("retry") or 0, for_s=None if for_ms is None else for_ms / 1000
    )
    planned = schedule(retry)
    if here.console.json or here.settings.text("output") == "json":
        for one in planned:
            facts = {
                "n": one.n,
                "earliest_s": round(one.earliest_s, 3),
                "latest_s": None if one.latest_s is None else round(one.latest_s, 3),
                "pause_min_s": round(one.pause_s[0], 3),
                "pause_max_s": round(one.pause_s[1], 3),
            }
            here.console.out(dumped(head("planned", here.now) | facts))
        return 0
    for line in _lines(planned, retry):
        here.console.out(line)
    return 0


def _lines(planned: Sequence["Planned"], retry: "Retry") -> list[str]:
    from hookcli.cli.render.words import plural
    from hookcli.tunnel.retries import ABORTED_TRIES

    if not retry.asked:
        return [
            "An answer that is not 2xx is not tried again; one that breaks off is, "
            f"{ABORTED_TRIES} times in all.",
            "  try: hookcli listen --retry 5 --explain, or --retry-for 72h",
            *_ALWAYS,
        ]
    surely = sum(one.latest_s is not None for one in planned)
    most = len(planned)
    count = (
        plural(most, "attempt") if surely == most else f"{surely:,} to {plural(most, 'attempt')}"
    )
    return [
        f"A delivery whose answer is not 2xx is tried again: {count} in all.",
        *_table(planned),
        "A Retry-After of the program makes a pause longer, up to a day.",
        *_ALWAYS,
    ]


_ALWAYS = (
    "While the program accepts no connection, deliveries wait for it and are not counted.",
    "Pauses go on over a restart of the listener; what fell due meanwhile is tried at once.",
)


def _table(planned: Sequence["Planned"]) -> list[str]:
    """Pauses and times; once pauses stay the same, the last row alone."""
    rows = [("attempt", "pause before it", "after the first attempt"), *map(_row, planned[:_ROWS])]
    if len(planned) > _ROWS + 1:
        same = planned[_ROWS].pause_s == planned[-1].pause_s
        rows.append(("…", _pause(planned[_ROWS]) if same else "…", "…"))
    if len(planned) > _ROWS:
        rows.append(_row(planned[-1]))
    widths = [max(len(row[at]) for row in rows) for at in (0, 1)]
    return [f"  {a:>{widths[0]}}   {b:<{widths[1]}}   {c}".rstrip() for a, b, c in rows]


def _row(one: "Planned") -> tuple[str, str, str]:
    if one.n == 1:
        return "1", "", "at once"
    latest = "not at all" if one.latest_s is None else _time(one.latest_s)
    when = f"{_time(one.earliest_s)} {'or' if one.latest_s is None else 'to'} {latest}"
    return f"{one.n:,}", _pause(one), when


def _pause(one: "Planned") -> str:
    return f"{_time(one.pause_s[0])} to {_time(one.pause_s[1])}"


def _time(seconds: float) -> str:
    from hookcli.cli.render.words import span

    return span(seconds * 1000)
