"""Captures as tests: each is sent again and its answer checked.

One file alone needs nothing but pytest. Beside a test file, captures are HTTP messages that can be
read, reviewed and edited, and hookcli's pytest plugin sends them.
"""

import json
import re
from collections.abc import Iterator, Sequence

from hookcli.wire.headers import end_to_end
from hookcli.workbench import message
from hookcli.workbench.export.item import Item

_HEAD = '''"""Webhooks captured by hookcli, sent again to the program under test.

    WEBHOOK_TARGET=http://localhost:8000 pytest {name}

Signatures that sign a time grow stale: give the program a wide tolerance in tests.
"""

import http.client
import os
from urllib.parse import urlsplit

TARGET = os.environ.get("WEBHOOK_TARGET", {target!r})


def send(method, target, headers, body):
    """Send one request, byte for byte, and return (status, body) of the answer."""
    url = urlsplit(TARGET)
    connect = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = connect(url.hostname, url.port, timeout=30)
    try:
        lines = [f"{{method}} ".encode() + url.path.rstrip("/").encode() + target + b" HTTP/1.1"]
        lines += [name + b": " + value for name, value in headers]
        lines += [b"Content-Length: %d" % len(body), b"Connection: close"]
        connection.connect()
        connection.sock.sendall(b"\\r\\n".join(lines) + b"\\r\\n\\r\\n" + body)
        answer = http.client.HTTPResponse(connection.sock, method=method)
        answer.begin()
        return answer.status, answer.read()
    finally:
        connection.close()
'''

_TEST = '''

def test_{name}():
    """{title}"""
    status, answer = send(
        {method!r},
        {target!r},
        [
{headers}        ],
{body},
    )
    assert {check}, answer
'''
_WIDTH = 72

_WITH_FILES = '''"""Webhooks captured by hookcli, sent again to the app under test.

APP is a URL, or your ASGI or WSGI application itself. Where a test secret is known, each is signed as
the provider would sign it now: [tool.pytest.ini_options] webhook_secrets = ["{scheme}=..."]
"""

import os

import pytest

APP = os.environ.get("WEBHOOK_TARGET", {target})


@pytest.mark.webhooks(
{files}
)
def test_a_webhook_is_taken(webhook):
    answer = webhook.send(APP)
    assert answer.ok, answer
'''
FOLDER = "webhooks"
"""Where the plugin looks for captures, beside the test."""


def module(items: Sequence[Item], *, to: str = "", file_name: str = "test_webhooks.py") -> bytes:
    """The file: one test a capture, in order; expecting the status that was answered last, if 2xx."""
    target = (to or next(_targets(items), "http://localhost:8000")).rstrip("/")
    return (_HEAD.format(target=target, name=file_name) + "".join(map(_test, items))).encode()


def with_files(items: Sequence[Item], *, to: str = "") -> tuple[bytes, dict[str, bytes]]:
    """A test file, and the captures for the folder beside it."""
    target = (to or next(_targets(items), "http://localhost:8000")).rstrip("/")
    named = {_file(item): message.write(item.request) for item in items}
    schemes = (item.capture.scheme for item in items if item.capture.scheme)
    listed = "\n".join(f'    "{name}",' for name in named)
    scheme = next(schemes, "stripe")
    text = _WITH_FILES.format(target=json.dumps(target), files=listed, scheme=scheme)
    return text.encode(), {f"{FOLDER}/{name}": data for name, data in named.items()}


def _file(item: Item) -> str:
    """A file's name of what it is, in a folder of whose it is; in letters and digits."""
    capture = item.capture
    folder = _identifier(capture.source).replace("_", "-")
    name = _identifier(f"{capture.event_type or item.request.method} {capture.id}")
    return "/".join(filter(None, (folder, f"{name.replace('_', '-')}.http")))


def _targets(items: Sequence[Item]) -> Iterator[str]:
    return (item.last.target for item in items if item.last is not None and item.last.target)


def _test(item: Item) -> str:
    capture, request = item.capture, item.request
    what = " ".join(part for part in (capture.source, capture.event_type) if part)
    status = item.last.status if item.last is not None else 0
    headers = [
        f"            ({name!r}, {value!r}),\n"
        for name, value in end_to_end(request.headers)
        if name.lower() != b"content-length"
    ]
    target = request.target if request.target.startswith(b"/") else b"/" + request.target
    return _TEST.format(
        name=_identifier(f"{what or request.method} {capture.id}"),
        title=_identifier(what).replace("_", " ") or "a webhook",
        method=request.method,
        target=target,
        headers="".join(headers),
        body=_literal(request.body),
        check=f"status == {status}" if 200 <= status < 300 else "200 <= status < 300",
    )


def _literal(body: bytes) -> str:
    """The body as bytes literals, cut behind line feeds and where a line grows long."""
    parts = [
        line[at : at + _WIDTH]
        for line in body.splitlines(keepends=True)
        for at in range(0, len(line), _WIDTH)
    ]
    if len(parts) < 2:
        return f"        {body!r}"
    return "        (\n" + "".join(f"            {part!r}\n" for part in parts) + "        )"


def _identifier(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
