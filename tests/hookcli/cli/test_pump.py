"""Output on a thread of its own: nothing waits for a slow reader, nothing is lost without a word."""

import io
import json
import threading
from collections.abc import Iterator

import pytest

from hookcli.captures.model import Attempt
from hookcli.cli import pump as module
from hookcli.cli.console import Console
from hookcli.cli.faces import JsonFace, LineFace
from hookcli.cli.pump import Pump
from hookcli.cli.render.lines import Lines
from hookcli.tunnel import observe
from tests.hookcli.cli.made import ID, attempt, captured, ready


class Bodies:
    """A store of which only bodies are read."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.closed = False

    def body(self, id: str, /) -> bytes:  # noqa: A002
        self.read.append(id)
        return b"from the store"

    def attempts(self, id: str, /) -> list[Attempt]:  # noqa: A002
        self.read.append(id)
        return [attempt(n=1, body=b"first"), attempt(n=2, body=b"second")]

    def close(self) -> None:
        self.closed = True


class Held(io.StringIO):
    """A reader that reads nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.free = threading.Event(), threading.Event()

    def write(self, text: str) -> int:
        self.entered.set()
        assert self.free.wait(20)
        return super().write(text)


class Gone(io.StringIO):
    """A reader that went away."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.fixture
def bodies() -> Iterator[Bodies]:
    made = Bodies()
    yield made
    assert made.closed or not made.read


def pump_to(out: io.StringIO, bodies: Bodies, gone: threading.Event | None = None) -> Pump:
    made = Pump(
        JsonFace(),
        out,
        io.StringIO(),
        bodies=lambda: bodies,
        gone=(gone or threading.Event()).set,
    )
    made.start()
    return made


def events(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_everything_comes_in_order_and_whole(bodies: Bodies) -> None:
    out = io.StringIO()
    pump = pump_to(out, bodies)
    for number in range(1000):
        pump(captured(body=b"%d" % number))
    pump.close()
    assert [one["body"] for one in events(out)] == [str(n) for n in range(1000)]
    assert bodies.read == []


def test_a_slow_reader_holds_nobody_up_and_bodies_wait_in_the_store(
    bodies: Bodies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    out = Held()
    pump = pump_to(out, bodies)
    pump(captured(body=b"a"))
    assert out.entered.wait(20)
    pump(captured(body=b"b" * 900))
    pump(captured(body=b"c" * 900))  # over the limit
    pump(observe.AttemptFinished(attempt=attempt(n=2, body=b"d" * 900)))  # over it too
    out.free.set()
    pump.close()
    shown = [one["body"] for one in events(out)]
    assert shown == ["a", "b" * 900, "from the store", "second"]
    assert bodies.read == [ID, ID]


def test_what_is_left_out_is_said(bodies: Bodies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REPORTS", 10)
    out = Held()
    pump = pump_to(out, bodies)
    pump(captured())
    assert out.entered.wait(20)
    for _ in range(25):
        pump(captured())
    out.free.set()
    pump.close()
    *shown, last = events(out)
    assert len(shown) == 11
    assert last["code"] == "left_out"
    assert str(last["text"]).startswith("15 records left out")


def test_a_reader_that_went_away_is_told_of(bodies: Bodies) -> None:
    gone = threading.Event()
    pump = pump_to(Gone(), bodies, gone)
    pump(captured())
    assert gone.wait(20)
    pump.close()
    assert pump.broken
    assert pump.failed is None


def test_a_bug_while_rendering_is_kept_for_the_command(bodies: Bodies) -> None:
    class Broken(JsonFace):
        def lines(self, report: observe.Report, now: int) -> list[str]:
            raise ZeroDivisionError

    gone = threading.Event()
    pump = Pump(Broken(), io.StringIO(), io.StringIO(), bodies=lambda: bodies, gone=gone.set)
    pump.start()
    pump(captured())
    assert gone.wait(20)
    pump.close()
    assert isinstance(pump.failed, ZeroDivisionError)


def test_a_held_answer_is_printed_without_further_reports(bodies: Bodies) -> None:
    class Watched(io.StringIO):
        seen = threading.Event()

        def write(self, text: str) -> int:
            if "<--" in text:
                self.seen.set()
            return super().write(text)

    out, err = Watched(), io.StringIO()
    console = Console(stdin=io.StringIO(), stdout=out, stderr=err, environ={})
    face = LineFace(console, Lines())
    pump = Pump(face, out, err, bodies=lambda: bodies, gone=threading.Event().set)
    pump.start()
    pump(ready())
    pump(observe.AttemptFinished(attempt=attempt()))
    assert Watched.seen.wait(20)
    pump.close()
    assert "Listening" in err.getvalue()
    assert "Listening" not in out.getvalue()
