"""What differs between captures and between attempts, and the code that says whether."""

from typing import Any

import pytest

from hookcli.captures.store import Batch
from hookcli.cli.console import ExitCode
from tests.hookcli.cli import made
from tests.hookcli.cli.shelf import Shelf, records

ONE = b'{"id": "evt_1", "data": {"amount": 5, "lines": [{"id": 1}, {"id": 2}]}}'
TWO = b'{"id": "evt_2", "data": {"lines": [{"id": 1}, {"id": 3}], "amount": 7}}'
KIND: dict[str, Any] = {"source": "stripe", "event_type": "invoice.paid"}


@pytest.fixture
def two(shelf: Shelf) -> list[str]:
    """Two of a kind, and one of another between them."""
    return [
        shelf.put(ONE, **KIND),
        shelf.put(b"other", source="github", event_type="push"),
        shelf.put(TWO, **KIND),
    ]


def test_it_is_compared_by_path_with_the_one_before_of_its_kind(
    shelf: Shelf, two: list[str]
) -> None:
    ended = shelf.run("diff", "@", "--json")
    assert ended.code == ExitCode.NO
    found = records(ended, "difference")
    assert {one["where"]: (one["before"], one["after"]) for one in found} == {
        "body.id": ('"evt_1"', '"evt_2"'),
        "body.data.amount": ("5", "7"),
        "body.data.lines[1].id": ("2", "3"),
    }
    assert {(one["before_event"], one["after_event"]) for one in found} == {(two[0], two[2])}
    plain = shelf.run("diff", two[0], two[2])
    assert plain.out.splitlines()[0] == 'body.id\tchanged\t"evt_1"\t"evt_2"'


def test_what_is_ignored_does_not_count_and_is_told(shelf: Shelf, two: list[str]) -> None:
    ended = shelf.run("diff", "@", "--ignore", "id,**.amount", "--ignore", "data.lines[*].id")
    assert (ended.code, ended.out) == (ExitCode.YES, "")
    assert "3 differences ignored" in ended.err
    assert "no difference that counts" in ended.err


def test_sections_are_chosen(shelf: Shelf) -> None:
    shelf.put(ONE, target=b"", method="POST")
    shelf.put(ONE, target=b"", method="PUT", headers=((b"A", b"1"),))
    assert shelf.run("diff", "@2", "@", "--what", "body").code == ExitCode.YES
    assert "method\tchanged" in shelf.run("diff", "@2", "@", "--what", "request").out
    assert "header.A\tadded" in shelf.run("diff", "@2", "@", "--what", "request,headers").out
    assert shelf.run("diff", "@2", "@", "--what", "colour").code == ExitCode.USAGE


def test_a_copy_is_compared_with_its_original(shelf: Shelf, two: list[str]) -> None:
    new = shelf.run("edit", two[0], "--set", "data.amount:=0").out.strip()
    ended = shelf.run("diff", new)
    assert ended.out == "body.data.amount\tchanged\t5\t0\n"


def test_attempts_are_compared_by_their_answers(shelf: Shelf) -> None:
    id_ = shelf.put(ONE)
    answers = [b'{"ok": true, "at": 1}', b'{"ok": false, "at": 2}', b'{"ok": false, "at": 3}']
    attempts = tuple(
        made.attempt(id_, status=500 if n else 200, body=body) for n, body in enumerate(answers)
    )
    shelf.commit(Batch(attempts=attempts))
    ended = shelf.run("diff", f"{id_}/2", f"{id_}/3")
    assert ended.code == ExitCode.NO
    assert "response.status\tchanged\t200\t500" in ended.out
    assert "response.body.ok\tchanged\ttrue\tfalse" in ended.out
    before = shelf.run("diff", f"{id_}/4", "--ignore", "at")
    assert before.code == ExitCode.YES
    for wrong in (f"{id_}/1", f"{id_}/9"):
        assert shelf.run("diff", wrong).code == ExitCode.NOT_FOUND


def test_as_a_unified_diff(shelf: Shelf, two: list[str]) -> None:
    ended = shelf.run("diff", "@", "--text")
    assert ended.code == ExitCode.NO
    assert '-  "id": "evt_1",' in ended.out.splitlines()
    assert '+  "id": "evt_2",' in ended.out.splitlines()
    assert shelf.run("diff", "@", "@", "--text").code == ExitCode.YES
    assert shelf.run("diff", "@/1", "@/2", "--text").code == ExitCode.NOT_FOUND


def test_the_same_is_told_as_such(shelf: Shelf) -> None:
    shelf.put(b'{"a":1,"b":2}')
    shelf.put(b'{"b": 2, "a": 1}', headers=((b"Content-Type", b"application/json"),))
    ended = shelf.run("diff", "@2", "@", "--what", "body")
    assert ended.code == ExitCode.YES
    assert "no difference but in spacing or order" in ended.err
    assert "byte for byte" in shelf.run("diff", "@", "@").err


def test_binary_bodies_and_hostile_values(shelf: Shelf) -> None:
    shelf.put(b"\x00\x01\xff", headers=())
    shelf.put(b"\x00\x02\xff", headers=())
    (found,) = records(shelf.run("diff", "@2", "@", "--what", "body", "--json"), "difference")
    assert (found["how"], found["before"], found["after"]) == ("byte", "\x01", "\x02")
    shelf.put(b'{"a": "\x1b]0;x\x07"}')
    ended = shelf.run("diff", "@2", "@", "--what", "body")
    assert ended.out.replace("\t", "").replace("\n", "").isprintable()


def test_nothing_before_it(shelf: Shelf) -> None:
    shelf.put(ONE, **KIND)
    ended = shelf.run("diff", "@")
    assert ended.code == ExitCode.NOT_FOUND
    assert "no capture of the kind invoice.paid before" in ended.err
