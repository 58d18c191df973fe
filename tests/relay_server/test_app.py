"""A relay as a whole: settings, start, TLS, what it writes about itself, and how it ends."""

import asyncio
import json
import logging
import re
import ssl
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Literal

import pytest
import trustme

from hookcli.wire import codec
from relay_server.app import Relay, run
from relay_server.log.base import StorageError
from relay_server.logging import EventLines, configure, note
from relay_server.settings import SettingError, Settings
from tests.relay_server.harness import Running, relay
from tests.support import logs, rawhttp
from tests.support.stream import Stream, read_log
from tests.support.traffic import traffic


def test_settings_come_from_the_environment_and_are_overridden() -> None:
    environ = {
        "HOOKCLI_RELAY_LISTEN": "[::1]:99",
        "HOOKCLI_RELAY_MAX_BODY": "5MiB",
        "HOOKCLI_RELAY_RETENTION_S": "2d",
        "HOOKCLI_RELAY_OPEN_REGISTRATION": "no",
        "HOOKCLI_RELAY_DATA": "/x",
        "HOOKCLI_RELAY": "https://not.a.setting",
        "HOME": "/",
    }
    found = Settings.from_env(environ, public_url="https://h.example", data=None)
    assert found.address == ("::1", 99)
    assert (found.max_body, found.retention_s) == (5 << 20, 172_800)
    assert (found.data, found.public_url) == (Path("/x"), "https://h.example")
    assert not found.open_registration


@pytest.mark.parametrize(
    ("listen", "address"),
    [(":80", ("", 80)), ("80", ("", 80)), ("h:1", ("h", 1)), ("[::]:5", ("::", 5))],
)
def test_addresses(listen: str, address: tuple[str, int]) -> None:
    assert Settings(listen=listen).address == address


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LISTEN", "nowhere"),
        ("LISTEN", "h:99999"),
        ("PUBLIC_URL", "hooks.example.com"),
        ("PUBLIC_URL", "https://h/with/path"),
        ("MAX_BODY", "lots"),
        ("MAX_BODY", "-1"),
        ("MAX_BODY", "0"),
        ("OPEN_REGISTRATION", "maybe"),
        ("TLS", "cert.pem"),
        ("KEY", "short"),
        ("LOG_FORMAT", "xml"),
        ("NO_SUCH", "1"),
    ],
)
def test_a_wrong_setting_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"HOOKCLI_RELAY_{name}"):
        Settings.from_env({f"HOOKCLI_RELAY_{name}": value})


async def test_open_registration_is_for_loopback_only(tmp_path: Path) -> None:
    settings = Settings(listen="0.0.0.0:0", data=tmp_path, open_registration=True)
    with pytest.raises(SettingError, match="loopback"):
        await Relay(settings).start()
    async with relay(tmp_path, listen="localhost:0"):
        pass


@pytest.mark.log("sqlite", "nats")
async def test_a_start_that_fails_leaves_everything_free(tmp_path: Path) -> None:
    async with relay(tmp_path / "one") as one:
        with pytest.raises(OSError, match="address already in use"):
            async with relay(tmp_path / "two", listen=f"127.0.0.1:{one.port}"):
                pass
    async with relay(tmp_path / "two"):
        pass


async def test_a_file_is_the_log_of_one_relay(tmp_path: Path) -> None:
    async with relay(tmp_path):
        with pytest.raises(StorageError, match="another relay"):
            async with relay(tmp_path):
                pass
    async with relay(tmp_path):
        pass


async def test_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    leaf = authority.issue_cert("localhost", "127.0.0.1")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    leaf.cert_chain_pems[0].write_to_path(str(cert))
    leaf.private_key_pem.write_to_path(str(key))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    async with relay(tmp_path / "data", tls=f"{cert},{key}") as hub:
        assert hub.url == f"https://127.0.0.1:{hub.port}"

        async def ask(raw: bytes) -> rawhttp.Message:
            reader, writer = await asyncio.open_connection("127.0.0.1", hub.port, ssl=context)
            writer.write(raw)
            answer = await rawhttp.read_message(reader, of="response")
            writer.close()
            assert answer is not None
            return answer

        made = await ask(rawhttp.request("POST", "/_/v1/endpoints", (), b"", host=b"localhost"))
        told = await ask(rawhttp.request("POST", "/" + json.loads(made.body)["id"], (), b"x"))
        assert told.status == 202
        large = rawhttp.request("POST", "/ep_x", (), b"x" * 1_000_000)
        assert (await ask(large)).status == 404
    with pytest.raises(SettingError, match="certificate"):
        await Relay(Settings(listen="127.0.0.1:0", data=tmp_path, tls=f"{key},{cert}")).start()


@pytest.mark.log("sqlite", "nats")
async def test_pending_answers_finish_and_listeners_are_told(tmp_path: Path) -> None:
    async with relay(tmp_path) as hub:
        endpoint = await hub.endpoint()
        async with hub.stream(endpoint) as it, rawhttp.sender(hub.port) as idle:
            held = asyncio.ensure_future(hub.post(endpoint))
            event = await hub.next_event(it, 1)
            stopping = asyncio.ensure_future(hub.relay.stop(5.0))
            with pytest.raises(ConnectionError):
                await idle.answer()
            with pytest.raises(OSError):  # noqa: PT011 - refused, or reset
                await rawhttp.once(hub.port, rawhttp.request("POST", endpoint.path, (), b"late"))
            it.send(codec.result(seq=1, id=event.id, outcome="answered", status=299))
            told = await held
            assert (told.status, told.values(b"Connection")) == (299, [b"close"])
            await stopping
            assert it.closed is not None
            assert it.closed[0] == 1001


@pytest.mark.log("sqlite", "nats")
async def test_who_is_held_too_long_gets_the_ack_at_the_end(tmp_path: Path) -> None:
    async with relay(tmp_path) as hub:
        endpoint = await hub.endpoint()
        async with hub.stream(endpoint) as it:
            held = asyncio.ensure_future(hub.post(endpoint))
            await hub.next_event(it, 1)
            await hub.relay.stop(0.2)
            assert (await held).status == 202


@pytest.mark.log("sqlite", "nats")
async def test_stopping_under_load_loses_nothing(tmp_path: Path) -> None:
    async with relay(tmp_path) as hub:
        endpoint = await hub.endpoint()
        async with traffic(hub.port, endpoint.path, senders=8) as senders:
            await senders.until_acked(200)
            await hub.relay.stop(3.0)
        ledger = senders.ledger
    assert set(ledger.statuses) <= {202, 503}
    async with relay(tmp_path) as hub:
        stored = {event.id for event in await read_log(hub.port, endpoint)}
    assert set(ledger.acked.values()) <= stored


@pytest.mark.log("sqlite", "nats")
async def test_run_starts_and_drains_when_it_is_cancelled(tmp_path: Path) -> None:
    started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    settings = Settings(
        listen="127.0.0.1:0", data=tmp_path, open_registration=True, **logs.settings(tmp_path)
    )
    task = asyncio.ensure_future(run(settings, lambda it: started.set_result(it.port), grace_s=1.0))
    port = await started
    made = await rawhttp.once(
        port, rawhttp.request("POST", "/_/v1/endpoints", (), b"", host=b"localhost")
    )
    assert made.status == 201
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_one_line_per_event_without_anything_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "relay"):
        async with relay(tmp_path) as hub:
            endpoint = await hub.endpoint()
            fields = ((b"X-Signature", b"MARK-header"),)
            for _ in range(3):
                await hub.post(endpoint, b"MARK-body", "/MARK-path?MARK-query", fields)
            await Stream.open(hub.port, endpoint)
            await leave_marks(hub, endpoint.token)
    text = "\n".join(record.getMessage() for record in caplog.records)
    lines = [json.loads(line) for line in text.splitlines() if '"event"' in line]
    assert [(line["seq"], line["told"], line["by"]) for line in lines] == [
        (1, 202, "ack"), (2, 202, "ack"), (3, 202, "ack"),
    ]  # fmt: skip
    assert {line["endpoint"] for line in lines} == {endpoint.id}
    assert {line["size"] for line in lines} == {9}
    assert set(lines[0]) == {"event", "endpoint", "seq", "size", "told", "by", "ms"}
    assert "MARK" not in text
    assert endpoint.token not in text


async def leave_marks(hub: Running, token: str) -> None:
    """Requests that go wrong, each with something that must not be written down."""
    for raw in (
        b"MARK nonsense\r\n\r\n",
        rawhttp.request("GET", "/_/MARK", ((b"Authorization", b"Bearer " + token.encode()),)),
        rawhttp.request("POST", "/MARK", (), b"MARK"),
    ):
        await rawhttp.once(hub.port, raw)


@pytest.fixture
def written() -> Iterator[Callable[[Literal["json", "text"]], StringIO]]:
    """Lets the relay's lines be written somewhere, as the command does."""
    logger = logging.getLogger("relay")
    before = logger.handlers[:], logger.level, logger.propagate

    def begin(form: Literal["json", "text"]) -> StringIO:
        stream = StringIO()
        configure(stream, form)
        return stream

    yield begin
    logger.handlers[:], logger.level, logger.propagate = before


async def test_lines_for_people_say_the_same(
    tmp_path: Path, written: Callable[[Literal["json", "text"]], StringIO]
) -> None:
    stream = written("text")
    async with relay(tmp_path) as hub:
        endpoint = await hub.endpoint()
        told = await hub.post(endpoint, b"MARK", "/MARK?MARK", ((b"X", b"MARK"),))
        logging.getLogger("relay").error("the log cannot be %s", "written: no space")
    text = stream.getvalue()
    event = told.value(b"Hookcli-Event-Id").decode()
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    line = rf"{stamp} event {event} endpoint={endpoint.id} seq=1 size=4 told=202 by=ack ms=\d+\.\d"
    assert re.search(rf"^{line}$", text, re.MULTILINE)
    assert re.search(rf"^{stamp} started url={hub.url} port={hub.port} ", text, re.MULTILINE)
    assert re.search(rf"^{stamp} the log cannot be written: no space level=error$", text, re.M)
    assert "MARK" not in text


def test_every_line_is_json_whatever_was_logged(
    written: Callable[[Literal["json", "text"]], StringIO],
) -> None:
    stream = written("json")
    note("reloaded", changed=("a", "b"), why='"x" = 1')
    logging.getLogger("relay").error('the log "cannot" be read\nat all')
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert lines == [
        {"note": "reloaded", "changed": ["a", "b"], "why": '"x" = 1'},
        {"note": 'the log "cannot" be read\nat all', "level": "error"},
    ]
    stream = written("text")
    note("reloaded", changed=("a", "b"), why='"x" = 1', nothing="")
    (line,) = stream.getvalue().splitlines()
    assert line.endswith('reloaded changed=a,b why="\\"x\\" = 1" nothing=""')


def test_lines_are_written_together_and_nothing_waits_for_ever() -> None:
    later: list[object] = []
    lines = EventLines(later.append)
    logger = logging.getLogger("relay")
    seen: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(record.getMessage())  # type: ignore[method-assign]
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        for seq in range(600):
            lines.event(id="a", endpoint="ep", seq=seq, size=1, told=202, by="ack", ms=1.25)
        assert len(later) == 2
        assert [text.count("\n") + 1 for text in seen] == [512]
        lines.flush()
        lines.flush()
        assert [text.count("\n") + 1 for text in seen] == [512, 88]
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
