"""What is done to the listener, and the screens about it; leaving."""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.screen import Screen

from hookcli.tui import empty, trying, words
from hookcli.tui.acting import work
from hookcli.tui.paint import Line, Piece, wrapped
from hookcli.tui.replays import is_loopback, origin
from hookcli.tui.screens.palette import Palette
from hookcli.tui.screens.reading import ReadingScreen, connection_lines, log_lines

if TYPE_CHECKING:
    from hookcli.tui.inspector import Inspector


class ListenerActions(Screen[None]):
    """Part of the main screen."""

    app: "Inspector"
    draw: Callable[[], None]

    def __init__(self) -> None:
        super().__init__()
        self._leaving = False

    # Delivery

    def do_pause(self) -> None:
        """Hold deliveries back, or let them go on."""
        engine = self.app.engine
        if not engine.listening:
            self.app.say("nothing to pause: no listener runs here")
            return
        pausing = not engine.paused
        engine.steer("pause" if pausing else "resume")
        self.app.board.link.paused = pausing
        self.app.say("delivery paused; captures go on" if pausing else "delivery goes on")
        self.draw()

    def do_deliver_one(self) -> None:
        """Let one go while paused."""
        if not self.app.engine.paused:
            self.app.say("not paused; p pauses delivery")
        elif self.app.engine.steer("deliver_one"):
            self.app.say("let one delivery go")

    def do_try_now(self) -> None:
        """Connect or deliver now."""
        if self.app.engine.steer("try_now"):
            self.app.say("trying now")
        else:
            self.app.say("nothing waits for a try: no listener runs here")

    def do_retarget(self) -> None:
        """Forward to another target."""
        current = next(iter(self.app.board.link.targets), self.app.setup.target)
        self.app.ask("forward to", current.removeprefix("http://"), self._retarget)

    def _retarget(self, text: str) -> None:
        target = origin(text)
        if not is_loopback(target):
            self.app.say("a target that is not this machine is given on the command line: "
                         f"hookcli listen {target}", "warn")  # fmt: skip
            return
        if self.app.retarget(target):
            self.app.say(f"forwarding to {target} from now on")
        else:
            self.app.say(f"replays go to {target} from now on")

    # Screens

    def do_connection(self) -> None:
        """URLs, relay, target."""
        app = self.app
        facts = [("store", str(app.setup.store)), ("drafts", str(app.setup.state))]
        _ = app.push_screen(
            ReadingScreen("Connection", lambda width: connection_lines(app.board, app.setup.clock(), facts, width),
                          ascii_only=app.setup.ascii_only)
        )  # fmt: skip

    def do_log(self) -> None:
        """What happened."""
        app = self.app
        _ = app.push_screen(
            ReadingScreen(
                "Log", partial(log_lines, app.board), ascii_only=app.setup.ascii_only, end=True
            )
        )

    def do_public(self) -> None:
        """How to get a public URL."""
        ready = self.app.board.link.ready
        port = ready.relay.rpartition("//")[2] if ready else "the relay's port"
        _ = self.app.push_screen(
            ReadingScreen("A public URL", lambda _: empty.public_help(port),
                          ascii_only=self.app.setup.ascii_only)
        )  # fmt: skip

    def do_stats(self) -> None:
        """Counts, failures and latency of what is listed."""
        from hookcli.tui.screens.stats import StatsScreen

        _ = self.app.push_screen(StatsScreen(), self._stats_filter)

    def _stats_filter(self, text: str | None) -> None:
        if text:
            self.app.main.apply(text)

    # The empty screens

    def do_copy_url(self) -> None:
        """The webhook URL; of several endpoints all."""
        urls = self.app.board.link.urls
        if urls:
            self.app.copy("\n".join(urls), "the URLs" if len(urls) > 1 else "the URL")
        else:
            self.app.say("there is no URL yet: no relay has answered")

    def do_copy_hello(self) -> None:
        """A curl line to try."""
        url = self.app.board.link.url
        if url:
            path = "" if self.app.board.link.local else "/hello"
            self.app.copy(empty.hello(url, path), "the curl line")
        else:
            self.app.say("there is no URL yet: no relay has answered")

    def do_sample(self) -> None:
        """Choose a sample and send it to the URL, signed where its secret is known."""
        if not self.app.board.link.url:
            self.app.say("there is no URL yet: no relay has answered")
            return
        from hookcli.signatures import samples

        setup = self.app.setup
        _ = self.app.push_screen(
            Palette(trying.entries(samples.names(), setup.secrets), asks="which sample",
                    none="no sample has these words", take="send", ascii_only=setup.ascii_only),
            self._sample_chosen,
        )  # fmt: skip

    def _sample_chosen(self, chosen: str | None) -> None:
        if chosen is None:
            return
        if chosen.startswith("copy:"):
            self.app.copy(chosen[5:], "the command")
        else:
            work(self, "sample", self._send_sample(chosen))

    async def _send_sample(self, name: str) -> None:
        from hookcli.workbench.crafting import from_sample

        app = self.app
        signed = trying.is_signed(name, app.setup.secrets)
        request = from_sample(
            name, app.board.link.url, app.setup.secrets, now=app.now, nonce=os.urandom(16)
        )
        attempt = await asyncio.wrap_future(app.engine.submit(app.setup.post(request)))
        app.say(*trying.told(name, attempt, signed=signed))

    # Leaving

    def do_leave(self) -> None:
        """From the detail back; from the list out, with one question when an answer is under way."""
        main = self.app.main
        if main.showing == "detail":
            main.do_back()
            return
        flying, longest = self.app.board.under_way(self.app.now)
        if not self._leaving and (flying or self.app.setup.confirm_quit):
            self._leaving = True
            del longest
            self.draw()
            return
        self.app.exit(0)

    def stay(self) -> bool:
        """Take the question back; False when none was asked."""
        was = self._leaving
        self._leaving = False
        return was

    def leaving_lines(self) -> list[Line]:
        """The question, while it is asked."""
        if not self._leaving:
            return []
        flying, longest = self.app.board.under_way(self.app.now)
        if flying:
            are = "request is" if flying == 1 else "requests are"
            text = (f"{flying} {are} being answered by your app ({words.long_span(longest)}). "
                    "q again leaves, esc stays.")  # fmt: skip
        else:
            text = "q again leaves, esc stays."
        bar = "|" if self.app.setup.ascii_only else "┃"
        width = max(self.app.size.width - 4, 20)
        return [(Piece(f" {bar} ", "warn"), Piece(part)) for part in wrapped(text, width, 2)]
