"""Settings and certificates that change while connections are open: nobody is cut off."""

import asyncio
import json
import os
import signal
import ssl
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import trustme

from hookcli.wire import codec
from relay_server.reloading import Reloaded, compared
from relay_server.settings import RESTART, SettingError, Settings
from relay_server.tls import Certificate
from tests.relay_server.harness import Running, no_more_than, relay
from tests.support import rawhttp
from tests.support.running import relay as relay_process
from tests.support.stream import read_log, stream


def test_a_file_goes_below_the_environment_and_both_below_flags(tmp_path: Path) -> None:
    file = tmp_path / "relay.toml"
    file.write_text(
        'max_body = "5MiB"\nmax_held = 7\nendpoint_rate = 2\nopen_registration = true\n'
        'data = "/x"\nretention_s = "2d"\npublic_url = "https://file.example"\n'
    )
    environ = {"HOOKCLI_RELAY_MAX_HELD": "8", "HOOKCLI_RELAY_CONFIG": str(file)}
    found = Settings.from_env(environ, file=file, public_url="https://flag.example")
    assert (found.max_body, found.max_held, found.retention_s) == (5 << 20, 8, 172_800)
    assert (found.data, found.public_url) == (Path("/x"), "https://flag.example")
    assert found.endpoint_rate == 2.0
    assert isinstance(found.endpoint_rate, float)
    assert found.open_registration


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("no_such = 1", "no_such: there is no such setting"),
        ("max_body = true", "max_body"),
        ("max_body = [1]", "max_body"),
        ("open_registration = 1", "open_registration"),
        ('max_body = "much"', "max_body"),
        ("public_url = 5", "public_url"),
        ("max_body =", "not TOML"),
        ("[relay]\nmax_body = 1", "relay: there is no such setting"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_what_is_wrong(
    tmp_path: Path, text: str, word: str
) -> None:
    file = tmp_path / "relay.toml"
    file.write_text(text)
    with pytest.raises(SettingError, match=word) as told:
        Settings.from_env({}, file=file)
    assert str(file) in str(told.value)
    with pytest.raises(SettingError, match="no such file"):
        Settings.from_env({}, file=tmp_path / "other")


def test_what_needs_a_restart_is_told_apart_and_stays() -> None:
    now = Settings(tls="a,b")
    wanted = now.at(listen=":1", key="k" * 40, admin=":2", max_body=9, tls="c,d")
    found = compared(now, wanted)
    assert set(found.restart) == {"listen", "key", "admin"}
    assert set(found.changed) == {"max_body", "tls"}
    assert found.settings == now.at(max_body=9, tls="c,d")
    without = compared(now, now.at(tls=None))
    assert (without.changed, without.restart, without.settings) == ((), ("tls",), now)
    assert {field.name for field in fields(Settings)} >= RESTART


async def change(hub: Running, **changes: Any) -> Reloaded:
    return await hub.relay.reload(hub.relay.settings.at(**changes))


@pytest.mark.log("sqlite", "nats")
async def test_limits_hold_for_those_who_are_connected(tmp_path: Path) -> None:
    async with relay(tmp_path / "data") as hub:
        endpoint = await hub.endpoint(respond="ack")
        async with rawhttp.sender(hub.port) as sender:

            async def send(size: int) -> int:
                body = b"x" * size
                return (await sender.send(rawhttp.request("POST", endpoint.path, (), body))).status

            assert await send(2_000) == 202
            await change(hub, endpoint_rate=0.001, endpoint_burst=1.0)
            assert await send(1) == 202
            assert await send(1) == 429
            await change(hub, endpoint_rate=0.0, max_body=1_000)
            assert await send(1_000) == 202
            assert await send(1_001) == 413
        assert len(await read_log(hub.port, endpoint)) == 3


@pytest.mark.log("sqlite", "nats")
async def test_what_the_log_keeps_changes_at_once(tmp_path: Path, log_kind: str) -> None:
    async with relay(tmp_path / "data") as hub:
        endpoint = await hub.endpoint()
        for _ in range(20):
            await hub.post(endpoint, b"x" * 5_000)
        await change(hub, endpoint_bytes=30_000)
        if log_kind == "nats":  # which looks at an endpoint's bytes when it grows
            await hub.post(endpoint)
        await no_more_than(30_000, hub, endpoint)


async def test_a_list_of_networks_is_read_again(tmp_path: Path) -> None:
    sets = tmp_path / "sets.json"
    sets.write_text('{"office": ["192.0.2.0/24"]}')
    async with relay(tmp_path / "data", allow_sets=str(sets)) as hub:
        endpoint = await hub.endpoint(allow=["office"])
        assert (await hub.post(endpoint)).status == 403
        sets.write_text('{"office": ["127.0.0.0/8"]}')
        assert (await change(hub)).changed == ("allow_sets",)
        assert (await hub.post(endpoint)).status == 202
        sets.write_text("{}")
        found = await change(hub)
        assert (found.changed, found.no_sets) == (("allow_sets",), ("office",))
        assert (await hub.post(endpoint)).status == 403, "a set that is no more lets nobody in"
        sets.write_text('{"office": ["127.0.0.1"]}')
        assert (await change(hub)).no_sets == ()
        assert (await hub.post(endpoint)).status == 202
        assert (await change(hub)).changed == ()
        sets.write_text('{"office": ')
        with pytest.raises(SettingError, match=r"sets\.json"):
            await change(hub, max_body=1)
        assert (await hub.post(endpoint)).status == 202, "nothing of it was done"


@pytest.mark.parametrize(
    ("name", "value", "look"),
    [
        ("max_held", 3, lambda hub: hub.relay._running.hub.limits[0]),
        ("endpoint_held", 3, lambda hub: hub.relay._running.hub.limits[1]),
        ("answer_budget", 3, lambda hub: hub.relay._running.edge.untaken.limits[0]),
        ("head_timeout_s", 3.0, lambda hub: hub.relay._running.edge.patience.head_timeout_s),
        ("deadline_ms", 3, lambda hub: hub.relay._running.ingest.settings.deadline_ms),
        ("silence_s", 3.0, lambda hub: hub.relay._running.streams.settings.silence_s),
        ("max_endpoints", 3, lambda hub: hub.relay._running.api.settings.max_endpoints),
    ],
)
async def test_every_part_hears_of_it(
    tmp_path: Path, name: str, value: float, look: Callable[[Running], float]
) -> None:
    async with relay(tmp_path / "data") as hub:
        await change(hub, **{name: value})
        assert look(hub) == value


@pytest.mark.log("sqlite", slow="nats")
async def test_sighup_reads_the_file_again_and_cuts_nobody_off(tmp_path: Path) -> None:
    file = tmp_path / "relay.toml"
    file.write_text("max_body = 5000\n")
    # A session of its own has no terminal that could hang up.
    settings = {"HOOKCLI_RELAY_CONFIG": str(file)}
    async with relay_process(tmp_path / "server", settings=settings, preexec=os.setsid) as it:
        assert it.process is not None
        endpoint = await it.endpoint()
        raw = rawhttp.request("POST", endpoint.path, (), b"x" * 4_000)
        async with stream(it.port, endpoint) as listener, rawhttp.sender(it.port) as sender:
            held = asyncio.ensure_future(rawhttp.once(it.port, raw))
            await listener.until(lambda: listener.seqs == [1], "the event")
            file.write_text('max_body = "1KB"\nlisten = ":1"\nmax_held = 99\n')
            os.kill(it.process.pid, signal.SIGHUP)
            await it.process.line("reloaded  max_body, max_held")
            assert (await sender.send(raw)).status == 413
            event = listener.events[0]
            listener.send(codec.result(seq=1, id=event.id, outcome="answered", status=299))
            assert (await held).status == 299
            file.write_text("max_body =")
            os.kill(it.process.pid, signal.SIGHUP)
            await it.process.line("not reloaded, everything stays as it was: .*not TOML")
            small = rawhttp.request("POST", endpoint.path, (), b"y")
            again = asyncio.ensure_future(rawhttp.once(it.port, small))
            await listener.until(lambda: listener.seqs == [1, 2], "the next event")
            listener.send(codec.result(seq=2, id=listener.events[1].id, outcome="refused"))
            assert (await again).status == 202
        notes = [json.loads(line) for line in it.process.out if '"reloaded"' in line]
        # The flag that the test's relay is started with goes before the file.
        assert [one["changed"] for one in notes] == [["max_body", "max_held"]]
        assert await it.process.stop() == 0


class Files:
    """A certificate and its key on the disk, and who signed it."""

    def __init__(self, folder: Path) -> None:
        self.cert, self.key = folder / "cert.pem", folder / "key.pem"
        self.trust = ssl.create_default_context()

    def renew(self) -> None:
        authority = trustme.CA()
        leaf = authority.issue_cert("localhost", "127.0.0.1")
        # As a renewing program does it: one file after the other.
        leaf.private_key_pem.write_to_path(str(self.key))
        leaf.cert_chain_pems[0].write_to_path(str(self.cert))
        self.trust = ssl.create_default_context()
        authority.configure_trust(self.trust)


async def open_tls(port: int, trust: ssl.SSLContext) -> rawhttp.Sender:
    return rawhttp.Sender(*await asyncio.open_connection("127.0.0.1", port, ssl=trust))


async def is_trusted(port: int, trust: ssl.SSLContext) -> bool:
    try:
        sender = await open_tls(port, trust)
    except ssl.SSLCertVerificationError:
        return False
    await sender.close()
    return True


@pytest.mark.parametrize("asked", [True, False])
async def test_a_renewed_certificate_is_for_new_connections(
    tmp_path: Path, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay_server.app._LOOK_S", 0.0 if not asked else 1e9)
    files = await asyncio.to_thread(Files, tmp_path)
    await asyncio.to_thread(files.renew)
    raw = rawhttp.request("GET", "/_/ready", framing="none")
    async with relay(tmp_path / "data", tls=f"{files.cert},{files.key}") as hub:
        old, trust = await open_tls(hub.port, files.trust), files.trust
        assert (await old.send(raw)).status == 200
        half = await asyncio.open_connection("127.0.0.1", hub.port, ssl=trust)
        half[1].write(raw[:20])
        await half[1].drain()
        await asyncio.to_thread(files.renew)
        if asked:
            assert await is_trusted(hub.port, trust), "it was not looked at yet"
            assert (await change(hub)).changed == ("tls",)
        async with asyncio.timeout(10):
            while not await is_trusted(hub.port, files.trust):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.05)
        assert not await is_trusted(hub.port, trust)
        assert (await old.send(raw)).status == 200, "who was connected stays so"
        half[1].write(raw[20:])
        begun = await rawhttp.read_message(half[0], of="response")
        assert begun is not None, "what was begun is answered"
        assert begun.status == 200
        half[1].close()
        await old.close()
        files.cert.write_text("not a certificate")
        if asked:
            with pytest.raises(SettingError, match="not a certificate"):
                await change(hub)
        assert await is_trusted(hub.port, files.trust)


async def test_a_renewed_certificate_ends_no_stream_and_no_held_sender(tmp_path: Path) -> None:
    files = await asyncio.to_thread(Files, tmp_path)
    await asyncio.to_thread(files.renew)
    async with relay(tmp_path / "data") as hub:
        endpoint = await hub.endpoint()
    raw = rawhttp.request("POST", endpoint.path, (), b"x" * 4_000)
    async with relay(tmp_path / "data", tls=f"{files.cert},{files.key}") as hub:
        sender, old = await open_tls(hub.port, files.trust), files.trust
        async with stream(hub.port, endpoint, trust=old) as listener:
            held = asyncio.ensure_future(sender.send(raw))
            await listener.until(lambda: listener.seqs == [1], "the event")
            await asyncio.to_thread(files.renew)
            await change(hub)
            assert not await is_trusted(hub.port, old)
            assert not held.done()
            first = listener.events[0].id
            listener.send(codec.result(seq=1, id=first, outcome="answered", status=299))
            assert (await held).status == 299
            again = asyncio.ensure_future(sender.send(raw))
            await listener.until(lambda: listener.seqs == [1, 2], "the next event")
            listener.send(codec.result(seq=2, id=listener.events[1].id, outcome="refused"))
            assert (await again).status == 202
            assert listener.closed is None
        await sender.close()


def test_a_certificate_is_read_again_only_when_its_files_are_others(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.renew()
    certificate = Certificate(files.cert, files.key)
    assert not certificate.changed()
    files.renew()
    assert certificate.changed()
    certificate.again()
    assert not certificate.changed()
    files.key.unlink()
    assert certificate.changed()
    with pytest.raises(SettingError):
        certificate.again()
    assert not certificate.changed(), "it is tried again when there is something new"
