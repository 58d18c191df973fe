"""The process that checks: `python -m relay_server.schemas.worker`, with the relay on its stdin.

A schema is a small program that a stranger wrote, and the body another's input to it: either may
take for ever, fill the memory or overflow the stack. Here that costs this process and nothing else.
Nothing is fetched for a schema, from no network and no file, and its patterns take linear time.
"""

import contextlib
import os
import socket
from collections import OrderedDict

import jsonschema_rs
import msgspec
from jsonschema_rs import RegexOptions, ValidationError, Validator

from relay_server.schemas.messages import Ask, Explained, Found, ask_in, receive, send

_MEMORY = 512 << 20
_KEPT = 128
"""Schemas that are kept compiled."""
_PATTERN = 1 << 20
"""Bytes that one compiled pattern may take."""
_LONGEST = 200
_NOTHING = object()


def main() -> None:
    """Say that it is ready, then answer until the relay is gone."""
    _limit()
    relay = socket.socket(fileno=0)
    send(relay, Found(True))
    worker = Worker()
    with contextlib.suppress(OSError):
        while True:
            worker.answer(relay, ask_in(receive(relay)))


def _limit() -> None:
    """Take little and yield to the relay."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    with contextlib.suppress(OSError, AttributeError):
        os.nice(5)


class Worker:
    """Checks bodies; keeps the schemas that it was asked for last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, Validator | str] = OrderedDict()

    def answer(self, relay: socket.socket, ask: Ask) -> None:
        """Answer one question, in one or two messages."""
        validator = self._validator(ask.schema)
        if isinstance(validator, str):
            send(relay, Found(False, validator))
            return
        value = _NOTHING if ask.body is None else _decoded(ask.body)
        fits = ask.body is None or (value is not _NOTHING and validator.is_valid(value))
        send(relay, Found(fits))
        if not fits and ask.explain:
            send(relay, _explained(validator, value))

    def _validator(self, schema: bytes) -> Validator | str:
        """Compiled, or why it cannot be."""
        found = self._kept.pop(schema, None)
        if found is None:
            found = _compiled(schema)
            if len(self._kept) >= _KEPT:
                self._kept.popitem(last=False)
        self._kept[schema] = found
        return found


def _compiled(schema: bytes) -> Validator | str:
    try:
        return jsonschema_rs.validator_for(
            msgspec.json.decode(schema),
            offline=True,
            mask="the value",
            pattern_options=RegexOptions(size_limit=_PATTERN, dfa_size_limit=_PATTERN),
        )
    except ValidationError as error:
        return _cut(f"{_pointer(error.instance_path) or 'the schema'}: {error.message}")
    except Exception as error:
        return _cut(str(error) or type(error).__name__)


def _decoded(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _NOTHING


def _explained(validator: Validator, value: object) -> Explained:
    if value is _NOTHING:
        return Explained("", "", "it is not JSON")
    try:
        validator.validate(value)
    except ValidationError as error:
        where, rule = _pointer(error.instance_path), _pointer(error.schema_path)
        return Explained(_cut(where), _cut(rule), _cut(error.message))
    return Explained("", "", "it does not fit")


def _pointer(path: list[str | int]) -> str:
    return "".join("/" + str(one).replace("~", "~0").replace("/", "~1") for one in path)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


if __name__ == "__main__":
    main()
