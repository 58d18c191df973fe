"""HTTP/1.1 requests from bytes, with their limits: fed with what came, asked for what is whole.

No socket here. Requests are read with the `httptools` parser rather than with a server library,
because those refuse or rewrite what has to be carried exactly: field names that repeat, bodies with
a coding, unusual targets, an upgrade that is offered beside a body.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import httptools
from msgspec import Struct

from hookcli.wire.headers import first
from relay_server import answers
from relay_server.admission import Head, Phase, read_head
from relay_server.answers import Answer

_READ = 256 << 10
"""The most that one read from a socket brings: limits are looked at between reads."""
_API_BODY = 64 << 10


class Received(Struct, frozen=True, kw_only=True):
    """One whole request."""

    head: Head
    body: bytes
    keep_alive: bool
    """The sender expects to send another one on this connection."""
    upgrade: bool
    """It opens a WebSocket, if the relay lets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The fields are those of `settings.Settings`."""

    max_body: int
    max_head: int
    max_fields: int


class _Refused(Exception):  # noqa: N818
    """Stops the parser from inside one of its callbacks."""


class Inbound:
    """Reads the requests of one connection."""

    def __init__(self, limits: Limits, vet: Callable[[Head], Answer | None]) -> None:
        """`vet` says of a complete head why its body is not wanted."""
        self.limits = limits
        self._vet = vet
        self._parser = httptools.HttpRequestParser(self)
        self.whole: list[Received] = []
        """Requests read since it was last emptied."""
        self.refusal: Answer | None = None
        """Why nothing more is read; answers what follows the whole requests."""
        self.over = False
        """Nothing more is read, whatever comes."""
        self.tail = b""
        """What came behind a request that opens a WebSocket."""
        self._may_upgrade = False
        self.count = 0
        """Requests begun."""
        self._begin()

    def _begin(self) -> None:
        self.phase = Phase.IDLE
        self.head: Head | None = None
        """Of the request whose body is being read."""
        self.body_size = 0
        self._target = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._fields_size = 0
        self._chunks: list[bytes] = []
        self._quiet = 0
        """Bytes fed since the request began or its body last grew."""
        self._asks = False
        self._keep_alive = True
        self._max_body = 0
        self._stand_in = False
        """The parser is being fed a head of ours in place of the request's own."""
        self._line = b""
        """The request line, as long as it is not whole."""
        self._odd = False
        """The parser cannot read that line; we do."""
        self._said: str | None = None
        """The method of such a line, which the parser takes for a POST."""

    @property
    def wanted(self) -> int:
        """Bytes of memory that the body being read is known to need."""
        if self.head is None:
            return 0
        return self.body_size if self.head.chunked else self.head.length

    @property
    def waits_for_continue(self) -> bool:
        """The sender holds its body back until it is asked for it."""
        return self._asks and self.head is not None and self.body_size == 0

    def continued(self) -> None:
        """It was asked for its body."""
        self._asks = False

    def feed(self, data: bytes) -> None:
        """Read what came."""
        if self.over:
            if self._may_upgrade:
                self.tail += data
            return
        if self._odd:
            self._read_odd(self._line + data)
        else:
            self._read(data)
        if self.phase is not Phase.IDLE:
            # An endless field, chunk extension or trailer never becomes anything.
            self._quiet += len(data)
            if self._quiet > self.limits.max_head + _READ:
                self.refuse(answers.HEAD_TOO_LARGE)

    def _read(self, data: bytes) -> None:
        at_line = self.phase is Phase.IDLE or self._line
        line = self._line + data if at_line else b""
        whole = len(self.whole)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        except _UNREADABLE:
            if line and len(self.whole) == whole:
                self._read_odd(line)
            else:
                self.refuse(answers.BAD_REQUEST)
            return
        except httptools.HttpParserError:
            self.refuse(answers.BAD_REQUEST)
        self._line = line if self.phase is Phase.HEAD and b"\r\n" not in line else b""

    def _read_odd(self, line: bytes) -> None:
        """A method that the parser has not heard of, or bytes beyond ASCII in the target.

        Both are a sender's right or its habit. The line is read here, and the parser goes on behind
        one that it knows. In front of a request that came in one piece with another they are refused.
        """
        match = _ODD_LINE.match(line)
        if match is None:
            too_long = len(line) > self.limits.max_head
            if too_long or not _ODD_BEGINNING.fullmatch(line):
                self.refuse(answers.HEAD_TOO_LARGE if too_long else answers.BAD_REQUEST)
            self._odd, self._line = True, line
            return
        self._odd, self._line = False, b""
        self._said, self._target = match[1].decode("ascii"), match[2]
        self._fields_size = len(match[2])
        self._parser = httptools.HttpRequestParser(self)
        self._read(b"POST / " + line[match.start(3) :])

    def refuse(self, answer: Answer) -> None:
        """Read no more; the request being read gets this answer. A first refusal stays."""
        self.over = True
        if self.refusal is None:
            self.refusal = answer
        self.head, self._chunks = None, []

    def _upgrade(self, rest: bytes) -> None:
        """The parser stops in front of what follows an `Upgrade`, even if that is its body.

        A WebSocket on the relay's own paths goes on from here. Any other offer is declined by
        ignoring it (RFC 9110 §7.8), and the body is read behind a head that does not make it.
        """
        if self._may_upgrade:
            self.over, self.tail = True, rest
            return
        head = self.head
        if head is None:
            return
        framing = [pair for pair in head.headers if pair[0].lower() in _FRAMING]
        lines = [b"POST / HTTP/1.1", *(name + b": " + value for name, value in framing), b"\r\n"]
        self._stand_in = True
        self._parser = httptools.HttpRequestParser(self)
        self.feed(b"\r\n".join(lines))
        self.feed(rest)

    # -- called by the parser -----------------------------------------------------------------

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if self.over:
            raise _Refused
        if not (self._stand_in or self._said):
            self._begin()
            self.phase = Phase.HEAD
            self.count += 1

    def on_url(self, url: bytes) -> None:
        """A piece of the target."""
        if not (self._stand_in or self._said):
            self._target += url
            self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A whole field; behind the body it is a trailer, which nobody is promised."""
        if self.head is None:
            # White space around the value is not part of it (RFC 9110 §5.5).
            self._fields.append((name, value.rstrip(b" \t")))
            self._count(len(name) + len(value) + 4)

    def _count(self, size: int) -> None:
        self._fields_size += size
        if self._fields_size > self.limits.max_head or len(self._fields) > self.limits.max_fields:
            self._stop(answers.HEAD_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """The empty line behind the head."""
        if self._stand_in:
            return
        method = self._said or self._parser.get_method().decode("ascii")
        version = self._parser.get_http_version()
        head = read_head(method, self._target, version, tuple(self._fields))
        if isinstance(head, Answer):
            self._stop(head)
        self._keep_alive = self._parser.should_keep_alive()
        self._may_upgrade = head.for_relay and self._parser.should_upgrade() and _is_websocket(head)
        self._max_body = _API_BODY if head.for_relay else self.limits.max_body
        if head.length > self._max_body:
            self._stop(answers.TOO_LARGE)
        refused = None if head.for_relay else self._vet(head)
        if refused is not None:
            self._stop(refused)
        self.head, self.phase, self._quiet = head, Phase.BODY, 0
        self._asks = head.wants_continue

    def on_body(self, data: bytes) -> None:
        """A piece of the body, without its transfer coding."""
        self._quiet = 0
        self.body_size += len(data)
        if self.body_size > self._max_body:
            self._stop(answers.TOO_LARGE)
        self._chunks.append(data)

    def on_message_complete(self) -> None:
        """The last byte of the request, or the head of one that asks for another protocol."""
        head = self.head
        if head is None or (self._parser.should_upgrade() and not self._may_upgrade):
            return
        chunks = self._chunks
        request = Received(
            head=head,
            body=chunks[0] if len(chunks) == 1 else b"".join(chunks),
            keep_alive=self._keep_alive,
            upgrade=self._may_upgrade,
        )
        self.whole.append(request)
        self._begin()
        self.over = not request.keep_alive

    def _stop(self, answer: Answer) -> NoReturn:
        self.refuse(answer)
        raise _Refused


def _is_websocket(head: Head) -> bool:
    return (first(head.headers, b"upgrade") or b"").lower() == b"websocket"


_FRAMING = (b"content-length", b"transfer-encoding")
_UNREADABLE = (httptools.HttpParserInvalidMethodError, httptools.HttpParserInvalidURLError)
_ODD_LINE = re.compile(
    rb"(?:\r\n)*([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}) ([^\x00-\x20\x7f]+) (HTTP/1\.[01]\r\n)"
)
_ODD_BEGINNING = re.compile(
    rb"(?:\r\n)*\r?[!#$%&'*+.^_`|~0-9A-Za-z-]{0,64}(?: [^\x00-\x20\x7f]*(?: [HTP/1.0]{0,8}\r?)?)?"
)
