"""Every test in a home of its own; a loop that is blocked is a failure; three hypothesis profiles."""

import asyncio
import gc
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import logs
from tests.support.natsservers import NatsServer, shared

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=60,
    deadline=None,
    derandomize=True,  # The same code gets the same verdict.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "dev"))

_OURS = ("HOOKCLI_", "XDG_")
_SHOWN = {"CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "COLUMNS", "LINES"}
_KEPT = {"HOOKCLI_TEST_PATIENCE"}
_PLACES = ("CONFIG", "DATA", "STATE", "CACHE")
_numbers = itertools.count()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rounds",
        type=int,
        default=None,
        help="how often to kill, cut and jump, instead of a test's own number: 3, slow 20 or more",
    )
    parser.addoption(
        "--inputs",
        type=int,
        default=None,
        help="how many hostile requests or streams to send, instead of a test's own number",
    )


_ON_NATS = 5
"""The journeys' own faults are the same there; those of NATS have tests of their own."""


def _rounds(item: pytest.Item) -> int:
    asked: int | None = item.config.getoption("--rounds")
    own = item.get_closest_marker("rounds")
    wanted: int = own.args[0] if own else 20 if item.get_closest_marker("slow") else 3
    on_nats = getattr(item, "callspec", None) and item.callspec.params.get("log_kind") == "nats"  # type: ignore[attr-defined]
    return asked or (min(wanted, _ON_NATS) if on_nats else wanted)


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """How often a journey repeats its fault."""
    return _rounds(request.node)


@pytest.fixture
def inputs(request: pytest.FixtureRequest) -> int | None:
    """How many hostile inputs were asked for."""
    asked: int | None = request.config.getoption("--inputs")
    return asked


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "rounds" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(60 + 10 * _rounds(item)))
        if "inputs" in getattr(item, "fixturenames", ()):
            asked = item.config.getoption("--inputs") or 0
            item.add_marker(pytest.mark.timeout(300 + asked // 20))


def pytest_collection_finish() -> None:
    """What is collected stays to the end: nobody looks through it for garbage again and again."""
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "may_block: this async test lets the engine's or the relay's loop block"
    )
    config.addinivalue_line(
        "markers",
        "log(*kinds, slow=kind): which logs, `sqlite` or `nats`, this test's relays have, and which"
        " only among the slow tests; without it a file",
    )

    config.addinivalue_line("markers", "rounds(count): how often this journey repeats its fault")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if marker := metafunc.definition.get_closest_marker("log"):
        rest = [pytest.param(kind, marks=pytest.mark.slow) for kind in marker.kwargs.values()]
        metafunc.parametrize("log_kind", [*marker.args, *rest], indirect=True)


@pytest.fixture(autouse=True)
def own_home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An empty home; nothing of the user's is seen or touched, and no proxy is asked."""
    # Not `mktemp`, which reads through all the homes there are to find the next number.
    home = tmp_path_factory.getbasetemp() / "homes" / str(next(_numbers))
    home.mkdir(parents=True)
    for name in list(os.environ):
        ours = name.startswith(_OURS) and name not in _KEPT
        if ours or name in _SHOWN or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    for place in _PLACES:
        monkeypatch.setenv(f"XDG_{place}_HOME", str(home / place.lower()))
    yield home
    if not any(home.iterdir()):
        home.rmdir()


@pytest.fixture(scope="session")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """One server with JetStream for all tests of this process; each takes a prefix of its own."""
    it = NatsServer(tmp_path_factory.mktemp("nats"))
    with asyncio.Runner() as runner:
        runner.run(it.start())
        runner.run(it.ready())
    shared.append(it)
    yield it
    shared.clear()
    with asyncio.Runner() as runner:
        runner.run(it.kill())


@pytest.fixture(scope="module", autouse=True)
def log_kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """What kind of log this test's relays have; see the marker `log`."""
    kind: str = getattr(request, "param", "sqlite")
    server: NatsServer | None = request.getfixturevalue("nats") if kind == "nats" else None
    with logs.on(server.url if server else None):
        yield kind
    if server:
        asyncio.run(server.empty())


@pytest.fixture(autouse=True)
def no_blocking(request: pytest.FixtureRequest) -> Iterator[None]:
    """A file, a database or a sleep on the loop of the engine or the relay fails the test."""
    is_async = request.node.get_closest_marker("asyncio") is not None
    if not is_async or request.node.get_closest_marker("may_block"):
        yield
        return
    from blockbuster import blockbuster_ctx

    # The tests' own code may block: they look at stores and files between steps.
    with blockbuster_ctx(scanned_modules=["hookcli.tunnel", "relay_server"]):
        yield
