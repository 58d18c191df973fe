"""`event` records read back, from a file or from a running `hookcli listen --json`."""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from hookcli.errors import UsageError
from hookcli.wire.headers import Headers
from hookcli.wire.http import Request
from hookcli.workbench import urls
from hookcli.workbench.imports.item import Imported


def read(text: bytes) -> Iterator[Imported]:
    """The events among the lines; records of other types are passed over.

    UsageError names the line that is no record, or whose body does not match its digest.
    """
    for number, line in enumerate(text.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise _wrong(number, "is not JSON") from None
        if not isinstance(record, dict):
            raise _wrong(number, "is not a record")
        if record.get("type") == "event":
            try:
                yield event(record)
            except (ValueError, TypeError, KeyError) as error:
                raise _wrong(number, f"is not a whole event: {_reason(error)}") from None


def event(record: Mapping[str, object]) -> Imported:
    """One `event` record. ValueError, TypeError or KeyError for one that is not whole."""
    body = _body(record)
    url, target = _called(record)
    seq, tags = record.get("seq"), record.get("tags") or []
    if not isinstance(tags, list):
        raise TypeError("tags is not a list")
    request = Request(
        method=_text(record, "method"), url=url, target=target, headers=_headers(record), body=body
    )
    return Imported(
        request=request,
        http_version=_optional(record, "http_version") or "1.1",
        origin=_optional(record, "id"),
        endpoint=_optional(record, "endpoint"),
        seq=seq if isinstance(seq, int) else None,
        received_at=instant(_optional(record, "received_at")),
        peer=_optional(record, "peer"),
        tags=tuple(str(tag) for tag in tags),
        note=_optional(record, "note"),
    )


def instant(text: str) -> int | None:
    """µs since the Unix epoch from RFC 3339; None for the empty text. ValueError if it is none."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * 1_000_000 + moment.microsecond


def _body(record: Mapping[str, object]) -> bytes:
    if "body_b64" in record:
        try:
            body = base64.b64decode(_text(record, "body_b64"), validate=True)
        except binascii.Error:
            raise ValueError("body_b64 is not base64") from None
    else:
        body = _optional(record, "body").encode()
    told = _optional(record, "body_sha256")
    if told and told != hashlib.sha256(body).hexdigest():
        raise ValueError("the body does not match body_sha256")
    return body


def _called(record: Mapping[str, object]) -> tuple[str, bytes]:
    path = _text(record, "path").encode("latin-1")
    query = _optional(record, "query").encode("latin-1")
    if not path.startswith(b"/"):
        raise ValueError("path does not begin with /")
    whole = _optional(record, "url")
    return urls.take_apart(whole, path, query)


def _headers(record: Mapping[str, object]) -> Headers:
    pairs = record.get("headers")
    if not isinstance(pairs, list):
        raise TypeError("headers is not a list")
    headers: list[tuple[bytes, bytes]] = []
    for pair in pairs:
        name, value = pair
        headers.append((name.encode("latin-1"), value.encode("latin-1")))
    return tuple(headers)


def _text(record: Mapping[str, object], key: str) -> str:
    value = record[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} is not a string")
    return value


def _optional(record: Mapping[str, object], key: str) -> str:
    return "" if record.get(key) is None else _text(record, key)


def _reason(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)


def _wrong(number: int, what: str) -> UsageError:
    return UsageError(f"line {number} {what}", hint="hookcli export ndjson REF writes such lines")
