"""T1: a wall clock that jumps, while the relay runs or between two starts, costs no event its place."""

import sys
from pathlib import Path

import pytest

from tests.support import other_time, rawhttp
from tests.support.road import event_of, until
from tests.support.running import Endpoint, Relay, listener, relay
from tests.support.stream import stream

pytestmark = pytest.mark.log("sqlite", slow="nats")

DAY, YEAR = 86_400, 365 * 86_400
JUMPS = (0, DAY, -DAY, 10 * YEAR, -10 * YEAR, 0)
EACH = 20


def with_clock(offset: Path) -> list[str]:
    """The command in front of a relay whose clock is wrong by what the file says."""
    set_wrong(offset, 0)
    return [sys.executable, other_time.__file__, str(offset)]


def set_wrong(offset: Path, seconds: int) -> None:
    """At once: nobody reads half of it."""
    new = offset.with_suffix(".new")
    new.write_text(str(seconds))
    new.replace(offset)


async def sent(it: Relay, endpoint: Endpoint) -> list[str]:
    """Some webhooks, one after another; their ids as the acks told them."""
    ids = []
    async with rawhttp.sender(it.port) as sender:
        for _ in range(EACH):
            answer = await sender.send(rawhttp.request("POST", endpoint.path, (), b"{}"))
            assert answer.status == 202
            ids.append(answer.value(b"Hookcli-Event-Id").decode())
    return ids


@pytest.mark.slow
async def test_jumps_between_starts_lose_nothing_and_keep_the_order(tmp_path: Path) -> None:
    offset = tmp_path / "offset"
    async with relay(tmp_path, prefix=with_clock(offset)) as it:
        endpoint = await it.endpoint()
        acked: list[str] = []
        for jump in (-10 * YEAR, 10 * YEAR, 0):
            await it.kill()
            set_wrong(offset, jump)
            await it.start()
            acked += await sent(it, endpoint)
        async with stream(it.port, endpoint) as caught:
            await caught.catch_up()
    assert [event.id for event in caught.events] == acked
    years = {
        round((event.received_at - caught.events[0].received_at) / YEAR / 1e6)
        for event in caught.events
    }
    assert years == {0, 10, 20}, "the clock did not jump"
    assert not caught.gaps


async def test_jumps_while_it_runs_lose_nothing_and_ids_go_on_rising(tmp_path: Path) -> None:
    offset = tmp_path / "offset"
    async with relay(tmp_path, prefix=with_clock(offset)) as it:
        endpoint = await it.endpoint()
        acked: list[str] = []
        async with stream(it.port, endpoint, more="&respond=ack") as live:
            for jump in JUMPS:
                set_wrong(offset, jump)
                acked += await sent(it, endpoint)
            await live.until(lambda: len(live.seqs) >= len(acked), "everything")
            assert live.closed is None
    assert [event.id for event in live.events] == acked == sorted(set(acked))


@pytest.mark.slow
async def test_a_listener_whose_clock_jumps_captures_and_delivers_everything_in_order(
    tmp_path: Path,
) -> None:
    offset = tmp_path / "offset"
    async with (
        relay(tmp_path / "relay") as it,
        rawhttp.program() as program,
    ):
        endpoint = await it.endpoint(respond="ack")
        async with listener(
            tmp_path, it.url, endpoint, program.url, "--concurrency", "1", prefix=with_clock(offset)
        ) as laptop:
            acked: list[str] = []
            for jump in JUMPS:
                set_wrong(offset, jump)
                acked += await sent(it, endpoint)
                if jump == -DAY:
                    await laptop.kill()
                    await laptop.start()

            def delivered() -> list[str] | None:
                # The kill may have brought some twice.
                once = list(dict.fromkeys(map(event_of, program.received)))
                return once if len(once) == len(acked) else None

            assert await until(delivered, "everything") == acked
            assert laptop.of("lost") == []
