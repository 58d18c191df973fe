"""A store with captures, a program on a thread of its own, and commands run on them in this process."""

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hookcli.captures.model import Attempt, Capture
from hookcli.captures.store import Batch, NewCapture, Store
from tests.hookcli.cli import made
from tests.hookcli.cli.inprocess import Ended, hookcli
from tests.support import rawhttp

JSON = ((b"Content-Type", b"application/json"),)


@dataclass
class Shelf:
    """Captures that commands work on."""

    file: Path
    env: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def put(
        self,
        body: bytes = b'{"amount": 5}',
        *,
        status: int | None = 200,
        to: str = "",
        **changes: Any,
    ) -> str:
        """Keep a capture, and unless `status` is None the answer that `to` gave; its id."""
        id_ = changes.pop("id", f"01JA8PZQ4M{self.count:016d}")
        given = {
            "seq": 4700 + self.count,
            "received_at": made.AT + self.count * 1_000_000,
            "headers": (*JSON, (b"Content-Length", b"%d" % len(body))),
        } | changes
        self.count += 1
        one = made.capture(id_, body, **given)
        where = to or "http://127.0.0.1:9"
        attempts = () if status is None else (made.attempt(id_, status=status, target=where),)
        self.commit(Batch(captures=(NewCapture(capture=one, body=body),), attempts=attempts))
        return str(id_)

    def commit(self, batch: Batch) -> None:
        """Write to the store."""
        with self.open() as store:
            store.commit(batch)

    @contextmanager
    def open(self) -> Iterator[Store]:
        """The store."""
        store = Store.open(self.file)
        try:
            yield store
        finally:
            store.close()

    def run(
        self, *arguments: str, env: Mapping[str, str] | None = None, stdin: str | None = None
    ) -> Ended:
        """Run a command line on these captures."""
        place = {"HOOKCLI_STORE": str(self.file)}
        return hookcli(*arguments, env=place | self.env | dict(env or {}), stdin=stdin)

    def get(self, id_: str) -> tuple[Capture, bytes]:
        """A capture with its body."""
        with self.open() as store:
            found = store.get(id_)
            assert found is not None
            return found, store.body(id_)

    def attempts(self, id_: str) -> list[Attempt]:
        """A capture's attempts."""
        with self.open() as store:
            return store.attempts(id_)


@contextmanager
def program(answer: rawhttp.Answer | None = None) -> Iterator[rawhttp.Program]:
    """A program that answers while the commands of a test run on the test's own thread."""
    it = rawhttp.Program()
    if answer is not None:
        it.answer = answer
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(it.start(), loop).result(10)
    try:
        yield it
    finally:
        asyncio.run_coroutine_threadsafe(it.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def records(ended: Ended, kind: str) -> list[dict[str, Any]]:
    """The NDJSON records of that type on stdout."""
    lines = (json.loads(line) for line in ended.out.splitlines())
    return [one for one in lines if one["type"] == kind]
