"""Importing is free, running pays: what fresh interpreters have in `sys.modules`."""

import resource
import subprocess
import sys

import pytest

NETWORK = {"aiohttp", "websockets", "uvloop", "httptools"}
SCREEN = {"textual", "rich"}
HEAVY = NETWORK | SCREEN | {"asyncio", "cryptography", "tomlkit", "pydantic"}

MODULES = "import sys; print('\\n'.join(m for m in sys.modules if '.' not in m))"


def modules_after(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after this code."""
    program = f"import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n {code}\n{MODULES}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    return set(done.stdout.split())


def command(*arguments: str) -> str:
    """Code that runs a command line in this interpreter."""
    return (
        "from hookcli.cli import run; from hookcli.cli.console import Console;"
        f" run({list(arguments)!r}, Console())"
    )


@pytest.mark.parametrize(
    "code",
    [
        "import hookcli",
        "import hookcli.wire.messages, hookcli.wire.codec",
        "import hookcli.captures.model, hookcli.errors",
        "import hookcli.captures.filters",
        "from hookcli import Store, Capture, Attempt, Summary, Outcome, Request, HookcliError",
        "import hookcli.testing.plugin",
        "import hookcli.config.load, hookcli.config.credentials",
        command("--help"),
        command("--version"),
        command("help", "exit-codes"),
        command("config", "list"),
        command("ls"),
        command("listen", "--help"),
        command("replay", "--help"),
    ],
)
def test_what_is_light_stays_light(code: str) -> None:
    assert not modules_after(code) & HEAVY


@pytest.mark.parametrize("module", ["tunnel.listen", "tunnel.forward"])
def test_the_engine_knows_no_screen(module: str) -> None:
    assert not modules_after(f"import hookcli.{module}") & SCREEN


def test_the_relay_knows_nothing_of_the_command_line() -> None:
    code = "import relay_server.app; names = list(__import__('sys').modules)"
    found = modules_after(code + "; assert not [n for n in names if n.startswith('hookcli.cli')]")
    assert not found & (SCREEN | {"aiohttp", "prometheus_client", "typer"})


def test_the_front_page_needs_no_parser() -> None:
    assert not modules_after(command("--help")) & {"typer", "sqlite3", "msgspec", "platformdirs"}


def test_the_front_page_is_quick() -> None:
    best = min(_cpu_s(sys.executable, "-m", "hookcli", "--help") for _ in range(5))
    assert best < 0.1


def _cpu_s(*argv: str) -> float:
    """Its own time, whatever else the machine does meanwhile."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, capture_output=True, check=True, timeout=30)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
