"""`hookcli ls`: list, search and follow captures."""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import UsageError

if TYPE_CHECKING:
    from hookcli.captures.model import Summary
    from hookcli.captures.store import Condition, Store
    from hookcli.cli.render.summaries import Field

app = new_app()

HOLD_S = 1.0
"""How long `--follow` waits for the answer to a capture before it is shown without one."""

POLL_S = 0.2
"""How often `--follow` asks whether another process has committed something."""


@app.command(name="ls")
def ls(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[FILTER|REF]...", help="hookcli help filters")
    ] = None,
    limit: Annotated[
        int, typer.Option("-n", "--limit", metavar="30", min=0, help="at most so many; 0: all")
    ] = 30,
    follow: Annotated[
        bool, typer.Option("-f", "--follow", help="go on with what is captured from now on")
    ] = False,
    since: Annotated[str, typer.Option(metavar="2h", help="received since then")] = "",
    reverse: Annotated[bool, typer.Option("--reverse", help="oldest first")] = False,
    fields: Annotated[str, typer.Option(metavar="id,type,status", help="the columns")] = "",
    sort: Annotated[str, typer.Option(metavar="ms", help="by a column, the largest first")] = "",
    count: Annotated[bool, typer.Option("--count", help="print how many, nothing else")] = False,
    header: Annotated[bool, typer.Option("--header", help="a header into a pipe too")] = False,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="ids", help="only whole ids, one a line")
    ] = "",
    pick: Annotated[
        bool, typer.Option("--pick", help="choose one by eye; its id is printed")
    ] = False,
) -> int:
    """List captures, the latest first. A filter narrows; references pick.

    Into a pipe: tab-separated, whole, times in UTC. --json gives one `event` a line.
    hookcli show "$(hookcli ls --pick)"
    """
    from hookcli.cli.render.summaries import FIELDS, SHOWN

    here: Here = ctx.obj
    if output not in ("", "ids"):
        raise UsageError(f"-o {output}: only ids", hint="-o ids, or --json")
    names = _names(fields, FIELDS) if fields else list(SHOWN)
    if sort and sort not in FIELDS:
        raise UsageError(f"--sort {sort}: no such column", hint=", ".join(FIELDS))
    if follow and (count or sort):
        raise UsageError("--follow does not go with --count or --sort")
    wanted = [*(words or []), *([f"since:{since}"] if since else [])]
    if pick:
        from hookcli.cli.picking import pick as pick_one

        here.console.out(pick_one(here, " ".join(wanted)))
        return 0
    with here.store() as store:
        rows = Rows(here, store, ids_only=output == "ids", header=header)
        rows.fields = [FIELDS[name] for name in names]
        if count:
            here.console.out(str(_count(here, store, wanted)))
            return 0
        by = FIELDS[sort] if sort else None
        newest = _newest(here, store) if follow else None
        found = _sorted(_chosen(here, store, wanted, 0 if sort else limit, up_to=newest), by)
        found = found[:limit] if limit else found
        # What goes on at the end has its beginning above it.
        rows.print(found[::-1] if reverse or follow else found)
        if newest is not None:
            _follow(here, store, wanted, rows, newest)
        elif not found:
            _say_nothing(here, store, wanted)
    return 0


class Rows:
    """Prints captures in the form asked for."""

    def __init__(self, here: Here, store: "Store", *, ids_only: bool, header: bool) -> None:
        self.here, self.store = here, store
        self.ids_only, self.header = ids_only, header
        self.fields: list[Field] = []

    def print(self, found: "Sequence[Summary]") -> None:
        """All of them, then flush: somebody may be waiting for each."""
        for line in self._lines(found):
            self.here.console.out(line)
        self.here.console.stdout.flush()

    def _lines(self, found: "Sequence[Summary]") -> Iterator[str]:
        console = self.here.console
        if self.ids_only:
            return (one.capture.id for one in found)
        if console.json:
            return (self._record(one) for one in found)
        if width := console.width():
            return self._table(found, width)
        return self._separated(found)

    def _record(self, one: "Summary") -> str:
        from hookcli.cli.render.ndjson import dumped
        from hookcli.workbench.records import event_record

        return dumped(event_record(one.capture, self.store.body(one.capture.id)))

    def _table(self, found: "Sequence[Summary]", width: int) -> Iterator[str]:
        from hookcli.cli.render.paint import Paint
        from hookcli.cli.render.tables import aligned

        now = self.here.now
        rows = [[field.shown(one, now) for field in self.fields] for one in found]
        told = [at for at in range(len(self.fields)) if any(row[at].text for row in rows)]
        columns = [self.fields[at].column for at in told]
        rows = [[row[at] for at in told] for row in rows]
        paint = Paint(self.here.console.colors())
        return aligned(columns, rows, width, paint) if rows else iter(())

    def _separated(self, found: "Sequence[Summary]") -> Iterator[str]:
        if self.header:
            yield "\t".join(field.name for field in self.fields)
            self.header = False
        for one in found:
            yield "\t".join(field.plain(one) for field in self.fields)


def _names(text: str, known: "Iterable[str]") -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in set(known)]:
        raise UsageError(f"--fields {unknown[0]}: no such column", hint=", ".join(known))
    return names


def _chosen(
    here: Here,
    store: "Store",
    words: Sequence[str],
    limit: int = 0,
    *,
    after: int | None = None,
    up_to: int | None = None,
) -> "Iterator[Summary]":
    """The latest first; nothing chosen is no error here: a list may be empty."""
    from hookcli.cli import selecting

    references, terms = selecting.split(words)
    narrowed: Condition | None = selecting.parse(here, terms) if terms else None
    if references:
        ids = [
            capture.id
            for one in references
            for capture in selecting.by_reference(here, store, one.text)
        ]
        narrowed = selecting.Among(ids, selecting.parse(here, terms) if terms else None)
    before = None if up_to is None else up_to + 1
    return store.summaries(
        narrowed, limit=limit or None, now=here.now, after_rowid=after, before_rowid=before
    )


def _sorted(found: "Iterable[Summary]", field: "Field | None") -> "list[Summary]":
    return list(found) if field is None else sorted(found, key=field.key, reverse=True)


def _count(here: Here, store: "Store", words: Sequence[str]) -> int:
    from hookcli.cli import selecting

    references, terms = selecting.split(words)
    if references:
        return len(list(_chosen(here, store, words)))
    return store.count(selecting.parse(here, terms) if terms else None)


def _say_nothing(here: Here, store: "Store", words: Sequence[str]) -> None:
    """A filter that matches nothing is an answer of its own (exit 5); an empty store is not."""
    from hookcli.cli.selecting import nothing

    error = nothing(store, " ".join(words))
    if words:
        raise error
    here.console.say(f"{error.message}\n  try: {error.hint}")


def _newest(here: Here, store: "Store") -> int:
    newest = next(iter(store.summaries(limit=1, now=here.now)), None)
    return newest.rowid if newest else 0


def _follow(here: Here, store: "Store", words: Sequence[str], rows: Rows, mark: int) -> None:
    """Print what is captured behind `mark`, until a signal or the reader ends it.

    A capture that is being delivered waits a moment for its answer, and what came behind it too.
    """
    seen: dict[int, float] = {}
    while True:
        time.sleep(POLL_S)
        ready: list[Summary] = []
        for one in reversed(list(_chosen(here, store, words, after=mark))):
            since = seen.setdefault(one.rowid, time.monotonic())
            if _is_on_its_way(one) and time.monotonic() - since < HOLD_S:
                break
            ready.append(one)
        if ready:
            mark = ready[-1].rowid
            seen = {rowid: at for rowid, at in seen.items() if rowid > mark}
            rows.print(ready)


def _is_on_its_way(one: "Summary") -> bool:
    return one.last is None and one.state == "pending"
