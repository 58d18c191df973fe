"""What the screen does, its command line does: every line parses, and both do the same."""

import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from hookcli.captures.store import Store
from hookcli.cli import screen
from hookcli.cli.app import _share, root
from hookcli.cli.console import Console
from hookcli.cli.here import Here, Shared
from hookcli.signatures import Secret, verify
from hookcli.tui.actions import ACTIONS, BY_ID, Action, command_line
from hookcli.tui.screens.edit import EditScreen
from hookcli.tui.sending import Sender
from hookcli.wire.http import Request
from tests.hookcli.cli.inprocess import Ended, hookcli
from tests.hookcli.cli.laptop import Laptop
from tests.hookcli.tui.rig import NOW, Drive, attempt, capture, driven, fill, identity, put
from tests.support import rawhttp

COMMANDED = [action for action in ACTIONS if action.command and action.where != "edit"]
OURS = {b"hookcli-attempt", b"content-length", b"stripe-signature"}
STRIPE = Secret("stripe-test", "whsec_made_up")


@pytest.mark.parametrize("action", COMMANDED, ids=lambda action: action.id)
def test_every_command_line_is_one_that_hookcli_takes(action: Action) -> None:
    facts = {"ref": identity(1), "refs": f"{identity(1)} {identity(2)}", "filter": "status:5xx"}
    facts |= {"target": "8000", "to": " --to 9000", "other": f"{identity(0)} "}
    _, *words = shlex.split(command_line(action, **facts))
    command: Any = typer.main.get_command(root)
    _share(command)
    here = Here(console=Console(), shared=Shared())
    context = command.make_context("hookcli", words, obj=here)
    while isinstance(command, TyperGroup):
        words = [*context._protected_args, *context.args]
        name, command, words = command.resolve_command(context, words)
        context = command.make_context(name, words, parent=context)
    assert command is not None


def as_the_command(home: Path) -> Sender:
    """What the screen sends with when the command line opens it."""
    here = Here(console=Console(environ={"HOME": str(home)}), shared=Shared())
    return Sender(screen.setup(here).sender)


@dataclass
class Both:
    """The same captures twice: once for the screen, once for the command line."""

    it: Drive
    other: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def run(self, action: str, *more: str) -> Ended:
        """Run the command that the screen shows for an action, on the other captures."""
        line = self.it.app.command_for(BY_ID[action])
        return self.line(line, *more)

    def line(self, line: str, *more: str) -> Ended:
        """Run a command line on the other captures."""
        _, *words = shlex.split(line)
        return hookcli(*words, *more, "--store", str(self.other), env=self.env)

    async def process(self, line: str) -> None:
        """The same as a process of its own: what sends has a loop of its own."""
        _, *words = shlex.split(line)
        laptop = Laptop(**self.env)
        ended = await laptop.run(*words, "--store", str(self.other))
        assert ended.returncode == 0, ended.err


def both(folder: Path, it: Drive, count: int = 4, **env: str) -> Both:
    """Make the second store."""
    other = folder / "other.sqlite"
    fill(other, count)
    return Both(it, other, env)


def kept(path: Path) -> list[tuple[object, ...]]:
    """What tags, notes and deleting leave."""
    store = Store.open(path)
    try:
        return [(c.capture.id, c.capture.tags, c.capture.note) for c in store.summaries()]
    finally:
        store.close()


def comparable(message: rawhttp.Message, *besides: bytes) -> tuple[object, ...]:
    """What a program got, without what is another at each attempt."""
    left_out = {*OURS, *besides}
    fields = [pair for pair in message.headers if pair[0].lower() not in left_out]
    return message.start, fields, message.body


@pytest.mark.parametrize(
    ("keys", "action", "more"),
    [
        (("m",), "mark", ()),
        (("semicolon", *"seen", "enter"), "note", ("seen",)),
        (("t", *"odd", "enter"), "tag", ("odd",)),
        (("delete",), "delete", ("--yes",)),
    ],
)
async def test_what_is_kept_is_the_same(
    tmp_path: Path, keys: tuple[str, ...], action: str, more: tuple[str, ...]
) -> None:
    async with driven(tmp_path, 4) as it:
        await it.press("g", "j")
        again = both(tmp_path, it)
        line = it.app.command_for(BY_ID[action])
        line = line.replace("TEXT", more[0] if more else "").replace(
            "NAME", more[0] if more else ""
        )
        flags = [word for word in more if word.startswith("-")]
        assert again.line(line, *flags).code == 0
        await it.press(*keys)
    assert kept(tmp_path / "captures.db") == kept(again.other)


async def test_marks_are_taken_off_the_same_way(tmp_path: Path) -> None:
    async with driven(tmp_path, 4) as it:
        again = both(tmp_path, it)
        await it.press("g", "m", "m")
        for number in (0, 1):
            assert again.line(f"hookcli tag {identity(number)} marked").code == 0
        assert again.run("unmark").code == 0
        await it.press("U")
    assert kept(tmp_path / "captures.db") == kept(again.other)


@pytest.mark.parametrize("keys", [("r",), pytest.param(("R", "enter"), marks=pytest.mark.slow)])
async def test_a_replay_sends_the_same(tmp_path: Path, keys: tuple[str, ...]) -> None:
    sender = as_the_command(tmp_path)
    async with rawhttp.program() as program:
        made, body = capture(1)
        for name in ("captures.db", "other.sqlite"):
            put(tmp_path / name, made, body, attempt(made.id, 500, target=program.url))
        async with driven(tmp_path, send=sender.send, target=program.url) as it:
            again = Both(it, tmp_path / "other.sqlite")
            line = it.app.command_for(BY_ID["replay"])
            if keys[0] == "R":
                await it.press("R")
                line = it.app.screen.command()  # type: ignore[attr-defined]
                await it.press("enter")
            else:
                await it.press(*keys)
            await it.until(lambda: len(program.received) == 1, "sent from the screen")
            await it.settle()
            it.app.engine.submit(sender.close()).result(5)
        await again.process(line)
        one, other = program.received
        assert comparable(one) == comparable(other)
        assert one.body == body


@pytest.mark.slow
async def test_signed_again_is_the_same_but_for_the_time(tmp_path: Path) -> None:
    sender = as_the_command(tmp_path)
    async with rawhttp.program() as program:
        made, body = capture(1)
        for name in ("captures.db", "other.sqlite"):
            put(tmp_path / name, made, body, attempt(made.id, 500, target=program.url))
        async with driven(tmp_path, send=sender.send, secrets=lambda _: (STRIPE,)) as it:
            again = Both(it, tmp_path / "other.sqlite", {"HOOKCLI_SECRET_STRIPE": "whsec_made_up"})
            line = it.app.command_for(BY_ID["resign"])
            await it.press("ctrl+r")
            await it.until(lambda: len(program.received) == 1, "sent from the screen")
            await it.settle()
            it.app.engine.submit(sender.close()).result(5)
        await again.process(line)
        one, other = program.received
        assert comparable(one) == comparable(other)
        for message, at in ((one, NOW), (other, None)):
            request = Request(
                method="POST", url="", target=b"/", headers=message.headers, body=message.body
            )
            when = at if at is not None else time.time_ns() // 1000
            assert verify(request, "stripe", (STRIPE,), at=when).ok


async def test_an_edit_sends_the_same(tmp_path: Path) -> None:
    sender = as_the_command(tmp_path)
    async with rawhttp.program() as program:
        made, body = capture(1)
        for name in ("captures.db", "other.sqlite"):
            put(tmp_path / name, made, body, attempt(made.id, 500, target=program.url))
        async with driven(tmp_path, send=sender.send, size=(160, 45)) as it:
            again = Both(it, tmp_path / "other.sqlite")
            await it.press("e")
            edit = it.app.screen
            assert isinstance(edit, EditScreen)
            edit.body.text = edit.body.text.replace('"amount": 1', '"amount": 99')
            edit.path.value = "/elsewhere?n=2"
            edit.headers.text += "\nX-Extra: yes"
            await it.settle()
            copied: list[str] = []
            it.app.copy = lambda text, what: copied.append(text)  # type: ignore[method-assign]
            edit.do_edit_copy()
            await it.press("ctrl+j")
            await it.until(lambda: len(program.received) == 1, "sent from the screen")
            await it.settle()
            it.app.engine.submit(sender.close()).result(5)
        line = copied[0].replace("\\\n", " ")
        await again.process(line)
        one, other = program.received
        ids = (b"hookcli-event-id", b"hookcli-replay-of")  # each is a copy of its own
        assert comparable(one, *ids) == comparable(other, *ids)
        assert b'"amount": 99' in one.body


async def test_what_is_copied_as_curl_is_what_export_prints(tmp_path: Path) -> None:
    async with driven(tmp_path, 4) as it:
        again = both(tmp_path, it)
        copied: list[str] = []
        it.app.copy = lambda text, what: copied.append(text)  # type: ignore[method-assign]
        await it.press("y")
        assert again.run("copy").out.strip() == copied[0]


async def test_the_diff_finds_the_same_places(tmp_path: Path) -> None:
    async with driven(tmp_path, 14) as it:
        again = both(tmp_path, it, 14)
        await it.press("d")
        comparison = it.app.main.comparison
        assert comparison is not None
        assert again.run("diff").code == 1
        said = again.run("diff").out
        for where in it.app.main.detail.diff.wheres:
            assert where.removeprefix("response.").split(".")[-1] in said
