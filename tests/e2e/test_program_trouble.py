"""C1 to C3: the program is down, slow, or answers what nobody expects; the road stays open."""

import gzip
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support import rawhttp
from tests.support.processes import PATIENCE
from tests.support.rawhttp import Answer
from tests.support.road import EVENT_ID, road
from tests.support.running import listener
from tests.support.traffic import traffic

pytestmark = [pytest.mark.log("sqlite", "nats"), pytest.mark.slow, pytest.mark.timeout(300)]

MIB_KB = 1024


@pytest.mark.parametrize("down_s", [1.0, pytest.param(10.0, marks=pytest.mark.slow)])
async def test_a_program_that_is_down_is_asked_seldom_and_gets_everything_when_it_is_back(
    tmp_path: Path, down_s: float
) -> None:
    async with road(tmp_path) as it:
        await it.program.stop()
        waiting: list[str] = []
        begin = time.monotonic()
        while time.monotonic() - begin < down_s or len(waiting) < 20:
            told = await it.post(within=5)
            assert told.status == 202, "nobody is held for a program that is down"
            waiting.append(told.value(EVENT_ID).decode())
        tries = Counter(one["event"] for one in it.listener.of("attempt"))
        assert max(tries.values(), default=0) <= 12
        refused = [one for one in it.listener.of("target") if one["state"] != "up"]
        assert refused, "nobody was told"
        pauses = [one["next_try_ms"] for one in refused if one["next_try_ms"] is not None]
        assert len(pauses) == len(set(pauses)), "they are drawn, not counted"
        await it.program.start()
        begin = time.monotonic()
        await it.settled(waiting)
        assert time.monotonic() - begin <= 15 * PATIENCE
        assert it.delivered() == dict.fromkeys(waiting, 1)
        assert (await it.post()).status == 200


async def test_a_program_that_takes_for_ever_slows_no_ack_and_no_other_endpoint(
    tmp_path: Path,
) -> None:
    async with road(tmp_path, respond="ack", answer=rawhttp.hang()) as it:
        other = await it.relay.endpoint()
        async with (
            rawhttp.program() as quick,
            listener(tmp_path / "other", it.relay.url, other, quick.url),
            traffic(it.relay.port, it.endpoint.path, senders=2, limit=200) as slow,
            traffic(it.relay.port, other.path + "/x", senders=2, limit=200) as fast,
        ):
            await it.program.wait_for(8)
        assert slow.ledger.p99() <= 0.1 * PATIENCE
        assert set(slow.ledger.statuses) == {202}
        assert fast.ledger.p99() <= 1.0 * PATIENCE
        assert set(fast.ledger.statuses) == {200}
        assert it.program.most_busy >= 8


def many_fields() -> bytes:
    fields = [(b"X-%d" % number, b"x" * 20) for number in range(200_000)]
    return rawhttp.head(b"HTTP/1.1 200 OK", fields)


def odd_answers() -> dict[str, Answer]:
    return {
        "garbage": rawhttp.exact(b"\x00\xff no http \r\n\r\n", close=True),
        "100 MiB": rawhttp.flood(100 << 20),
        "a gzip bomb": rawhttp.respond(
            200, [(b"Content-Encoding", b"gzip")], gzip.compress(b"\0" * (100 << 20))
        ),
        "200,000 fields": rawhttp.exact(many_fields(), close=True),
        "half an answer": rawhttp.exact(
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", close=True
        ),
        "a reset": rawhttp.drop(),
        "two lengths": rawhttp.exact(
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", close=True
        ),
        "nothing at all": rawhttp.hang(),
    }


async def test_whatever_the_program_answers_the_listener_lives_and_stays_small(
    tmp_path: Path,
) -> None:
    answers = odd_answers()
    async with road(tmp_path, "--timeout", "1s") as it:
        assert it.listener.process is not None
        assert (await it.post()).status == 200
        before = it.listener.process.rss_kb()
        it.listener.process.forget_peak()
        for name, answer in answers.items():
            it.program.script.append(answer)
            told = await it.post(name.encode())
            assert 200 <= told.status < 300, name
            assert (await it.post(b"later")).status == 200, f"after {name}"
        assert it.listener.process.returncode is None
        assert it.listener.process.peak_kb() - before <= 100 * MIB_KB
        assert len(it.delivered()) == 1 + 2 * len(answers)
