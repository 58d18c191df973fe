"""What the workbench's property tests draw: JSON texts as careless writers write them, requests."""

import hashlib
import json
from typing import Any

from hypothesis import strategies as st

from hookcli.captures.model import Attempt, Capture, Outcome, Timing, Why
from hookcli.wire.http import Request
from hookcli.workbench.export import Item

BLANKS = st.sampled_from(["", "", "", " ", "\n  ", "\t", "\r\n"])
KEYS = st.one_of(
    st.sampled_from(["id", "a.b", "", "data", "$", "x y", "0", '"']), st.text(max_size=4)
)
NUMBERS = st.sampled_from(["0", "-0", "1.0", "1.00", "1E400", "12345678901234567890123", "3e-2"])
SCALARS = st.one_of(
    NUMBERS,
    st.sampled_from(["true", "false", "null", '"\\u65e5"', '"\\ud83d\\ude00"', '"\\/"']),
    st.builds(json.dumps, st.text(max_size=8), ensure_ascii=st.booleans()),
)


@st.composite
def _containers(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    def blank() -> str:
        return draw(BLANKS)

    items = draw(st.lists(inner, max_size=4))
    if draw(st.booleans()):
        keys = [draw(KEYS) for _ in items]
        ascii_only = draw(st.booleans())
        items = [
            f"{json.dumps(key, ensure_ascii=ascii_only)}{blank()}:{blank()}{item}"
            for key, item in zip(keys, items, strict=True)
        ]
        opens, closes = "{", "}"
    else:
        opens, closes = "[", "]"
    return opens + ",".join(blank() + item + blank() for item in items or [""]) + closes


JSON_TEXTS: st.SearchStrategy[str] = st.recursive(SCALARS, _containers, max_leaves=12)
"""Valid JSON with repeated keys, odd spacing, odd numbers and escapes."""

DOCUMENTS = st.builds(lambda a, text, b: (a + text + b).encode(), BLANKS, JSON_TEXTS, BLANKS)

JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)

TOKENS = st.from_regex(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,8}", fullmatch=True)
"""RFC 9110 §5.6.2."""
CONTROL = frozenset((*range(0x20), 0x7F))
FIELD_VALUES = st.binary(max_size=12).map(
    lambda raw: bytes(b for b in raw if b == 0x09 or b not in CONTROL).strip(b" \t")
)
"""RFC 9110 §5.5: no control characters but the tab, no blanks at the ends."""
TARGETS = st.one_of(
    st.sampled_from([b"", b"/", b"?", b"/?", b"/a//../b?x=%2f&x=[1]&y", b"/a?", b"?q=1"]),
    st.from_regex(rb"/[!-~\x80-\xff]{0,12}", fullmatch=True),
)
TEXT_BODIES = st.text(max_size=30).map(str.encode)
BODIES = st.one_of(
    st.just(b""),
    TEXT_BODIES,
    st.binary(max_size=30),
    DOCUMENTS,
    st.just(b"--b\r\nA: 1\r\n\r\nx\r\n--b--\r\n"),
)


def requests(bodies: st.SearchStrategy[bytes] = BODIES) -> st.SearchStrategy[Request]:
    """Requests as HTTP/1.1 can carry them."""
    return st.builds(
        Request,
        method=TOKENS,
        url=st.sampled_from(["https://relay.example/ep_k3f9qz", "http://localhost:8000"]),
        target=TARGETS,
        headers=st.lists(st.tuples(TOKENS.map(str.encode), FIELD_VALUES), max_size=5).map(tuple),
        body=bodies,
    )


def load(data: bytes) -> Any:
    """What a program reads, numbers kept as they are spelled."""
    return json.loads(data, parse_int=str, parse_float=str, parse_constant=_refuse)


def _refuse(name: str) -> Any:
    raise ValueError(name)


def item(request: Request, *attempts: Attempt, **known: Any) -> Item:
    """The request as a capture, with its attempts."""
    facts: dict[str, Any] = {
        "id": "01JA8Q4MZX0000000000000000",
        "endpoint": "ep_k3f9qz",
        "seq": 7,
        "received_at": 1_763_908_351_002_000,
        "http_version": "1.1",
        "peer": "203.0.113.9",
    }
    capture = Capture(
        method=request.method,
        url=request.url,
        target=request.target,
        headers=request.headers,
        body_size=len(request.body),
        body_sha256=hashlib.sha256(request.body).digest(),
        **(facts | known),
    )
    return Item(capture=capture, body=request.body, attempts=attempts)


def attempt(
    status: int = 200, body: bytes = b"ok", *headers: tuple[bytes, bytes], **known: Any
) -> Attempt:
    """An answer, or with status 0 none."""
    facts: dict[str, Any] = {
        "capture": "01JA8Q4MZX0000000000000000",
        "n": 1,
        "why": Why.LIVE,
        "target": "http://localhost:8000",
        "started_at": 1_763_908_351_010_000,
        "ms": 84.5,
        "timing": Timing(dns=0.1, connect=0.4, wait=82.0, read=2.0),
        "outcome": Outcome.RESPONDED if status else Outcome.REFUSED,
    }
    return Attempt(
        status=status, headers=headers, body=body, body_size=len(body), **(facts | known)
    )
