"""The same small application three times: on a port, for ASGI, for WSGI. It verifies, and knows repeats."""

import json
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from hookcli import signatures
from hookcli.signatures import Secret
from hookcli.wire.http import Request

SECRET = "whsec_of_tests"
SECRETS = [Secret("test", SECRET)]


class Shop:
    """What the application has seen, whichever way it came."""

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.ids: set[str] = set()

    def take(self, request: Request) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self.seen.append(request)
        at = time.time_ns() // 1000
        if not signatures.verify(request, "stripe", SECRETS, at=at).ok:
            return 400, b'{"error": "signature"}'
        event = json.loads(request.body)["id"]
        known = event in self.ids
        self.ids.add(event)
        return 200, json.dumps({"repeat": known}).encode()

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        """By ASGI."""
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        target = scope["raw_path"] + (
            b"?" + scope["query_string"] if scope["query_string"] else b""
        )
        status, answer = self.take(
            Request(
                method=scope["method"],
                url="",
                target=target,
                headers=tuple(scope["headers"]),
                body=body,
            )
        )
        await send({"type": "http.response.start", "status": status,
                    "headers": [(b"content-type", b"application/json")]})  # fmt: skip
        await send({"type": "http.response.body", "body": answer[:5], "more_body": True})
        await send({"type": "http.response.body", "body": answer[5:]})

    def wsgi(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """By WSGI."""
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))
        headers = tuple(
            (key.removeprefix("HTTP_").replace("_", "-").lower().encode(), value.encode("latin-1"))
            for key, value in environ.items()
            if key.startswith("HTTP_") or key in ("CONTENT_TYPE", "CONTENT_LENGTH")
        )
        target = environ["REQUEST_URI"].encode("latin-1")
        status, answer = self.take(
            Request(
                method=environ["REQUEST_METHOD"], url="", target=target, headers=headers, body=body
            )
        )
        start_response(f"{status} Whatever", [("Content-Type", "application/json")])
        yield answer[:5]
        yield answer[5:]

    def serve(self) -> "ThreadingHTTPServer":
        """On a port of the loopback."""
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = tuple((k.encode(), v.encode("latin-1")) for k, v in self.headers.items())
                status, answer = shop.take(
                    Request(
                        method="POST", url="", target=self.path.encode(), headers=headers, body=body
                    )
                )
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        return server
