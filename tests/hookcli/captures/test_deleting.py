"""Deleting gives space back, and holds up no listener."""

import sqlite3
import subprocess
import time
from contextlib import closing, suppress
from itertools import count
from pathlib import Path

from hookcli.captures.store import Batch, Store
from tests.hookcli.captures.made import HERE, NOW, attempt, identity, new
from tests.hookcli.captures.test_store_file import program, sound
from tests.support.processes import PATIENCE


def rows(path: Path) -> list[int]:
    tables = ("captures", "bodies", "attempts", "deliveries", "tags")
    with closing(sqlite3.connect(path)) as db:
        return [db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables]


def filled(path: Path, captures: int, size: int) -> Store:
    store = Store.open(path)
    for at in range(0, captures, 100):
        part = range(at, min(at + 100, captures))
        made = tuple(new(n, b"x" * size, HERE, tags=("t",)) for n in part)
        store.commit(Batch(captures=made, attempts=tuple(attempt(n) for n in part)))
    return store


def test_all_that_belongs_to_a_capture_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "captures.sqlite"
    store = filled(path, 100, 100)
    store.commit(Batch(cursor=("ep_test", 100)))
    store.delete([identity(n) for n in range(70)] + ["nobody", identity(3)])
    assert rows(path) == [30] * 5
    assert [one.capture.id for one in store.summaries(now=NOW)][-1] == identity(70)
    assert store.cursor("ep_test") == 100
    store.delete([])
    store.delete(identity(n) for n in range(100))
    assert rows(path) == [0] * 5
    store.commit(Batch(captures=(new(1),), attempts=(attempt(1),)))
    assert store.attempts(identity(1))[0].n == 1
    store.close()


def test_the_disk_gets_its_space_back(tmp_path: Path) -> None:
    path = tmp_path / "captures.sqlite"
    store = filled(path, 400, 30_000)
    store.commit(Batch(captures=(new(1000, b"y" * (25 << 20)),)))
    store.close()
    before = path.stat().st_size
    store = Store.open(path)
    # The oldest: what is kept stands behind them and has to be moved.
    store.delete([identity(n) for n in range(300)] + [identity(1000)])
    assert store.body(identity(399)) == b"x" * 30_000
    store.close()
    assert before > 36 << 20
    assert path.stat().st_size < 4 << 20
    assert sound(path)


def test_a_listener_commits_while_another_process_deletes_thousands(tmp_path: Path) -> None:
    path = tmp_path / "captures.sqlite"
    store = filled(path, 4000, 8000)
    code = """
        store = Store.open(Path(sys.argv[1]))
        store.delete([identity(n) for n in range(3900)])
        """
    waited: list[float] = []
    with program(code, path) as deleting:
        for at in count(10_000):
            began = time.perf_counter()
            store.commit(Batch(captures=(new(at, b"x" * 8000),)))
            waited.append(time.perf_counter() - began)
            with suppress(subprocess.TimeoutExpired):
                assert deleting.wait(0.003) == 0
                break
    assert store.count() == 100 + len(waited)
    assert sorted(waited)[len(waited) * 99 // 100] < 0.05 * PATIENCE
    store.close()
