"""The road of a listener, the same for every face: its relay, its endpoint, its plan."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hookcli.cli import access, forwarding, local_relay, presence, routing, signing
from hookcli.cli.here import Here
from hookcli.cli.listen_options import Options
from hookcli.config.values import duration_ms
from hookcli.errors import UsageError

if TYPE_CHECKING:
    from hookcli.captures.model import Capture
    from hookcli.tunnel.listen import Listener, Plan, Start
    from hookcli.tunnel.observe import Observer
    from hookcli.tunnel.several import Several

RELAY_GRACE_S = 1.0
"""How long the local relay may take to end, once its listener has."""

Notice = Callable[[str], None]
"""Told what is worth knowing and no failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """What there is to connect to."""

    accesses: list[access.Access]
    """One for each endpoint; the first is the one that is spoken of."""
    is_local: bool
    """The relay is inside this process."""


@asynccontextmanager
async def opened(here: Here, notice: Notice, *, listens: bool = True) -> AsyncIterator[Road]:
    """The relay that is configured, or one inside this process, and the endpoint on it.

    Args:
        here: Where the command runs.
        notice: Told what is worth knowing.
        listens: Events will be captured; False: it is only looked what there is.

    Raises:
        HookcliError: no port is free, no token fits, the relay does not create the endpoint, or somebody
            listens to it here already.
    """
    async with AsyncExitStack() as stack:
        origin = here.settings.text("relay")
        is_local = origin is None
        if origin is None:
            relay = await local_relay.start(here, notice)
            stack.push_async_callback(relay.stop, RELAY_GRACE_S)
            origin = relay.origin
        every = await asyncio.to_thread(access.every_endpoint, here, origin, open_relay=is_local)
        for fault in signing.faults(here):
            notice(fault)
        for given in every if listens else ():
            held = presence.held(here.store_path, given.endpoint, called=given.name)
            stack.enter_context(held)
        yield Road(accesses=every, is_local=is_local)


def make_plans(here: Here, options: Options, road: Road) -> "list[Plan]":
    """What the settings and the command line ask for, one for each endpoint.

    Raises:
        UsageError: what counts events of one endpoint is asked for of several.
    """
    if len(road.accesses) > 1 and (options.count or options.from_seq is not None):
        flag = "--count" if options.count else "--from"
        raise UsageError(f"{flag} is for one endpoint, and these are {len(road.accesses)}")
    return [_plan(here, options, road, given) for given in road.accesses]


def listener(plans: "Sequence[Plan]", observer: "Observer") -> "Listener | Several":
    """What listens by these plans."""
    from hookcli.tunnel.listen import Listener

    if len(plans) == 1:
        return Listener(plans[0], observer)
    from hookcli.tunnel.several import Several

    return Several(plans, observer)


def _plan(here: Here, options: Options, road: Road, given: access.Access) -> "Plan":
    from hookcli.tunnel.listen import Plan

    settings = here.settings
    return Plan(
        relay=given.origin,
        endpoint=given.endpoint,
        called=given.name,
        token=given.token.value,
        token_source=given.token.source,
        secrets=signing.by_scheme(here),
        recipes=signing.recipes(here),
        target=settings.text("forward"),
        routes=routing.routes(here, options),
        only=routing.only(here, options),
        path=settings.text("path"),
        headers=forwarding.headers(settings),
        host_header=settings.text("host_header") or "keep",
        insecure=settings.flag("insecure"),
        timeout_s=forwarding.timeout_ms(settings) / 1000,
        concurrency=settings.number("concurrency") or 32,
        retry=settings.number("retry") or 0,
        retry_for_s=_seconds(settings.number("retry_for")),
        respond=settings.text("respond"),
        deadline_ms=settings.number("deadline"),
        handshakes=settings.flag("handshakes"),
        remark=_drifting(here, given.endpoint) if settings.flag("drift") else None,
        start=_start(here, options),
        max_offline_s=_seconds(settings.number("max_offline")),
        count=options.count,
        for_s=_seconds(ms("--for", options.for_)) if options.for_ else None,
        drain=options.drain,
        paused=options.paused,
        store=here.store_path,
        local=road.is_local,
        name=socket.gethostname(),
    )


def _drifting(here: Here, endpoint: str) -> "Callable[[Capture, bytes], str]":
    from hookcli.workbench.drifting import Drifting

    return Drifting(here.store_path, endpoint).note


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000


def _start(here: Here, options: Options) -> "Start":
    from hookcli.tunnel import listen

    if options.from_seq is not None:
        return listen.From(seq=options.from_seq)
    if options.since is not None:
        return listen.Since(at=_instant(here, options.since))
    return listen.Now() if options.now else listen.Cursor()


def _instant(here: Here, text: str) -> int:
    """A time ago, or RFC 3339, in µs since the epoch."""
    from datetime import datetime

    try:
        return here.now - duration_ms(text) * 1000
    except ValueError as error:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            text = f"--since {text}: {error}, or RFC 3339"
            raise UsageError(text) from None
        return round(moment.astimezone().timestamp() * 1e6)


def ms(flag: str, text: str) -> int:
    """A time given as a flag, in milliseconds."""
    try:
        return duration_ms(text)
    except ValueError as error:
        raise UsageError(f"{flag} {text}: {error}") from None
