"""H3: what a listener may send wrongly, frame by frame: that stream ends with the right code, and no other."""

import socket
import struct
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec

from hookcli.wire import codec
from hookcli.wire.messages import Ack, Ping, Pong
from tests.relay_server.harness import relay
from tests.support.running import Endpoint
from tests.support.stream import Stream

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FIN, MASK = 0x80, 0x80
MAX = 100_000


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0) -> bytes:
    """A masked frame with a mask of zeros (RFC 6455 §5.2)."""
    first, size = (FIN if fin else 0) | rsv << 4 | opcode, len(payload)
    if size < 126:
        return struct.pack("!BB4x", first, MASK | size) + payload
    if size < 65_536:
        return struct.pack("!BBH4x", first, MASK | 126, size) + payload
    return struct.pack("!BBQ4x", first, MASK | 127, size) + payload


def packed(**values: object) -> bytes:
    """Any map as a message."""
    return frame(BINARY, msgspec.msgpack.encode(values))


RESULT = codec.encode(codec.result(seq=1, id="x", outcome="answered", status=200, body=b"yes"))
BEGUN = frame(BINARY, b"half", fin=False)
NESTED = b"\x91" * 50_000 + b"\xc0"


def broken_frames() -> Iterator[tuple[str, bytes, int]]:
    """What breaks the protocol of frames."""
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        yield f"the reserved opcode {opcode}", frame(opcode), 1002
    for rsv in range(1, 8):
        yield f"the reserved bits {rsv} on a message", frame(BINARY, b"x", rsv=rsv), 1002
    for name, opcode in (("close", CLOSE), ("ping", PING), ("pong", PONG)):
        yield f"a reserved bit on a {name}", frame(opcode, rsv=4), 1002
        yield f"a {name} in parts", frame(opcode, fin=False), 1002
        yield f"a {name} of 126 bytes", frame(opcode, b"\x03\xe8" + b"x" * 124), 1002
        yield f"a {name} of 70,000 bytes", frame(opcode, b"\x03\xe8" + b"x" * 69_998), 1002
        yield f"a {name} without a mask", bytes([FIN | opcode, 0]), 1002
    yield "a message without a mask", bytes([FIN | BINARY, 1, 0xC0]), 1002
    yield "a text without a mask", bytes([FIN | TEXT, 1, 0x78]), 1002
    yield "a continuation without a mask", BEGUN + bytes([FIN, 1, 0x78]), 1002
    yield "a continuation of nothing", frame(CONT, b"x"), 1002
    yield "a part of nothing", frame(CONT, b"x", fin=False), 1002
    yield "a continuation of what has ended", BEGUN + frame(CONT) + frame(CONT), 1002
    for fin in (False, True):
        yield f"a message within a message, {fin}", BEGUN + frame(BINARY, b"x", fin=fin), 1002
        yield f"a text within a message, {fin}", BEGUN + frame(TEXT, b"x", fin=fin), 1002
    yield "half a close code", frame(CLOSE, b"\x03"), 1002
    for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535):
        yield f"the close code {code}", frame(CLOSE, struct.pack("!H", code)), 1002
    yield "a close reason that is no text", frame(CLOSE, b"\x03\xe8\xff\xfe"), 1007
    for size in (MAX + (1 << 20) + 1, 1 << 31, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1):
        head = struct.pack("!BBQ4x", FIN | BINARY, MASK | 127, size)
        yield f"a length of {size}", head, 1009
    yield "a length that its parts exceed", _parts(), 1009


def _parts() -> bytes:
    part = frame(CONT, b"x" * 60_000, fin=False)
    return frame(BINARY, b"x", fin=False) + part * 20


def broken_messages() -> Iterator[tuple[str, bytes, int]]:
    """Frames as they should be, that hold no message."""
    yield "a text", frame(TEXT, b"hello"), 4400
    yield "an empty text", frame(TEXT), 4400
    yield "a message above the limit", frame(BINARY, b"x" * (MAX + 1)), 4413
    yield "one above the limit in parts", _large(), 4413
    yield "no bytes", frame(BINARY), 4400
    for name, value in {
        "nil": None,
        "a number": 7,
        "a list": ["ack", 1],
        "a string": "ack",
        "no type": {"seq": 1},
        "a type that is a number": {"type": 1},
        "a type that is nil": {"type": None},
    }.items():
        yield name, frame(BINARY, msgspec.msgpack.encode(value)), 4400
    yield "a byte that means nothing", frame(BINARY, b"\xc1"), 4400
    yield "a map that is cut off", frame(BINARY, b"\x82\xa4type\xa3ack"), 4400
    yield "a list as long as can be", frame(BINARY, b"\xdd\xff\xff\xff\xff"), 4400
    yield "lists 50,000 deep", frame(BINARY, NESTED), 4400
    yield "such lists within a map", frame(BINARY, b"\x81\xa4type" + NESTED), 4400
    yield "a text that is none", frame(BINARY, b"\x81\xa4type\xa2\xff\xfe"), 4400
    yield "bytes behind a message", frame(BINARY, codec.encode(Ping(n=1)) + b"x"), 4400
    for seq in ("one", 1.5, None, [1], -1):
        yield f"an ack of {seq}", packed(type="ack", seq=seq), 4400
    yield "an ack of nothing", packed(type="ack"), 4400
    yield "an ack of what was not sent", frame(BINARY, codec.encode(Ack(seq=99))), 4400
    yield "an ack of the last number", packed(type="ack", seq=(1 << 64) - 1), 4400
    yield "a ping of a text", packed(type="ping", n="x"), 4400
    yield "a target that is neither", packed(type="target", up="maybe"), 4400
    yield "a result of nothing", packed(type="result"), 4400
    yield "a result for what was not sent", frame(BINARY, RESULT), 4400
    yield "a result with another body", frame(BINARY, RESULT.replace(b"yes", b"yet")), 4400
    yield "a result that is cut off", frame(BINARY, RESULT[:-9]), 4400
    yield "an event", packed(type="event", digest=b"x"), 4400


def _large() -> bytes:
    return frame(BINARY, b"x" * 60_000, fin=False) + frame(CONT, b"x" * 60_000)


DESIGNED = [*broken_frames(), *broken_messages()]


async def test_each_ends_its_stream_with_its_code_and_no_other(tmp_path: Path) -> None:
    assert len({name for name, _, _ in DESIGNED}) == len(DESIGNED) >= 92
    async with relay(tmp_path, max_message=MAX) as hub:
        endpoint = await hub.endpoint(respond="ack")
        async with hub.stream(endpoint) as good:
            for name, raw, code in DESIGNED:
                assert (name, await ended(hub.port, endpoint, raw)) == (name, code)
            assert (await hub.post(endpoint, b"after")).status == 202
            await good.until(lambda: good.seqs == [1], "the event")
            assert good.closed is None
        assert (await hub.call("GET", "/_/health"))[0] == 200


async def ended(port: int, endpoint: Endpoint, raw: bytes) -> int:
    """The code that a stream ends with on which this comes."""
    it = await Stream.open(port, endpoint, after="now")
    try:
        it.write(raw)
        await it.until(lambda: it.closed is not None, "the end", 5.0)
        assert it.closed is not None
        return it.closed[0]
    finally:
        it.close()


async def test_what_is_only_unusual_ends_nothing(tmp_path: Path) -> None:
    async with relay(tmp_path) as hub:
        endpoint = await hub.endpoint()
        ping = codec.encode(Ping(n=5))
        async with hub.stream(endpoint) as it:
            it.write(frame(PONG, b"unasked") + frame(PING, b"x" * 125))
            it.write(frame(BINARY, fin=False) + frame(PING) + frame(CONT, ping[:3], fin=False))
            it.write(frame(CONT, fin=False) * 50 + frame(CONT, ping[3:]))
            it.write(packed(type="from-the-future", seq=[None]))
            await it.until(lambda: len(it.messages) >= 2, "the pong")
            assert it.closed is None


FLOOD = 40_000


async def test_who_floods_a_stream_with_frames_holds_up_nobody(tmp_path: Path) -> None:
    """What came first, in one piece, is still being taken in when a later webhook is acked."""
    async with relay(tmp_path) as hub:
        endpoint, other = await hub.endpoint(), await hub.endpoint()
        async with hub.stream(endpoint) as it:

            def answered() -> bool:
                return any(isinstance(message, Pong) for message in it.messages)

            it.write(frame(PONG) * FLOOD + frame(BINARY, codec.encode(Ping(n=1))))
            assert (await hub.post(other)).status == 202
            assert not answered()
            await it.until(answered, "the pong")
            assert it.closed is None


async def test_pongs_that_a_listener_does_not_take_are_not_kept(tmp_path: Path) -> None:
    async with relay(tmp_path) as hub:
        endpoint = await hub.endpoint()
        async with hub.stream(endpoint, after="now") as it:
            assert it._transport is not None
            it._transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, 4096
            )
            it.stop_reading()
            (served,) = hub.relay._running.streams._connected
            for _ in range(20):
                for pings in (frame(PING, b"x" * 125), frame(BINARY, codec.encode(Ping(n=1)))):
                    it.write(pings * 4_000)
                    async with hub.stream(endpoint, after="now"):
                        pass
            assert served._transport is not None
            assert served._transport.get_write_buffer_size() < 1 << 20


async def test_listeners_that_send_too_much_at_once_lose_the_largest(tmp_path: Path) -> None:
    async with relay(tmp_path, endpoint_budget=300_000) as hub:
        endpoint, other = await hub.endpoint(), await hub.endpoint()
        async with (
            hub.stream(endpoint) as large,
            hub.stream(endpoint) as small,
            hub.stream(other) as theirs,
        ):
            large.write(frame(BINARY, b"x" * 200_000, fin=False))
            theirs.write(frame(BINARY, b"x" * 200_000, fin=False))
            small.write(frame(BINARY, b"x" * 150_000)[:-1])
            await large.until(lambda: large.closed is not None, "the end")
            assert large.closed == (4413, "listeners are sending too much at once")
            # The others end theirs, and are told what it is worth.
            small.write(b"x")
            theirs.write(frame(CONT))
            for it in (small, theirs):
                await it.until(partial(is_over, it), "the end")
                assert it.closed is not None
                assert it.closed[0] == 4400


def is_over(it: Stream) -> bool:
    return it.closed is not None
