"""`hookcli tag`: keep a name, or a note, on captures."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hookcli.cli.app import new_app
from hookcli.cli.here import Here
from hookcli.errors import UsageError

if TYPE_CHECKING:
    from hookcli.captures.model import Capture
    from hookcli.captures.store import Store

app = new_app()

LONGEST = 100
"""Characters of a name."""


@app.command(name="tag")
def tag(
    ctx: typer.Context,
    ref: Annotated[
        str | None, typer.Argument(metavar="[REF|FILTER]", help="hookcli help ids")
    ] = None,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...")] = None,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", help="a note; '' removes it")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="take the names off instead")] = False,
) -> int:
    """Keep names on captures; `:name` is a reference to all that have it. Alone, list all names.

    hookcli tag @ checkout-refund --note "the one that failed"
    """
    here: Here = ctx.obj
    given = [_checked(name) for name in names or []]
    if remove and not given:
        raise UsageError("--remove: no name to take off", hint="hookcli tag @ NAME --remove")
    with here.store() as store:
        if ref is None:
            return _list(here, store)
        from hookcli.cli import selecting

        found = selecting.captures(here, store, [ref])
        if not given and note is None:
            return _tell(here, found)
        for capture in found:
            store.tag(capture.id, add=() if remove else given, remove=given if remove else ())
            if note is not None:
                store.note(capture.id, note)
        return _done(here, store, found, given, note=note is not None, remove=remove)


def _checked(name: str) -> str:
    """A name that can be a reference.

    Raises:
        UsageError: it cannot.
    """
    name = name.removeprefix(":")
    bad = next((ch for ch in name if ch.isspace() or ch in ":/" or not ch.isprintable()), "")
    if not name or bad or len(name) > LONGEST:
        what = f"{bad!r} cannot stand in a name" if bad else f"1 to {LONGEST} characters"
        raise UsageError(f"the name {name[:40]!r}: {what}", hint="hookcli tag @ checkout-refund")
    return name


def _list(here: Here, store: "Store") -> int:
    """Every name and how many captures have it."""
    console = here.console
    counts = Counter(
        name
        for one in store.summaries(now=here.now)
        if one.capture.tags
        for name in one.capture.tags
    )
    for name, count in sorted(counts.items()):
        if console.json:
            from hookcli.cli.render.ndjson import dumped, head

            console.out(dumped(head("tag", here.now) | {"name": name, "count": count}))
        else:
            console.out(f"{name}\t{count}")
    if not counts:
        console.say("no capture has a name yet\n  try: hookcli tag @ NAME")
    return 0


def _tell(here: Here, found: "Sequence[Capture]") -> int:
    from hookcli.cli.render.words import safe

    for one in found:
        here.console.out("\t".join([one.id, " ".join(one.tags), safe(one.note)]).rstrip("\t"))
    return 0


def _done(
    here: Here,
    store: "Store",
    found: "Sequence[Capture]",
    names: Sequence[str],
    *,
    note: bool,
    remove: bool,
) -> int:
    from hookcli.cli.render.words import plural

    console = here.console
    if console.json:
        from hookcli.cli.render.ndjson import dumped
        from hookcli.workbench.records import event_record

        for one in found:
            if (now := store.get(one.id)) is not None:
                console.out(dumped(event_record(now, store.body(one.id))))
        return 0
    parts = [f"{'off' if remove else 'named'} {', '.join(names)}"] if names else []
    parts += ["noted"] if note else []
    console.say(f"{plural(len(found), 'capture')}: {'; '.join(parts)}")
    return 0
