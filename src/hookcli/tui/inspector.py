"""The application: what belongs to no single screen."""

import asyncio
import gc
import importlib
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events

from hookcli.captures.store import Store
from hookcli.errors import HookcliError
from hookcli.tui import layout, loading, words
from hookcli.tui.acting import Acting, act, handles, work
from hookcli.tui.actions import ACTIONS, BY_ID, Action, bindings, command_line
from hookcli.tui.board import Board
from hookcli.tui.bridge import Engine
from hookcli.tui.desk import Desk
from hookcli.tui.dispatching import Sending
from hookcli.tui.keys import OrderedKeys
from hookcli.tui.memory import Memory
from hookcli.tui.outside import Outside
from hookcli.tui.paint import COMPONENTS, draw_ascii
from hookcli.tui.replays import Replayer
from hookcli.tui.rows import Row
from hookcli.tui.screens.boxes import LineBox
from hookcli.tui.screens.help import HelpScreen, keys_of
from hookcli.tui.screens.main import MainScreen
from hookcli.tui.screens.palette import Entry, Palette
from hookcli.tui.setup import MARK, Setup
from hookcli.tui.storing import Storing
from hookcli.tui.terminal import SIGNALS
from hookcli.tui.views import View, all_views

if TYPE_CHECKING:
    from hookcli.workbench.parcels import Forward

ENDS = ("count", "for", "drained")
"""Endings that were asked for: the screen ends with them."""
DRAIN_S = 0.1
"""How often reports are drawn; not one call a report."""
WARM_AFTER_S = 1.0
_SOON = (
    "hookcli.captures.filters", "hookcli.signatures.explaining", "hookcli.tui.compared",
    "hookcli.tui.screens.edit", "hookcli.tui.screens.replay_form", "hookcli.workbench.export",
    "hookcli.workbench.parcels", "ulid",
)  # fmt: skip
"""What the first drawing does without, and one of the next keys may need."""
_PALETTE_PLACES = (
    "list",
    "body",
    "raw",
    "detail",
    "main",
    "empty",
    "attempts",
    "signature",
    "diff",
    "any",
)


def ended_words(error: BaseException | None) -> str:
    """Why listening ended, with what to do about it; empty for no reason."""
    if error is None:
        return ""
    if isinstance(error, HookcliError):
        return f"{error.message} ({error.hint})" if error.hint else error.message
    return f"a bug of hookcli ({type(error).__name__}); q leaves and writes a report"


async def warm() -> None:
    """Import what will be needed, bit by bit, so that no key has to wait for it.

    What is imported stays: looking through it for garbage again and again would stop the screen and
    the tunnel for 80 ms each time.
    """
    for name in _SOON:
        _ = await asyncio.to_thread(importlib.import_module, name)
        await asyncio.sleep(DRAIN_S)
    gc.freeze()


class Inspector(Acting, OrderedKeys, Storing, Outside, Sending, inherit_bindings=False):
    """Owns engine, board, desk and memory; screens ask it for what they need of them."""

    CSS_PATH = "tui.tcss"
    COMPONENT_CLASSES = COMPONENTS
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = bindings("any")  # type: ignore[assignment]
    TITLE = "hookcli"

    def __init__(
        self, setup: Setup, engine: Engine, send: "Forward", board: Board | None = None
    ) -> None:
        super().__init__()
        self.setup = setup
        draw_ascii(setup.ascii_only)
        words.tell_times(setup.times)
        self.engine = engine
        self.memory = Memory.load(setup.state)
        self.board = board or Board(mark=MARK, budget_ms=loading.budget_ms)
        self.desk = Desk(lambda: Store.open(setup.store))
        self.scans = Desk(lambda: Store.open(setup.store), name="scan")
        self.replayer = Replayer(engine, self.desk, send)
        self.main = MainScreen()
        self.crash: Exception | None = None
        self._deleted: list[list[Row]] = []
        self._small = ""
        self._over = False
        """Whether the end of listening was told."""

    # Life

    def on_mount(self) -> None:
        """Signals, keys, theme, the main screen, the clock."""
        self.theme = layout.theme_for(self.setup.theme, self.available_themes, self.setup.env)
        self.set_keymap(self.setup.keys)
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            # Textual has no handler: the terminal would be left in the alternate screen.
            loop.add_signal_handler(number, self._signalled, number)
        if self.engine.listening and self.board.link.phase == "none":
            self.board.link.turn("connecting")
        _ = self.push_screen(self.main)
        self.set_interval(DRAIN_S, self.drain)
        self.main.call_after_refresh(self.engine.begin)
        if not self.is_headless:
            self.set_timer(WARM_AFTER_S, lambda: work(self, "warm", warm()))

    def _signalled(self, number: int) -> None:
        self.exit(128 + number, return_code=128 + number)

    def on_unmount(self) -> None:
        """Give the signals back."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.remove_signal_handler(number)

    def put_away(self) -> None:
        """After the screen is gone: delete what was deleted, close the store."""
        ids = [row.id for rows in self._deleted for row in rows]
        if ids:
            self.desk.finish(lambda store: store.delete(ids))
        self.desk.close()
        self.scans.close()

    def _fatal_error(self) -> None:
        """Leave at once: Textual's own report would print local variables, secrets among them."""
        self.crash = self._exception if isinstance(self._exception, Exception) else None
        self._close_messages_no_wait()

    def drain(self) -> None:
        """Take in what was reported, draw what has changed."""
        if not self.main.is_mounted:
            return
        reports = self.engine.drain()
        if reports:
            self.main.took(self.board.take(reports, self.now, self.setup.clock()))
        if self.engine.over.is_set() and self.board.link.phase != "none" and not self._over:
            self._ended()
        self.main.ticked(news=bool(reports))

    def _ended(self) -> None:
        self._over = True
        link, error = self.board.link, self.engine.error
        error = error or getattr(self.engine.ending, "error", None)
        link.turn("ended", ended_words(error))
        if error is None and getattr(self.engine.ending, "reason", "") in ENDS:
            self.exit(0)
            return
        self.say(f"listening ended{f': {link.reason}' if link.reason else ''}", "bad")

    # Actions

    def action_act(self, action: str) -> None:
        """A key of everywhere: the focus decides who answers."""
        self.act_from_focus(action)

    def act_from_focus(self, action: str) -> None:
        """Run an action as if its key had been pressed where the focus is."""
        act(self.focused or self.screen, action)

    def do_help(self) -> None:
        """The keys of this place."""
        places = getattr(self.screen, "places", None)
        wanted = places() if callable(places) else ("full", "any")
        _ = self.push_screen(
            HelpScreen(wanted, self.setup.keys, ascii_only=self.setup.ascii_only), self._chosen
        )

    def do_commands(self) -> None:
        """The palette."""
        if self.screen is not self.main:
            self.do_help()
            return
        _ = self.push_screen(
            Palette([self._entry(action) for action in self.offered()], asks="what to do",
                    none="no action has these words", take="run", ascii_only=self.setup.ascii_only),
            self._chosen,
        )  # fmt: skip

    def _entry(self, action: Action) -> Entry:
        keys = keys_of(action, self.setup.keys)
        command = self.command_for(action)
        return Entry(
            id=action.id, title=action.title, note=keys, words=action.help, command=command
        )

    def offered(self) -> list[Action]:
        """What the palette offers: what can be done from here."""
        start = self.main.focused or self.main
        empty = self.main.showing == "empty"
        return [
            action for action in ACTIONS
            if action.where in _PALETTE_PLACES
            and (action.where == "empty") <= empty
            and (handles(start, action.id) or handles(self.main.event_list, action.id)
                 or handles(self.main.detail.content, action.id))
        ]  # fmt: skip

    def command_for(self, action: Action) -> str:
        """The command line of an action for what is selected."""
        rows = self.main.chosen_rows()
        row = self.main.event_list.row
        target = self.target or next(iter(self.board.link.targets), self.setup.target)
        facts = {"mark": MARK, "target": shlex.quote(target.removeprefix("http://") or "8000")}
        facts["to"] = f" --to {facts['target']}" if self.target else ""
        facts["ignored"] = ",".join(self.main.ignoring)
        if row is not None:
            facts["ref"] = row.id
            details, comparison = self.main.details, self.main.comparison
            if details is not None and details.capture.id == row.id:
                facts["went"] = shlex.quote(self.target_of(details).removeprefix("http://"))
            if comparison is not None and comparison.this.capture.id == row.id:
                facts["other"] = f"{comparison.other.capture.id} "
        if rows:
            facts["refs"] = (
                " ".join(each.id for each in rows[:3]) if len(rows) <= 3 else "is:marked"
            )
        if self.main.typed:
            facts["filter"] = shlex.quote(self.main.typed)
        if self.main.detail.attempts.attempt_n:
            facts["attempt"] = str(self.main.detail.attempts.attempt_n)
        return command_line(action, **facts)

    def _chosen(self, result: str | None) -> None:
        if result is None:
            return
        if result.startswith("copy:"):
            self.copy(result[5:], "the command")
            return
        self.run_action_by_id(result)

    def run_action_by_id(self, action: str) -> None:
        """Run an action of the table wherever it is at home."""
        starts = (self.focused, self.screen, self.main.event_list, self.main.detail.content)
        for start in starts:
            if start is not None and BY_ID.get(action) and act(start, action):
                return

    def do_redraw(self) -> None:
        """Draw the screen again."""
        self.refresh(layout=True)
        self.screen.refresh(layout=True)

    def do_leave(self) -> None:
        """Back from whatever screen has no own way."""
        if len(self.screen_stack) > 2:
            _ = self.pop_screen()
        else:
            self.main.do_leave()

    def do_leave_now(self) -> None:
        """Out."""
        self.exit(0)

    def do_interrupt(self) -> None:
        """Out, from anywhere."""
        self.exit(130 if self.engine.listening else 0)

    def do_suspend(self) -> None:
        """Back to the shell."""
        self.action_suspend_process()

    def on_resize(self, event: events.Resize) -> None:
        """Say so when there is no room."""
        small = layout.too_small(event.size.width, event.size.height)
        if small and small != self._small and self.main.is_mounted:
            self.say(small, "warn")
        self._small = small

    def on_text_selected(self, event: events.TextSelected) -> None:
        """What the mouse selected is copied."""
        del event
        text = self.screen.get_selected_text()
        if text:
            self.copy(text, words.plural(len(text), "character"))

    # Asking

    def ask(self, question: str, begin: str, then: Callable[[str], None]) -> None:
        """Ask for a line; nothing happens when it is given up."""

        def answered(text: str | None) -> None:
            if text is not None:
                then(text)

        _ = self.push_screen(LineBox(question, begin), answered)

    async def asked(self, question: str, begin: str) -> str | None:
        """Ask for a line and wait."""
        return await self.push_screen_wait(LineBox(question, begin))

    @property
    def views(self) -> list[View]:
        """The views: built in, of the configuration, saved here."""
        saved = {**self.setup.views, **self.memory.kept.views}
        return all_views(saved, self.board.link.several)
