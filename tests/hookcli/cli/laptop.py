"""A developer's machine: commands run there as real processes, to their end."""

import asyncio
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support import contract
from tests.support.processes import PATIENCE, environment, hookcli


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended."""

    returncode: int
    out: list[str]
    err: list[str]


class Laptop:
    """A home of its own."""

    def __init__(self, home: Path, **env: str) -> None:
        home.mkdir(exist_ok=True)
        self.home = home
        self.env = env
        """Variables of every command."""
        self.everything: list[str] = []
        """All that was printed."""

    async def run(self, *arguments: str, stdin: str | None = None, **env: str) -> Ended:
        """Run a command; without `stdin` there is none."""
        return await asyncio.to_thread(self.run_now, *arguments, stdin=stdin, **env)

    def run_now(self, *arguments: str, stdin: str | None = None, **env: str) -> Ended:
        """The same for tests without a loop."""
        feed = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
        done = subprocess.run(
            [hookcli(), *arguments],
            env=environment(self.home, self.env | env),
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=30 * PATIENCE,
            check=False,
            **feed,
        )
        ended = Ended(done.returncode, done.stdout.splitlines(), done.stderr.splitlines())
        self.everything += [*ended.out, *ended.err]
        if "--json" in arguments and "export" not in arguments:
            contract.check(ended.out)
        return ended
