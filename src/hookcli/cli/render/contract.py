"""What every NDJSON record holds: the one table from which the published schema is made.

Keys are only ever added within `v`. Readers ignore keys and types that they do not know, so the
published schema allows them; the tests' schema does not, so nothing is written that is not told here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hookcli.captures.model import Outcome, SignatureState, Why

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
INT: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
INSTANT: Schema = {"$ref": "#/$defs/instant"}
ID: Schema = {"$ref": "#/$defs/id"}
TEXTS: Schema = {"type": "array", "items": TEXT}
HEADERS: Schema = {"$ref": "#/$defs/headers"}
ANY: Schema = {}

_REASON_OPEN = "one of a closed set; new reasons may be added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One type of record."""

    says: str
    keys: Mapping[str, Schema]
    """Beside `v`, `type` and `at`; a leading `?` marks a key that may be missing."""
    open: bool = False
    """Holds further keys that others decide about."""


def _or_null(schema: Schema) -> Schema:
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _one_of(*words: str) -> Schema:
    return {"enum": list(words)}


def _told(schema: Schema, text: str) -> Schema:
    return {**schema, "description": text}


_BODY: dict[str, Schema] = {
    "?body": _told(TEXT, "where the bytes are valid UTF-8; else body_b64 is there"),
    "?body_b64": _told({"type": "string", "contentEncoding": "base64"}, "all other bytes"),
    "body_size": INT,
}
_OF_ONE: dict[str, Schema] = {
    "?endpoint": _told(TEXT, "of a listener for several endpoints: which of them")
}
_SIGNATURE: Schema = {
    "type": "object",
    "required": ["state", "reason", "age_ms"],
    "properties": {
        "state": _one_of(*(one.value for one in SignatureState)),
        "reason": _told(_or_null(TEXT), _REASON_OPEN),
        "age_ms": _told(_or_null(INT), "signed time to arrival"),
    },
}
_TIMING: Schema = {
    "type": "object",
    "required": ["dns", "connect", "wait", "read"],
    "properties": {name: _or_null(NUMBER) for name in ("dns", "connect", "wait", "read")},
    "description": "milliseconds; null for what was not reached",
}
_ATTEMPT: dict[str, Schema] = {
    "event": ID,
    "n": _told(INT, "1 for the first attempt of this event"),
    "why": _one_of(*(one.value for one in Why)),
    "target": TEXT,
    "started_at": INSTANT,
    "ms": NUMBER,
    "timing": _TIMING,
    "outcome": _one_of(*(one.value for one in Outcome)),
    "status": _or_null(INT),
    "reason": _or_null(TEXT),
    "headers": HEADERS,
    **_BODY,
    "error": _or_null(TEXT),
    "added": _told(TEXTS, "what was added or is to be known of it, for people"),
    "next_retry_at": _or_null(INSTANT),
}

KINDS: Mapping[str, Kind] = {
    "event": Kind(
        says="a captured request; can be fed back to `import -`, `verify -` and `replay -`",
        keys={
            "id": ID,
            "seq": _told(
                _or_null(INT), "its place in its endpoint's log; null for copies, imports"
            ),
            "endpoint": _or_null(TEXT),
            "source": _told(_or_null(TEXT), "the provider's short name"),
            "event_type": _told(_or_null(TEXT), "the provider's name for what happened"),
            "received_at": INSTANT,
            "method": TEXT,
            "url": _told(TEXT, "as the sender called it, one character a byte"),
            "path": TEXT,
            "query": _told(TEXT, "raw, without its `?`"),
            "http_version": TEXT,
            "headers": HEADERS,
            **_BODY,
            "body_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "scheme": _told(_or_null(TEXT), "how it is signed"),
            "signature": _SIGNATURE,
            "peer": _or_null(TEXT),
            "replay_of": _or_null(TEXT),
            "parent": _told(_or_null(ID), "of a changed copy: what it is a copy of"),
            "tags": TEXTS,
            "note": _or_null(TEXT),
            "?skipped": _told(FLAG, "while listening: captured, and on purpose not forwarded"),
            "?target": _told(TEXT, "in a dry run: where it would be sent"),
        },
    ),
    "attempt": Kind(
        says="one request made for an event, and what came of it",
        keys={
            **_ATTEMPT,
            "?unexpected": _told(TEXTS, "where answers are judged: what is not as expected"),
        },
    ),
    "reply": Kind(
        says="what the sender of an event was told",
        keys={
            "event": ID,
            "status": _or_null(INT),
            "by": _one_of("app", "ack", "deadline", "gone", "hookcli"),
            "ms": NUMBER,
        },
    ),
    "ready": Kind(
        says="the listener is connected for the first time",
        keys={
            "url": TEXT,
            "endpoint": TEXT,
            "name": _told(_or_null(TEXT), "what the endpoint is called here"),
            "targets": TEXTS,
            "relay": TEXT,
            "local": FLAG,
            "resume_seq": INT,
            "backlog": INT,
            "retention_s": INT,
        },
    ),
    "connected": Kind(says="connected again", keys={"down_ms": INT, "caught_up": INT} | _OF_ONE),
    "lost": Kind(says="the relay is not heard any more", keys={"reason": TEXT} | _OF_ONE),
    "reconnecting": Kind(
        says="the next try to connect is due",
        keys={"reason": TEXT, "down_ms": INT, "try": INT, "retry_in_ms": INT} | _OF_ONE,
    ),
    "gap": Kind(
        says="events that the relay had already removed",
        keys={"from_seq": INT, "to_seq": INT, "count": INT, "reason": TEXT} | _OF_ONE,
    ),
    "refused": Kind(
        says="a sender that the relay turned away: nothing of it was stored",
        keys={
            "refused_at": INSTANT,
            "method": TEXT,
            "path": TEXT,
            "query": _told(TEXT, "raw, without its `?`"),
            "peer": TEXT,
            "status": INT,
            "reason": _told(TEXT, _REASON_OPEN),
            "detail": _or_null(TEXT),
            "more": _told(INT, "how many others at that moment are not told of singly"),
        }
        | _OF_ONE,
    ),
    "target": Kind(
        says="whether the program accepts connections",
        keys={
            "url": TEXT,
            "state": _one_of("up", "refused", "timeout"),
            "waiting": INT,
            "next_try_ms": _or_null(INT),
            "error": _or_null(TEXT),
        }
        | _OF_ONE,
    ),
    "notice": Kind(
        says="something worth a sentence; with `level: error` the failure that ended the command",
        keys={
            "level": _one_of("debug", "info", "warning", "error"),
            "code": TEXT,
            "text": TEXT,
            "hint": _or_null(TEXT),
        },
    ),
    "planned": Kind(
        says="one attempt of `listen --explain`, in seconds since the first",
        keys={
            "n": INT,
            "earliest_s": NUMBER,
            "latest_s": _told(_or_null(NUMBER), "null: made only where pauses were short"),
            "pause_min_s": NUMBER,
            "pause_max_s": NUMBER,
        },
    ),
    "done": Kind(
        says="the last record of a listener",
        keys={"captured": INT, "failed": INT, "waiting": INT, "last_seq": INT, "exit_code": INT},
    ),
    "replayed": Kind(
        says="the last record of a replay of several",
        keys={
            **dict.fromkeys(("total", "sent", "answered", "good", "unexpected"), INT),
            "unreachable": INT,
            "left": _told(INT, "not sent, or given up before the answer"),
            "gone": _told(INT, "deleted meanwhile"),
            "ms": NUMBER,
            "p50_ms": _or_null(NUMBER),
            "p95_ms": _or_null(NUMBER),
        },
    ),
    "triggered": Kind(
        says="one request of `trigger`, and what its sender was told",
        keys={**_ATTEMPT, "event": _or_null(ID), "name": TEXT},
    ),
    "sample": Kind(says="a sample of `trigger`", keys={"name": TEXT, "scheme": TEXT}),
    "keypair": Kind(
        says="a key pair for tests", keys={"scheme": TEXT, "private": TEXT, "public": TEXT}
    ),
    "verification": Kind(
        says="what is found out about a signature",
        keys={
            "event": _or_null(ID),
            "name": TEXT,
            "scheme": _or_null(TEXT),
            "state": _one_of(*(one.value for one in SignatureState)),
            "reason": _told(TEXT, _REASON_OPEN),
            "detail": _or_null(TEXT),
            "age_ms": _or_null(INT),
            "secret": _told(_or_null(TEXT), "the name of the secret that fitted"),
            "fitting": _told(_or_null(TEXT), "the name of one that fits after all"),
            "headline": TEXT,
            "finding": _or_null(TEXT),
            "next_step": _or_null(TEXT),
            "tried": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["what", "fits", "result"],
                    "properties": {"what": TEXT, "fits": FLAG, "result": TEXT},
                },
            },
        },
    ),
    "difference": Kind(
        says="one value that is not the same in two captures or answers",
        keys={
            "before_event": ID,
            "after_event": ID,
            "where": TEXT,
            "path": {"type": "array", "items": {"type": ["string", "integer"]}},
            "how": _one_of("path", "field", "line", "byte"),
            "kind": _one_of("changed", "added", "removed"),
            "?before": _or_null(TEXT),
            "?before_b64": TEXT,
            "?after": _or_null(TEXT),
            "?after_b64": TEXT,
        },
    ),
    "stats": Kind(
        says="counts and times of a group of captures; the last one, without a name, of all",
        keys={
            "by": _one_of("type", "source", "status", "hour"),
            "name": _or_null(TEXT),
            **dict.fromkeys(("count", "good", "failing", "waiting", "skipped"), INT),
            "bad_signatures": INT,
            "attempts": INT,
            "rate": _told(_or_null(NUMBER), "delivered of what was to be forwarded, 0 to 1"),
            **{name: _or_null(NUMBER) for name in ("p50_ms", "p95_ms", "p99_ms")},
        },
    ),
    "audit": Kind(
        says="how an app did in one check",
        keys={
            "check": TEXT,
            "result": _one_of("ok", "failed", "skipped"),
            "text": TEXT,
            "ms": _told(NUMBER, "of the slowest answer"),
        },
    ),
    "schema": Kind(
        says="the shape of one kind of event's bodies",
        keys={
            "title": _told(TEXT, "source and event type"),
            "schema": _told({"type": "object"}, "JSON Schema, draft 2020-12"),
        },
    ),
    "tag": Kind(says="a name and how many captures have it", keys={"name": TEXT, "count": INT}),
    "exported": Kind(says="what `export -O` wrote", keys={"files": TEXTS, "captures": INT}),
    "deleted": Kind(says="a capture that was deleted", keys={"id": ID}),
    "setting": Kind(
        says="a setting and where it comes from", keys={"key": TEXT, "value": ANY, "from": TEXT}
    ),
    "endpoint": Kind(says="an endpoint, as its relay tells of it", keys={"id": TEXT}, open=True),
    "check": Kind(
        says="one finding of `doctor`",
        keys={
            "name": TEXT,
            "result": _one_of("ok", "note", "wrong"),
            "text": TEXT,
            "hint": _or_null(TEXT),
        },
    ),
    "damage": Kind(says="a damage in a relay's log", keys={"where": TEXT, "what": TEXT}),
    "checked": Kind(
        says="what `relay check` came to",
        keys=dict.fromkeys(("events", "endpoints", "bytes", "damages"), INT),
    ),
}
"""By `type`, in the order of the page."""

_DEFS: dict[str, Schema] = {
    "instant": {
        "type": "string",
        "format": "date-time",
        "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        "description": "RFC 3339 in UTC with milliseconds",
    },
    "id": {"type": "string", "minLength": 1, "description": "a capture's ULID"},
    "headers": {
        "type": "array",
        "items": {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2},
        "description": "[name, value] in the order sent, one character a byte (ISO-8859-1)",
    },
}


def schema(*, closed: bool = False) -> Schema:
    """The JSON Schema (draft 2020-12) of one line; `closed` allows no key or type beside these."""
    types: Schema = {"type": "string", "description": "unknown types are to be ignored"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hookcli NDJSON, version 1",
        "description": "One line of what hookcli writes with --json. Made from the code: make docs.",
        "type": "object",
        "required": ["v", "type", "at"],
        "properties": {
            "v": {"const": 1},
            "type": _one_of(*KINDS) if closed else types,
            "at": INSTANT,
        },
        "allOf": [
            {
                "if": {"properties": {"type": {"const": name}}},
                "then": {"$ref": f"#/$defs/{name}"},
            }
            for name in KINDS
        ],
        "$defs": {
            **_DEFS,
            **{name: _kind(kind, closed=closed) for name, kind in KINDS.items()},
        },
    }


def _kind(kind: Kind, *, closed: bool) -> Schema:
    made: Schema = {
        "description": kind.says,
        "required": [name for name in kind.keys if not name.startswith("?")],
        "properties": {name.removeprefix("?"): one for name, one in kind.keys.items()},
    }
    if "?body" in kind.keys:
        made["oneOf"] = [{"required": ["body"]}, {"required": ["body_b64"]}]
    if closed and not kind.open:
        made["properties"] |= {"v": ANY, "type": ANY, "at": ANY}
        made["additionalProperties"] = False
    return made
