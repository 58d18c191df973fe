"""What is written: readable by its user only, whole or not at all, comments kept, values never shown."""

import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hookcli.config.credentials import Credentials, KnownEndpoint, KnownRelay
from hookcli.config.profiles import put
from hookcli.config.secrets import Secret, available, resolve, write_private
from hookcli.errors import ConfigError, UsageError
from tests.support.processes import environment

RELAY = "https://hooks.test"


def endpoint(id_: str, name: str) -> KnownEndpoint:
    return KnownEndpoint(id=id_, name=name, url=f"{RELAY}/{id_}", token=f"hk_canary_{id_}")


def test_credentials_come_back_and_only_their_user_reads_them(tmp_path: Path) -> None:
    credentials = Credentials(tmp_path / "new" / "credentials.json")
    assert credentials.relays() == {}
    kept = KnownRelay(key="hk_canary", endpoints=(endpoint("ep_1", "default"),))
    credentials.change(RELAY, lambda _: kept)
    assert Credentials(credentials.file).relay(RELAY) == kept
    assert stat.S_IMODE(credentials.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(credentials.file.parent.stat().st_mode) == 0o700
    assert "canary" not in repr(kept)
    credentials.change(RELAY, lambda _: None)
    assert credentials.relays() == {}


def test_an_endpoint_is_found_by_id_and_by_name_and_replaced_by_id() -> None:
    relay = KnownRelay().with_endpoint(endpoint("ep_1", "a")).with_endpoint(endpoint("ep_2", "b"))
    assert relay.endpoint("ep_1") == relay.endpoint("a")
    renamed = relay.with_endpoint(endpoint("ep_1", "c"))
    assert [one.name for one in renamed.endpoints] == ["b", "c"]
    assert renamed.without_endpoint("ep_2").endpoint("b") is None


def test_changes_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    names = [f"e{n}" for n in range(12)]

    def add(name: str) -> None:
        new = endpoint(f"ep_{name}", name)
        Credentials(file).change(RELAY, lambda relay: relay.with_endpoint(new))

    threads = [threading.Thread(target=add, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    kept = Credentials(file).relay(RELAY).endpoints
    assert sorted(one.name for one in kept) == sorted(names)


@pytest.mark.parametrize("text", ["{", "[]", '{"relays": {"x": {}}}', '{"relays": {"x": 3}}'])
def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "credentials.json"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"credentials\.json is damaged"):
        Credentials(file).relays()
    with pytest.raises(ConfigError):
        Credentials(file).change(RELAY, lambda relay: relay)
    assert file.read_text() == text


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.mkdir()  # cannot be replaced by a file
    with pytest.raises(ConfigError, match="cannot be written"):
        write_private(file, "text")
    assert list(tmp_path.iterdir()) == [file]


def test_secrets_are_read_when_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("whsec_canary\n")
    found = resolve(f"file:{file}", {}, name="stripe")
    assert (found.value, found.source) == ("whsec_canary", str(file))
    assert "canary" not in repr(found)
    assert resolve("env:A", {"A": "b"}, name="x") == Secret(value="b", source="A")
    usable, faults = available("x", ["env:A", "env:MISSING", f"file:{tmp_path}"], {"A": "b"})
    assert [one.value for one in usable] == ["b"]
    assert "MISSING is not set" in faults[0]
    assert str(tmp_path) in faults[1]


def test_the_users_file_keeps_what_its_user_wrote(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('# mine\nforward = "8000"  # the shop\n\n[secrets]\nstripe = "env:S"\n')
    put(file, "retry", 5)
    put(file, "forward", "9000")
    put(file, "relay", RELAY, profile="work")
    put(file, "endpoint", "pay", profile="work")
    text = file.read_text()
    assert text.startswith("# mine\n")
    assert "# the shop" in text
    assert 'stripe = "env:S"' in text
    import tomllib

    table = tomllib.loads(text)
    assert table["retry"] == 5
    assert table["forward"] == "9000"
    assert table["profile"] == {"work": {"relay": RELAY, "endpoint": "pay"}}
    put(file, "relay", None, profile="work")
    assert tomllib.loads(file.read_text())["profile"]["work"] == {"endpoint": "pay"}


def test_a_setting_of_the_screen_goes_into_its_table(tmp_path: Path) -> None:
    import tomllib

    file = tmp_path / "config.toml"
    file.write_text('forward = "8000"\n[ui]\ntheme = "nord"  # dark\n')
    put(file, "ui.time", "utc")
    put(file, "retry", 5)
    assert "# dark" in file.read_text()
    table = tomllib.loads(file.read_text())
    assert table == {"forward": "8000", "retry": 5, "ui": {"theme": "nord", "time": "utc"}}
    put(file, "ui.time", None)
    assert "time" not in tomllib.loads(file.read_text())["ui"]
    with pytest.raises(UsageError, match="the same in every profile"):
        put(file, "ui.theme", "nord", profile="work")


def test_a_wrong_key_or_value_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    with pytest.raises(ConfigError, match="unknown key"):
        put(file, "forwrd", "8000")
    with pytest.raises(ConfigError, match="timeout"):
        put(file, "timeout", "soon")
    assert not file.exists()


def test_files_are_utf8_in_every_locale(tmp_path: Path) -> None:
    """An interpreter that refuses to open a file in whatever encoding the locale has."""
    strict = (sys.executable, "-X", "warn_default_encoding", "-W", "error::EncodingWarning")

    def cli(*words: str) -> str:
        done = subprocess.run(
            [*strict, "-m", "hookcli", *words], env=environment(tmp_path), cwd=tmp_path,
            check=True, capture_output=True,
        )  # fmt: skip
        return done.stdout.decode()

    (tmp_path / "hookcli.toml").write_text('endpoint = "größe"\n', encoding="utf-8")
    cli("config", "set", "endpoint", "schön")
    cli("config", "trust")
    cli("listen", "--for", "1ms", "-q")
    assert "größe" in cli("config", "get", "endpoint")
    (tmp_path / "hookcli.toml").unlink()
    assert "schön" in cli("config", "get", "endpoint")


def test_what_is_no_text_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    with pytest.raises(ConfigError, match="not UTF-8"):
        write_private(file, "endpoint = 'sch\udcf6n'")
    assert list(tmp_path.iterdir()) == []
