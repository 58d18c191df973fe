"""The store's file: whose it is, who may read it, what it survives, several processes on it."""

import os
import resource
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from hookcli.captures import failures, schema
from hookcli.captures.store import Batch, Store
from hookcli.errors import StoreError
from tests.hookcli.captures.made import HERE, NOW, attempt, capture, identity, new
from tests.support.processes import PATIENCE


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    store = Store.open(path)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def program(code: str, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
    """Another process that uses stores; killed at the end."""
    begin = "import sys\nfrom pathlib import Path\nfrom hookcli.captures.store import *\n"
    begin += "from tests.hookcli.captures.made import *\n"
    with subprocess.Popen(
        [sys.executable, "-c", begin + textwrap.dedent(code), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def line(of: "subprocess.Popen[str]") -> str:
    """The next line that a process prints."""
    assert of.stdout is not None
    return of.stdout.readline().rstrip("\n")


def sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as db:
        return bool(db.execute("PRAGMA integrity_check").fetchall() == [("ok",)])


def test_only_its_user_can_read_it(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        path = tmp_path / "data" / "captures.sqlite"
        with opened(path) as store:
            store.commit(Batch(captures=(new(1),)))
            files = sorted(path.parent.iterdir())
            assert [one.name for one in files] == [path.name + end for end in ("", "-shm", "-wal")]
            assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        os.umask(old)


def test_what_was_committed_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "odd % name?#.sqlite"
    with opened(path) as store:
        store.commit(Batch(captures=(new(1, b"body"),), cursor=("ep_test", 1)))
    assert sorted(tmp_path.iterdir()) == [path]
    with opened(path) as store:
        assert store.get(identity(1)) == capture(1, b"body")
        assert store.cursor("ep_test") == 1


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    path = tmp_path / "captures.sqlite"
    path.touch()
    with opened(path) as store:
        assert store.count() == 0


def test_a_store_that_is_not_there_is_not_made_unless_wanted(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "captures.sqlite"
    with pytest.raises(StoreError, match="there is no capture store"):
        Store.open(path, create=False)
    assert not path.parent.exists()


def database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def test_an_sqlite_that_is_too_old_is_named_and_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 1))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.31.1")
    with pytest.raises(StoreError, match=r"need SQLite 3\.32 or newer.* has 3\.31\.1"):
        Store.open(tmp_path / "captures.sqlite")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_newer_store_is_left_byte_for_byte(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "captures.sqlite"
    Store.open(path).close()
    database(path, f"PRAGMA journal_mode = {mode}", f"PRAGMA user_version = {schema.VERSION + 1}")
    before, modified = path.read_bytes(), path.stat().st_mtime_ns
    with pytest.raises(StoreError, match="written by a newer hookcli") as caught:
        Store.open(path)
    assert caught.value.hint == "pip install -U hookcli"
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, modified)
    assert list(tmp_path.iterdir()) == [path]


def test_a_newer_store_whose_process_was_killed_is_left_as_well(tmp_path: Path) -> None:
    path = tmp_path / "captures.sqlite"
    Store.open(path).close()
    code = """
        import sqlite3
        db = sqlite3.connect(sys.argv[1])
        db.execute(f"PRAGMA user_version = {sys.argv[2]}")
        print("written", flush=True)
        sys.stdin.read()
        """
    with program(code, path, schema.VERSION + 1) as newer:
        assert line(newer) == "written"
        newer.kill()
        newer.wait()
    with pytest.raises(StoreError, match="written by a newer hookcli"):
        Store.open(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (schema.VERSION + 1,)


@pytest.mark.parametrize("kind", ["text", "short", "database"])
def test_somebody_elses_file_is_left_byte_for_byte(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "notes"
    if kind == "database":
        database(path, "CREATE TABLE notes (text)", "INSERT INTO notes VALUES ('mine')")
    else:
        path.write_text("mine\n" * (1000 if kind == "text" else 1))
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is not a capture store"):
        Store.open(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_or_a_forbidden_place_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "captures.sqlite", Path("/proc/no/x.sqlite")):
        with pytest.raises(StoreError, match="cannot use the capture store") as caught:
            Store.open(path)
        assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize("damage", ["cut", "noise", "schema"])
def test_a_damaged_store_is_told_as_such(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "captures.sqlite"
    with opened(path) as store:
        store.commit(Batch(captures=tuple(new(n, b"x" * 5000) for n in range(200))))
    whole = path.read_bytes()
    begin = 100 if damage == "schema" else 8192
    path.write_bytes(whole[:100_000] if damage == "cut" else whole[:begin] + b"\xa5" * 400_000)
    with pytest.raises(StoreError, match="is damaged") as caught:  # noqa: PT012 - where, depends
        store = Store.open(path)
        with closing(store):
            for one in store.summaries(now=NOW):
                store.body(one.capture.id)
    assert caught.value.hint == f"mv {path} {path}.damaged"


def test_who_keeps_it_locked_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "captures.sqlite"
    with opened(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as db:
        store._db.execute("PRAGMA busy_timeout = 10")
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program keeps"):
            store.commit(Batch(captures=(new(1),)))
        db.execute("COMMIT")
        assert store.commit(Batch(captures=(new(1),))).captures == (new(1),)


@pytest.mark.parametrize("replaced", [False, True])
def test_nothing_is_kept_in_a_file_that_has_lost_its_name(tmp_path: Path, replaced: bool) -> None:
    path = tmp_path / "captures.sqlite"
    with opened(path) as store:
        store.commit(Batch(captures=(new(1),)))
        path.rename(tmp_path / "away")
        if replaced:
            path.touch()
        with pytest.raises(StoreError, match="cannot use the capture store") as caught:
            store.commit(Batch(captures=(new(2),)))
        assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_a_full_database_is_told_as_a_full_disk(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x", isolation_level=None)) as db:
        db.execute("PRAGMA max_page_count = 4")
        with pytest.raises(StoreError, match="no space left") as caught, failures.failing(tmp_path):
            db.execute("CREATE TABLE t AS SELECT zeroblob(100000)")
    assert isinstance(caught.value.__cause__, OSError)
    assert isinstance(caught.value.__cause__.__cause__, sqlite3.Error)


def test_a_batch_that_does_not_fit_leaves_nothing_and_the_next_one_does(tmp_path: Path) -> None:
    path = tmp_path / "captures.sqlite"
    big = tuple(new(n, os.urandom(300_000)) for n in range(1, 9))
    with opened(path) as store:
        store.commit(Batch(captures=(new(0),), cursor=("ep_test", 0)))
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        try:
            with pytest.raises(StoreError) as caught:
                store.commit(Batch(captures=big, attempts=(attempt(0),), cursor=("ep_test", 8)))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert isinstance(caught.value.__cause__, OSError)
        assert (store.count(), store.cursor("ep_test")) == (1, 0)
        assert store.attempts(identity(0)) == []
        assert store.commit(Batch(captures=big, cursor=("ep_test", 8))).captures == big
        assert store.body(identity(8)) == big[-1].body
    assert sound(path)


def test_several_processes_can_make_it_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "new" / "captures.sqlite"
    code = """
        print("ready", flush=True)
        sys.stdin.readline()
        for n in range(5):
            store = Store.open(Path(sys.argv[1]))
            store.commit(Batch(captures=(new(int(sys.argv[2]) * 10 + n),)))
            store.close()
        """
    with ExitStack() as stack:
        started = [stack.enter_context(program(code, path, n)) for n in range(6)]
        assert [line(one) for one in started] == ["ready"] * 6
        for one in started:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        assert [one.wait(20 * PATIENCE) for one in started] == [0] * 6
    with opened(path) as store:
        assert store.count() == 30
    assert sound(path)


def test_killed_at_any_moment_it_holds_what_it_said_and_the_cursor_fits(
    tmp_path: Path, rounds: int
) -> None:
    path = tmp_path / "captures.sqlite"
    code = """
        store = Store.open(Path(sys.argv[1]))
        at = store.cursor("ep_test") or 0
        while True:
            store.commit(Batch(
                captures=tuple(new(at + n, b"%d" % (at + n) * 900, HERE) for n in range(1, 8)),
                cursor=("ep_test", at + 7),
            ))
            at += 7
            print(at, flush=True)
        """
    for turn in range(rounds):
        with program(code, path) as one:
            said = [int(line(one)) for _ in range(1 + turn % 5 * 10)]
            one.kill()
            rest = one.communicate()[0].splitlines(keepends=True)
        said += [int(text) for text in rest if text.endswith("\n")]
        with opened(path) as store:
            cursor = store.cursor("ep_test")
            assert cursor is not None
            assert cursor >= said[-1]
            assert store.count() == cursor == len(store.pending("ep_test"))
            assert store.body(identity(cursor)) == b"%d" % cursor * 900
    assert sound(path)


def test_two_processes_commit_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "captures.sqlite"
    code = """
        store = Store.open(Path(sys.argv[1]))
        for n in range(150):
            store.commit(Batch(captures=(new(1000 + n, b"x" * 20_000),)))
        """
    with opened(path) as store, program(code, path) as other:
        for n in range(150):
            store.commit(Batch(captures=(new(n, b"y" * 20_000),)))
            store.commit(Batch(attempts=(attempt(n),)))
        assert other.wait(20 * PATIENCE) == 0
        assert store.count() == 300
    assert sound(path)


def test_the_write_ahead_log_starts_over_while_captures_keep_coming(tmp_path: Path) -> None:
    path = tmp_path / "captures.sqlite"
    wal, largest, at = tmp_path / "captures.sqlite-wal", 0, 0
    with opened(path) as store:
        for _ in range(200):
            batch = tuple(new(at + n, b"x" * 8000, HERE) for n in range(64))
            at += 64
            store.commit(Batch(captures=batch, cursor=("ep_test", at)))
            largest = max(largest, wal.stat().st_size)
    assert path.stat().st_size > 100 << 20
    assert largest < 70 << 20


def test_all_steps_from_every_version_lead_to_this_one(tmp_path: Path) -> None:
    assert len(schema.MIGRATIONS) == schema.VERSION
    path = tmp_path / "captures.sqlite"
    with opened(path) as store:
        store.commit(Batch(captures=(new(1),)))
    with closing(sqlite3.connect(path)) as db:
        head = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version", "auto_vacuum", "journal_mode")]  # fmt: skip
    assert head == [schema.APPLICATION_ID, schema.VERSION, 2, "wal"]
