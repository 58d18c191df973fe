"""A forwarder for replays: no relay, no listener, a request to a program, dressed as by `listen`."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from hookcli.config.load import BUILT_IN, Settings
from hookcli.wire.headers import Headers
from hookcli.workbench import parcels
from hookcli.workbench.edits import read_header
from hookcli.workbench.parcels import Forward

if TYPE_CHECKING:
    from hookcli.tunnel.forward import Forwarder

DEFAULT_TIMEOUT_MS = 30_000
"""How long one request may take where nothing is set."""


def headers(settings: Settings) -> Headers:
    """The `K: V` texts of the `header` setting as fields, by the rules that `replay -H` has."""
    made = [read_header(text) for text in settings.texts("header")]
    return tuple((one.name, one.value) for one in made)


def again(settings: Settings, *, insecure: bool, mark: bool = True) -> "Forwarder":
    """What sends captures again: under the prefix, with the headers and the host that are set.

    Without a setting for the host, another machine's server is asked under its own name: it may
    know no other.
    """
    from hookcli.tunnel import wirelog

    is_set = settings.origin("host_header") != BUILT_IN
    return wirelog.forwarder(
        insecure=insecure,
        headers=headers(settings),
        host_header=(settings.text("host_header") if is_set else None) or "auto",
        path=settings.text("path"),
        mark=mark,
    )


@asynccontextmanager
async def sender(
    settings: Settings | None, *, timeout_ms: int, insecure: bool, mark: bool
) -> AsyncIterator[Forward]:
    """What sends parcels; its connections are closed at the end.

    Args:
        settings: How a listener forwards, for what is sent as it would; None: to the URL as it is.
        insecure: Certificates are not verified.
        mark: A field says what a replay repeats.
    """
    from hookcli.tunnel import wirelog

    if settings is None:
        forwarder = wirelog.forwarder(insecure=insecure, host_header="auto", mark=mark)
    else:
        forwarder = again(settings, insecure=insecure, mark=mark)

    try:
        yield partial(parcels.forward, by=forwarder, timeout_s=timeout_ms / 1000)
    finally:
        await forwarder.close()


def as_set(settings: Settings) -> AbstractAsyncContextManager[Forward]:
    """What sends parcels with everything as it is set."""
    return sender(
        settings,
        timeout_ms=timeout_ms(settings),
        insecure=settings.flag("insecure"),
        mark=True,
    )


def plain(timeout_ms: int) -> AbstractAsyncContextManager[Forward]:
    """What sends parcels to their URL as they are, as a provider would."""
    return sender(None, timeout_ms=timeout_ms, insecure=False, mark=False)


def timeout_ms(settings: Settings) -> int:
    """How long one request may take; 0 is no time to set."""
    return settings.number("timeout") or DEFAULT_TIMEOUT_MS
