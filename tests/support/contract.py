"""Every NDJSON line that a test sees is held against the documented schema, with nothing beside it."""

import functools
import json
from collections.abc import Iterable
from typing import Any


@functools.cache
def _validator() -> Any:
    import jsonschema_rs

    from hookcli.cli.render.contract import schema

    return jsonschema_rs.validator_for(schema(closed=True))


def fault(line: str) -> str:
    """What is wrong with a line; empty when it is a record as documented."""
    try:
        record = json.loads(line)
    except ValueError:
        return f"not JSON: {line[:200]}"
    errors = [f"{one.instance_path}: {one.message}" for one in _validator().iter_errors(record)]
    kind = record.get("type") if isinstance(record, dict) else None
    return f"{kind}: {'; '.join(errors)[:400]}" if errors else ""


def check(lines: Iterable[str]) -> None:
    """Fail for the first line that is no record as documented."""
    for line in lines:
        if wrong := fault(line):
            raise AssertionError(wrong)
