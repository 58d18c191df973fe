"""A4: what senders, listeners and operators keep secret is neither written down nor readable by others."""

import stat
from pathlib import Path

import pytest

from tests.support import logs, rawhttp
from tests.support.disk import disk
from tests.support.natsservers import nats_server
from tests.support.proxy import proxy
from tests.support.running import Endpoint, Relay, listener, relay
from tests.support.stream import RefusedError, Stream

MARK = b"CANARY"


async def leave_marks(it: Relay, endpoint: Endpoint) -> None:
    """Requests that go well, and such that go wrong in every way, each with something secret."""
    token = b"Bearer " + endpoint.token.encode()
    marked = ((b"X-Signature", MARK), (b"Authorization", b"Bearer " + MARK), (MARK, b"x"))
    host = b"127.0.0.1:%d" % it.port
    for raw in (
        rawhttp.request("POST", endpoint.path + "/CANARY?CANARY=CANARY", marked, MARK * 20),
        rawhttp.request("POST", endpoint.path, marked, MARK * 20_000, framing="chunked"),
        rawhttp.request("POST", "/ep_CANARY", marked, MARK),
        rawhttp.request("TRACE", endpoint.path, marked, MARK),
        rawhttp.request(
            "GET", f"/_/v1/endpoints/CANARY?{endpoint.token}", ((b"Authorization", token),)
        ),
        rawhttp.request("POST", "/_/v1/endpoints", ((b"Authorization", token),), MARK, host=host),
        b"CANARY nonsense\r\n\r\n",
        b"POST /CANARY HTTP/1.1\r\nHost: a\r\nContent-Length: CANARY\r\n\r\n",
    ):
        await rawhttp.once(it.port, raw)
    async with rawhttp.sender(it.port) as sender:
        await sender.write(b"POST %b HTTP/1.1\r\nHost: a\r\nX: CANARY\r\n" % endpoint.path.encode())
    stream = await Stream.open(it.port, endpoint, after="now", more="&name=CANARY")
    stream.write_frame(2, b"\x82\xa4type\xa5later\xa1x\xa6CANARY")
    stream.write_frame(2, MARK)
    await stream.until(lambda: stream.closed is not None, "close")
    stream.close()
    try:
        await Stream.open(it.port, Endpoint(id=endpoint.id, url="", token="hk_CANARY"))
    except RefusedError:
        return
    raise AssertionError("a wrong token opened a stream")


async def test_no_secret_and_no_content_reaches_the_lines(tmp_path: Path) -> None:
    with disk(tmp_path / "relay") as under:
        async with relay(tmp_path, preexec=under.preexec) as it:
            assert it.process is not None
            endpoint = await it.endpoint(name="CANARY", ack_body="CANARY")
            await leave_marks(it, endpoint)
            # And while the disk fails.
            under.fail(3)
            raw = rawhttp.request("POST", endpoint.path, ((b"X", MARK),), MARK)
            assert (await rawhttp.once(it.port, raw)).status == 503
            await it.process.stop()
            first, written = it.process, [*it.process.out, *it.process.err]
            assert any('"told":202' in line for line in written), first.tail()
            text = "\n".join(written)
            assert "Traceback" not in text
            assert "CANARY" not in text
            assert endpoint.token not in text
            assert sum(it.key in line for line in written) == 1, "once, for the operator"
            await it.start()
            assert it.process is not None
            await leave_marks(it, endpoint)
            await it.process.stop()
            assert it.key not in "\n".join([*it.process.out, *it.process.err])


@pytest.mark.slow
async def test_nor_does_the_password_of_nats(tmp_path: Path) -> None:
    user = {"user": "relay", "password": "CANARY"}
    async with nats_server(tmp_path / "nats", authorization=user) as server:
        with logs.on(f"nats://relay:CANARY@{server.address}"):
            async with relay(tmp_path) as it:
                assert it.process is not None
                endpoint = await it.endpoint(name="CANARY", ack_body="CANARY")
                await leave_marks(it, endpoint)
                await server.kill()
                raw = rawhttp.request("POST", endpoint.path, ((b"X", MARK),), MARK)
                assert (await rawhttp.once(it.port, raw)).status == 503
                await it.process.stop()
                written = "\n".join([*it.process.out, *it.process.err])
                assert f"nats://{server.address}" in written
                with pytest.raises(RuntimeError) as told:
                    await it.start()
    for text in (written, str(told.value)):
        assert "Traceback" not in text
        assert "CANARY" not in text
        assert endpoint.token not in text


async def test_on_the_disk_secrets_are_hashed_and_everything_is_its_owner_s(tmp_path: Path) -> None:
    async with relay(tmp_path) as it:
        endpoint = await it.endpoint()
        rotated = await it.api(
            "POST", f"/_/v1/endpoints/{endpoint.id}/rotate", token=endpoint.token
        )
        raw = rawhttp.request("POST", endpoint.path, (), b"x" * 100_000)
        await rawhttp.once(it.port, raw)
        files = [path for path in it.data.rglob("*") if path.is_file()]
        assert len(files) >= 4
        for secret in (endpoint.token, rotated["token"], it.key):
            for file in files:
                assert secret.encode() not in file.read_bytes(), file.name
        for path in (it.data, *it.data.rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600), f"{path.name} {mode:o}"


@pytest.mark.log("sqlite", slow="nats")
async def test_a_listener_says_neither_token_nor_secret_and_keeps_its_files_to_itself(
    tmp_path: Path,
) -> None:
    secret = "the-signing-secret-of-the-provider"
    async with (
        relay(tmp_path / "relay") as server,
        proxy(server.port) as network,
        rawhttp.program() as program,
    ):
        endpoint = await server.endpoint()
        async with listener(
            tmp_path / "laptop", network.url, endpoint, program.url, "-v", "-v",
            more={"HOOKCLI_SECRET_GITHUB": secret},
        ) as it:  # fmt: skip
            assert it.process is not None
            fields = (
                (b"X-GitHub-Event", b"ping"),
                (b"X-Hub-Signature-256", b"sha256=" + b"0" * 64),
            )
            raw = rawhttp.request("POST", endpoint.path, fields, b"{}")
            assert (await rawhttp.once(server.port, raw)).status == 200
            network.damage_after(30)
            await rawhttp.once(server.port, raw)
            await it.until("lost")
            await it.until("connected")
            path = f"/_/v1/endpoints/{endpoint.id}/rotate"
            await server.api("POST", path, token=endpoint.token)
            assert await it.process.wait() == 4, "its token was replaced"
            text = "\n".join([*it.process.out, *it.process.err])
            for word in (endpoint.token, secret, "Traceback"):
                assert word not in text
            files = [path for path in it.home.rglob("*") if path.is_file()]
            assert it.store in files
            for path_ in files:
                assert stat.S_IMODE(path_.stat().st_mode) & 0o077 == 0, path_.name
                for word in (endpoint.token, secret):
                    assert word.encode() not in path_.read_bytes(), path_.name
