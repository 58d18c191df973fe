"""What may be set on an endpoint, and whether it can be."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict

from hookcli.wire.headers import end_to_end
from hookcli.wire.messages import Pairs
from relay_server import answers, proof
from relay_server.door import checked_networks
from relay_server.registry import Verify

_Words = Annotated[
    tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...], Meta(max_length=200)
]


class Changes(Struct, forbid_unknown_fields=True, kw_only=True):
    """What may be set, at its creation or later."""

    name: Annotated[str, Meta(max_length=100)] | UnsetType = UNSET
    respond: Literal["app", "ack"] | UnsetType = UNSET
    deadline_ms: Annotated[int, Meta(ge=1)] | UnsetType | None = UNSET
    ack_status: Annotated[int, Meta(ge=200, le=599)] | UnsetType = UNSET
    ack_headers: tuple[tuple[str, str], ...] | UnsetType = UNSET
    ack_body: Annotated[str, Meta(max_length=65_536)] | UnsetType | None = UNSET
    allow: _Words | UnsetType = UNSET
    methods: _Words | UnsetType = UNSET
    content_types: _Words | UnsetType = UNSET
    schema: dict[str, Any] | bool | UnsetType | None = UNSET
    schema_mode: Literal["reject", "mark"] | UnsetType = UNSET
    verify: Verify | UnsetType | None = UNSET
    dedup: Literal["mark", "drop"] | UnsetType | None = UNSET
    dedup_s: Annotated[int, Meta(ge=1, le=30 * 86_400)] | UnsetType = UNSET


class InvalidError(Exception):
    """A setting that cannot be; the text names it."""


def checked(
    changes: Changes, *, max_deadline_ms: int, sets: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """What is set, in the form in which it is kept; whether a schema is one is not looked at.

    Raises:
        InvalidError: one of them cannot be.
    """
    found = {name: value for name, value in asdict(changes).items() if value is not UNSET}
    if found.get("verify") is not None and (wrong := proof.checked(found["verify"])):
        raise InvalidError(f"verify: {wrong}")
    if (found.get("deadline_ms") or 0) > max_deadline_ms:
        raise InvalidError(f"deadline_ms: at most {max_deadline_ms}")
    if not found.get("name", "").isprintable():
        raise InvalidError("name: printable characters only")
    _check_ack(tuple((one.encode(), value.encode()) for one, value in found.get("ack_headers", ())))
    if found.get("schema") is not None:
        found["schema"] = msgspec.json.encode(found["schema"]).decode()
    return found | _rules(found, sets)


def _check_ack(headers: Pairs) -> None:
    if not answers.carries(headers):
        raise InvalidError("ack_headers: pairs of a field name and a value that HTTP can carry")
    ours = {name for name, _ in headers if name.lower() in (b"content-length", b"hookcli-event-id")}
    ours |= {name for name, _ in set(headers) - set(end_to_end(headers))}
    if ours:
        # Whoever says where the ack ends could put another answer behind it.
        names = ", ".join(sorted(name.decode() for name in ours))
        raise InvalidError(f"ack_headers: {names}: the relay's own to say")


def _rules(found: dict[str, Any], sets: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Who and what may come in, in the form in which the door compares."""
    made: dict[str, Any] = {}
    try:
        if "allow" in found:
            made["allow"] = checked_networks(found["allow"], sets.__contains__)
    except ValueError as error:
        names = ", ".join(sorted(sets))
        raise InvalidError(f"allow: {error}, nor one of the sets {names}") from None
    if "methods" in found:
        made["methods"] = tuple(word.upper() for word in found["methods"])
    if "content_types" in found:
        made["content_types"] = tuple(word.lower() for word in found["content_types"])
    for word in made.get("methods", ()):
        if not answers.is_token(word.encode()):
            raise InvalidError(f"methods: {word[:60]!r} is no method such as POST")
    for word in made.get("content_types", ()):
        if not all(map(answers.is_token, word.encode().partition(b"/")[::2])):
            raise InvalidError(
                f"content_types: {word[:60]!r} is no media type such as text/xml, nor text/*"
            )
    return made
