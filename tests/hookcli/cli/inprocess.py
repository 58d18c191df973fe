"""The command line called as a function: its exit code and what it wrote."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hookcli.cli import run
from hookcli.cli.console import Console
from tests.support import contract


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command line ended."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """stdout as NDJSON."""
        return [json.loads(line) for line in self.out.splitlines()]


class _Silent(io.RawIOBase):
    """A stdin on which nothing ever comes: a command that waits for it unasked has failed."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        raise AssertionError("stdin was read, and nobody asked for it")


def hookcli(
    *arguments: str, env: Mapping[str, str] | None = None, stdin: str | None = None
) -> Ended:
    """Run a command line in this process; no stream is a terminal. Records are as documented."""
    import os

    out, err = io.StringIO(), io.StringIO()
    environ = dict(os.environ) | dict(env or {})
    silent = io.TextIOWrapper(io.BufferedReader(_Silent()))
    typed = silent if stdin is None else io.StringIO(stdin)
    code = run(arguments, Console(stdin=typed, stdout=out, stderr=err, environ=environ))
    ended = Ended(code, out.getvalue(), err.getvalue())
    if "--json" in arguments and "export" not in arguments:
        contract.check(ended.out.splitlines())
        contract.check(line for line in ended.err.splitlines() if line.startswith("{"))
    return ended
