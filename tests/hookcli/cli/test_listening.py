"""`listen` and what one does afterwards, as real processes: streams, codes, words."""

import asyncio
import hashlib
import json
import re
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from hookcli.cli.console import ExitCode
from hookcli.config.endpoints import LOCAL_PORTS
from tests.hookcli.cli.inprocess import hookcli as in_process
from tests.hookcli.cli.laptop import Laptop
from tests.support import rawhttp
from tests.support.processes import Process, environment, hookcli
from tests.support.running import Listener, Relay, listener, relay

CANARY = "canary" * 5


@contextmanager
def held(ports: range) -> Iterator[None]:
    """Nobody begins to listen on these ports; what other tests hold already is theirs."""
    with ExitStack() as stack:
        for port in ports:
            one = stack.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                one.bind(("127.0.0.1", port))
                one.listen()
        yield


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Relay]:
    async with relay(tmp_path / "server") as running:
        yield running


@pytest.fixture
async def program() -> AsyncIterator[rawhttp.Program]:
    async with rawhttp.program(rawhttp.respond(201, body=b'{"got": "it"}')) as running:
        yield running


@pytest.fixture
async def listening(
    server: Relay, program: rawhttp.Program, tmp_path: Path
) -> AsyncIterator[Listener]:
    async with listener(
        tmp_path / "laptop", server.url, await server.endpoint(), program.url
    ) as it:
        yield it


async def post(server: Relay, it: Listener, body: bytes = b'{"a":1}', path: str = "/x") -> int:
    fields = [(b"Content-Type", b"application/json"), (b"Authorization", CANARY.encode())]
    raw = rawhttp.request("POST", it.endpoint.path + path, fields, body)
    return (await rawhttp.once(server.port, raw)).status


async def test_records_tell_the_whole_road_and_nothing_else_is_on_stdout(
    server: Relay, listening: Listener
) -> None:
    assert await post(server, listening) == 201
    (event,) = await listening.until("event")
    (attempt,) = await listening.until("attempt")
    (reply,) = await listening.until("reply")
    assert event["body"] == '{"a":1}'
    assert event["body_sha256"] == hashlib.sha256(b'{"a":1}').hexdigest()
    assert (attempt["event"], attempt["status"]) == (event["id"], 201)
    assert (reply["event"], reply["status"], reply["by"]) == (event["id"], 201, "app")
    assert await listening.stop() == ExitCode.TERMINATED
    *_, done = listening.records
    assert (done["type"], done["captured"], done["exit_code"]) == ("done", 1, 143)
    assert all(list(one)[:3] == ["v", "type", "at"] for one in listening.records)
    assert listening.endpoint.token not in json.dumps(listening.records)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, ExitCode.INTERRUPTED),
        pytest.param(signal.SIGTERM, ExitCode.TERMINATED, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, ExitCode.HUNG_UP, marks=pytest.mark.slow),
    ],
)
async def test_signals_end_it_with_their_code(
    listening: Listener, number: int, code: ExitCode
) -> None:
    assert listening.process is not None
    listening.process.signal(number)
    assert await listening.process.wait() == code
    assert listening.of("done")[0]["exit_code"] == code


async def test_lines_for_people(server: Relay, program: rawhttp.Program, tmp_path: Path) -> None:
    endpoint = await server.endpoint()
    it = Listener(tmp_path / "laptop", server.url, endpoint, program.url)
    process = await Process.start(
        [hookcli(), "listen", program.url, "-o", "lines"], env=it.env, cwd=it.home
    )
    try:
        await process.line(r"^Listening   http.*→  http", stream="err")
        await post(server, it, path="/hooks?q=1")
        event = await process.line(r"--> POST /hooks\?q=1 +7 B .* (01\w{10})$", stream="out")
        answer = await process.line(r'<-- 201 .*\{"got": "it"\}.*→ sender 201', stream="out")
        assert answer.string.endswith(event[1])
        assert await process.stop() == ExitCode.TERMINATED
        said = "\n".join(process.err)
        assert "1 captured, 0 failed, 0 waiting here" in said
        assert "The relay keeps new events for 7 days" in said
        assert "\x1b" not in said + "\n".join(process.out)
        assert CANARY not in said + "\n".join(process.out)
    finally:
        await process.kill()


async def test_it_ends_by_itself_when_told_to(
    server: Relay, program: rawhttp.Program, tmp_path: Path
) -> None:
    endpoint = await server.endpoint()
    for name, flags, code in [
        ("a", ["--for", "100ms"], ExitCode.YES),
        ("b", ["--drain"], ExitCode.YES),
        ("c", ["--count", "2", "--for", "300ms"], ExitCode.WAITED),
    ]:
        async with listener(
            tmp_path / name, server.url, endpoint, program.url, *flags, start=False
        ) as it:
            process = await it.start(ready=False)
            assert await process.wait() == code, flags
            assert [code for one in process.err if '"level":"error"' in one] == (
                [] if code == ExitCode.YES else [code]
            )


async def test_count_is_reached(server: Relay, program: rawhttp.Program, tmp_path: Path) -> None:
    endpoint = await server.endpoint()
    flags = ("--count", "2", "--for", "20s")
    async with listener(tmp_path / "laptop", server.url, endpoint, program.url, *flags) as it:
        for _ in range(2):
            await post(server, it)
        assert it.process is not None
        assert await it.process.wait() == ExitCode.YES
        assert len(it.of("event")) == 2


async def test_a_relay_that_stays_away_ends_it_only_when_asked(
    server: Relay, program: rawhttp.Program, tmp_path: Path
) -> None:
    endpoint = await server.endpoint()
    await server.kill()
    flags = ("--max-offline", "300ms")
    async with listener(
        tmp_path / "laptop", server.url, endpoint, program.url, *flags, start=False
    ) as it:
        process = await it.start(ready=False)
        assert await process.wait() == ExitCode.RELAY
        (error,) = [json.loads(line) for line in process.err]
        assert error["level"] == "error"
        assert "Traceback" not in process.tail()


async def test_a_token_that_is_not_accepted(server: Relay, tmp_path: Path) -> None:
    endpoint = await server.endpoint()
    laptop = Laptop(
        HOOKCLI_RELAY=server.url,
        HOOKCLI_ENDPOINT=endpoint.id,
        HOOKCLI_TOKEN="hk_" + CANARY,
    )
    ended = await laptop.run("listen", "8000", "-o", "lines")
    assert ended.returncode == ExitCode.AUTH
    assert any("token from: HOOKCLI_TOKEN" in line for line in ended.err)
    assert CANARY not in "\n".join(ended.err)


async def test_an_endpoint_is_created_at_first_use_and_found_again(
    server: Relay, tmp_path: Path
) -> None:
    laptop = Laptop()
    await laptop.run("login", server.url, "--token", "-", stdin=server.key + "\n")
    first = await laptop.run("listen", "--print-url")
    again = await laptop.run("listen", "--print-url")
    assert first.out == again.out
    assert first.out[0].startswith(server.url + "/ep_")
    other = await laptop.run("listen", "--print-url", "-e", "other")
    assert other.out != first.out


async def test_a_reader_that_leaves_ends_it_silently(
    server: Relay, program: rawhttp.Program, tmp_path: Path
) -> None:
    endpoint = await server.endpoint()
    it = Listener(tmp_path / "laptop", server.url, endpoint, program.url)
    command = f"{hookcli()} listen {program.url} --json | head -1; echo code ${{PIPESTATUS[0]}}"
    process = await Process.start(["bash", "-c", command], env=it.env, cwd=it.home)
    try:
        await process.line(r'"type":"(ready|target)"', stream="out")  # whichever comes first
        for _ in range(3):
            await post(server, it)
        code = await process.line(r"^code (\d+)$", stream="out")
        assert int(code[1]) == ExitCode.READER_GONE
        assert process.err == []
    finally:
        await process.kill()


async def test_nothing_configured_works_on_this_machine(
    program: rawhttp.Program, tmp_path: Path
) -> None:
    laptop = Laptop()
    env = environment(laptop.home)
    argv = [hookcli(), "listen", program.url, "-o", "lines"]
    process = await Process.start(argv, env=env, cwd=laptop.home)
    try:
        curl = await process.line(r"curl (http://127\.0\.0\.1:(\d+)(/ep_\S+)) -d '(.*)'")
        said = "\n".join(process.err)
        assert "local only" in said
        assert "hookcli relay --public-url" in said
        assert "hookcli login https://" in said
        assert f"any tunnel that points at 127.0.0.1:{curl[2]}" in said
        raw = rawhttp.request("POST", curl[3], [], curl[4].encode())
        answer = await rawhttp.once(int(curl[2]), raw)
        assert (answer.status, answer.body) == (201, b'{"got": "it"}')
        (got,) = await program.wait_for(1)
        assert got.body == b'{"hello":"world"}'
        await process.line(r"→ sender 201", stream="out")
        assert await process.stop() == ExitCode.TERMINATED
        assert "The local relay stopped too" in "\n".join(process.err)
    finally:
        await process.kill()
    urls: dict[str, str] = {}
    for _ in range(5):
        with held(range(LOCAL_PORTS.start, int(curl[2]))):
            again = await Process.start(argv, env=env, cwd=laptop.home)
            try:
                same = await again.line(r"curl (http://127\.0\.0\.1:(\d+)/ep_\S+) -d")
            finally:
                await again.kill()
        urls[same[2]] = same[1]
        if curl[2] in urls:
            break  # else another test let go of its port just now
    assert urls.get(curl[2]) == curl[1], urls


async def test_a_second_listener_would_take_events_from_the_first_and_is_refused(
    listening: Listener,
) -> None:
    second = await listening.run("listen", "-o", "lines")
    assert (second.returncode, second.out) == (ExitCode.USAGE, [])
    assert f"runs here already for {listening.endpoint.id}" in second.err[0]
    assert second.err[-1].startswith("  try: ")
    assert (await listening.run("listen", "--print-url")).out == [listening.endpoint.url]
    own = listening.home / "own.sqlite"
    drained = await listening.run("--store", str(own), "listen", "--drain", "-o", "quiet")
    assert drained.returncode == ExitCode.YES


@pytest.mark.slow
async def test_two_listeners_without_a_relay_do_not_meet(
    program: rawhttp.Program, tmp_path: Path
) -> None:
    env = environment(tmp_path)
    argv = [hookcli(), "listen", program.url, "-o", "lines"]
    first = await Process.start(argv, env=env, cwd=tmp_path)
    try:
        one = await first.line(r"curl (http\S+)")
        second = await Process.start(argv, env=env, cwd=tmp_path)
        try:
            other = await second.line(r"curl (http\S+)")
            assert other[1] != one[1]
            assert re.search(r"notice: 4747 is in use, using \d+", "\n".join(second.err))
            await first.stop()
            sent = await Process.start(
                [hookcli(), "trigger", "stripe/invoice.paid", "--unsigned"], env=env
            )
            assert await sent.wait() == ExitCode.YES  # to the one that is there
            await second.line(r"--> POST", stream="out")
        finally:
            await second.kill()
    finally:
        await first.kill()


async def test_captures_are_listed_shown_and_sent_again_without_a_relay(
    server: Relay, program: rawhttp.Program, listening: Listener
) -> None:
    body = b'{"amount": 1.50, "text": "\xe6\x97\xa5"}'
    await post(server, listening, body, "/a")
    await post(server, listening, b"\x00\xff binary", "/b")
    await listening.until("reply", 2)
    replayed = await listening.run("replay", "@2", "--json")  # beside the running listener
    assert replayed.returncode == ExitCode.YES
    assert await listening.stop() == ExitCode.TERMINATED
    await server.kill()
    ids = (await listening.run("ls", "-o", "ids")).out
    assert len(ids) == 2
    shown = await listening.run("show", ids[1], "--json")
    event, *attempts = (json.loads(line) for line in shown.out)
    assert event["body_sha256"] == hashlib.sha256(body).hexdigest()
    assert [one.get("why") for one in attempts if one["type"] == "attempt"] == ["live", "replay"]
    await listening.run("replay", "@2", "@", "--times", "2")
    received = await program.wait_for(7)
    assert [one.body for one in received[3:]] == [
        body,
        body,
        b"\x00\xff binary",
        b"\x00\xff binary",
    ]
    assert received[-1].values(b"Hookcli-Replay-Of") == [ids[0].encode()]
    unmarked = await listening.run("replay", "@", "--no-mark")
    assert unmarked.returncode == ExitCode.YES
    assert received[-1].values(b"Hookcli-Replay-Of") == []
    columns = (await listening.run("ls")).out[0].split("\t")
    assert (columns[0], columns[6]) == (ids[0], "201")
    removed = await listening.run("rm", "@2", "--yes")
    assert removed.returncode == ExitCode.YES
    assert (await listening.run("ls", "--count")).out == ["1"]


@pytest.mark.slow
async def test_replays_are_judged(
    server: Relay, program: rawhttp.Program, listening: Listener
) -> None:
    await post(server, listening)
    await listening.until("reply")
    run = listening.run
    assert (await run("replay", "@", "--expect", "2xx")).returncode == ExitCode.YES
    assert (await run("replay", "@", "--expect", "404")).returncode == ExitCode.NO
    away = await run("replay", "@", "--to", "https://api.acme.test")
    assert away.returncode == ExitCode.USAGE
    assert "--yes" in away.err[-1]
    await program.stop()
    down = await run("replay", "@")
    assert down.returncode == ExitCode.TARGET
    assert down.err[0] == f"error: {program.url.removeprefix('http://')} refuses connections"
    assert down.err[-1] == "  try: start your app, or --to another address"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["show", "@"], ExitCode.NOT_FOUND, ""),
        (["replay", "01JA8Q4M"], ExitCode.NOT_FOUND, ""),
        (["replay"], ExitCode.USAGE, "nothing is named"),
        (["ls", "ms>fast"], ExitCode.USAGE, "filter: "),
        (["ls", "status:5xx"], ExitCode.NOT_FOUND, "no captures yet"),
        (["ls"], ExitCode.YES, "no captures yet"),
        (["rm"], ExitCode.USAGE, "nothing is named"),
        (["--store", "/proc/nowhere/x.sqlite", "ls"], None, "error: "),
    ],
)
def test_what_is_not_there_is_told_as_such(
    tmp_path: Path, arguments: list[str], code: int | None, words: str
) -> None:
    ended = Laptop().run_now(*arguments)
    assert ended.returncode in ((code,) if code is not None else (1, 2))
    assert ended.out == []
    assert words in ended.err[0]
    assert "Traceback" not in "\n".join(ended.err)


def test_a_store_of_a_newer_version_is_left_untouched(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    laptop = Laptop()
    file = tmp_path / "newer.sqlite"
    laptop.run_now("--store", str(file), "ls")
    with closing(sqlite3.connect(file)) as db:
        db.execute("pragma journal_mode=delete")
        db.execute("pragma user_version=9999")
    before = file.read_bytes()
    ended = laptop.run_now("--store", str(file), "ls")
    assert ended.returncode == ExitCode.USAGE
    assert "newer" in ended.err[0] or "written by" in ended.err[0]
    assert file.read_bytes() == before


def test_a_file_that_is_no_store_is_left_untouched(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("my notes\n" * 1000)
    ended = Laptop().run_now("--store", str(file), "ls")
    assert ended.returncode == ExitCode.USAGE
    assert file.read_text() == "my notes\n" * 1000


async def test_raw_is_the_exact_bytes(server: Relay, listening: Listener) -> None:
    body = bytes(range(256))
    await post(server, listening, body)
    await listening.until("reply")
    command = f"{hookcli()} show @ --body --raw | sha256sum"
    process = await asyncio.create_subprocess_shell(
        command, env=listening.env, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert out.split()[0].decode() == hashlib.sha256(body).hexdigest()


async def test_plain_ascii_where_the_locale_is_c(
    server: Relay, program: rawhttp.Program, tmp_path: Path
) -> None:
    endpoint = await server.endpoint()
    it = Listener(tmp_path / "laptop", server.url, endpoint, program.url)
    env = {k: v for k, v in it.env.items() if not k.startswith("LC_")} | {"LANG": "C"}
    process = await Process.start([hookcli(), "listen", program.url], env=env, cwd=it.home)
    try:
        await process.line(r"^Listening ", stream="err")
        program.answer = rawhttp.respond(201, body="日 → “ok”".encode())
        await post(server, it, path="/%E6/%E6%97%A5")
        await process.line(r"-> sender 201", stream="out")
        await process.stop()
        assert "\n".join([*process.out, *process.err]).isascii()
        assert "notice: no terminal, printing lines (-o json for machines)" in process.err
    finally:
        await process.kill()


async def test_a_hostile_event_reaches_no_terminal(server: Relay, listening: Listener) -> None:
    await post(server, listening, b'{"\x1b]0;pwned\x07": "\xc2\x9b2J\xe2\x80\xae"}', "/%1B[2J%9B")
    await listening.until("reply")
    for arguments in (["ls"], ["show", "@"], ["replay", "@"], ["replay", "@", "--dry-run"]):
        process = await listening.run(*arguments)
        text = "".join([*process.out, *process.err]).replace("\t", "")
        assert text.isprintable(), arguments


def test_no_question_is_asked_without_a_terminal(tmp_path: Path) -> None:
    laptop = Laptop()
    for arguments in (["login", "https://hooks.test"], ["replay"], ["rm", "@"]):
        ended = laptop.run_now(*arguments)
        assert ended.returncode in (ExitCode.USAGE, ExitCode.NOT_FOUND)


def test_the_ports_of_the_local_relay_can_all_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    from hookcli.cli import local_relay

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        monkeypatch.setattr(local_relay, "LOCAL_PORTS", range(port, port + 1))
        ended = in_process("listen", "8000")
    assert ended.code == ExitCode.USAGE
    assert f"no port from {port} to {port} is free" in ended.err


async def test_one_process_listens_to_several_endpoints(
    program: rawhttp.Program, tmp_path: Path
) -> None:
    env = environment(tmp_path)
    argv = [hookcli(), "listen", program.url, "-e", "shop,crm", "-o", "json"]
    process = await Process.start(argv, env=env)
    try:
        urls: list[str] = []
        while len(urls) < 2:
            urls = [json.loads(line)["url"] for line in process.out if '"type":"ready"' in line]
            await asyncio.sleep(0.01)
        for url in urls:
            port, path = re.findall(r":(\d+)(/.*)", url)[0]
            answer = await rawhttp.once(int(port), rawhttp.request("POST", path, [], b"{}"))
            assert answer.status == 201
        process.signal(signal.SIGINT)
        assert await process.wait() == ExitCode.INTERRUPTED
    finally:
        await process.kill()
    records = [json.loads(line) for line in process.out]
    endpoints = {one["endpoint"] for one in records if one["type"] == "event"}
    assert endpoints == {url.rpartition("/")[2] for url in urls}
    (done,) = (one for one in records if one["type"] == "done")
    assert done["captured"] == 2


@pytest.mark.parametrize(
    ("flags", "env", "said"),
    [
        (["--count", "2"], {}, "--count is for one endpoint"),
        ([], {"HOOKCLI_TOKEN": "hk_x"}, "each endpoint has a token of its own"),
    ],
)
async def test_what_is_for_one_endpoint_is_refused_for_several(
    flags: list[str], env: dict[str, str], said: str, server: Relay, tmp_path: Path
) -> None:
    at = environment(tmp_path, env | ({"HOOKCLI_RELAY": server.url} if env else {}))
    argv = [hookcli(), "listen", "-e", "shop,crm", "-o", "lines", *flags]
    process = await Process.start(argv, env=at)
    assert await process.wait() == ExitCode.USAGE
    assert said in "\n".join(process.err)
