"""Connections: used again, lost in every way, never a request or an answer for another's."""

import asyncio

import pytest

from hookcli.captures.model import Outcome
from hookcli.tunnel.forward import AGAIN
from tests.hookcli.tunnel.sends import forwarding, request, scripted, send
from tests.support import rawhttp

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_connections_are_used_again() -> None:
    async with rawhttp.program() as program, forwarding() as forwarder:
        for number in range(5):
            await send(forwarder, program.url, request(body=b"%d" % number))
            await send(forwarder, program.url + "/other", request(body=b"x"))
        assert program.connections == 1
        assert [one.body for one in program.received[::2]] == [b"%d" % n for n in range(5)]


async def test_requests_at_once_each_get_their_own_answer() -> None:
    together = asyncio.Barrier(12)

    async def echo(message: rawhttp.Message, writer: asyncio.StreamWriter) -> None:
        await together.wait()
        await rawhttp.respond(body=message.body)(message, writer)

    async with rawhttp.program(echo) as program, forwarding(max_idle=3) as forwarder:
        for _ in range(3):
            bodies = [b"%d" % number * 1_000 for number in range(12)]
            attempts = await asyncio.gather(
                *(send(forwarder, program.url, request(body=body)) for body in bodies)
            )
            assert [one.body for one in attempts] == bodies
        assert program.connections == 12 + 9 + 9


@pytest.mark.parametrize(
    "answer",
    [
        rawhttp.respond(framing="close"),
        rawhttp.respond(headers=[(b"Connection", b"close")]),
        rawhttp.exact(b"HTTP/1.0 200 OK\r\n\r\nok", close=True),
        rawhttp.exact(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        rawhttp.exact(OK + b"HTTP/1.1 500 Stray\r\nContent-Length: 0\r\n\r\n"),
        rawhttp.exact(OK + b"stray"),
    ],
)
async def test_connections_that_cannot_be_used_again_are_not(answer: rawhttp.Answer) -> None:
    async with rawhttp.program(answer) as program, forwarding() as forwarder:
        for _ in range(3):
            attempt = await send(forwarder, program.url)
            assert (attempt.status, attempt.body, attempt.added) == (200, b"ok", ())
        assert program.connections == 3


@pytest.mark.parametrize("stray", [None, b"x", b"HTTP/1.1 500 Stray\r\nContent-Length: 0\r\n\r\n"])
async def test_an_idle_connection_that_ends_or_babbles_is_dropped(stray: bytes | None) -> None:
    """`stray`: what the program writes when nobody has asked; None: it closes its side."""
    dropped = asyncio.Event()
    served = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        while await rawhttp.read_message(reader, of="request") is not None:
            served += 1
            writer.write(OK)
            if served == 1 and stray is not None:
                await asked.wait()
                writer.write(stray)
            elif served == 1:
                writer.write_eof()
        dropped.set()
        writer.close()

    asked = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        async with forwarding() as forwarder:
            await send(forwarder, url)
            asked.set()
            await dropped.wait()
            attempt = await send(forwarder, url)
            assert (attempt.status, attempt.body, attempt.added) == (200, b"ok", ())
            dropped.clear()
        await dropped.wait()
    finally:
        server.close()
        await server.wait_closed()
    assert served == 2


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_a_connection_that_closes_under_a_request_is_no_failure(how: str) -> None:
    seen: list[asyncio.Transport] = []

    def acts(transport: asyncio.Transport, _: bytes) -> None:
        seen.append(transport)
        if seen.count(transport) < 2:
            transport.write(OK)
        elif how == "close":
            transport.close()
        else:
            transport.abort()

    async with scripted(acts) as url, forwarding() as forwarder:
        first, second = await send(forwarder, url), await send(forwarder, url)
        assert (first.status, first.added) == (200, ())
        assert (second.status, second.added) == (200, (AGAIN,))
        assert len(seen) == 3


async def test_a_new_connection_that_closes_is_a_failure_and_nothing_is_sent_twice() -> None:
    async with rawhttp.program(rawhttp.drop()) as program, forwarding() as forwarder:
        attempt = await send(forwarder, program.url)
        assert (attempt.outcome, attempt.added) == (Outcome.ABORTED, ())
        assert len(program.received) == 1


async def test_a_used_connection_lost_within_an_answer_is_a_failure() -> None:
    half = rawhttp.exact(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", close=True)
    async with rawhttp.program() as program, forwarding() as forwarder:
        await send(forwarder, program.url)
        program.answer = half
        attempt = await send(forwarder, program.url)
        assert (attempt.outcome, attempt.added) == (Outcome.ABORTED, ())
        assert len(program.received) == 2


async def test_a_program_that_restarts_is_served_by_a_new_connection() -> None:
    async with rawhttp.program() as program, forwarding() as forwarder:
        for _ in range(3):
            assert (await send(forwarder, program.url)).status == 200
            await program.stop()
            await program.start()
        assert len(program.received) == 3


async def test_a_program_that_serves_one_connection_at_a_time_is_not_starved() -> None:
    turn = asyncio.Lock()
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        async with turn:
            while await rawhttp.read_message(reader, of="request") is not None:
                writer.write(OK)
                await asyncio.sleep(0.01)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        async with forwarding() as forwarder:
            attempts = await asyncio.gather(*(send(forwarder, url, timeout_s=8) for _ in range(3)))
            assert [one.status for one in attempts] == [200, 200, 200]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()


@pytest.mark.parametrize("size", [(1 << 20) - 1, 1 << 20, (5 << 20) + 1])
async def test_large_bodies_arrive_whole(size: int) -> None:
    body = bytes(range(251)) * (size // 251 + 1)
    async with rawhttp.program() as program, forwarding() as forwarder:
        for _ in range(2):
            attempt = await send(forwarder, program.url, request(body=body[:size]))
            assert attempt.status == 200
        assert program.connections == 1
        assert all(one.body == body[:size] for one in program.received)


async def test_an_early_answer_counts_and_the_rest_is_not_sent() -> None:
    taken = 0

    def acts(transport: asyncio.Transport, data: bytes) -> None:
        nonlocal taken
        if not taken:
            transport.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
            transport.pause_reading()
        taken += len(data)

    async with scripted(acts) as url, forwarding() as forwarder:
        attempt = await send(forwarder, url, request(body=b"x" * (20 << 20)))
        assert (attempt.outcome, attempt.status) == (Outcome.RESPONDED, 413)
        assert taken < 1 << 20


async def test_a_program_that_never_reads_holds_little_and_times_out() -> None:
    transports: list[asyncio.Transport] = []

    def acts(transport: asyncio.Transport, _: bytes) -> None:
        transports.append(transport)
        transport.pause_reading()

    async with scripted(acts) as url, forwarding() as forwarder:
        attempt = await send(forwarder, url, request(body=b"x" * (20 << 20)), timeout_s=0.3)
        assert attempt.outcome is Outcome.TIMED_OUT
        assert attempt.error == "the program did not take the whole request within 0.3 s"
