"""A full log: who floods gives way, and what is another's fair share stays whatever happens."""

import asyncio
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from relay_server.log.base import Retention
from relay_server.log.shares import Shares
from relay_server.log.shelves import Shelf, Shelves
from tests.relay_server.test_log import Opened, opened

BODY = b"x" * 900


async def flood(it: Opened, endpoint: str, count: int, body: bytes = BODY) -> None:
    for _ in range(count // 50):
        await asyncio.gather(*(it.append(endpoint, body) for _ in range(50)))


async def settled(it: Opened, total: int) -> None:
    async with asyncio.timeout(5):
        while sum(size for _, size in held(it).values()) > total:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.005)


def held(it: Opened) -> dict[str, tuple[int, int]]:
    return {name: it.log.held(name) for name in ("ep_a", "ep_b", "ep_c")}


async def begin(it: Opened) -> None:
    for name in ("ep_a", "ep_b", "ep_c"):
        await it.put(name)


async def test_a_flood_removes_its_own_oldest_and_nothing_of_another(tmp_path: Path) -> None:
    async with opened("sqlite", tmp_path, total_bytes=300_000) as it:
        await begin(it)
        await flood(it, "ep_b", 50)
        await flood(it, "ep_c", 50)
        before = held(it)
        await flood(it, "ep_a", 1_000)
        await settled(it, 300_000)
        assert {name: held(it)[name] for name in ("ep_b", "ep_c")} == {
            name: before[name] for name in ("ep_b", "ep_c")
        }
        assert 0 < held(it)["ep_a"][0] < 300
        (gap,) = await it.gaps("ep_a")
        assert (gap.from_seq, gap.reason) == (1, "size")
        newest = (await it.all("ep_a"))[-1]
        assert newest.seq == 1_000
        assert not await it.gaps("ep_b")


async def test_who_came_late_gets_a_share_of_a_log_that_another_has_filled(tmp_path: Path) -> None:
    async with opened("sqlite", tmp_path, total_bytes=300_000) as it:
        await begin(it)
        await flood(it, "ep_a", 500)
        await flood(it, "ep_b", 100)
        await settled(it, 300_000)
        assert held(it)["ep_b"][0] == 100
        assert [event.seq for event in await it.all("ep_b")] == list(range(1, 101))
        await flood(it, "ep_b", 500)
        await settled(it, 300_000)
        sizes = [held(it)[name][1] for name in ("ep_a", "ep_b")]
        assert min(sizes) > 120_000, "each has nearly half"


async def test_it_holds_after_a_restart_with_less_room(tmp_path: Path) -> None:
    async with opened("sqlite", tmp_path) as it:
        await begin(it)
        await flood(it, "ep_a", 600)
        await flood(it, "ep_b", 50)
    async with opened("sqlite", tmp_path, total_bytes=200_000) as it:
        await settled(it, 200_000)
        assert held(it)["ep_b"][0] == 50
        await it.remove("ep_a")
        await flood(it, "ep_c", 50)
        assert held(it)["ep_c"][0] == 50


async def test_a_limit_that_is_lowered_holds_at_once(tmp_path: Path) -> None:
    async with opened("sqlite", tmp_path) as it:
        await begin(it)
        await flood(it, "ep_a", 300)
        less = Retention(age_s=1_000, endpoint_bytes=50_000)
        it.log.limit(less, low_water=1, tail_bytes=1)
        await settled(it, 50_000)
        assert held(it)["ep_a"][0] > 30


async def test_large_events_that_follow_small_ones_do_not_pass_the_limit_for_long(
    tmp_path: Path,
) -> None:
    async with opened("sqlite", tmp_path, endpoint_bytes=2_000_000) as it:
        await begin(it)
        await flood(it, "ep_a", 2_000, b"")
        most = 0
        for _ in range(20):
            await flood(it, "ep_a", 50, b"x" * 20_000)
            most = max(most, it.log.held("ep_a")[1])
        # What one commit brings, and the slack.
        assert most <= 2_000_000 * 17 // 16 + 50 * 21_000


amounts = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4_000)), min_size=1, max_size=80)


@given(amounts)
def test_nobody_is_touched_below_its_share_and_the_limit_holds(came: list[tuple[int, int]]) -> None:
    shelves = Shelves()
    shares = Shares(Retention(age_s=1, endpoint_bytes=9_000, total_bytes=10_000), shelves)
    for no in range(6):
        shelves.add(Shelf(no=no, id=str(no), stored=0, count=0, size=0))
    for no, size in came:
        grown = shelves.by_no[no]
        shelves.changed(grown, 1, size)
        while (shelf := payer(shares, grown)) is not None:
            before = shelf.size
            shelves.changed(shelf, 0, -shares.excess(shelf))
            assert shelf.size < before
            assert shelf.size >= min(shares.share, 9_000)
        assert shelves.size <= 10_000
        assert shelves.size == sum(one.size for one in shelves.by_no.values())
        assert all(one.size <= 9_000 for one in shelves.by_no.values())


def payer(shares: Shares, grown: Shelf) -> Shelf | None:
    """As the log does it: whoever has grown, and if that is not enough, the largest."""
    return grown if shares.excess(grown) > 0 else shares.payer()
