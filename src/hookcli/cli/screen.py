"""Opens the screen: on the captures alone, or with a listener on a thread beside it."""

import difflib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, cast

from hookcli.cli.console import ExitCode, is_terminal
from hookcli.cli.here import Here
from hookcli.errors import ConfigError
from hookcli.tui.setup import Setup
from hookcli.tunnel import observe

if TYPE_CHECKING:
    from hookcli.captures.model import Attempt
    from hookcli.cli.listen_options import Options
    from hookcli.cli.pump import Pump
    from hookcli.tui.app import Left
    from hookcli.tunnel.listen import Ending, Listener, Plan
    from hookcli.tunnel.several import Several
    from hookcli.wire.http import Request


def browse(here: Here, text: str) -> int:
    """The screen on the captures alone, with a filter to begin with; the exit code."""
    made = setup(here, begin=text)
    from hookcli.tui.app import run_ui

    return run_ui(made)


def listen(here: Here, options: "Options") -> int:
    """The screen beside a listener; with a piped stdout NDJSON goes there. The exit code."""
    made = setup(here, history=False)
    from hookcli.tui.app import run_listen

    run = _Run(here, options)
    ndjson = None if is_terminal(here.console.stdout) else run.pump("json")
    try:
        left = run_listen(
            made, run.opened, fallback=run.lines, also=run.observer(ndjson), runner=_runner
        )
    finally:
        run.close()
    return run.ended(left, ndjson)


def _runner():  # type: ignore[no-untyped-def]
    from hookcli.cli import loop

    return loop.runner()


@dataclass
class _Run:
    """One listener beside a screen."""

    here: Here
    options: "Options"
    ready: observe.Ready | None = None
    plan: "Plan | None" = None
    pumps: "list[Pump]" = field(default_factory=list)

    @asynccontextmanager
    async def opened(self, observer: observe.Observer) -> "AsyncIterator[Listener | Several]":
        """The listener with its relay; made on the engine's thread, after the first drawing."""
        from hookcli.cli import road

        def notice(text: str) -> None:
            # Not on stderr: that is where the screen is.
            observer(observe.Notice(level="info", code="local", text=text))

        async with road.opened(self.here, notice) as found:
            plans = road.make_plans(self.here, self.options, found)
            self.plan = plans[0]
            yield road.listener(plans, observer)

    def observer(self, pump: "Pump | None") -> observe.Observer:
        """Keeps what the last words need; tells NDJSON as well."""

        def told(report: observe.Report) -> None:
            if isinstance(report, observe.Ready) and self.ready is None:
                self.ready = report
            if pump is not None:
                pump(report)

        return told

    def pump(self, output: str) -> "Pump":
        """Writes reports to stdout on a thread of its own; started."""
        from hookcli.captures.store import Store
        from hookcli.cli import faces
        from hookcli.cli.pump import Pump

        console = self.here.console
        out = console.stderr if output == "lines" and self.pumps else console.stdout
        made = Pump(
            faces.of(output, console),
            out,
            console.stderr,
            bodies=partial(Store.open, self.here.store_path, create=False),
            gone=lambda: None,
        )
        self.pumps.append(made)
        made.start()
        return made

    def lines(self, crash: Exception) -> observe.Observer:
        """The line log, once the screen has crashed twice; says so."""
        from hookcli.cli import bugs

        bugs.tell(crash, ["listen"], self.here, "the screen stopped on a bug; listening goes on")
        return self.pump("lines")

    def close(self) -> None:
        """Write what is left."""
        for pump in self.pumps:
            pump.close()

    def ended(self, left: "Left", ndjson: "Pump | None") -> int:
        """The last words and the exit code."""
        from hookcli.cli import ending as ends

        if left.error is not None:
            raise left.error
        signalled = ExitCode(left.code) if left.code else None
        if left.ending is None or self.plan is None:
            return signalled or ExitCode.YES
        console, ending = self.here.console, cast("Ending", left.ending)
        code, error = ends.code_of(ending, self.plan, signalled, broken=False)
        if ndjson is not None and not ndjson.broken:
            ends.write_done(console, ending, code, self.here.now)
        ends.say_summary(console, ending, self.ready, self.plan)
        if error is not None:
            console.fail(error)
        return code


def setup(here: Here, *, history: bool = True, begin: str = "") -> Setup:
    """What the screen is given.

    Raises:
        StoreError: the captures cannot be used, which is told before anything is drawn.
    """
    from hookcli.cli import forwarding, signing

    with here.store():
        pass
    settings, environ = here.settings, here.console.environ

    def program(setting: str, *variables: str) -> str:
        named = (environ.get(name) for name in variables)
        return settings.text(setting) or next((one for one in named if one), "")

    pager = program("ui.pager", "PAGER")
    return Setup(
        store=here.store_path,
        state=here.paths.screen,
        env=dict(environ),
        editor=program("ui.editor", "VISUAL", "EDITOR"),
        pager=settings.text("ui.viewer") or pager,
        theme=settings.text("ui.theme") or "",
        times=settings.text("ui.time") or "local",
        ascii_only=here.console.ascii_only(here.console.stderr),
        mouse=settings.flag("ui.mouse"),
        confirm_quit=settings.flag("ui.confirm_quit"),
        clipboard=settings.text("ui.clipboard") or "auto",
        keys=_known(settings.keys),
        views=settings.views,
        target=settings.text("forward") or "",
        sender=partial(forwarding.as_set, settings),
        post=partial(_post, here),
        secrets=signing.source(here, None),
        all_secrets=lambda: [
            secret for name in settings.secrets for secret in signing.secrets_of(here, name)
        ],
        history=history,
        begin=begin,
    )


async def _post(here: Here, request: "Request") -> "Attempt":
    """Send a request to its URL, as `trigger` does."""
    from hookcli.cli import forwarding, triggering

    async with forwarding.plain(forwarding.timeout_ms(here.settings)) as forward:
        return await forward(triggering.first_sent(here, request), request.url)


def _known(keys: Mapping[str, str]) -> Mapping[str, str]:
    """The keys of the user.

    Raises:
        ConfigError: for an action that does not exist.
    """
    if not keys:
        return keys
    from hookcli.tui.actions import BY_ID

    for name in keys:
        if name not in BY_ID:
            near = difflib.get_close_matches(name, BY_ID, n=1, cutoff=0.5)
            hint = near[0] if near else "hookcli config keys, for all actions"
            raise ConfigError(f"[keys]: unknown action {name}", hint=hint)
    return keys
