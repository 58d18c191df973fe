"""What an operator copies is right: names of settings, the unit, the images' steps, the dashboard."""

import asyncio
import configparser
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from relay_server.log.nats.address import servers as nats_urls
from relay_server.metrics import Metrics, Now, Waiting, page
from relay_server.settings import CONFIG, Settings
from scripts import relay_settings
from tests.support import rawhttp
from tests.support.natsservers import program as nats_program
from tests.support.processes import PATIENCE, Process
from tests.support.running import Relay
from tests.support.stream import read_log

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "docs" / "deploy"
CLUSTER = DEPLOY / "compose-cluster.yaml"
KEY = "hk_" + "k" * 40
NOBODY = 65532


def unit() -> dict[str, list[str]]:
    """Every key of the unit with its values, in order."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / "hookcli-relay.service").read_text().splitlines():
        key, mark, value = line.partition("=")
        if mark and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize(
    "file", sorted(one for one in (*DEPLOY.iterdir(), ROOT / "docs" / "deploy.md") if one.is_file())
)
def test_every_variable_named_is_a_setting(file: Path) -> None:
    known = {f"HOOKCLI_RELAY_{name.upper()}" for name in Settings.__dataclass_fields__}
    named = set(re.findall(r"HOOKCLI_RELAY_[A-Z_]+[A-Z]", file.read_text()))
    assert named <= known | {CONFIG}


def test_the_page_of_settings_says_what_the_code_says() -> None:
    told = (ROOT / "docs" / "relay-settings.md").read_text()
    assert told == relay_settings.page(), "run `make docs`"
    assert all(f"| `{name}` |" in told for name in Settings.__dataclass_fields__)


def test_the_units_environment_is_accepted() -> None:
    given = dict(value.split("=", 1) for value in unit()["Environment"])
    settings = Settings.from_env({k: v for k, v in given.items() if k.startswith("HOOKCLI_")})
    assert settings.address == ("127.0.0.1", 8080)
    assert settings.data == Path("/var/lib") / unit()["StateDirectory"][0]


def test_the_unit_is_one(tmp_path: Path) -> None:
    file = tmp_path / "hookcli-relay.service"
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string((DEPLOY / file.name).read_text())
    assert set(parser.sections()) == {"Unit", "Service", "Install"}
    assert unit()["NoNewPrivileges"] == unit()["DynamicUser"] == ["yes"]
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return  # a machine without systemd has nobody to ask
    text = (DEPLOY / file.name).read_text().replace("/opt/hookcli/bin/hookcli", "/bin/true")
    file.write_text(text)
    done = subprocess.run(
        [analyze, "verify", str(file)], capture_output=True, text=True, timeout=30, check=False
    )
    assert file.name not in done.stderr


def test_the_compose_file_is_one() -> None:
    """By the Compose Specification: keys, types, and what one part says of another."""
    text = (DEPLOY / "compose.yaml").read_text()
    PyCompose.from_yaml(text).validate()
    for wrong in (("restart:", "restrat:"), ("read_only: true", "read_only: [1]")):
        with pytest.raises(ValueError, match=r"services\.relay"):
            PyCompose.from_yaml(text.replace(*wrong))


def test_the_compose_file_holds_what_the_container_needs() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    relay = compose["services"]["relay"]
    assert relay["read_only"] is True
    assert relay["cap_drop"] == ["ALL"]
    build = relay["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).resolve() == DEPLOY / "Containerfile"
    for service in compose["services"].values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).exists()
    caddy = (DEPLOY / "Caddyfile").read_text()
    assert f"reverse_proxy relay:{relay['expose'][0]}" in caddy
    assert caddy.count("{") == caddy.count("}")


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(CLUSTER.read_text())["services"]
    return found


def filled_in(text: str) -> str:
    """Variables as compose would put them in."""
    values = {"NATS_PASSWORD": "s3cret", "HOOKS_HOST": "hooks.example.com"}
    return re.sub(r"\$\{(\w+)[^}]*\}", lambda found: values[found[1]], text)


def test_the_compose_file_of_several_holds_three_servers_and_two_relays() -> None:
    found = services()
    servers = [name for name in found if name.startswith("nats")]
    relays = [name for name in found if name.startswith("relay")]
    assert (len(servers), len(relays)) == (3, 2)
    volumes = yaml.safe_load(CLUSTER.read_text())["volumes"]
    for name in servers:
        service = found[name]
        given = dict(zip(service["command"][::2], service["command"][1::2], strict=True))
        assert (given["-c"], given["-sd"], given["-n"]) == ("/etc/nats/nats.conf", "/data", name)
        routes = filled_in(given["--routes"]).split(",")
        assert routes == [f"nats://route:s3cret@{one}:6222" for one in servers]
        file, data = (volume.split(":") for volume in service["volumes"])
        assert (DEPLOY / file[0]).exists()
        assert data == [name, "/data"]
        assert name in volumes
    for name in relays:
        given = {key: filled_in(value) for key, value in found[name]["environment"].items()}
        settings = Settings.from_env(given)
        assert settings.node == name
        assert nats_urls(settings.log or "") == [
            f"nats://hookcli:s3cret@{one}:4222" for one in servers
        ]
        assert set(found[name]["depends_on"]) == set(servers)
        assert found[name]["read_only"] is True
    caddy = (DEPLOY / "Caddyfile.cluster").read_text()
    assert f"reverse_proxy {' '.join(f'{name}:8080' for name in relays)} " in caddy
    assert "health_uri /_/ready" in caddy
    assert caddy.count("{") == caddy.count("}")


def test_the_servers_of_nats_accept_their_file() -> None:
    done = subprocess.run(
        [nats_program(), "-t", "-c", str(DEPLOY / "nats.conf")],
        env={"NATS_PASSWORD": "s3cret"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
async def test_three_servers_from_that_file_are_a_log_for_two_relays(tmp_path: Path) -> None:
    """The same processes as the compose file starts, on ports of this machine."""
    ports = [free_port() for _ in range(6)]
    clients, routes = ports[:3], ports[3:]
    peers = ",".join(f"nats://route:s3cret@127.0.0.1:{port}" for port in routes)
    started: list[Process] = []
    try:
        for n in range(3):
            argv = [nats_program(), "-c", str(DEPLOY / "nats.conf"), "-n", f"nats-{n}"]
            argv += ["-a", "127.0.0.1", "-p", str(clients[n]), "-m", "-1"]
            argv += ["-sd", str(tmp_path / str(n)), "--routes", peers]
            argv += ["--cluster", f"nats://route:s3cret@127.0.0.1:{routes[n]}"]
            env = {"NATS_PASSWORD": "s3cret", "PATH": os.environ["PATH"]}
            started.append(await Process.start(argv, env=env))
        urls = ",".join(f"hookcli:s3cret@127.0.0.1:{port}" for port in clients)
        settings = {"HOOKCLI_RELAY_LOG": f"nats://{urls}", "HOOKCLI_RELAY_KEY": KEY}
        relays = [Relay(tmp_path / name, settings=settings) for name in ("one", "two")]
        for it in relays:
            it.key = KEY
            async with asyncio.timeout(60 * PATIENCE):
                while True:
                    try:
                        await it.start()
                        break
                    except (OSError, RuntimeError, TimeoutError, AssertionError):
                        await asyncio.sleep(0.5)  # restarted as compose would
            assert it.process is not None
            started.append(it.process)
        endpoint = await relays[0].endpoint(respond="ack")
        raw = rawhttp.request("POST", endpoint.path, (), b"hi")
        await asyncio.sleep(1)  # what one relay does holds on all within a second
        assert (await rawhttp.once(relays[1].port, raw)).status == 202
        log = await read_log(relays[0].port, endpoint)
        assert [event.body for event in log] == [b"hi"]
        assert "s3cret" not in "\n".join(line for one in started[3:] for line in one.out + one.err)
    finally:
        for process in started:
            await process.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_container_file_names_what_is_there() -> None:
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    script = next(line.split()[2] for line in lines if line.startswith("RUN sh"))
    assert (ROOT / script.removeprefix("/source/")).exists()
    assert f"USER {NOBODY}:{NOBODY}" in lines


def test_the_dashboard_asks_for_what_the_relay_tells() -> None:
    waiting = (Waiting(endpoint="ep", events=1, oldest_s=1.0),)
    metrics = Metrics()
    metrics.was_told(200, "app", 0.1)
    metrics.refused["busy"] += 1
    metrics.program_did("answered")
    # Gauges are told by name as they are gathered: read the names where they stand.
    sources = [ROOT / "relay_server" / name for name in ("status.py", "log/nats/log.py")]
    gauges = re.findall(r'\(\s*"([a-z_]+)",\s*"[A-Z1]', "".join(one.read_text() for one in sources))
    assert len(gauges) >= 16
    values = [(name, "", 0.0) for name in gauges]
    now = Now(gauges=values, waiting=waiting, counters=values)
    told = page(metrics, now).decode()
    known = set(re.findall(r"^(hookcli_relay_[a-z_]+)", told, re.MULTILINE))
    text = (DEPLOY / "grafana.json").read_text()
    json.loads(text)
    asked = set(re.findall(r"hookcli_relay_[a-z_]+", text))
    assert len(asked) >= 15
    assert asked <= known


@asynccontextmanager
async def contained(home: Path, hookcli: Path) -> AsyncIterator[Process]:
    """The image's command as its user, with everything read-only but the volume."""
    script = (
        f"mount --rbind / / && mount --bind {home} {home} && mount -o remount,bind,ro / && "
        f"cd {home} && exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups "
        f"{hookcli} relay --listen 127.0.0.1:0"
    )
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "HOOKCLI_RELAY_DATA": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }
    process = await Process.start(["unshare", "--mount", "sh", "-c", script], env=env)
    try:
        yield process
    finally:
        await process.kill()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_images_steps_make_a_relay_that_needs_no_root(tmp_path: Path) -> None:
    """The steps of the Containerfile, without a container engine: install, then run read-only."""
    place, home = tmp_path / "opt", tmp_path / "data"
    home.mkdir(mode=0o700)
    os.chown(home, NOBODY, NOBODY)
    tree = await asyncio.to_thread(_clean_tree, tmp_path / "source")
    script = str(tree / "docs" / "deploy" / "install.sh")
    install = await Process.start(["sh", script, str(tree), str(place)], env=dict(os.environ))
    assert await install.wait(200) == 0, install.tail()
    # The temporary folder of the tests is closed to others, anew by every run of pytest.
    for folder in [tmp_path, *tmp_path.parents][:-2]:
        folder.chmod(folder.stat().st_mode | 0o011)
    async with contained(home, place / "bin" / "hookcli") as relay:
        port = int((await relay.line(r"http://127\.0\.0\.1:(\d+)"))[1])
        await relay.line(r"hookcli login ")
        told = await rawhttp.once(port, rawhttp.request("GET", "/_/health", framing="none"))
        assert told.status == 200
        assert await relay.stop() == 0
    assert (home / "relay.sqlite").exists()


def _clean_tree(to: Path) -> Path:
    """The files that git knows, as a build context has them."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.split(b"\0")
    for name in filter(None, names):
        source = ROOT / name.decode()
        if source.is_file():
            (to / name.decode()).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, to / name.decode())
    return to
