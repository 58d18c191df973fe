"""The wire log: what goes to the relay and to the program and what comes back, a line each.

Whoever makes a stream or a forwarder asks for one here. While nobody reads the log these are the
plain ones, so that it costs nothing. What opens a door is left out: the token, signatures, and the
values of fields and parameters whose names say that they are secret. Bodies are told by their size.
"""

import logging
import re
from functools import cache
from typing import Any

from hookcli import signatures
from hookcli.tunnel.fault import Fault
from hookcli.tunnel.forward import Course, Forwarder
from hookcli.tunnel.http1 import Connection
from hookcli.tunnel.origin import Origin
from hookcli.tunnel.outgoing import Outgoing
from hookcli.tunnel.stream import Stream, Taker
from hookcli.wire import codec
from hookcli.wire.http import Response
from hookcli.wire.messages import ListenerMessage, RelayMessage, Unknown

LOG = logging.getLogger("hookcli.wire")
HIDDEN = "(hidden)"
_MOST = 200
"""Characters of one value that are told."""
_SECRET = "auth|cookie|token|secret|key|password|sig|hmac|digest|credential"  # noqa: S105
_SECRET_NAME = re.compile(_SECRET, re.IGNORECASE)
_SECRET_PARAMETER = re.compile(rf"([?&][^=&\s]*(?:{_SECRET})[^=&\s]*=)[^&\s]+", re.IGNORECASE)


def stream(taker: Taker, uri: str, token: str) -> Stream:
    """A stream; one that is told of, where that is asked for."""
    return (_ToldStream if LOG.isEnabledFor(logging.DEBUG) else Stream)(taker, uri, token)


def forwarder(**options: Any) -> Forwarder:
    """A `Forwarder` with its options; one that is told of, where that is asked for."""
    if not LOG.isEnabledFor(logging.DEBUG):
        return Forwarder(**options)
    _signing_fields()  # now, for it takes a while, and attempts are timed
    return _ToldForwarder(**options)


def field(name: str, value: str) -> str:
    """A field's line, without what is secret."""
    secret = _SECRET_NAME.search(name) or name.lower() in _signing_fields()
    return f"{name}: {HIDDEN if secret else url(value)}"


def url(text: str) -> str:
    """What may hold a URL, without the parameters that are secret."""
    return _cut(_SECRET_PARAMETER.sub(rf"\1{HIDDEN}", text))


def message(one: RelayMessage | ListenerMessage | Unknown) -> str:
    """A message of the wire: its type and its fields, bytes by their number."""
    told = (f"{name}={_value(name, getattr(one, name))}" for name in one.__struct_fields__)
    return " ".join([type(one).__name__, *told])


def _value(name: str, value: object) -> str:
    if name == "target" and isinstance(value, bytes):
        return url(value.decode("utf-8", "replace"))
    if isinstance(value, bytes):
        return f"{len(value)} B"
    if name == "headers" and isinstance(value, tuple):
        return f"{len(value)} fields"
    return url(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[:_MOST]}… ({len(text)} characters)"


@cache
def _signing_fields() -> frozenset[str]:
    known = (signatures.load(name) for name in signatures.names())
    return frozenset(one.header.decode().lower() for one in known if one is not None)


class _ToldStream(Stream):
    """Tells of the handshake and of every message."""

    def __init__(self, taker: Taker, uri: str, token: str) -> None:
        super().__init__(_Teller(taker), uri, token)
        LOG.debug("relay > GET %s", url(uri))

    def send(self, message_: bytes) -> None:
        LOG.debug("relay > %s", message(codec.decode_listener(message_)))
        super().send(message_)


class _Teller:
    """Tells what a stream says, and passes it on."""

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self.heard, self.bug = taker.heard, taker.bug

    def shaken(self, stream: Stream) -> None:
        LOG.debug("relay < 101 Switching Protocols")
        self._taker.shaken(stream)

    def answered(self, stream: Stream, status: int, text: str) -> None:
        LOG.debug("relay < %s %s", status, text)
        self._taker.answered(stream, status, text)

    def received(self, stream: Stream, messages: list[RelayMessage | Unknown]) -> None:
        for one in messages:
            LOG.debug("relay < %s", message(one))
        self._taker.received(stream, messages)

    def damaged(self, stream: Stream, digest: bytes, seq: int | None, fault: str) -> None:
        LOG.debug("relay < damaged message: %s", fault)
        self._taker.damaged(stream, digest, seq, fault)

    def closed(self, stream: Stream, code: int | None, reason: str) -> None:
        LOG.debug("relay < closed %s %s", "by the network" if code is None else code, reason)
        self._taker.closed(stream, code, reason)


class _ToldForwarder(Forwarder):
    """Tells of every request as it is written, and of its answer."""

    async def _connect(self, origin: Origin, course: Course) -> Connection:
        LOG.debug("http  > connecting to %s", origin.authority.decode("ascii", "replace"))
        return await super()._connect(origin, course)

    async def _over(
        self, connection: Connection, outgoing: Outgoing, course: Course
    ) -> tuple[Response, Fault | None]:
        _tell_head("http  >", outgoing.head, len(outgoing.body))
        answer, fault = await super()._over(connection, outgoing, course)
        if fault is not None:
            LOG.debug("http  < %s: %s", fault.outcome.value, fault.text)
        else:
            lines = [b"HTTP/1.1 %d %b" % (answer.status, answer.reason)]
            lines += [b"%b: %b" % pair for pair in answer.headers]
            _tell_head("http  <", b"\r\n".join(lines), len(answer.body))
        return answer, fault


def _tell_head(way: str, head: bytes, size: int) -> None:
    first, *lines = head.decode("utf-8", "replace").rstrip("\r\n").split("\r\n")
    LOG.debug("%s %s", way, url(first))
    for line in lines:
        name, _, value = line.partition(": ")
        LOG.debug("%s %s", way, field(name, value))
    LOG.debug("%s (%d B)", way, size)
