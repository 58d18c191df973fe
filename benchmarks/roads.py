"""The four roads that are compared, and the processes behind them."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from benchmarks.load import Job, Result
from tests.support.corpus import cache
from tests.support.processes import Process, environment
from tests.support.running import Endpoint, Listener, Relay, listener, relay

ROADS = ("direct", "ingest", "ack", "app")
"""Straight to the program; to the relay with nobody listening; the whole road, the sender
acknowledged at once; the whole road, the sender told the program's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """Where one kind of webhook is sent, and whose time and memory it costs."""

    name: str
    port: int
    path: str
    processes: dict[str, Process]
    """`relay` and `listener`, as far as they take part."""

    @property
    def arrives(self) -> bool:
        """Whether somebody forwards to the program."""
        return self.name != "ingest"

    @property
    def answers(self) -> bool:
        """Whether the program's own answer comes back."""
        return self.name in ("direct", "app")


@dataclass(slots=True, kw_only=True)
class Scene:
    """Everything that runs during a measurement."""

    folder: Path
    program: Process
    program_port: int
    sender: Process
    relay: Relay
    endpoints: dict[str, Endpoint]
    listeners: dict[str, Listener]
    roads: dict[str, Road]
    runs: int = 0
    jobs: list[tuple[str, Job, Result]] = field(default_factory=list)
    """Every job done with its road and what became of it."""

    async def send(self, road: str, job: Job) -> Result:
        """Let the sender do one job."""
        before = len(self.sender.out)
        self.sender.write(msgspec.json.encode(job) + b"\n")

        def look() -> str | None:
            return self.sender.out[-1] if len(self.sender.out) > before else None

        line = await self.sender.until(look, what="a result", within=job.seconds + 120)
        result = msgspec.json.decode(line, type=Result)
        self.jobs.append((road, job, result))
        return result


def module(name: str) -> list[str]:
    """The command that runs a module of the benchmarks."""
    return [sys.executable, "-m", f"benchmarks.{name}"]


def _env(folder: Path) -> dict[str, str]:
    here = str(Path(__file__).resolve().parent.parent)
    return environment(folder, {"PYTHONPATH": here, "HOOKCLI_CORPUS_CACHE": str(cache())})


@asynccontextmanager
async def processes(folder: Path) -> AsyncIterator[tuple[Process, int, Process]]:
    """The program, its port, and the sender."""
    notes = str(folder / "notes")
    program = await Process.start([*module("program"), "--notes", notes], env=_env(folder))
    try:
        port = int((await program.line(r'"port": (\d+)'))[1])
        argv = [*module("load"), "--notes", notes]
        sender = await Process.start(argv, env=_env(folder), stdin=-1)
        try:
            await sender.line("ready")
            yield program, port, sender
        finally:
            await sender.kill()
    finally:
        await program.kill()


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    """The program, the sender, one relay, and a listener on each of the whole roads."""
    async with AsyncExitStack() as stack:
        program, port, sender = await stack.enter_async_context(processes(folder))
        hub = await stack.enter_async_context(relay(folder / "relay", log=folder / "relay.log"))
        assert hub.process is not None
        endpoints: dict[str, Endpoint] = {}
        listeners: dict[str, Listener] = {}
        roads = {"direct": Road(name="direct", port=port, path="/", processes={})}
        for name in ("ingest", "ack", "app"):
            respond = "app" if name == "app" else "ack"
            endpoints[name] = await hub.endpoint(name=name, respond=respond)
            parts = {"relay": hub.process}
            if name != "ingest":
                target = f"http://127.0.0.1:{port}"
                opened = listener(
                    folder / name, hub.url, endpoints[name], target, log=folder / f"{name}.log"
                )
                listeners[name] = await stack.enter_async_context(opened)
                process = listeners[name].process
                assert process is not None
                parts["listener"] = process
            path = endpoints[name].path
            roads[name] = Road(name=name, port=hub.port, path=path, processes=parts)
        yield Scene(
            folder=folder,
            program=program,
            program_port=port,
            sender=sender,
            relay=hub,
            endpoints=endpoints,
            listeners=listeners,
            roads=roads,
        )
