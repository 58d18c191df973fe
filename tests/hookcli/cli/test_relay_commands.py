"""`relay`, `login`, `endpoint`, `logout` as real processes, from the first start to the last word."""

import json
import re
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hookcli.cli.console import ExitCode
from tests.hookcli.cli.laptop import Laptop
from tests.support import rawhttp
from tests.support.running import Relay, relay

CANARY = "canary" * 6


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Relay]:
    async with relay(tmp_path / "server") as running:
        yield running


@pytest.fixture
def laptop() -> Laptop:
    return Laptop()


async def test_the_first_start_prints_a_login_line_that_works(
    server: Relay, laptop: Laptop
) -> None:
    assert server.process is not None
    said = "\n".join(server.process.err)
    match = re.search(r"echo (hk_\S+) \| hookcli login (\S+) --token -", said)
    assert match is not None
    key, url = match.groups()
    login = await laptop.run("login", url, "--token", "-", stdin=key + "\n")
    assert login.returncode == ExitCode.YES
    assert key not in "\n".join([*login.out, *login.err])
    kept = laptop.home / "config" / "hookcli" / "credentials.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert (await laptop.run("config", "get", "relay")).out == [url]


async def test_a_second_start_shows_no_key(server: Relay) -> None:
    await server.kill()
    again = await server.start()
    assert "hk_" not in "\n".join([*again.out, *again.err])


async def test_an_endpoints_whole_life(server: Relay, laptop: Laptop) -> None:
    await laptop.run("login", server.url, "--token", "-", stdin=server.key)
    created = await laptop.run("endpoint", "create", "pay", "--deadline", "5s", "--json")
    (record,) = [json.loads(line) for line in created.out]
    assert record["url"].startswith(server.url + "/ep_")
    assert record["deadline_ms"] == 5000
    assert "token" not in record
    twice = await laptop.run("endpoint", "create", "pay")
    assert twice.returncode == ExitCode.USAGE
    listed = await laptop.run("endpoint")
    assert [line.split("\t")[:2] for line in listed.out] == [["pay", record["url"]]]
    token = (await laptop.run("endpoint", "show", "pay", "--print-token")).out[0]
    changed = await laptop.run("endpoint", "set", "pay", "--respond", "ack", "--name", "money")
    assert changed.out[0].split("\t")[:3] == ["money", record["url"], "ack"]
    rotated = await laptop.run("endpoint", "rotate", "money", "--print-token")
    assert rotated.out[0] != token
    asked = await laptop.run("endpoint", "rm", "money")
    assert (asked.returncode, asked.out) == (ExitCode.USAGE, [])
    assert "--yes" in asked.err[-1]
    assert (await laptop.run("endpoint", "rm", "money", "--yes")).returncode == ExitCode.YES
    assert (await laptop.run("endpoint", "show", "money")).returncode == ExitCode.NOT_FOUND
    printed = "\n".join(laptop.everything)
    assert server.key not in printed
    assert printed.count(token) == 1  # where it was asked for


async def test_an_endpoints_url_and_token_are_enough_to_use_it(
    server: Relay, laptop: Laptop
) -> None:
    made = await server.endpoint(name="shared")
    login = await laptop.run("login", made.url, "--token", "-", stdin=made.token)
    assert login.returncode == ExitCode.YES
    shown = await laptop.run("endpoint", "show")
    assert shown.out[0].split("\t")[:2] == ["shared", made.url]
    created = await laptop.run("endpoint", "create", "mine")
    assert created.returncode == ExitCode.AUTH


async def test_logging_out_forgets(server: Relay, laptop: Laptop) -> None:
    await laptop.run("login", server.url, "--token", "-", stdin=server.key)
    assert (await laptop.run("logout")).returncode == ExitCode.YES
    ended = await laptop.run("endpoint")
    assert ended.returncode == ExitCode.USAGE
    assert ended.err == [
        "error: no relay is configured",
        "  try: hookcli login URL, or hookcli relay to run one",
    ]
    assert (await laptop.run("logout", server.url)).returncode == ExitCode.NOT_FOUND


async def test_a_wrong_token_names_where_it_came_from(server: Relay, laptop: Laptop) -> None:
    canary = "hk_canary" + "x" * 30
    login = await laptop.run("login", server.url, "--token", "-", stdin=canary)
    assert login.returncode == ExitCode.AUTH
    await laptop.run("login", server.url, "--token", "-", stdin=server.key)
    ended = await laptop.run("endpoint", "ls", HOOKCLI_TOKEN=canary)
    assert ended.returncode == ExitCode.AUTH
    host = server.url.removeprefix("http://")
    assert ended.err == [
        f"error: {host} does not accept this token",
        "  token from: HOOKCLI_TOKEN",
        f"  try: hookcli login {server.url}",
    ]
    assert canary not in "\n".join(laptop.everything)


async def test_a_key_on_the_command_line_is_refused(server: Relay, laptop: Laptop) -> None:
    ended = await laptop.run("login", server.url, "--token", server.key)
    assert ended.returncode == ExitCode.USAGE
    assert server.key not in "\n".join(ended.err)


async def test_a_relay_that_is_not_there(laptop: Laptop, tmp_path: Path) -> None:
    async with relay(tmp_path / "server") as running:
        await laptop.run("login", running.url, "--token", "-", stdin=running.key)
        url = running.url
    ended = await laptop.run("endpoint")
    assert ended.returncode == ExitCode.RELAY
    host = url.removeprefix("http://")
    assert ended.err[0] == f"error: cannot reach {host} (connection refused, 3 tries)"
    assert "Traceback" not in "\n".join(ended.err)


async def test_what_is_no_relay_is_told_apart(laptop: Laptop) -> None:
    async with rawhttp.program(rawhttp.respond(200, body=b"<html>")) as program:
        ended = await laptop.run("login", program.url, "--token", "-", stdin="hk_x")
    assert ended.returncode == ExitCode.RELAY
    assert "does not answer as a hookcli relay does" in ended.err[0]


async def test_sigterm_drains_and_ends_well(server: Relay) -> None:
    assert server.process is not None
    assert await server.process.stop() == ExitCode.YES


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--listen", "nonsense"], "is not HOST:PORT"),
        (["--listen", "127.0.0.1:0", "--tls", "a,b"], "not a certificate"),
        (["--listen", "127.0.0.1:0", "--public-url", "https://h/path"], "has a path"),
        (["--listen", "127.0.0.1:0", "--data", "/proc/nowhere"], "log cannot be used"),
    ],
)
async def test_a_relay_that_cannot_start_says_why(
    laptop: Laptop, arguments: list[str], words: str
) -> None:
    ended = await laptop.run("relay", *arguments)
    assert ended.returncode == ExitCode.USAGE
    assert words in ended.err[0]


async def test_a_taken_port_and_a_taken_log_are_told_apart(server: Relay, laptop: Laptop) -> None:
    taken = server.url.removeprefix("http://")
    port = await laptop.run("relay", "--listen", taken, "--data", str(laptop.home / "other"))
    assert (port.returncode, "address already in use" in port.err[0]) == (ExitCode.USAGE, True)
    log = await laptop.run("relay", "--listen", "127.0.0.1:0", "--data", str(server.data))
    assert (log.returncode, "another relay uses" in log.err[0]) == (ExitCode.USAGE, True)


async def test_an_unknown_setting_of_the_environment_is_named(laptop: Laptop) -> None:
    ended = await laptop.run("relay", HOOKCLI_RELAY_LISTNE=":1")
    assert ended.returncode == ExitCode.USAGE
    assert "HOOKCLI_RELAY_LISTNE" in ended.err[0]


async def test_an_endpoint_says_who_may_send_what(server: Relay, laptop: Laptop) -> None:
    await laptop.run("login", server.url, "--token", "-", stdin=server.key + "\n")
    created = await laptop.run("endpoint", "create", "pay", "--json")
    path = json.loads(created.out[0])["url"].removeprefix(server.url)
    rules = ["--allow", "github,192.0.2.0/24", "--methods", "post", "--content-types", "text/*"]
    assert (await laptop.run("endpoint", "set", "pay", *rules)).returncode == ExitCode.YES
    told = await rawhttp.once(server.port, rawhttp.request("GET", path, framing="none"))
    assert told.status == 405
    shown = "\n".join((await laptop.run("endpoint", "show", "pay")).out)
    assert "allow: github, 192.0.2.0/24" in shown
    assert "methods: POST" in shown
    assert "turned away since the relay began: 1 by method" in shown
    wrong = await laptop.run("endpoint", "set", "pay", "--allow", "example.com")
    assert wrong.returncode == ExitCode.USAGE
    assert "example.com" in wrong.err[0]
    for flag in ("--allow", "--methods", "--content-types"):
        await laptop.run("endpoint", "set", "pay", flag, "any")
    told = await rawhttp.once(server.port, rawhttp.request("GET", path, framing="none"))
    assert told.status == 202


async def test_an_endpoint_says_what_bodies_must_be(server: Relay, laptop: Laptop) -> None:
    await laptop.run("login", server.url, "--token", "-", stdin=server.key + "\n")
    created = await laptop.run("endpoint", "create", "pay", "--json")
    path = json.loads(created.out[0])["url"].removeprefix(server.url)
    file = laptop.home / "order.json"
    file.write_text('{"title": "An order", "required": ["id"]}')
    asked = ["endpoint", "set", "pay", "--schema", str(file)]
    assert (await laptop.run(*asked)).returncode == ExitCode.YES
    raw = rawhttp.request("POST", path, (), b"{}")
    assert (await rawhttp.once(server.port, raw)).status == 422
    shown = "\n".join((await laptop.run("endpoint", "show", "pay")).out)
    assert "schema: An order; others get 422" in shown
    assert "1 by schema" in shown
    await laptop.run("endpoint", "set", "pay", "--schema-mode", "mark")
    assert (await rawhttp.once(server.port, raw)).status == 202
    await laptop.run("endpoint", "set", "pay", "--schema", "any", "--schema-mode", "reject")
    assert (await rawhttp.once(server.port, raw)).status == 202
    file.write_text('{"type": "strin"}')
    wrong = await laptop.run(*asked)
    assert (wrong.returncode, "schema: /type" in wrong.err[0]) == (ExitCode.USAGE, True)


@pytest.mark.parametrize(
    ("content", "flags", "word"),
    [
        ("{", ["--schema", "FILE"], "not JSON"),
        (None, ["--schema", "FILE"], "No such file"),
        ('"' + "x" * 60_000 + '"', ["--schema", "FILE"], "longer than 60,000 bytes"),
        ("{}", ["--schema", "FILE", "--schema-mode", "maybe"], "reject or mark"),
    ],
)
async def test_a_schema_that_cannot_be_sent_is_told_before(
    laptop: Laptop, content: str | None, flags: list[str], word: str
) -> None:
    file = laptop.home / "schema.json"
    if content is not None:
        file.write_text(content)
    given = [str(file) if flag == "FILE" else flag for flag in flags]
    ended = await laptop.run("endpoint", "set", "ep_x", *given)
    assert (ended.returncode, word in ended.err[0]) == (ExitCode.USAGE, True)


async def test_an_endpoint_that_asks_for_signatures_gets_the_secret_and_nobody_sees_it(
    server: Relay, tmp_path: Path
) -> None:
    laptop = Laptop(HOOKCLI_SECRET_STRIPE=CANARY)
    await laptop.run("login", server.url, "--token", "-", stdin=server.key + "\n")
    await laptop.run("endpoint", "create", "shop")
    done = await laptop.run("endpoint", "set", "shop", "--verify", "stripe", "--dedup", "drop")
    assert done.returncode == ExitCode.YES
    shown = await laptop.run("endpoint", "show", "shop")
    assert "  verify: stripe, 1 secret(s); others get 401" in shown.out
    assert (
        "  dedup: a repeat of the provider's event id within 1 d is acknowledged and dropped"
        in shown.out
    )
    sent = ["trigger", "stripe/invoice.paid", "-e", "shop"]
    well = await laptop.run(*sent, "--duplicate")
    assert [line.split()[2] for line in well.out] == ["202", "202"]
    bad = await laptop.run(*sent, "--bad-signature")
    assert bad.out[0].split()[2] == "401"
    off = await laptop.run("endpoint", "set", "shop", "--verify", "any", "--dedup", "any")
    assert off.returncode == ExitCode.YES
    assert (await laptop.run(*sent, "--bad-signature")).out[0].split()[2] == "202"
    for wrong in (
        ["--verify", "github"],
        ["--secret", "env:X"],
        ["--dedup", "maybe"],
        ["--verify", "nobody", "--secret", "env:HOOKCLI_SECRET_STRIPE"],
    ):
        ended = await laptop.run("endpoint", "set", "shop", *wrong)
        assert ended.returncode in (ExitCode.USAGE, ExitCode.RELAY), wrong
    assert CANARY not in "\n".join(laptop.everything)
