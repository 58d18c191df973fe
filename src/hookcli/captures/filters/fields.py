"""The fields of a filter by name: what their values are like, and the condition each makes."""

from collections.abc import Callable, Mapping
from typing import Final

from hookcli.captures.filters import columns, contents, states
from hookcli.captures.filters.asked import EVERY, Asked
from hookcli.captures.filters.lexer import FilterError
from hookcli.captures.filters.nodes import Node, Not

FIELDS: Final[Mapping[str, str]] = {
    "status": "200, 5xx, err, wait", "type": "invoice.*", "source": "stripe", "path": "/webhooks",
    "method": "POST", "ms": "> 500", "size": ">= 10kB", "since": "1h", "until": "10m", "sig": "bad",
    "is": "failed, replay, marked …", "tag": "a name", "note": "a word",
    "reply": "what the sender saw", "attempts": "> 1", "header.": "a request header",
    "body.": "a path in the body", "query.": "a query field", "body": "anywhere in the body",
    "header": "any request header", "resp.status": "200, 5xx", "resp.body": "anywhere in the answer",
    "resp.body.": "a path in the answer", "resp.header.": "a header of the answer",
    "resp.header": "any header of the answer", "error": "why there is no answer",
    "target": "where the last attempt went", "scheme": "how it is signed", "endpoint": "its id",
    "id": "", "seq": "a place in the log", "peer": "who called",
}  # fmt: skip
"""Field to what its values are like; one that ends in a dot goes on with a name of yours."""

VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("2xx", "3xx", "4xx", "5xx", "err", "wait"),
    "resp.status": ("2xx", "3xx", "4xx", "5xx"),
    "reply": ("2xx", "4xx", "5xx", "app", "ack", "deadline", "gone", "hookcli", "none"),
    "sig": states.SIGNATURES,
    "is": tuple(states.IS),
    "since": ("10m", "1h", "6h", "1d", "today", "yesterday"),
    "until": ("10m", "1h", "6h", "1d", "today", "yesterday"),
    "method": ("POST", "GET", "PUT", "DELETE"),
}
"""Field to the values that it may have or usually has."""

NUMBERS: Final = ("ms", "size", "attempts", "seq")
"""The fields that are compared rather than matched."""

OPERATORS: Final = EVERY

_MAKERS: Final[Mapping[str, Callable[[Asked], Node]]] = {
    **dict.fromkeys(columns.TEXTS, columns.text),
    "path": columns.path, "tag": columns.tag,
    "ms": columns.ms, "size": columns.size, "attempts": columns.attempts, "seq": columns.seq,
    "since": columns.since, "until": columns.until,
    "status": columns.status, "resp.status": columns.status, "reply": columns.reply,
    "sig": columns.signature, "is": columns.is_,
    "body": contents.body, "resp.body": contents.answer_body,
    "header": contents.header, "resp.header": contents.answer_header,
}  # fmt: skip


def condition(asked: Asked) -> Node:
    """The condition that is asked for.

    Raises:
        FilterError: there is no such field, or it has no such operator or value.
    """
    make = _MAKERS.get(asked.name.lower())
    node = make(asked) if make is not None else contents.below(asked)
    if node is None:
        raise FilterError(asked.at, _unknown(asked.name))
    return Not(node) if asked.operator == "!=" else node


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    shown = name if len(name) <= 20 else f"{name[:19]}…"
    names = [known.removesuffix(".") for known in FIELDS]
    if near := get_close_matches(name.lower(), dict.fromkeys(names), 3, 0.5):
        return f"a field is wanted here, such as {', '.join(near)}; none is called {shown}"
    return f"a field is wanted here, none is called {shown}; in quotes it is sought as it is"
