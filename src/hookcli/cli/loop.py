"""An event loop for a command that stays: uvloop where it is installed, and signals as a decision."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hookcli.cli.console import ExitCode
from hookcli.cli.signals import CODES

_T = TypeVar("_T")


class Stops:
    """What signals have asked for: the first to stop well, the second to stop now."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.now = asyncio.Event()
        self.code: ExitCode | None = None
        """Of the first signal; None while there was none."""

    def signalled(self, number: int) -> None:
        """A signal came."""
        if self.asked.is_set():
            self.now.set()
        else:
            self.code = CODES[signal.Signals(number)]
            self.asked.set()


def run(main: Callable[[Stops], Awaitable[_T]]) -> _T:
    """Run `main` to its end in a loop of its own."""
    with runner() as made:
        return made.run(_with_signals(main))


def runner() -> asyncio.Runner:
    """Runs coroutines in a loop of its own, on any thread."""
    return asyncio.Runner(loop_factory=_factory())


async def _with_signals(main: Callable[[Stops], Awaitable[_T]]) -> _T:
    stops = Stops()
    loop = asyncio.get_running_loop()
    for number in CODES:
        loop.add_signal_handler(number, stops.signalled, number)
    try:
        return await main(stops)
    finally:
        for number in CODES:
            loop.remove_signal_handler(number)


def _factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
