"""What measuring programs have in common: options, a folder, a fast loop, and what they print."""

import argparse
import asyncio
import os
import platform
import resource
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


def options(name: str, description: str | None, *, quick: str) -> argparse.ArgumentParser:
    """The parser of one program, with what all of them take."""
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--rounds", type=int, help="default 5, with --quick 3")
    parser.add_argument("--json", metavar="FILE", help="write everything there too")
    return parser


def run(
    bench: Callable[[argparse.Namespace, Path], Awaitable[int]], args: argparse.Namespace
) -> None:
    """Measure in a folder of its own, with as many files as may be, and exit."""
    import uvloop

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    async def measured(folder: Path) -> int:
        return await bench(args, folder)

    with (
        tempfile.TemporaryDirectory(prefix="hookcli-bench-") as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        code = runner.run(measured(Path(folder)))
    sys.exit(code)


def tell(units: str, *tables: str, report: object, file: str | None) -> None:
    """The tables on stdout, and everything in the file if there is one."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(units + "\n")
    print(*tables, sep="\n\n")
    if file:
        Path(file).write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))
