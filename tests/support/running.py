"""A relay and its listeners as processes, with the little that tests and benchmarks ask of them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import contract, logs, rawhttp
from tests.support.processes import Process, environment, hookcli


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint with the token that opens its stream."""

    id: str
    url: str
    token: str

    @property
    def path(self) -> str:
        """The path that senders call."""
        return "/" + self.id


NO_RATES = {"HOOKCLI_RELAY_ENDPOINT_RATE": "0", "HOOKCLI_RELAY_ENDPOINT_BYTE_RATE": "0"}
"""Tests and measurements send as fast as they can; the limits have tests of their own."""


class Relay:
    """`hookcli relay` on a port of its own; killed and started again it keeps port and data."""

    def __init__(self, home: Path, *, settings: Mapping[str, str] | None = None) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.settings = NO_RATES | dict(settings or {})
        """`HOOKCLI_RELAY_*` variables."""
        self.port = 0
        self.key = ""
        self.prefix: list[str] = []
        """A command in front, such as strace."""
        self.preexec: Callable[[], None] | None = None
        self.log: Path | None = None
        """A file for its output, while it is being measured."""
        self.process: Process | None = None

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        """The folder of its log."""
        return self.home / "relay"

    async def start(self, *, within: float = 20.0) -> Process:
        """Start it and wait until it says that it listens."""
        listen = f"127.0.0.1:{self.port}"
        argv = [*self.prefix, hookcli(), "relay", "--listen", listen, "--data", str(self.data)]
        env = environment(self.home, logs.environment(self.data) | self.settings)
        self.process = await Process.start(argv, env=env, preexec=self.preexec, log=self.log)
        match = await self.process.line(r"http://127\.0\.0\.1:(\d+)", within=within)
        self.port = int(match[1])
        if not self.key:
            self.key = (await self.process.line(r"\b(hk_[\w-]{30,})"))[1]
        return self.process

    async def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        await self.process.kill()

    async def api(
        self, method: str, path: str, value: object = None, *, token: str | None = None
    ) -> Any:
        """One call of the relay's API with its key; the decoded answer.

        Raises:
            RuntimeError: the answer is not 2xx.
        """
        body = b"" if value is None else json.dumps(value).encode()
        fields = [(b"Authorization", b"Bearer " + (token or self.key).encode())]
        if body:
            fields.append((b"Content-Type", b"application/json"))
        raw = rawhttp.request(method, path, fields, body, host=b"127.0.0.1:%d" % self.port)
        answer = await rawhttp.once(self.port, raw)
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.body!r}")
        return json.loads(answer.body) if answer.body else None

    async def endpoint(self, **settings: object) -> Endpoint:
        """Create an endpoint."""
        made = await self.api("POST", "/_/v1/endpoints", settings)
        return Endpoint(id=made["id"], url=made["url"], token=made["token"])


@asynccontextmanager
async def relay(
    home: Path,
    *,
    settings: Mapping[str, str] | None = None,
    log: Path | None = None,
    preexec: Callable[[], None] | None = None,
    prefix: Sequence[str] = (),
) -> AsyncIterator[Relay]:
    """A running relay, killed at the end whatever state it is in."""
    it = Relay(home, settings=settings)
    it.log, it.preexec, it.prefix = log, preexec, list(prefix)
    try:
        await it.start()
        yield it
    finally:
        if it.process is not None:
            await it.process.kill()


class Listener:
    """`hookcli listen --json`: its records as they come, and its own place for captures."""

    def __init__(self, home: Path, relay_url: str, endpoint: Endpoint, target: str | None) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home, self.relay_url, self.endpoint, self.target = home, relay_url, endpoint, target
        self.flags: list[str] = []
        self.prefix: list[str] = []
        """A command in front."""
        self.more: dict[str, str] = {}
        """Variables beside those that name relay, endpoint and store."""
        self.records: list[dict[str, Any]] = []
        """Every NDJSON line of every start, decoded, with `seen`: `time.monotonic()` of reading."""
        self.wrong: list[str] = []
        """What is wrong with records that are not as documented."""
        self.log: Path | None = None
        """A file for its lines, instead of records, while it is being measured."""
        self.process: Process | None = None

    @property
    def env(self) -> dict[str, str]:
        """The environment of this listener and of every command that uses its captures."""
        credentials = {
            "HOOKCLI_RELAY": self.relay_url,
            "HOOKCLI_ENDPOINT": self.endpoint.id,
            "HOOKCLI_TOKEN": self.endpoint.token,
        }
        return environment(self.home, credentials | {"HOOKCLI_STORE": str(self.store)} | self.more)

    @property
    def store(self) -> Path:
        """The capture store."""
        return self.home / "captures.sqlite"

    async def start(self, *, ready: bool = True, within: float = 20.0) -> Process:
        """Start it and wait until it is connected, unless told otherwise."""
        target = [self.target] if self.target else []
        output, sign = ("lines", "Listening") if self.log else ("json", r'"type": ?"ready"')
        argv = [*self.prefix, hookcli(), "listen", *target, "-o", output, *self.flags]
        record = None if self.log else self._record
        self.process = await Process.start(argv, env=self.env, on_line=record, log=self.log)
        if ready:
            await self.process.line(sign, within=within)
        return self.process

    async def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        await self.process.kill()

    async def stop(self) -> int:
        """SIGTERM and its exit code."""
        assert self.process is not None
        return await self.process.stop()

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The records of that type so far."""
        return [record for record in self.records if record["type"] == kind]

    async def until(
        self, kind: str, count: int = 1, *, within: float = 20.0
    ) -> list[dict[str, Any]]:
        """Wait until so many records of that type were told in all."""
        assert self.process is not None

        def look() -> list[dict[str, Any]] | None:
            assert self.wrong == []
            return found if len(found := self.of(kind)) >= count else None

        return await self.process.until(look, what=f"{count} × {kind}", within=within)

    async def run(self, *args: str, within: float = 30.0) -> Process:
        """Another command on the same captures, to its end."""
        process = await Process.start([hookcli(), *args], env=self.env)
        await process.wait(within)
        return process

    def _record(self, line: str) -> None:
        if wrong := contract.fault(line):
            self.wrong.append(wrong)
        record = json.loads(line)
        record["seen"] = asyncio.get_running_loop().time()
        self.records.append(record)


@asynccontextmanager
async def listener(
    home: Path,
    relay_url: str,
    endpoint: Endpoint,
    target: str | None,
    *flags: str,
    start: bool = True,
    log: Path | None = None,
    more: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
) -> AsyncIterator[Listener]:
    """A running listener, killed at the end whatever state it is in."""
    it = Listener(home, relay_url, endpoint, target)
    it.flags, it.log, it.more, it.prefix = list(flags), log, dict(more or {}), list(prefix)
    try:
        if start:
            await it.start()
        yield it
        assert it.wrong == []
    finally:
        if it.process is not None:
            await it.process.kill()
