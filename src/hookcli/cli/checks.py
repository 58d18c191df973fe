"""What `hookcli doctor` looks at, one function each: in the order in which a webhook travels."""

import os
import shutil
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from hookcli.cli import access, presence
from hookcli.cli.access import relay_origin
from hookcli.cli.here import Here
from hookcli.cli.relay_api import RelayApi
from hookcli.cli.render.words import plural, size, span, when
from hookcli.config import endpoints
from hookcli.errors import HookcliError, RelayError

CLOCK_MS = 30_000
"""Providers accept signatures some minutes old; from half a minute on it is worth a word."""
LEAST_FREE, FULL = 1 << 30, 16 << 20
"""Bytes below which it is worth a word, and below which no webhook can be captured for long."""
_CONNECT_S = 3.0


class Mark(StrEnum):
    """How a check ended."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing, and nothing that keeps webhooks away."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line."""

    mark: Mark
    text: str
    hint: str = ""
    """What to do: a command, where there is one."""


def ok(text: str) -> list[Finding]:
    """Nothing to do."""
    return [Finding(Mark.OK, text)]


def failed(error: HookcliError) -> list[Finding]:
    """The check came to no end."""
    return [Finding(Mark.WRONG, "; ".join((error.message, *error.why)), error.hint or "")]


def settings(here: Here) -> list[Finding]:
    """Which settings are not built in, and where each comes from."""
    found = [
        f"{name} from {one.origin}"
        for name, one in here.settings.settings.items()
        if one.origin != "built-in" and one.value not in (None, ())
    ]
    text = ", ".join(found) or "nothing is set: what is built in holds"
    lines = ok(text)
    for one in here.settings.ignored:
        ignored = f"{one.file}: {one.key} is ignored: {one.why}"
        lines.append(Finding(Mark.NOTE, ignored, "hookcli config trust, if you trust this project"))
    return lines


def relay(here: Here) -> list[Finding]:
    """Whether the relay answers, could store an event now, and how its clock stands."""
    if not here.settings.text("relay"):
        hint = "hookcli login URL, or hookcli relay to run one"
        text = "none is configured: `hookcli listen` runs one for this machine only"
        return [Finding(Mark.NOTE, text, hint)]
    origin = relay_origin(here)
    host = urlsplit(origin).netloc
    began = time.monotonic()
    before = here.now
    try:
        health = RelayApi(origin=origin).health()
    except RelayError as error:
        hint = f"curl {origin}/_/health, from here and from elsewhere"
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            hint = (
                "SSL_CERT_FILE=ca.pem hookcli doctor, where an authority of your own has signed it"
            )
        return [Finding(Mark.WRONG, error.message, hint)]
    took = (time.monotonic() - began) * 1000
    if health.get("status") != "ok":
        text = f"{host} cannot store events: {health.get('log') or health.get('status')}"
        return [Finding(Mark.WRONG, text, "ask its operator; senders are told to come again")]
    lines = ok(f"{host} answers in {span(took)} and can store events")
    if isinstance(now := health.get("now"), int):
        ahead_ms = (before - now) / 1000 + took / 2
        way = "ahead of" if ahead_ms > 0 else "behind"
        text = f"this machine is {span(abs(ahead_ms))} {way} the relay"
        if abs(ahead_ms) > CLOCK_MS:
            lines.append(Finding(Mark.NOTE, f"{text}: signatures may look stale", "timedatectl"))
        else:
            lines.append(Finding(Mark.OK, f"clocks agree: {text}"))
    return lines


def endpoint(here: Here) -> list[Finding]:
    """Of each endpoint, whether the token opens it, what it is set to, and who listens to it."""
    if not here.settings.text("relay"):
        return []
    lines: list[Finding] = []
    for name in endpoints.names(here.settings):
        try:
            lines += _endpoint(here, name)
        except HookcliError as error:
            lines += failed(error)
    return lines


def _endpoint(here: Here, name: str) -> list[Finding]:
    known = here.credentials.relay(relay_origin(here)).endpoint(name)
    if known is None and not name.startswith(endpoints.ID_PREFIX):
        hint = f"hookcli listen 8000 -e {name}"
        return [Finding(Mark.NOTE, f"{name} is not made yet: the first `listen` makes it", hint)]
    given = access.endpoint(here, relay_origin(here), name)
    # The relay's key would show it as well, and listens to nothing.
    asked, id_ = RelayApi(origin=given.origin, token=given.token), given.endpoint
    shown = asked.show(id_)
    lines = ok(f"the token opens {shown.get('url')} ({_settings(shown)})")
    try:
        asked.try_stream(id_)
        lines += ok("streams can be opened")
    except HookcliError as error:
        lines.append(Finding(Mark.WRONG, f"no stream: {error.message}", error.hint or ""))
    lines.append(_listeners(shown, here=presence.listens(here.store_path, id_)))
    if turned_away := shown.get("refused"):
        counts = ", ".join(f"{count:,} by {reason}" for reason, count in turned_away.items())
        hint = f"hookcli endpoint show {name}"
        lines.append(Finding(Mark.NOTE, f"the relay turned senders away: {counts}", hint))
    return lines


def _listeners(shown: Mapping[str, Any], *, here: bool) -> Finding:
    count = int(shown.get("listeners") or 0)
    if not count:
        return Finding(Mark.NOTE, "nobody listens; events wait at the relay", "hookcli listen")
    names = ", ".join(str(name) or "without a name" for name in shown.get("listener_names") or ())
    who = f"{plural(count, 'listener')} connected" + (f" ({names})" if names else "")
    if count > here:
        hint = "" if here else "hookcli listen, to get them here as well"
        others = "elsewhere too" if here else "elsewhere, none of them here"
        return Finding(Mark.NOTE, f"{who}, {others}; each gets every event", hint)
    return Finding(Mark.OK, f"{who}, here")


def _settings(shown: Mapping[str, Any]) -> str:
    deadline = shown.get("deadline_ms")
    held = f"held for {span(float(deadline))}" if deadline else "held as long as the provider waits"
    senders = f"senders are {held}" if shown.get("respond") == "app" else "senders get the ack"
    return f"{senders}, {plural(int(shown.get('events') or 0), 'event')} kept"


def target(here: Here) -> list[Finding]:
    """Whether the program accepts connections, and those that routes lead to."""
    lines: list[Finding] = []
    url = here.settings.text("forward")
    if not url:
        hint = "hookcli config set forward localhost:8000"
        captures = (
            "the rest is only captured" if here.settings.routes else "events are only captured"
        )
        lines.append(Finding(Mark.NOTE, f"none is set: {captures}", hint))
    routed = [to for route in here.settings.routes for to in route.to]
    for one in dict.fromkeys([*([url] if url else []), *routed]):
        lines += _target(one)
    return lines


def _target(url: str) -> list[Finding]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    began = time.monotonic()
    try:
        socket.create_connection((parts.hostname or "", port), timeout=_CONNECT_S).close()
    except OSError as error:
        why = "refuses connections" if isinstance(error, ConnectionRefusedError) else str(error)
        text = f"{parts.netloc} {why}; what arrives waits for it"
        return [Finding(Mark.WRONG, text, "start your app, or set another target")]
    return ok(f"{parts.netloc} accepts connections ({span((time.monotonic() - began) * 1000)})")


def store(here: Here) -> list[Finding]:
    """Whether captures can be read, what is undelivered, and the room on their disk."""
    path = here.store_path
    if not path.exists():
        return ok(f"no captures yet; they will be in {path}")
    with here.store(create=False) as captures:
        captures.check()
        count, newest = captures.count(), next(captures.summaries(limit=1, now=here.now), None)
        waiting = len(captures.pending(None))
    latest = f", the latest at {when(newest.capture.received_at, here.now)}" if newest else ""
    lines = ok(f"{path} is whole: {plural(count, 'capture')}, {size(path.stat().st_size)}{latest}")
    if waiting:
        text = f"{plural(waiting, 'delivery', 'deliveries')} not finished"
        lines.append(Finding(Mark.NOTE, text, "hookcli listen goes on with them"))
    return lines


def disk(here: Here) -> list[Finding]:
    """Whether there is room for captures."""
    folder = here.store_path.parent
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        return [
            Finding(Mark.WRONG, f"{folder} cannot be written", "--store FILE, in another folder")
        ]
    free = shutil.disk_usage(folder).free
    text = f"{size(free)} free in {folder}"
    if free >= LEAST_FREE:
        return ok(text)
    return [Finding(Mark.WRONG if free < FULL else Mark.NOTE, text, "hookcli rm --older 7d")]


def terminal(here: Here) -> list[Finding]:
    """What the terminal can show, and how copying works."""
    from hookcli.cli.face import cannot_draw
    from hookcli.tui.clipboard import ways

    console = here.console
    if why := cannot_draw(console):
        lines = [Finding(Mark.NOTE, f"no screen here: {why}; lines are printed")]
    else:
        signs = "ASCII only" if console.ascii_only(console.stderr) else "all signs"
        lines = ok(f"{console.environ.get('TERM')}, {signs}")
    wanted = here.settings.text("ui.clipboard") or "auto"
    best = next(iter(ways(console.environ, wanted=wanted)), None)
    if best is None or not best.sure:
        text = (
            "copying goes through the terminal (OSC 52), which may drop it; a file is written too"
        )
        return [*lines, Finding(Mark.NOTE, text, "hookcli config set ui.clipboard COMMAND")]
    return [*lines, Finding(Mark.OK, f"copying works through {best.name}")]


CHECKS: Mapping[str, Callable[[Here], list[Finding]]] = {
    "settings": settings,
    "relay": relay,
    "endpoint": endpoint,
    "target": target,
    "store": store,
    "disk": disk,
    "terminal": terminal,
}
"""By the word in front of their lines."""
