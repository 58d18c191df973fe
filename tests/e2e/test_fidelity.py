"""Never change a byte: any request, over every part of the road, and any answer on its way back.

A raw sender, a relay process, a listener process, a raw program; bytes are compared with bytes.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import rawhttp
from tests.support.rawhttp import Pairs
from tests.support.road import Road, road

T = TypeVar("T")
METHODS = [
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "PROPFIND",
    "REPORT",
    "PURGE",
    "LINK",
]
OURS = (b"x-forwarded-", b"hookcli-")
HOP_BY_HOP = {b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
_TAKEN = HOP_BY_HOP | {b"host", b"content-length", b"expect", b"proxy-connection"}

TOKENS = st.text("abcXYZ019!#$%&'*+-.^_`|~", min_size=1, max_size=12).map(str.encode)
NAMES = (TOKENS | st.sampled_from([b"X-A", b"x-a", b"X-a", b"Set-Cookie", b"set-cookie"])).filter(
    lambda name: name.lower() not in _TAKEN and not name.lower().startswith(OURS)
)
VALUES = st.binary(max_size=30).map(
    lambda raw: bytes(b for b in raw if b == 9 or 32 <= b != 127).strip(b" \t")
)
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=8).map(tuple)
BODIES = st.binary(max_size=300) | st.binary(max_size=40).map(lambda piece: piece * 2_000)
TARGETS = st.tuples(
    st.sampled_from([b"", b"/", b"?", b"//", b"/%2F..%2e/", b"/a//b/../c", b"/a?b=%zz&&b=+"]),
    st.binary(max_size=20).map(lambda raw: bytes(b for b in raw if 32 < b != 127)),
).map(lambda parts: b"".join(parts) if parts[0] else b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What is sent, and what is answered."""

    method: str
    target: bytes
    fields: Pairs
    body: bytes
    framing: str
    status: int
    reason: bytes
    back_fields: Pairs
    back_body: bytes
    back_framing: str


EXCHANGES = st.builds(
    Exchange,
    method=st.sampled_from(METHODS),
    target=TARGETS,
    fields=FIELDS,
    body=BODIES,
    framing=st.sampled_from(["length", "chunked"]),
    status=st.sampled_from(
        [200, 201, 202, 203, 206, 299, 301, 400, 404, 410, 418, 429, 500, 503, 599]
    ),
    reason=VALUES,
    back_fields=FIELDS,
    back_body=BODIES,
    back_framing=st.sampled_from(["length", "chunked", "close"]),
)


class Standing:
    """A road on a loop of its own, for many examples."""

    def __init__(self, home: "pytest.TempPathFactory") -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.stack = AsyncExitStack()
        self.road: Road = self.run(self.stack.enter_async_context(road(home.mktemp("fidelity"))))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it on that loop, and wait."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def close(self) -> None:
        self.run(self.stack.aclose())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, log_kind: str) -> Iterator[Standing]:
    del log_kind  # another road for each
    it = Standing(tmp_path_factory)
    yield it
    it.close()


async def exchanged(
    it: Road, raw: bytes, answer: rawhttp.Answer
) -> tuple[rawhttp.Message, rawhttp.Message]:
    """What the program received, and what the sender was told."""
    it.program.script = [answer]
    before = len(it.program.received)
    told = await rawhttp.once(it.relay.port, raw)
    (received,) = it.program.received[before:]
    assert not it.program.faults
    return received, told


def end_to_end(pairs: Pairs) -> list[tuple[bytes, bytes]]:
    """Without what belongs to one connection only, and without what hookcli adds."""
    named = {
        token.strip().lower()
        for name, value in pairs
        if name.lower() == b"connection"
        for token in value.split(b",")
    }
    return [
        (name, value)
        for name, value in pairs
        if name.lower() not in HOP_BY_HOP | named and not name.lower().startswith(OURS)
    ]


@pytest.mark.log("sqlite", slow="nats")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=EXCHANGES)
def test_any_request_and_any_answer_arrive_as_they_were_sent(
    standing: Standing, one: Exchange
) -> None:
    it = standing.road
    path = it.endpoint.path.encode() + one.target
    raw = rawhttp.request(one.method, path, one.fields, one.body, framing=one.framing)
    answer = rawhttp.respond(
        one.status, one.back_fields, one.back_body, reason=one.reason, framing=one.back_framing
    )
    received, told = standing.run(exchanged(it, raw, answer))
    target = one.target if one.target.startswith(b"/") else b"/" + one.target
    assert received.start == b"%s %s HTTP/1.1" % (one.method.encode(), target)
    length = (b"Content-Length", b"%d" % len(one.body))
    assert end_to_end(received.headers) == [(b"Host", b"hooks.test"), *one.fields, length]
    assert received.body == one.body
    assert (told.status, told.reason, told.body) == (one.status, one.reason, one.back_body)
    length = (b"Content-Length", b"%d" % len(one.back_body))
    assert list(told.headers) == [*one.back_fields, length]


@pytest.mark.log("sqlite", slow="nats")
@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize(
    ("status", "fields", "length"),
    [
        (200, (), [b"5"]),
        (204, (), []),
        (304, ((b"ETag", b'"a"'),), []),
        (304, (), [b"5"]),
        (404, ((b"X-a", b"1"), (b"x-A", b"2"), (b"X-a", b"1")), [b"5"]),
    ],
)
def test_answers_without_a_body_have_none_and_the_connection_goes_on(
    standing: Standing, method: str, status: int, fields: Pairs, length: list[bytes]
) -> None:
    it = standing.road
    body = b"" if method == "HEAD" or status in (204, 304) else b"hello"
    head = rawhttp.head(
        b"HTTP/1.1 %d X" % status, [*fields, *((b"Content-Length", size) for size in length)]
    )

    async def twice() -> list[rawhttp.Message]:
        it.program.script = [rawhttp.exact(head + body)] * 2
        async with rawhttp.sender(it.relay.port) as sender:
            raw = rawhttp.request(method, it.endpoint.path, framing="none")
            return [await sender.send(raw) for _ in range(2)]

    for told in standing.run(twice()):
        assert (told.status, told.body) == (status, body)
        assert told.values(b"Content-Length") == length
        assert [pair for pair in told.headers if pair[0] != b"Content-Length"] == list(fields)
