"""A developer's machine: commands run there to their end."""

import asyncio
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.hookcli.cli import inprocess
from tests.support import contract
from tests.support.processes import PATIENCE, environment, hookcli

_TAKE_SIGNALS = frozenset({"listen", "relay", "replay", "trigger", "wait"})
"""Commands that need a process of their own; for the others one costs more than what they do."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    returncode: int
    out: list[str]
    err: list[str]


class Laptop:
    """The home of the test."""

    def __init__(self, **env: str) -> None:
        self.home = Path.home()
        self.env = env
        """Variables of every command."""
        self.everything: list[str] = []
        """All that was printed."""

    async def run(self, *arguments: str, stdin: str | None = None, **env: str) -> Ended:
        """Run a command; without `stdin` there is none."""
        return await asyncio.to_thread(self.run_now, *arguments, stdin=stdin, **env)

    def run_now(self, *arguments: str, stdin: str | None = None, **env: str) -> Ended:
        """The same for tests without a loop."""
        seen = environment(self.home, self.env | env)
        if _TAKE_SIGNALS.isdisjoint(arguments[:1]):
            called = inprocess.hookcli(*arguments, env=seen, stdin=stdin)
            code, out, err = called.code, called.out, called.err
        else:
            done = self._process(arguments, seen, stdin)
            code, out, err = done.returncode, done.stdout, done.stderr
        ended = Ended(code, out.splitlines(), err.splitlines())
        self.everything += [*ended.out, *ended.err]
        if "--json" in arguments and "export" not in arguments:
            contract.check(ended.out)
        return ended

    def _process(
        self, arguments: tuple[str, ...], env: dict[str, str], stdin: str | None
    ) -> subprocess.CompletedProcess[str]:
        feed = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
        return subprocess.run(
            [hookcli(), *arguments],
            env=env,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=30 * PATIENCE,
            check=False,
            **feed,
        )
