"""Names and notes on captures, and the sets that they make."""

import pytest

from hookcli.cli.console import ExitCode
from tests.hookcli.cli.shelf import Shelf, records


def test_a_name_is_a_reference_to_all_that_have_it(shelf: Shelf) -> None:
    ids = [shelf.put(b"%d" % n) for n in range(3)]
    assert shelf.run("tag", ids[0], "checkout", "refund", "--note", "the first").code == 0
    assert shelf.run("tag", ids[2], ":checkout").err == "1 capture: named checkout\n"
    assert shelf.run("ls", ":checkout", "-o", "ids", "--reverse").out.split() == [ids[0], ids[2]]
    assert shelf.run("tag", ids[0]).out == f"{ids[0]}\tcheckout refund\tthe first\n"
    assert shelf.run("tag").out == "checkout\t2\nrefund\t1\n"
    assert records(shelf.run("tag", "--json"), "tag")[0]["count"] == 2
    (event,) = records(shelf.run("tag", ids[0], "more", "--json"), "event")
    assert (event["tags"], event["note"]) == (["checkout", "more", "refund"], "the first")


def test_names_and_notes_are_taken_off_again(shelf: Shelf) -> None:
    ids = [shelf.put(), shelf.put()]
    shelf.run("tag", "4700..", "x", "y", "--note", "n")
    assert shelf.run("tag", "tag:x", "x", "--remove").err == "2 captures: off x\n"
    assert shelf.run("tag", ids[0], "--note", "").err == "1 capture: noted\n"
    assert shelf.run("tag", "4700..").out == f"{ids[0]}\ty\n{ids[1]}\ty\tn\n"


def test_ids_come_from_stdin(shelf: Shelf) -> None:
    ids = [shelf.put(), shelf.put(), shelf.put()]
    shelf.run("tag", "-", "set", stdin="\n".join(ids[:2]))
    assert shelf.run("tag").out == "set\t2\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["tag", "@", "a b"], ExitCode.USAGE, "' ' cannot stand in a name"),
        (["tag", "@", "a/2"], ExitCode.USAGE, "'/' cannot stand in a name"),
        (["tag", "@", "\x1b[2J"], ExitCode.USAGE, "cannot stand in a name"),
        (["tag", "@", ""], ExitCode.USAGE, "1 to 100 characters"),
        (["tag", "@", "--remove"], ExitCode.USAGE, "no name to take off"),
        (["tag", ":nobody", "x"], ExitCode.NOT_FOUND, "nobody"),
    ],
)
def test_what_cannot_be_is_told(
    shelf: Shelf, arguments: list[str], code: ExitCode, said: str
) -> None:
    shelf.put()
    ended = shelf.run(*arguments)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert "\x1b" not in ended.err


def test_without_a_name_there_is_something_to_try(shelf: Shelf) -> None:
    shelf.put()
    ended = shelf.run("tag")
    assert (ended.code, ended.out) == (ExitCode.YES, "")
    assert "try: hookcli tag @ NAME" in ended.err
