"""Requests out of an HTTP Archive, HAR 1.2, from hookcli, a browser or a proxy.

Where a browser wrote the archive, an HTTP/2 pseudo field (`:path`) is no field, and a body that was
only kept as `params` is written anew as a form.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from hookcli.errors import UsageError
from hookcli.wire.headers import Headers
from hookcli.wire.http import Request
from hookcli.workbench import formtext
from hookcli.workbench.imports.item import Imported
from hookcli.workbench.imports.ndjson import instant
from hookcli.workbench.imports.parts import split

_Json = Mapping[str, Any]


def read(text: bytes, *, base: str = "") -> Iterator[Imported]:
    """The requests of the archive, in order; `base` is the endpoint's URL, where it is known.

    UsageError names the entry that is not what HAR says.
    """
    try:
        entries = json.loads(text.removeprefix(b"\xef\xbb\xbf"))["log"]["entries"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise UsageError("this is no HTTP Archive: it has no log.entries") from None
    if not isinstance(entries, list):
        raise UsageError("this is no HTTP Archive: log.entries is not a list")
    for number, entry in enumerate(entries, 1):
        try:
            yield _entry(entry, base)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            what = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
            raise UsageError(f"entry {number} of the archive cannot be read: {what}") from None


def _entry(entry: _Json, base: str) -> Imported:
    asked: _Json = entry["request"]
    own: _Json = entry.get("_hookcli") or {}
    if "target" in own:
        url, target = _text(own["url"]), own["target"].encode("latin-1")
    else:
        url, target = split(asked["url"].encode(), base)
    version = re.search(r"(\d\.\d)", asked.get("httpVersion") or "")
    request = Request(
        method=_text(asked["method"]),
        url=url,
        target=target,
        headers=_headers(asked.get("headers") or []),
        body=_body(asked.get("postData") or {}),
    )
    return Imported(
        request=request,
        http_version=version[1] if version and version[1] in ("1.0", "1.1") else "1.1",
        origin=_text(own.get("id", "")),
        received_at=instant(own.get("received_at") or entry.get("startedDateTime") or ""),
        peer=_text(own.get("peer", "")),
    )


def _headers(fields: list[_Json]) -> Headers:
    return tuple(
        (_raw(field["name"]), _raw(field["value"]))
        for field in fields
        if not field["name"].startswith(":")
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value


def _raw(text: str) -> bytes:
    """One character a byte, as in most archives; text beyond that was decoded, and is UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def _body(data: _Json) -> bytes:
    text = data.get("text") or ""
    if "base64" in (data.get("_encoding"), data.get("encoding")):
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            raise ValueError("the body is not base64") from None
    if text or not data.get("params"):
        body: bytes = text.encode()
        return body
    pairs = ((param["name"], param.get("value") or "") for param in data["params"])
    return b"&".join(
        formtext.encode(name.encode(), b"") + b"=" + formtext.encode(value.encode(), b"")
        for name, value in pairs
    )
