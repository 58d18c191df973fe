"""What a replay that was stopped has left unsent, kept so that it can be gone on with."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from hookcli.cli.here import Here
from hookcli.cli.sending import Options, read
from hookcli.errors import NotFoundError, UsageError
from hookcli.workbench.replay import Job

_VERSION = 1
_OF_THE_LINE = frozenset({"words", "filter_", "last", "resume", "order", "yes", "dry_run", "edit"})
"""What is not repeated: it chose the captures, or is to be said again."""
_STDIN = ("-", "@-")


def keep(here: Here, rest: Sequence[Job], typed: Mapping[str, Any]) -> bool:
    """Keep what is left, in place of what an earlier replay left; whether it can be gone on with.

    A body from stdin and a change made in an editor were there once: then nothing is kept. What was
    gone on with is forgotten only when nothing of it is left.
    """
    if not rest:
        if typed["resume"]:
            _file(here).unlink(missing_ok=True)
        return False
    if typed["body"] in _STDIN or typed["edit"]:
        return False
    from hookcli.config.secrets import write_private

    jobs = [
        [job.capture, job.received_at, job.target, len(list(same))] for job, same in groupby(rest)
    ]
    kept = {name: value for name, value in typed.items() if name not in _OF_THE_LINE}
    value = {"v": _VERSION, "store": str(here.store_path), "options": kept, "jobs": jobs}
    write_private(_file(here), json.dumps(value))
    return True


def left(here: Here, ctx: Any) -> tuple[dict[str, Any], Options, list[Job]]:
    """What was typed, how it is read and what is to be sent; this command line goes before that one.

    Raises:
        NotFoundError: nothing was left unsent.
        UsageError: captures are named as well, or what was kept is of another store.
    """
    if ctx.params["words"] or ctx.params["filter_"] or ctx.params["last"]:
        raise UsageError("--resume goes on with what was named then: name nothing now")
    file = _file(here)
    kept = _read(file)
    if kept["store"] != str(here.store_path):
        text = f"what is left unsent is in the store {kept['store']}"
        raise UsageError(text, hint=f"hookcli replay --resume --store {kept['store']}")
    given = {name: ctx.params[name] for name in ctx.params if _is_given(ctx, name)}
    typed = dict(ctx.params) | kept["options"] | given
    # Each job says for itself how often it is still to be sent.
    options = read(here, typed | {"times": 1})
    jobs = [
        Job(capture=capture, received_at=at, target=options.to or target)
        for capture, at, target, count in kept["jobs"]
        for _ in range(count)
    ]
    return typed, options, jobs


def _read(file: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        kept = {}
    except (OSError, ValueError):
        raise UsageError(
            f"{file} cannot be read", hint="hookcli replay REF... begins anew"
        ) from None
    if kept.get("v") != _VERSION:
        raise NotFoundError("no replay has left anything unsent", hint="hookcli replay @")
    return kept


def _is_given(ctx: Any, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _file(here: Here) -> Path:
    return here.paths.data / "unfinished-replay.json"
