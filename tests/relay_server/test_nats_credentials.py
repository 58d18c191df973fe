"""A relay that shows NATS who it is by a `.creds` file: let in, refused, and renewed while it runs."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import nkeys
import pytest

from relay_server.log.nats.credentials import Credentials
from relay_server.settings import SettingError
from tests.relay_server.harness import relay
from tests.relay_server.test_log import until
from tests.support.natsjwt import Identity, Operator, creds
from tests.support.natsservers import NatsServer, nats_server
from tests.support.processes import Process, environment, hookcli
from tests.support.stream import read_log

VARIABLE = "HOOKCLI_RELAY_LOG_CREDENTIALS"
OPERATOR = Operator()
"""Who let in the users that are let in."""
REVOKED, REVOKED_CREDS = OPERATOR.user()
OPERATOR.revoke(REVOKED)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """One that lets in whom an account of the operator vouches for."""
    async with nats_server(tmp_path / "nats", **OPERATOR.configuration) as it:
        yield it


def file(folder: Path, text: str) -> str:
    path = folder / "relay.creds"
    path.write_text(text)
    return str(path)


async def test_a_relay_stores_and_streams_by_its_credentials_and_by_those_that_renew_them(
    server: NatsServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    soon = int(time.time()) + 2
    path = file(tmp_path, OPERATOR.user(exp=soon)[1])
    more = {"log": server.url, "log_replicas": 1, "log_streams": 1, "log_credentials": path}
    async with relay(tmp_path, **more) as it:
        endpoint = await it.endpoint(respond="ack")
        async with it.stream(endpoint) as stream:
            assert (await it.post(endpoint, b"before")).start.startswith(b"HTTP/1.1 202")
            await stream.until(lambda: len(stream.events) == 1, "the event")
            file(tmp_path, OPERATOR.user()[1])

            async def ran_out() -> bool:
                return "authentication expired" in caplog.text

            await until(ran_out)
            assert time.time() >= soon

            async def stored() -> bool:
                told = await it.post(endpoint, b"after")
                return told.start.startswith(b"HTTP/1.1 202")

            await until(stored)
            await stream.until(lambda: stream.events[-1].body == b"after", "the other", 10.0)
        bodies = [event.body for event in await read_log(it.port, endpoint)]
        assert (bodies[0], bodies[-1]) == (b"before", b"after")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (OPERATOR.user(exp=int(time.time()) - 60)[1], "it ran out on "),
        (REVOKED_CREDS, "its user is revoked, or "),
        (Operator().user()[1], "or its account is unknown there"),
        (OPERATOR.user(of=Identity(nkeys.PREFIX_BYTE_ACCOUNT))[1], "its account is unknown"),
    ],
    ids=["expired", "revoked", "another operator's", "forged"],
)
async def test_who_is_not_let_in_is_told_which_file_and_what_to_do(
    server: NatsServer, tmp_path: Path, text: str, why: str
) -> None:
    path = file(tmp_path, text)
    with pytest.raises(SettingError) as told:
        async with relay(tmp_path, log=server.url, log_replicas=1, log_credentials=path):
            pass
    assert str(told.value).startswith(f"{VARIABLE}: {path}: NATS does not let it in (Auth")
    assert why in str(told.value)
    assert "nsc generate creds" in str(told.value)


async def test_the_command_ends_with_the_code_of_wrong_settings(
    server: NatsServer, tmp_path: Path
) -> None:
    path = file(tmp_path, REVOKED_CREDS)
    env = environment(tmp_path, {VARIABLE: path})
    argv = [hookcli(), "relay", "--listen", "127.0.0.1:0", "--log", server.url]
    it = await Process.start(argv, env=env)
    assert await it.wait() == 2
    assert f"error: {VARIABLE}: {path}: NATS does not let it in" in "\n".join(it.err)


def swapped() -> str:
    one, _ = OPERATOR.user()
    token = OPERATOR.user()[1].splitlines()[1]
    return creds(token, one.seed)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda: "", "holds no JWT"),
        (lambda: "hooks:s3cret", "holds no JWT"),
        (lambda: creds("a.b.c", b"SUAAA"), "holds no JWT"),
        (lambda: creds("e30", b"SUAAA"), "holds no JWT"),
        (lambda: OPERATOR.user()[1].partition("*****")[0], "holds no JWT"),
        (lambda: "-----BEGIN" + OPERATOR.user()[1].rpartition("-----BEGIN")[2], "holds no JWT"),
        (swapped, "not of the key beside it"),
        (lambda: "\xff", "is not text"),
    ],
)
def test_a_file_that_is_none_is_named_before_anybody_is_asked(
    made: Callable[[], str], why: str, tmp_path: Path
) -> None:
    path = file(tmp_path, made())
    with pytest.raises(SettingError, match=why) as told:
        Credentials(Path(path)).read()
    assert str(told.value).startswith(f"{VARIABLE}: {path}: ")
    assert "SUA" not in str(told.value)


def test_a_file_that_cannot_be_read_any_more_stays_what_it_was(tmp_path: Path) -> None:
    path = Path(file(tmp_path, OPERATOR.user()[1]))
    it = Credentials(path)
    it.read()
    before = it.options["user_jwt_cb"]()
    path.write_text("half a fi")
    asyncio.run(it.again())
    path.unlink()
    asyncio.run(it.again())
    assert it.options["user_jwt_cb"]() == before
