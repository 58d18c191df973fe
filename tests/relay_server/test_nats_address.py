"""Where NATS is and how a relay shows itself there: as its users expect, and never told on."""

from pathlib import Path

import nkeys
import pytest
import trustme

from relay_server.app import Relay
from relay_server.log.base import StorageError
from relay_server.log.nats import connection
from relay_server.log.nats.address import check, servers, shown
from relay_server.settings import SettingError, Settings
from tests.hookcli.cli.inprocess import hookcli
from tests.support.natsservers import NatsServer, nats_server

SECRET = "s3cret-of-ours"


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("nats://a", ["nats://a"]),
        ("nats://a:1,b:2", ["nats://a:1", "nats://b:2"]),
        ("nats://u:p@a:1,u:p@b:2/", ["nats://u:p@a:1", "nats://u:p@b:2"]),
        ("tls://a:1,nats://b:2", ["tls://a:1", "nats://b:2"]),
        ("nats://[::1]:4222", ["nats://[::1]:4222"]),
    ],
)
def test_an_address_names_servers(text: str, urls: list[str]) -> None:
    assert servers(text) == urls


@pytest.mark.parametrize(
    "text",
    ["", "a:1", "http://a", "nats://", "nats://a,,b", "nats://a:x", f"nats://u:{SECRET}@a/path"],
)
def test_what_is_none_is_told_without_its_password(text: str) -> None:
    with pytest.raises(SettingError, match="not like nats://") as told:
        servers(text)
    assert SECRET not in str(told.value)


def test_a_password_is_never_shown() -> None:
    assert shown(f"nats://u:{SECRET}@a:1,v:{SECRET}@b:2") == "nats://a:1,b:2"


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"log_prefix": "a.b"}, "LOG_PREFIX"),
        ({"log_prefix": ""}, "LOG_PREFIX"),
        ({"log_replicas": 6}, "LOG_REPLICAS"),
        ({"log_streams": 1000}, "LOG_STREAMS"),
        ({"log_tls": "only-one"}, "LOG_TLS"),
    ],
)
def test_a_setting_that_cannot_be_is_named(more: dict[str, object], names: str) -> None:
    with pytest.raises(SettingError, match=f"HOOKCLI_RELAY_{names}"):
        check(Settings(log="nats://a").at(**more))


async def starts(folder: Path, log: str, **more: object) -> None:
    """A relay on that log, which can store an event."""
    settings = Settings(
        listen="127.0.0.1:0", data=folder, log=log, log_replicas=1, log_streams=1
    ).at(**more)
    it = Relay(settings)
    await it.start()
    await it.stop(0.5)


async def refused(folder: Path, log: str, **more: object) -> str:
    """Why none starts."""
    with pytest.raises((StorageError, SettingError)) as told:
        await starts(folder, log, **more)
    assert SECRET not in str(told.value)
    return str(told.value)


NO = "Authorization Violation"
"""The server's refusal: it says so and hangs up, and the client may see either first."""


def at(server: NatsServer, who: str = "") -> str:
    return f"nats://{who}{server.address}"


async def test_a_user_and_a_password(tmp_path: Path) -> None:
    allowed = {"user": "hooks", "password": SECRET}
    async with nats_server(tmp_path / "nats", authorization=allowed) as server:
        await starts(tmp_path, at(server, f"hooks:{SECRET}@"))
        assert NO in await refused(tmp_path, at(server, "hooks:wrong@"))
        assert NO in await refused(tmp_path, at(server))


async def test_a_token(tmp_path: Path) -> None:
    async with nats_server(tmp_path / "nats", authorization={"token": SECRET}) as server:
        await starts(tmp_path, at(server, f"{SECRET}@"))
        assert NO in await refused(tmp_path, at(server, "wrong@"))


async def test_an_nkey(tmp_path: Path) -> None:
    pair = nkeys.from_seed(nkeys.encode_seed(b"7" * 32, nkeys.PREFIX_BYTE_USER))
    seed = tmp_path / "relay.nk"
    seed.write_bytes(bytes(pair.seed))
    users = {"users": [{"nkey": pair.public_key.decode()}]}
    async with nats_server(tmp_path / "nats", authorization=users) as server:
        await starts(tmp_path, at(server), log_credentials=str(seed))
        assert NO in await refused(tmp_path, at(server))
        stranger = nkeys.encode_seed(b"8" * 32, nkeys.PREFIX_BYTE_USER)
        seed.write_bytes(stranger)
        told = await refused(tmp_path, at(server), log_credentials=str(seed))
        assert f"{seed}: NATS does not let it in ({NO}): add its public key" in told
        seed.write_bytes(b"no seed")
        told = await refused(tmp_path, at(server), log_credentials=str(seed))
        assert f"{seed}: is not the seed of an NKey" in told
        missing = await refused(tmp_path, at(server), log_credentials=str(tmp_path / "none.nk"))
        assert "LOG_CREDENTIALS: " in missing
        assert "no such file" in missing


async def test_tls_with_certificates_of_both_sides(tmp_path: Path) -> None:
    ours, theirs = trustme.CA(), trustme.CA()
    for name, ca in (("ours", ours), ("theirs", theirs)):
        ca.cert_pem.write_to_path(tmp_path / f"{name}.pem")
    for name, cert in (
        ("server", ours.issue_cert("127.0.0.1")),
        ("relay", ours.issue_cert("relay")),
    ):
        cert.cert_chain_pems[0].write_to_path(tmp_path / f"{name}.pem")
        cert.private_key_pem.write_to_path(tmp_path / f"{name}.key")
    tls = {
        "cert_file": str(tmp_path / "server.pem"),
        "key_file": str(tmp_path / "server.key"),
        "ca_file": str(tmp_path / "ours.pem"),
        "verify": True,
    }
    mine = {
        "log_ca": str(tmp_path / "ours.pem"),
        "log_tls": f"{tmp_path / 'relay.pem'},{tmp_path / 'relay.key'}",
    }
    async with nats_server(tmp_path / "nats", tls=tls) as server:
        address = f"tls://{server.address}"
        await starts(tmp_path, address, **mine)
        assert "certificate" in await refused(
            tmp_path, address, **(mine | {"log_ca": str(tmp_path / "theirs.pem")})
        )
        assert await refused(tmp_path, address, log_ca=mine["log_ca"])
        missing = await refused(tmp_path, address, log_ca=str(tmp_path / "none.pem"))
        assert "LOG_CA" in missing


def test_the_command_says_where_it_could_not_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_CONNECT_S", 0.1)
    done = hookcli("relay", "--listen", "127.0.0.1:0", "--log", f"nats://u:{SECRET}@127.0.0.1:1")
    assert done.code == 2
    assert "nats://127.0.0.1:1: cannot be reached" in done.err
    assert SECRET not in done.err
