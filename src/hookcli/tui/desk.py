"""Store work away from the screen's loop: one thread, one connection, futures for the screen."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hookcli.captures.store import Store

T = TypeVar("T")


class Desk:
    """Runs functions over a store, one after the other, in a thread of its own."""

    def __init__(self, open_store: Callable[[], Store], *, name: str = "store") -> None:
        self._open = open_store
        self._store: Store | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"hookcli-{name}")
        self._closed = False

    async def run(self, work: Callable[[Store], T]) -> T:
        """Await the result of `work(store)`; its errors are raised here."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._do, work)

    def finish(self, work: Callable[[Store], T]) -> T:
        """The same when there is no loop any more: waits for the result."""
        return self._thread.submit(self._do, work).result()

    def _do(self, work: Callable[[Store], T]) -> T:
        if self._store is None:
            self._store = self._open()
        return work(self._store)

    def close(self) -> None:
        """Close the connection after what is under way; further work is refused."""
        if self._closed:
            return
        self._closed = True
        self._thread.submit(self._shut)
        self._thread.shutdown(wait=True)

    def _shut(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
