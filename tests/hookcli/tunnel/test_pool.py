"""Idle connections: decisions, without a socket or a clock."""

from dataclasses import dataclass

from hookcli.tunnel.pool import IDLE_S, PATIENCE_S, Key, Pool

HERE: Key = (False, "localhost", 8000)
THERE: Key = (True, "acme.test", 443)


@dataclass(eq=False)
class Fake:
    key: Key = HERE
    since: float = 0.0


def test_the_last_one_kept_is_the_first_one_used() -> None:
    pool: Pool[Fake] = Pool(9)
    first, second, other = Fake(), Fake(), Fake(THERE)
    assert all(pool.keep(one, 1.0) for one in (first, second, other))
    assert [pool.take(HERE, 2.0), pool.take(HERE, 2.0), pool.take(HERE, 2.0)] == [
        second,
        first,
        None,
    ]
    assert pool.take(THERE, 2.0) is other
    assert len(pool) == 0


def test_more_than_so_many_are_not_kept() -> None:
    pool: Pool[Fake] = Pool(2)
    assert [pool.keep(Fake(), 0.0) for _ in range(3)] == [True, True, False]
    assert len(pool) == 2


def test_what_is_gone_is_never_used() -> None:
    pool: Pool[Fake] = Pool(9)
    one = Fake()
    pool.keep(one, 0.0)
    pool.drop(one)
    pool.drop(one)
    assert (pool.take(HERE, 0.0), len(pool)) == (None, 0)


def test_connections_are_closed_before_the_programs_do_it() -> None:
    pool: Pool[Fake] = Pool(9)
    old, new = Fake(), Fake()
    pool.keep(old, 0.0)
    pool.keep(new, 1.0)
    assert pool.tired(IDLE_S - 0.1) == []
    assert pool.tired(IDLE_S) == [old]
    assert pool.tired(IDLE_S + 1.0) == [old, new]


def test_idle_ones_give_way_to_one_that_is_not_served() -> None:
    pool: Pool[Fake] = Pool(9)
    idle, away, waiting = Fake(), Fake(THERE), Fake()
    pool.keep(idle, 0.0)
    pool.keep(away, 0.0)
    pool.opened(waiting, 0.1)
    assert pool.tired(0.1) == []
    assert pool.tired(0.1 + PATIENCE_S) == [idle]
    pool.keep(waiting, 0.7)
    assert pool.tired(0.8) == []


def test_what_has_waited_for_too_long_is_not_used_whoever_was_asleep() -> None:
    pool: Pool[Fake] = Pool(9)
    one = Fake()
    pool.keep(one, 0.0)
    assert pool.take(HERE, IDLE_S) is None
    assert pool.tired(IDLE_S) == [one]
