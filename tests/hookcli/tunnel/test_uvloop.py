"""The same on the loop that a listener runs on: its transports differ from asyncio's own."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from tests.hookcli.tunnel import test_connect, test_forward, test_hostile, test_http1

Test = Callable[[], Coroutine[Any, Any, None]]


def _needs_nothing(value: object) -> bool:
    """Whether it is an asynchronous test without fixtures and parameters."""
    return inspect.iscoroutinefunction(value) and not inspect.signature(value).parameters


ALL: list[Test] = [
    value
    for module in (test_forward, test_http1, test_connect, test_hostile)
    for name, value in vars(module).items()
    if name.startswith("test_") and _needs_nothing(value)
]


@pytest.mark.parametrize("test", ALL, ids=lambda test: test.__name__.removeprefix("test_"))
def test_it_holds_on_uvloop_too(test: Test) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(test())


def test_there_are_such_tests() -> None:
    assert len(ALL) >= 30
