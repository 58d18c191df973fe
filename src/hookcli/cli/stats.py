"""`hookcli stats`: counts, failures, times."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import UsageError

if TYPE_CHECKING:
    from hookcli.cli.render.tables import Cell
    from hookcli.workbench.stats import Group, Stats

app = new_app()


@app.command(name="stats")
def stats(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[FILTER|REF]...", help="hookcli help filters")
    ] = None,
    by: Annotated[str, typer.Option(metavar="type|source|status|hour")] = "type",
    since: Annotated[str, typer.Option(metavar="2h", help="received since then")] = "",
    header: Annotated[bool, typer.Option("--header", help="a header into a pipe too")] = False,
) -> int:
    """Count captures by type, source, status or hour: failures, delivery rate, times of answers.

    RATE is the share that is delivered of what was to be forwarded.
    """
    from hookcli.cli import selecting
    from hookcli.workbench.stats import BY, reckon

    here: Here = ctx.obj
    if by not in BY:
        raise UsageError(f"--by {by}: no such grouping", hint=f"--by {'|'.join(BY)}")
    wanted = [*(words or []), *([f"since:{since}"] if since else [])]
    with here.store() as store:
        if wanted:
            found = selecting.summaries(here, store, wanted)
        else:
            found = store.summaries(newest_first=False, now=here.now)
        made = reckon(found, by)
    if here.console.json:
        _records(here, made, by)
    elif not made.total.count:
        here.console.say("there are no captures yet\n  try: hookcli listen 8000")
    else:
        _table(here, made, by, header=header)
    return 0


_NAMES = ("count", "2xx", "failing", "waiting", "skipped", "rate", "p50", "p95", "p99")


def _records(here: Here, made: "Stats", by: str) -> None:
    from hookcli.cli.render.ndjson import dumped, head

    for one in (*made.groups, made.total):
        record = {
            "by": by,
            "name": one.name or None,
            "count": one.count,
            "good": one.good,
            "failing": one.failing,
            "waiting": one.waiting,
            "skipped": one.skipped,
            "bad_signatures": one.bad_signatures,
            "attempts": one.attempts,
            "rate": None if one.rate is None else round(one.rate, 6),
            "p50_ms": one.percentile(0.5),
            "p95_ms": one.percentile(0.95),
            "p99_ms": one.percentile(0.99),
        }
        here.console.out(dumped(head("stats", here.now) | record))


def _table(here: Here, made: "Stats", by: str, *, header: bool) -> None:
    from hookcli.cli.render.paint import Paint
    from hookcli.cli.render.tables import Column, aligned, separated

    console = here.console
    names = (by, *_NAMES)
    groups = [*made.groups, *([made.total] if len(made.groups) > 1 else [])]
    if (width := console.width()) is None:
        if header:
            console.out("\t".join(names))
        for line in separated([list(_plain(one)) for one in made.groups]):
            console.out(line)
        return
    columns = [Column(name=by.upper(), flexible=True)]
    columns += [Column(name=name.upper(), right=True) for name in _NAMES]
    rows = [list(_shown(one, by)) for one in groups]
    for line in aligned(columns, rows, width, Paint(console.colors())):
        console.out(line)


def _shown(one: "Group", by: str) -> "Iterator[Cell]":
    """For people."""
    from hookcli.cli.render.tables import Cell
    from hookcli.cli.render.words import safe, span

    name = _local_hour(one.name) if by == "hour" and one.name else safe(one.name)
    yield Cell(name or "all", "" if one.name else "bold")
    yield Cell(f"{one.count:,}")
    yield Cell(f"{one.good:,}" if one.good else "-", "green" if one.good else "dim")
    yield Cell(f"{one.failing:,}" if one.failing else "-", "red" if one.failing else "dim")
    yield Cell(f"{one.waiting:,}" if one.waiting else "-", "yellow" if one.waiting else "dim")
    yield Cell(f"{one.skipped:,}" if one.skipped else "-", "dim")
    yield Cell("-" if one.rate is None else f"{one.rate:.1%}")
    for share in (0.5, 0.95, 0.99):
        ms = one.percentile(share)
        yield Cell("-" if ms is None else span(ms))


def _local_hour(name: str) -> str:
    from datetime import datetime

    return f"{datetime.fromisoformat(name).astimezone():%Y-%m-%d %H:%M}"


def _plain(one: "Group") -> "Iterator[Cell]":
    """For a pipe: without units; the rate from 0 to 1, times in ms."""
    from hookcli.cli.render.tables import Cell
    from hookcli.cli.render.words import safe

    yield Cell(safe(one.name))
    for count in (one.count, one.good, one.failing, one.waiting, one.skipped):
        yield Cell(str(count))
    yield Cell("" if one.rate is None else f"{one.rate:.4f}")
    for share in (0.5, 0.95, 0.99):
        ms = one.percentile(share)
        yield Cell("" if ms is None else f"{ms:.1f}")
