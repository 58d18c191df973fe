"""What a listener asks for in the query of its request."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl


class WishError(Exception):
    """The query cannot be; the text names the word and its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The query of a stream; docs/protocol.md has the meaning of each word."""

    after: int | Literal["now"] = "now"
    since: int | None = None
    respond: Literal["app", "ack"] | None = None
    deadline_ms: int | None = None
    name: str = ""


def read_wish(query: bytes, *, max_deadline_ms: int) -> Wish:
    """The wish in a raw query; unknown words are for later versions.

    Raises:
        WishError: a value cannot be.
    """
    asked = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="utf-8"))
    after, deadline = asked.get("after", "now"), asked.get("deadline_ms")
    return Wish(
        after="now" if after == "now" else _number("after", after),
        since=_number("since", asked["since"]) if "since" in asked else None,
        respond=_respond(asked.get("respond")),
        deadline_ms=(
            None
            if deadline is None
            else min(max(_number("deadline_ms", deadline), 1), max_deadline_ms)
        ),
        name="".join(c for c in asked.get("name", "") if c.isprintable())[:100],
    )


def _respond(text: str | None) -> Literal["app", "ack"] | None:
    match text:
        case None | "app" | "ack":
            return text
        case _:
            raise WishError("respond: app or ack")


def _number(name: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        raise WishError(f"{name}: {text[:40]!r} is not a number")
    return int(text)
