"""A request to an application: over HTTP to a URL, or in this process by ASGI or WSGI.

Over HTTP, it is sent as a listener forwards it: every captured byte, with `X-Forwarded-*` of the public
URL. ASGI (https://asgi.readthedocs.io, HTTP 2.x) lowers the names of fields and WSGI (PEP 3333) joins
repeated ones with a comma: an application that runs under either never sees more.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from hookcli.errors import TargetError
from hookcli.testing.answers import HIDDEN, Answer
from hookcli.wire.headers import Headers, end_to_end
from hookcli.wire.http import Request

Scope = MutableMapping[str, Any]
Asgi = Callable[
    [Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]
]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
App = str | int | Asgi | Wsgi
"""A URL, `8000` or `http://localhost:8000/base`; an ASGI application; a WSGI application."""

_PARAMETERS = 3
"""Of an ASGI application's call: scope, receive, send; WSGI has two."""


async def send(request: Request, app: App, *, timeout_s: float) -> Answer:
    """The answer of a URL or an application.

    Raises:
        TargetError: nobody answers at the URL. What an application raises is raised.
    """
    __tracebackhide__ = HIDDEN
    if isinstance(app, str | int):
        return await _over_http(request, str(app), timeout_s)
    async with asyncio.timeout(timeout_s):
        if is_asgi(app):
            return await _by_asgi(request, app)  # type: ignore[arg-type]
        return await asyncio.to_thread(_by_wsgi, request, app)  # type: ignore[arg-type]


def is_asgi(app: object) -> bool:
    """Whether an application is called with scope, receive and send, and awaited."""
    call = app if inspect.isfunction(app) else type(app).__call__
    if inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(call):
        return True
    return _takes(app, _PARAMETERS) and not _takes(app, _PARAMETERS - 1)


def _takes(app: object, count: int) -> bool:
    """Whether it can be called with so many arguments."""
    try:
        inspect.signature(app).bind(*range(count))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True


async def _over_http(request: Request, url: str, timeout_s: float) -> Answer:
    __tracebackhide__ = HIDDEN
    from hookcli.captures.model import Outcome, Why
    from hookcli.config.values import target
    from hookcli.tunnel.forward import Forwarder

    try:
        where = target(url)
    except ValueError as error:
        raise TargetError(f"{url}: {error}") from None
    forwarder = Forwarder(mark=False)
    try:
        attempt = await forwarder.send(
            request, where, why=Why.LIVE, capture="", timeout_s=timeout_s
        )
    finally:
        await forwarder.close()
    if attempt.outcome is not Outcome.RESPONDED:
        raise TargetError(f"{where}: {attempt.error or attempt.outcome.value}")
    return Answer(status=attempt.status, headers=attempt.headers, body=attempt.body)


def _fields(request: Request) -> Headers:
    """The end-to-end fields with a length that counts the body."""
    headers = tuple(
        pair for pair in end_to_end(request.headers) if pair[0].lower() != b"content-length"
    )
    return (*headers, (b"Content-Length", b"%d" % len(request.body)))


def _place(request: Request) -> tuple[str, str, int]:
    """Scheme, host and port that the sender called."""
    url = urlsplit(request.url or "http://testserver")
    port = url.port or (443 if url.scheme == "https" else 80)
    return url.scheme or "http", url.hostname or "testserver", port


async def _by_asgi(request: Request, app: Asgi) -> Answer:
    scheme, host, port = _place(request)
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": scheme,
        "path": unquote_to_bytes(request.path).decode("utf-8", "replace"),
        "raw_path": request.path,
        "query_string": request.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in _fields(request)],
        "client": ("127.0.0.1", 0),
        "server": (host, port),
        "state": {},
    }
    waiting = [{"type": "http.request", "body": request.body, "more_body": False}]
    gone = asyncio.Event()
    start: Mapping[str, Any] = {}
    body = bytearray()

    async def receive() -> Any:
        if waiting:
            return waiting.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def answer(message: Any) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                gone.set()

    await app(scope, receive, answer)
    if not start:
        raise TargetError("the application has ended without an answer")
    headers = tuple((bytes(name), bytes(value)) for name, value in start.get("headers", ()))
    return Answer(status=start["status"], headers=headers, body=bytes(body))


def _by_wsgi(request: Request, app: Wsgi) -> Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        if exc_info and started and written:
            raise exc_info[1].with_traceback(exc_info[2])
        started[:] = [(status, headers)]
        return written.append

    result = app(_environ(request), start_response)
    try:
        body = b"".join([*result])
    finally:
        if (close := getattr(result, "close", None)) is not None:
            close()
    if not started:
        raise TargetError("the application has ended without an answer")
    status, headers = started[-1]
    return Answer(
        status=int(status.split(" ", 1)[0]),
        headers=tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers),
        body=b"".join(written) + body,
    )


def _environ(request: Request) -> dict[str, Any]:
    """What a WSGI server says of a request (PEP 3333)."""
    scheme, host, port = _place(request)
    path = unquote_to_bytes(request.path).decode("latin-1")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "RAW_URI": (request.target or b"/").decode("latin-1"),
        "REQUEST_URI": (request.target or b"/").decode("latin-1"),
        "QUERY_STRING": request.query.decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": _Errors(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in _fields(request):
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        comma = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{comma}{text}" if key in environ else text
    return environ


class _Errors:
    """Where an application complains: the stderr that pytest shows of a test that fails."""

    def write(self, text: str) -> int:
        import sys

        return sys.stderr.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            _ = self.write(line)

    def flush(self) -> None:
        pass
