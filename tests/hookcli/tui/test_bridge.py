"""The engine beside the screen: its own thread, never waited for, never stopped by the screen."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager

import pytest

from hookcli.errors import AuthError
from hookcli.tui.bridge import Engine
from hookcli.tunnel.observe import Notice, Observer, Report
from tests.hookcli.tui.rig import Listener, listening

NOTICE = Notice(level="info", code="x", text="y")


def wait(event: threading.Event) -> None:
    assert event.wait(5)


def test_reports_come_out_in_order_and_all_observers_are_told() -> None:
    also: list[Report] = []
    engine = Engine(also=also.append)
    reports = [Notice(level="info", code=str(n), text="") for n in range(100)]
    for report in reports:
        engine.observe(report)
    assert engine.drain(limit=60) + engine.drain() == reports
    assert also == reports
    assert engine.drain() == []


def test_work_runs_on_the_engines_thread() -> None:
    engine = Engine()
    engine.start()
    try:

        async def where() -> str:
            return threading.current_thread().name

        assert engine.submit(where()).result(5) == "hookcli-engine"
    finally:
        engine.stop()
    assert not any(thread.name == "hookcli-engine" for thread in threading.enumerate())


def test_a_blocked_screen_delays_nothing_in_the_engine() -> None:
    late: list[float] = []
    begun = threading.Event()

    class Forwarding(Listener):
        async def run(self) -> str:
            begun.set()
            for _ in range(100):
                before = time.perf_counter()
                await asyncio.sleep(0.01)
                late.append(time.perf_counter() - before - 0.01)
            return "done"

    @asynccontextmanager
    async def listen(observer: Observer) -> AsyncIterator[Forwarding]:
        del observer
        yield Forwarding()

    engine = Engine(listen)
    engine.start()
    wait(begun)
    until = time.perf_counter() + 1.0
    while time.perf_counter() < until:  # what a busy screen does to the interpreter
        sum(range(1000))
    wait(engine.over)
    engine.stop()
    assert len(late) == 100
    assert max(late) < 0.3


def test_the_listener_is_steered_from_the_screen() -> None:
    made: list[Listener] = []
    engine = Engine(listening(made))
    engine.start()
    until = time.monotonic() + 5
    while not made and time.monotonic() < until:
        time.sleep(0.001)
    assert engine.steer("pause")
    assert engine.paused
    assert engine.steer("resume")
    assert not engine.steer("fly")
    engine.stop()
    assert made[0].asked == ["pause", "resume"]
    assert engine.ending == "stopped"


def refuse() -> None:
    raise AuthError("token revoked")


def test_how_listening_ended_is_kept() -> None:
    @asynccontextmanager
    async def listen(observer: Observer) -> AsyncIterator[Listener]:
        del observer
        refuse()
        yield Listener()

    engine = Engine(listen)
    engine.start()
    wait(engine.over)
    assert isinstance(engine.error, AuthError)

    async def still() -> int:
        return 7

    assert engine.submit(still()).result(5) == 7  # replays go on
    engine.stop()


def test_once_there_is_no_screen_reports_go_elsewhere() -> None:
    engine = Engine()
    elsewhere: list[Report] = []
    engine.observe(NOTICE)
    engine.redirect = elsewhere.append
    engine.observe(NOTICE)
    assert elsewhere == [NOTICE]
    assert engine.drain() == [NOTICE]


def test_work_for_an_engine_that_has_ended_fails_at_once() -> None:
    engine = Engine()
    engine.start()
    engine.stop()

    async def nothing() -> None: ...

    with pytest.raises(CancelledError):
        engine.submit(nothing()).result(1)
