"""Where connections go: names, both address families, TLS good and bad."""

import asyncio
import socket
import ssl
from pathlib import Path

import pytest
import trustme

from hookcli.captures.model import Outcome
from hookcli.tunnel import connect
from hookcli.tunnel.connect import Connector, Took
from hookcli.tunnel.fault import Broken
from hookcli.tunnel.origin import parse
from tests.hookcli.tunnel.sends import elsewhere, forwarding, request, scripted, send
from tests.support import rawhttp


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("name", ["localhost", "app.localhost"])
async def test_localhost_is_found_on_either_family(host: str, name: str) -> None:
    async with elsewhere(host=host) as program, forwarding() as forwarder:
        target = f"http://{name}:{program.port}"
        assert await forwarder.probe(target, 5) is None
        assert (await send(forwarder, target)).status == 200


async def test_an_address_of_the_new_family_is_a_target() -> None:
    async with elsewhere(host="::1") as program, forwarding(host_header="rewrite") as forwarder:
        attempt = await send(forwarder, f"http://[::1]:{program.port}")
        assert attempt.status == 200
        assert program.received[0].value(b"host") == b"[::1]:%d" % program.port


async def test_a_name_nobody_has_is_refused_and_said() -> None:
    async with forwarding() as forwarder:
        target = "http://no-such-name.invalid:8000"
        attempt = await send(forwarder, target)
        assert attempt.outcome is Outcome.REFUSED
        assert attempt.error.startswith("cannot resolve no-such-name.invalid: ")
        assert await forwarder.probe(target, 5) is Outcome.REFUSED
        attempt = await send(forwarder, f"http://{'a' * 70}.test")
        assert attempt.outcome is Outcome.REFUSED


async def test_an_address_that_is_slow_does_not_hold_up_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first address takes the connection into a full backlog, the second one answers."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        monkeypatch.setattr(connect, "HEAD_START_S", 0.05)
        server = await asyncio.start_server(lambda _, writer: writer.close(), "::1", port)
        connector, origin, took = (
            Connector(insecure=False),
            parse(f"http://localhost:{port}"),
            Took(),
        )
        try:
            for expected in (50, 0):
                made = await connector.connect(origin, _Closing, took)
                assert took.connect is not None
                assert expected <= took.connect < 5_000
                await made.closed
        finally:
            server.close()
            await server.wait_closed()


class _Closing(asyncio.Protocol):
    """Waits for the other side to close."""

    def __init__(self) -> None:
        self.closed = asyncio.get_running_loop().create_future()

    def connection_lost(self, error: Exception | None) -> None:
        self.closed.set_result(None)


async def test_what_worked_is_tried_first_the_next_time() -> None:
    async with elsewhere(host="::1") as program:
        connector, origin = Connector(insecure=False), parse(f"http://localhost:{program.port}")
        (await connector.connect(origin, _Closing, Took()))
        assert connector._known["localhost"][1][0] == (socket.AF_INET6, "::1")
        await program.stop()
        with pytest.raises(Broken, match="connection refused by localhost:"):
            await connector.connect(origin, _Closing, Took())


# -- TLS ---------------------------------------------------------------------------------------


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority that this machine trusts."""
    made = trustme.CA()
    file = tmp_path / "authority.pem"
    made.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return made


def server_tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


async def test_a_trusted_certificate_is_accepted(authority: trustme.CA) -> None:
    tls = server_tls(authority, "localhost", "127.0.0.1")
    async with elsewhere(tls=tls) as program, forwarding() as forwarder:
        for host in ("localhost", "127.0.0.1", "localhost"):
            target = f"https://{host}:{program.port}"
            attempt = await send(forwarder, target, request(body=b"x" * (3 << 20)))
            assert (attempt.status, attempt.body) == (200, b"ok")
        assert program.connections == 2
        assert await forwarder.probe(f"https://localhost:{program.port}", 5) is None
        assert all(len(one.body) == 3 << 20 for one in program.received)


async def test_an_answer_that_runs_to_the_end_is_whole_over_tls(authority: trustme.CA) -> None:
    tls = server_tls(authority, "localhost")
    async with elsewhere(tls=tls) as program, forwarding() as forwarder:
        program.answer = rawhttp.respond(body=b"x" * 300_000, framing="close")
        attempt = await send(forwarder, f"https://localhost:{program.port}")
        assert (attempt.outcome, len(attempt.body)) == (Outcome.RESPONDED, 300_000)


async def test_a_certificate_for_somebody_else_is_not(authority: trustme.CA) -> None:
    tls = server_tls(authority, "elsewhere.test")
    async with elsewhere(tls=tls) as program:
        target = f"https://localhost:{program.port}"
        async with forwarding() as forwarder:
            attempt = await send(forwarder, target)
            assert attempt.outcome is Outcome.TLS
            assert attempt.error == (
                "the certificate is not accepted: Hostname mismatch, certificate is not valid "
                "for 'localhost'"
            )
            assert await forwarder.probe(target, 5) is Outcome.TLS
        assert program.received == []
        async with forwarding(insecure=True) as forwarder:
            assert (await send(forwarder, target)).status == 200


async def test_a_certificate_from_nobody_known_is_not() -> None:
    tls = server_tls(trustme.CA(), "localhost")
    async with elsewhere(tls=tls) as program:
        target = f"https://localhost:{program.port}"
        async with forwarding() as forwarder:
            attempt = await send(forwarder, target)
            assert attempt.outcome is Outcome.TLS
            assert attempt.error.startswith("the certificate is not accepted: ")
        assert program.received == []
        async with forwarding(insecure=True) as forwarder:
            assert (await send(forwarder, target)).status == 200


async def test_a_program_without_tls_is_told_apart() -> None:
    def acts(transport: asyncio.Transport, _: bytes) -> None:
        transport.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        transport.close()

    async with scripted(acts) as url, forwarding() as forwarder:
        attempt = await send(forwarder, url.replace("http:", "https:"))
        assert attempt.outcome is Outcome.TLS
        assert attempt.error == "the program does not speak TLS; try: http://"


async def test_a_program_with_tls_is_told_apart(authority: trustme.CA) -> None:
    async with (
        elsewhere(tls=server_tls(authority, "localhost")) as program,
        forwarding() as forwarder,
    ):
        attempt = await send(forwarder, program.url)
        assert attempt.outcome in (Outcome.GARBLED, Outcome.ABORTED)
        assert attempt.status == 0


async def test_a_handshake_that_breaks_or_hangs_is_told() -> None:
    def drop(transport: asyncio.Transport, _: bytes) -> None:
        transport.abort()

    async with (
        scripted(drop) as dropping,
        scripted(lambda *_: None) as silent,
        forwarding() as forwarder,
    ):
        attempt = await send(forwarder, dropping.replace("http:", "https:"))
        assert attempt.outcome is Outcome.TLS
        assert attempt.error.startswith("the connection broke during the TLS handshake")
        attempt = await send(forwarder, silent.replace("http:", "https:"), timeout_s=0.5)
        assert attempt.outcome is Outcome.TIMED_OUT
        assert attempt.error == "the TLS handshake was not finished within 0.5 s"
