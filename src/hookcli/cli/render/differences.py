"""A difference as an NDJSON record."""

import base64

from hookcli.cli.render import ndjson
from hookcli.workbench.diff import Difference
from hookcli.workbench.records import Record


def record(one: Difference, before: str, after: str, now: int) -> str:
    """One line; a value that is no UTF-8 is base64, under a name that says so."""
    made: Record = ndjson.head("difference", now) | {
        "before_event": before,
        "after_event": after,
        "where": one.where,
        "path": list(one.path),
        "how": one.how.value,
        "kind": one.kind.value,
        **_side("before", one.before),
        **_side("after", one.after),
    }
    return ndjson.dumped(made)


def _side(name: str, raw: bytes | None) -> Record:
    if raw is None:
        return {name: None}
    try:
        return {name: raw.decode()}
    except UnicodeDecodeError:
        return {f"{name}_b64": base64.b64encode(raw).decode("ascii")}
