"""A3: what strangers sent is printed by commands and by a listener's lines, and no terminal obeys it."""

import re
from datetime import UTC

import pytest

from hookcli.captures.store import Batch
from hookcli.cli.render.lines import Lines
from hookcli.tunnel import observe
from tests.hookcli.cli import made
from tests.hookcli.cli.shelf import JSON, Shelf
from tests.hookcli.tui.test_hostile import HOSTILE

OURS = re.compile(r"\x1b\[[0-9;]*m")
"""What paints."""
FIELDS = "id,endpoint,source,type,method,path,status,peer,scheme,note,tags,error,reply"
OF_ALL = (
    ("ls",), ("ls", "--fields", FIELDS), ("ls", "--json"), ("stats",), ("stats", "--by", "source"),
    ("rm", "type:nothing"), ("ls", "--endpoint", "\x1b[2J"), ("ls", "nosuch\x1b[2J:x"), ("show", "\x9b31m"),
)  # fmt: skip
OF_ONE = (
    ("show", "{}", "-p", "mHBhbas"), ("show", "{}", "--body"), ("show", "{}", "--attempt", "1"),
    ("diff", "{}", "@"), ("diff", "{}", "@", "--text"), ("verify", "{}"), ("tag", "{}", "seen"),
    ("replay", "{}", "--dry-run", "--to", "8000"),
)  # fmt: skip


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Captures that say each of it wherever a stranger can put something, and a plain one."""
    it = Shelf(tmp_path_factory.mktemp("hostile") / "captures.db")
    for text in HOSTILE:
        raw = text.encode("utf-8", "replace")
        line, text = raw.replace(b"\r", b"").replace(b"\n", b""), raw.decode()
        id_ = it.put(
            b'{"' + raw + b'": "' + raw + b'"}',
            status=None,
            method=text[:8],
            target=b"/a" + line + b"?q=" + line,
            headers=((b"X-" + line, b"x"), (b"X-A", line), *JSON),
            **dict.fromkeys(("endpoint", "event_type", "source", "provider_id", "peer"), text),
            note=text,
            tags=(text[:12],),
        )
        answer = made.attempt(id_, status=500, body=raw, reason=line, error=text)
        it.commit(Batch(attempts=(answer,)))
    it.put()
    return it


@pytest.fixture(scope="module")
def hostile(shelf: Shelf) -> list[str]:
    """The ids of all but the plain one."""
    return shelf.run("ls", "-o", "ids", "--limit", "1000").out.split()[1:]


@pytest.mark.parametrize("color", ["never", "always"])
@pytest.mark.parametrize("command", OF_ALL, ids=lambda command: " ".join(command[:2])[:20])
def test_no_list_and_no_refusal_is_obeyed(
    shelf: Shelf, command: tuple[str, ...], color: str
) -> None:
    assert_harmless(shelf, *command, "--color", color)


@pytest.mark.parametrize("color", ["never", "always"])
@pytest.mark.parametrize("command", OF_ONE, ids=lambda command: " ".join(command))
def test_no_capture_is_obeyed(
    shelf: Shelf, hostile: list[str], command: tuple[str, ...], color: str
) -> None:
    assert len(hostile) == len(HOSTILE)
    for id_ in hostile:
        assert_harmless(shelf, *(word.format(id_) for word in command), "--color", color)


def test_no_line_of_a_listener_is_obeyed(shelf: Shelf, hostile: list[str]) -> None:
    for id_ in hostile:
        capture, body = shelf.get(id_)
        log = Lines(width=100, zone=UTC)
        lines = log.lines(observe.Captured(capture=capture, body=body), made.AT)
        for attempt in shelf.attempts(id_):
            lines += log.lines(observe.AttemptFinished(attempt=attempt), made.AT)
        assert all(line.isprintable() for line in [*lines, *log.rest()])


def assert_harmless(shelf: Shelf, *arguments: str) -> None:
    """It only shows itself; tabs, line ends and colours are the command's own."""
    ended = shelf.run(*arguments)
    said = ended.out + ended.err
    assert said
    if arguments[-1] == "always":
        said = OURS.sub("", said)
    assert said.replace("\t", "").replace("\n", "").isprintable(), ascii(said)


def test_it_was_there(shelf: Shelf) -> None:
    with shelf.open() as store:
        assert store.count() == len(HOSTILE) + 1
    assert "PWNED" in shelf.run("ls").out
