"""What scripts import: the names, what they cost, and what they do."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

import hookcli
from hookcli import HookcliError, Outcome, Request, listen, open_store, query, replay
from tests.hookcli.tui.rig import fill
from tests.support import rawhttp


def test_every_name_is_there_and_documented() -> None:
    for name in hookcli.__all__:
        assert getattr(hookcli, name).__doc__, name
    assert set(hookcli.__all__) <= set(dir(hookcli))
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = hookcli.nothing_such


@pytest.mark.parametrize(
    ("line", "unused"),
    [
        ("import hookcli", {"asyncio", "msgspec", "sqlite3", "pathlib"}),
        ("from hookcli import Store, Capture", {"typer", "textual", "rich", "httptools", "websockets"}),
        ("from hookcli import query, replay, listen", {"typer", "textual", "rich", "websockets", "uvloop"}),
    ],
)  # fmt: skip
def test_a_name_costs_only_what_it_needs(line: str, unused: set[str]) -> None:
    code = f"{line}; import sys; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-S", "-c", f"import sys; sys.path += {sys.path!r}; before = set(sys.modules); {line}; print(*(set(sys.modules) - before))"], capture_output=True, text=True, check=True)  # fmt: skip
    assert not set(out.stdout.split()) & unused, code


async def test_a_script_receives_reads_and_sends_again(own_home: Path) -> None:
    async with rawhttp.program(rawhttp.respond(201, body=b"done")) as program:
        async with listen(program.url, count=2) as listening:
            port = int(listening.url.split(":")[2].split("/")[0])
            path = "/" + listening.url.rpartition("/")[2]
            for body in (b'{"n": 1, "x": "y"}', b'{"n": 2}'):
                raw = rawhttp.request("POST", path + "/hooks", [], body)
                assert (await rawhttp.once(port, raw)).status == 201
            came = [event async for event in listening]
        assert [event.body for event in came] == [b'{"n": 1, "x": "y"}', b'{"n": 2}']
        with open_store() as store:
            (first,) = query(store, "body.n:1")
            assert first.capture.id == came[0].capture.id
            assert [one.capture.id for one in query(store)] == [one.capture.id for one in came]

            def method(request: Request) -> Request:
                return changed(request, method="PUT")

            again = await asyncio.to_thread(replay, store, first.capture)
            other = await asyncio.to_thread(
                replay, store, first.capture.id, set={"n": 7, "x": "z"}, change=method
            )
            assert (again.n, again.status, again.target) == (2, 201, program.url)
            (copy,) = query(store, "is:mutation")
            assert (copy.capture.parent, other.capture) == (first.capture.id, copy.capture.id)
    received = program.received[-1]
    assert (received.method, received.body) == (b"PUT", b'{"n": 7, "x": "z"}')


async def test_what_is_sent_again_goes_out_as_the_settings_say(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hookcli.toml").write_text('path = "/api"\n')
    fill(tmp_path / "captures.db", 1)
    async with rawhttp.program() as program:
        with open_store(tmp_path / "captures.db") as store:
            (one,) = query(store)
            await asyncio.to_thread(replay, store, one.capture, to=program.url)
    assert program.received[0].target.startswith(b"/api/")


async def test_a_slow_script_gets_what_waits_from_disk(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hookcli.library.HELD", 10)
    bodies = [b"12345", b"a long one " * 9, b"", b"67890", b"gone" * 9]
    async with listen(count=len(bodies)) as listening:
        port, path = re.fullmatch(r"http://[^:]+:(\d+)(/.*)", listening.url).groups()  # type: ignore[union-attr]
        for body in bodies:
            await rawhttp.once(int(port), rawhttp.request("POST", path, [], body))
        first = await anext(listening)
        assert first.body == bodies[0]
        assert [(await anext(listening)).body for _ in bodies[1:-1]] == bodies[1:-1]
        with open_store() as store:
            # The relay has answered; that the listener has it too may take a moment more.
            async with asyncio.timeout(10):
                while len(there := list(query(store))) < len(bodies):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            store.delete([there[-1].capture.id])
        with pytest.raises(HookcliError, match="has been deleted before its turn came"):
            _ = await anext(listening)
        with pytest.raises(StopAsyncIteration):
            _ = await anext(listening)


def test_what_the_network_does_is_in_the_attempt(tmp_path: Path) -> None:
    fill(tmp_path / "captures.db", 1)
    with open_store(tmp_path / "captures.db") as store:
        (one,) = query(store)
        attempt = replay(store, one.capture, to=9)
        assert attempt.outcome is Outcome.REFUSED
        assert store.attempts(one.capture.id)[-1] == attempt


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    with pytest.raises(HookcliError, match="no capture store"):
        _ = open_store(tmp_path / "none.db")
    fill(tmp_path / "captures.db", 1)
    with open_store(tmp_path / "captures.db") as store:
        with pytest.raises(HookcliError) as wrong:
            _ = list(query(store, "status:"))
        assert wrong.value.why[1].strip() == "^"
        with pytest.raises(HookcliError, match="no capture 01NONE"):
            _ = replay(store, "01NONE", to=8000)


async def test_a_coroutine_is_told_how_to_send_again(tmp_path: Path) -> None:
    fill(tmp_path / "captures.db", 1)
    with open_store(tmp_path / "captures.db") as store:
        (one,) = query(store)
        with pytest.raises(HookcliError) as wrong:
            _ = replay(store, one.capture, to=9, set={"n": 1})
        assert "asyncio.to_thread(replay" in str(wrong.value.hint)
        assert len(list(query(store))) == 1  # and no changed copy was kept


async def test_a_relay_that_is_not_there_is_said() -> None:
    with pytest.raises(HookcliError):
        async with listen(relay="http://127.0.0.1:9"):
            pass
