"""The tools of these journeys do what they say: a proof is worth no more than its instruments."""

import asyncio
import time

import pytest

from tests.support import corpus, rawhttp
from tests.support.proxy import proxy


async def test_the_program_keeps_the_exact_head_and_the_sender_the_exact_answer() -> None:
    fields = [(b"X-a", b"1"), (b"x-A", b"2"), (b"X-Bytes", b"\xff\x80"), (b"X-a", b"3")]
    raw = rawhttp.request("ODD", b"/%2F/\xc3\xa9?q=%20&&", fields, b"\0body", framing="chunked")
    answer = rawhttp.respond(299, fields, b"yes", reason=b"Very Fine", framing="chunked")
    async with rawhttp.program(answer) as program:
        told = await rawhttp.once(program.port, raw)
        (received,) = await program.wait_for(1)
    assert received.head == raw[: raw.index(b"\r\n\r\n") + 4]
    assert (received.method, received.target) == (b"ODD", b"/%2F/\xc3\xa9?q=%20&&")
    assert received.body == b"\0body"
    assert (told.status, told.reason, told.body) == (299, b"Very Fine", b"yes")
    assert told.headers[:4] == tuple(fields)


async def test_a_connection_carries_several_requests_and_skips_interim_answers() -> None:
    async with rawhttp.program() as program, rawhttp.sender(program.port) as sender:
        program.script = [rawhttp.exact(b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n" + _OK)]
        for number in range(3):
            await sender.send(rawhttp.request("POST", f"/{number}", body=b"x"))
    assert [message.target for message in program.received] == [b"/0", b"/1", b"/2"]
    assert program.connections == 1
    assert [message.status for message in sender.interim] == [103]


_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


async def test_a_stopped_program_refuses_and_comes_back_on_its_port() -> None:
    async with rawhttp.program() as program:
        await program.stop()
        with pytest.raises(ConnectionRefusedError):
            await rawhttp.once(program.port, rawhttp.request("GET", "/"))
        await program.start()
        assert (await rawhttp.once(program.port, rawhttp.request("GET", "/"))).status == 200


async def test_a_blackhole_lets_nothing_through_and_holds_what_came() -> None:
    async with (
        rawhttp.program() as program,
        proxy(program.port) as between,
        rawhttp.sender(between.port) as sender,
    ):
        await sender.send(rawhttp.request("GET", "/before"))
        between.blackhole()
        with pytest.raises(TimeoutError):
            await sender.send(rawhttp.request("GET", "/during"), within=0.2)
        assert len(program.received) == 1
        between.restore()
        assert (await sender.answer()).status == 200
    assert [message.target for message in program.received] == [b"/before", b"/during"]


async def test_a_reset_is_a_reset_and_a_half_close_an_end() -> None:
    async with rawhttp.program() as program, proxy(program.port) as between:
        async with rawhttp.sender(between.port) as sender:
            await sender.send(rawhttp.request("GET", "/"))
            between.reset()
            with pytest.raises(ConnectionResetError):
                await sender.answer()
        reader, writer = await asyncio.open_connection("127.0.0.1", between.port)
        writer.write(rawhttp.request("GET", "/"))
        await rawhttp.read_message(reader, of="response")
        between.half_close()
        assert await reader.read() == b""
        writer.close()


async def test_a_cut_and_a_damage_hit_the_byte_they_name() -> None:
    answer = rawhttp.exact(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabcdefghi")
    async with rawhttp.program(answer) as program, proxy(program.port) as between:
        head = len(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        between.damage_after(head + 2)
        damaged = await rawhttp.once(between.port, rawhttp.request("GET", "/"))
        assert damaged.body == b"abgdefghi"
        reader, writer = await asyncio.open_connection("127.0.0.1", between.port)
        between.cut_after(head + 4)
        writer.write(rawhttp.request("GET", "/"))
        got = await reader.readexactly(head + 4)
        assert got.endswith(b"abcd")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()


async def test_a_delay_delays_both_ways() -> None:
    async with rawhttp.program() as program, proxy(program.port) as between:
        between.delay(0.05)
        begin = time.monotonic()
        await rawhttp.once(between.port, rawhttp.request("GET", "/"))
        assert time.monotonic() - begin >= 0.1


def test_the_awkward_bodies_cover_the_kinds_and_differ() -> None:
    made = corpus.awkward()
    assert len({example.name for example in made}) == len(made)
    names = {example.name for example in made}
    assert {"form", "multipart", "xml", "gzip", "binary", "chunked", "empty"} <= names
    with pytest.raises(UnicodeDecodeError):
        next(e for e in made if e.name == "invalid-utf8").body.decode()
