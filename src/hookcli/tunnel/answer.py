"""The program's answer out of the bytes of a connection: fed with what came, asked what is whole.

No socket here. The `httptools` parser splits the bytes and takes the transfer coding off; names and
values stay as they were written. It is told to be lenient: what a program under development gets
wrong and nobody can misread (a folded line, LF alone, a length beside chunks) is an answer still.
"""

from dataclasses import dataclass
from typing import NoReturn

import httptools

from hookcli.captures.model import Outcome
from hookcli.tunnel.fault import Fault, size
from hookcli.wire.headers import Headers, first, values
from hookcli.wire.http import Response

_READ = 256 << 10
"""The most that one read from a socket brings: limits are looked at between reads."""
_LINE = 8
"""Bytes that a field counts for beside its name and value, on the wire and in a message."""
_TLS = (b"\x15\x03", b"\x16\x03")
"""How an alert and a handshake begin (RFC 8446 §5.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of an answer is taken."""

    answer: int
    """Bytes of its head and body together."""
    head: int = 256 << 10
    """Bytes of its head."""
    fields: int = 1_000
    """Header fields."""
    kept: int = 1 << 20
    """Bytes of the body that are kept of an answer that is not whole."""


class _Stop(Exception):  # noqa: N818
    """Stops the parser from inside one of its callbacks."""


class AnswerReader:
    """Reads the answers of one connection, one after the other."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_chunked_length=True,
            lenient_data_after_close=True,
            lenient_optional_cr_before_lf=True,
        )
        self.begin(to_head=False)

    def begin(self, *, to_head: bool) -> None:
        """A request was written; `to_head`: its answer ends with its head."""
        self._to_head = to_head
        self.whole = False
        """The answer is there."""
        self.fault: Fault | None = None
        """Why it will never be."""
        self.keep_alive = False
        """The connection may be used again."""
        self.begun = False
        """A byte of an answer has come."""
        self.status = 0
        self._in_body = False
        self._reason = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._count = 0
        self._size = 0
        self._chunks: list[bytes] = []
        self._quiet = 0
        """Bytes fed since the answer began or its body last grew."""

    def feed(self, data: bytes) -> None:
        """Read what came."""
        if not self.begun:
            self.begun = True
            if data.startswith(_TLS):
                self.fault = Fault(Outcome.GARBLED, "the program speaks TLS; try: https://")
                return
        self._quiet += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._no_upgrade()
        except httptools.HttpParserError as error:
            self._stopped(error, data)
        if self._quiet > self._limits.head + _READ and not self.whole:
            # An endless field, chunk extension or trailer never becomes anything.
            self._too_large_head()

    def end(self, *, broken: bool = False) -> None:
        """The program will send no more; `broken`: the connection did not end in order."""
        if self.whole or self.fault is not None:
            return
        how = "reset" if broken else "closed"
        if not self.begun:
            where = "without an answer"
        elif not self._in_body:
            where = "in the head of the answer"
        elif broken or not _runs_to_the_end(self._fields):
            where = f"in the middle of the answer (status {self.status})"
        else:
            self.whole, self.keep_alive = True, False
            return
        self.fault = Fault(Outcome.ABORTED, f"the connection was {how} {where}")

    def take(self) -> Response:
        """What was read, which is no longer held here."""
        chunks = self._chunks if self.whole else _start_of(self._chunks, self._limits.kept)
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        answer = Response(
            status=self.status if self._in_body else 0,
            reason=self._reason,
            headers=tuple(self._fields),
            body=body,
        )
        self._chunks, self._fields = [], []
        return answer

    # -- called by the parser -----------------------------------------------------------------

    def on_message_begin(self) -> None:
        """The first byte of an answer, interim ones included."""
        if self.whole:
            self.keep_alive = False  # nobody asked for another
            raise _Stop
        self._reason, self._fields = b"", []

    def on_status(self, reason: bytes) -> None:
        """A piece of the reason phrase."""
        self._reason += reason
        self._size += len(reason)
        if self._size > self._limits.head:
            self._too_large_head()
            raise _Stop

    def on_header(self, name: bytes, value: bytes) -> None:
        """A whole field; behind the body it is a trailer, which nobody is promised."""
        if self._in_body:
            return
        # White space around the value is not part of it (RFC 9110 §5.5).
        self._fields.append((name, value.rstrip(b" \t")))
        self._count += 1
        self._size += len(name) + len(value) + _LINE
        if self._size > self._limits.head:
            self._too_large_head()
            raise _Stop
        if self._count > self._limits.fields:
            self._fail(
                Outcome.TOO_LARGE, f"the answer has more than {self._limits.fields:,} fields"
            )

    def on_headers_complete(self) -> None:
        """The empty line behind a head."""
        self.status = self._parser.get_status_code()
        if self.status < 200:
            if self.status == 101:
                self._no_upgrade()
                raise _Stop
            if self.status < 100:
                self._fail(Outcome.GARBLED, f"{self.status:03} is not a status")
            return
        self._in_body, self._quiet = True, 0
        if self._to_head:
            # Whether a body follows against the rules is not to be known: not used again.
            self.whole = True
            raise _Stop
        self.keep_alive = self._parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        """A piece of the body, without its transfer coding."""
        self._quiet = 0
        self._size += len(data)
        self._chunks.append(data)
        if self._size > self._limits.answer:
            limit, kept = size(self._limits.answer), size(self._limits.kept)
            self._fail(
                Outcome.TOO_LARGE, f"the answer is larger than {limit}; its first {kept} are kept"
            )

    def on_message_complete(self) -> None:
        """The last byte of an answer, interim ones included."""
        self.whole = self._in_body

    # -- what cannot be an answer --------------------------------------------------------------

    def _fail(self, outcome: Outcome, text: str) -> NoReturn:
        self.fault = Fault(outcome, text)
        raise _Stop

    def _too_large_head(self) -> None:
        text = f"the answer's head is larger than {size(self._limits.head)}"
        self.fault = Fault(Outcome.TOO_LARGE, text)

    def _no_upgrade(self) -> None:
        self.fault = Fault(
            Outcome.GARBLED, "the program switches protocols, which nobody asked for"
        )

    def _stopped(self, error: Exception, data: bytes) -> None:
        if self.whole:
            self.keep_alive = False
        elif self.fault is None:
            began = "" if self._fields or self.status else f": it begins {data[:32]!r}"
            text = f"the answer is not HTTP/1.1 ({str(error).lower()}){began}"
            self.fault = Fault(Outcome.GARBLED, text)


def _start_of(chunks: list[bytes], count: int) -> list[bytes]:
    start: list[bytes] = []
    for chunk in chunks:
        if count <= 0:
            break
        start.append(chunk[:count])
        count -= len(chunk)
    return start


def _runs_to_the_end(headers: Headers | list[tuple[bytes, bytes]]) -> bool:
    """Whether only the end of the connection ends the body (RFC 9112 §6.3)."""
    codings = values(headers, b"transfer-encoding")
    if codings:
        return not codings[-1].lower().endswith(b"chunked")
    return first(headers, b"content-length") is None
