"""Acceptance 10, on the command line: what strangers sent is printed, and no terminal obeys it."""

import re
from pathlib import Path

import pytest

from hookcli.captures.store import Store
from tests.hookcli.cli.inprocess import hookcli
from tests.hookcli.tui.rig import attempt, capture, identity, put
from tests.hookcli.tui.test_hostile import HOSTILE, obeyed

OURS = re.compile(r"\x1b\[[0-9;]*m")
"""What paints."""
REF = identity(0)
COMMANDS = (
    ("ls",), ("ls", "--fields", "id,endpoint,source,type,method,path,note,tags"), ("stats",),
    ("stats", "--by", "source"), ("show", REF, "-p", "mHBhbas"), ("show", REF, "--attempt", "1"),
    ("diff", REF, identity(3)), ("diff", REF, identity(3), "--text"), ("verify", REF),
    ("replay", REF, "--dry-run", "--to", "8000"), ("tag", REF, "seen"), ("rm", "type:nothing"),
    ("ls", "--endpoint", "\x1b[2J"), ("ls", "nosuch\x1b[2J:x"), ("show", "\x9b31m"),
)  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "captures.sqlite"
    for number, text in enumerate(HOSTILE):
        raw = text.encode("utf-8", "replace")
        text = raw.decode()
        made, body = capture(
            number, b'{"a": "' + raw + b'"}', event_type=text, source=text[:8], note=text,
            headers=((b"X-Evil", raw.replace(b"\n", b" ")), (b"Content-Type", b"application/json")),
            target=b"/" + raw, tags=(text[:12],), endpoint=text[:20], method=text[:8], peer=text,
        )  # fmt: skip
        put(path, made, body, attempt(made.id, 500, body=raw, error=text, reason=raw))
    return path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2])[:20])
@pytest.mark.parametrize("color", ["never", "always"])
def test_nothing_of_a_stranger_is_obeyed(store: Path, command: tuple[str, ...], color: str) -> None:
    ended = hookcli(*command, "--store", str(store), "--color", color)
    said = ended.out + ended.err
    assert said
    for text in said.split("\n"):
        plain = text.replace("\t", "")
        if color == "always":
            plain = OURS.sub("", plain)
        assert obeyed(plain) == [], text


def test_it_was_there(store: Path) -> None:
    kept = Store.open(store)
    assert kept.count() == len(HOSTILE)
    kept.close()
    assert "PWNED" in hookcli("ls", "--store", str(store)).out
