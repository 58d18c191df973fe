"""Captures as an HTTP Archive, HAR 1.2: http://www.softwareishard.com/blog/har-12-spec/.

What the format has no place for stands under `_hookcli` and `_encoding` (custom names begin with an
underscore): a body that is no UTF-8 is base64, the request target is kept to the byte.
"""

import base64
import json
from collections.abc import Sequence

from hookcli.captures.model import Attempt, Timing
from hookcli.wire.headers import Headers, first, values
from hookcli.wire.http import Request
from hookcli.workbench import formtext, media, urls
from hookcli.workbench.export.item import Item
from hookcli.workbench.records import instant

Json = dict[str, object]


def archive(items: Sequence[Item], *, version: str) -> bytes:
    """The archive, one entry a capture with its last answer; `version` is hookcli's."""
    creator = {"name": "hookcli", "version": version}
    log = {"version": "1.2", "creator": creator, "entries": [_entry(item) for item in items]}
    return json.dumps({"log": log}, indent=2).encode() + b"\n"


def _entry(item: Item) -> Json:
    capture, attempt = item.capture, item.last
    protocol = f"HTTP/{capture.http_version}"
    timings = _timings(attempt.timing if attempt else Timing())
    return {
        "startedDateTime": instant(capture.received_at),
        "time": attempt.ms if attempt else 0,
        "request": _request(item.request, protocol),
        "response": _response(attempt),
        "cache": {},
        "timings": timings,
        "_hookcli": {
            "id": capture.id,
            "url": capture.url,
            "target": _text(capture.target),
            "received_at": instant(capture.received_at),
            "peer": capture.peer,
        },
    }


def _request(request: Request, protocol: str) -> Json:
    entry: Json = {
        "method": request.method,
        "url": urls.called(request.url, request.target),
        "httpVersion": protocol,
        "cookies": _cookies(values(request.headers, b"cookie")),
        "headers": _headers(request.headers),
        "queryString": [
            {
                "name": _legible(field.name.encode("utf-8", "surrogateescape")),
                "value": _legible(value),
            }
            for field, value in _decoded(request.query)
        ],
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        entry["postData"] = _post_data(request)
    return entry


def _post_data(request: Request) -> Json:
    kind = _text(first(request.headers, b"content-type") or b"")
    text, encoded = _body(request.body)
    return {"mimeType": kind, "text": text, **({"_encoding": "base64"} if encoded else {})}


def _response(attempt: Attempt | None) -> Json:
    """The answer; of an attempt without one, the status 0 that browsers write for it."""
    answered = attempt is not None and attempt.status > 0
    headers = attempt.headers if attempt is not None else ()
    body = attempt.body if attempt is not None else b""
    text, encoded = _body(body)
    content: Json = {
        "size": len(body),
        "mimeType": _text(first(headers, b"content-type") or b"") or "x-unknown",
        "text": text,
        **({"encoding": "base64"} if encoded else {}),
    }
    entry: Json = {
        "status": attempt.status if attempt is not None else 0,
        "statusText": _text(attempt.reason) if attempt is not None else "",
        "httpVersion": "HTTP/1.1" if answered else "",
        "cookies": _cookies([value.partition(b";")[0] for value in values(headers, b"set-cookie")]),
        "headers": _headers(headers),
        "content": content,
        "redirectURL": _text(first(headers, b"location") or b""),
        "headersSize": -1,
        "bodySize": len(body) if answered else -1,
    }
    if attempt is not None and attempt.error:
        entry["_error"] = attempt.error
    return entry


def _timings(timing: Timing) -> Json:
    """-1 for what does not apply, except where HAR demands a number."""
    return {
        "dns": -1 if timing.dns is None else timing.dns,
        "connect": -1 if timing.connect is None else timing.connect,
        "send": 0,
        "wait": timing.wait or 0,
        "receive": timing.read or 0,
    }


def _body(body: bytes) -> tuple[str, bool]:
    """The text, and whether it is base64."""
    if media.is_utf8(body):
        return body.decode(), False
    return base64.b64encode(body).decode("ascii"), True


def _headers(headers: Headers) -> list[Json]:
    return [{"name": _text(name), "value": _text(value)} for name, value in headers]


def _cookies(lines: Sequence[bytes]) -> list[Json]:
    pairs = (pair.strip().partition(b"=") for line in lines for pair in line.split(b";"))
    return [{"name": _text(name), "value": _text(value)} for name, _, value in pairs if name]


def _decoded(query: bytes) -> list[tuple[formtext.Field, bytes]]:
    return [
        (field, formtext.decode(query[field.start : field.end])) for field in formtext.fields(query)
    ]


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


def _legible(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
