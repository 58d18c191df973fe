"""A3: no family of escapes, wherever a stranger puts it, reaches a terminal from lines, `ls` or `show`."""

from datetime import UTC

import pytest

from hookcli.captures.store import Batch
from hookcli.cli.render.lines import Lines
from hookcli.tunnel import observe
from tests.hookcli.captures.test_display import FAMILIES
from tests.hookcli.cli import made
from tests.hookcli.cli.shelf import Shelf

FIELDS = "path,type,source,status,peer,scheme,tags,note,error,reply"


def put(shelf: Shelf, text: str) -> str:
    """A capture with the text in target, fields, type, body and the program's answer; its id."""
    raw = text.encode("utf-8", "surrogatepass")
    one_line = raw.replace(b"\r", b"").replace(b"\n", b"")
    id_ = shelf.put(
        b'{"' + raw + b'": "' + raw + b'"}',
        status=None,
        target=b"/a" + one_line + b"?q=" + one_line,
        headers=((b"X-" + one_line, b"x"), (b"X-A", one_line)),
        event_type=text,
        source=text,
        provider_id=text,
    )
    answer = made.attempt(id_, status=500, body=raw, reason=one_line, error=text)
    shelf.commit(Batch(attempts=(answer,)))
    return id_


@pytest.mark.parametrize("family", FAMILIES)
def test_no_escape_reaches_the_terminal_from_a_list_or_a_capture(shelf: Shelf, family: str) -> None:
    id_ = put(shelf, FAMILIES[family])
    listed = (["ls"], ["ls", "--fields", FIELDS], ["ls", "--json"], ["stats"])
    shown = (["show", id_], ["show", id_, "-p", "mHBhbas"], ["show", id_, "--body"])
    for arguments in (*listed, *shown):
        told = shelf.run(*arguments)
        assert told.code == 0
        assert_harmless(told.out + told.err)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_escape_reaches_the_terminal_from_the_lines_of_a_listener(
    shelf: Shelf, family: str
) -> None:
    capture, body = shelf.get(put(shelf, FAMILIES[family]))
    (attempt,) = shelf.attempts(capture.id)
    log = Lines(width=100, zone=UTC)
    lines = log.lines(observe.Captured(capture=capture, body=body), made.AT)
    lines += log.lines(observe.AttemptFinished(attempt=attempt), made.AT)
    assert_harmless("\n".join([*lines, *log.rest()]))


def assert_harmless(text: str) -> None:
    """It only shows itself; tabs and line ends are the command's own."""
    assert text
    assert text.replace("\t", "").replace("\n", "").isprintable(), ascii(text)
