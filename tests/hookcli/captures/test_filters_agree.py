"""One meaning, two executions: whatever a filter says and a capture holds, SQL and Python agree."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hookcli.captures.filters import FUNCTIONS, FilterError, parse
from hookcli.captures.model import Attempt, Capture, DeliveryState, Outcome, SignatureState
from tests.hookcli.captures.filtering import FORM, JSON, Case, World
from tests.hookcli.captures.made import ATTEMPTS, CAPTURES, NOW, identity

WORDS = st.sampled_from(
    ["a", "A", "ab", "aB", "b", "1", "12", "ü", "Ü", "ß", "ss", "\u212a", "k", "/", "日"]
)
SOUP = st.lists(
    WORDS | st.sampled_from([" ", ".", "*", "?", "\\", "\x00", "\ufffd"]), max_size=5
).map("".join)
RAW = SOUP.map(str.encode) | st.binary(max_size=6)

# Values

BODIES = st.one_of(
    RAW,
    st.sampled_from([
        b'{"a":1}', b'{"a":{"b":[1,2,"12"]}}', b'{"a":"ab","b":null}', b'[{"a":true}]', b"a=1&b=ab",
        b'a={"b":12}', b"a[b]=1&a[b]=2", b'{"a":"{\\"b\\":1}"}', b'{"a":"\\u00fc"}', b'{"a":', b"{",
    ]),
)  # fmt: skip
TARGETS = st.sampled_from(
    [b"", b"/", b"?a=1", b"/a?a=1&b=ab", b"/ab", b"/A", b"/a\xff?"]
) | RAW.map(lambda raw: b"/" + raw)
HEADERS = st.lists(
    st.tuples(st.sampled_from([b"A", b"a", b"X-B"]), RAW) | st.sampled_from([JSON, FORM]),
    max_size=3,
).map(tuple)
OUTCOMES = st.sampled_from([Outcome.RESPONDED, *Outcome])


@st.composite
def attempts(draw: st.DrawFn) -> Attempt:
    """An attempt that a filter may tell from another."""
    made = draw(ATTEMPTS)
    outcome = draw(OUTCOMES)
    return replace(
        made,
        outcome=outcome,
        status=draw(st.sampled_from([200, 204, 404, 500])) if outcome is Outcome.RESPONDED else 0,
        ms=draw(st.sampled_from([0.0, 11.5, 12.0, 12.4, 500.0])),
        target=draw(SOUP),
        error=draw(SOUP),
        headers=draw(HEADERS),
        body=draw(BODIES),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Case, ...]:
    """A few captures, each with what belongs to it."""
    found: list[Case] = []
    for number in range(draw(st.integers(1, 4))):
        body = draw(BODIES)
        made: Capture = draw(CAPTURES)
        state = draw(st.sampled_from(DeliveryState))
        capture = replace(
            made,
            id=identity(number),
            endpoint=draw(st.sampled_from(["", "ep_a"])),
            received_at=NOW - draw(st.integers(0, 3)) * 3_600_000_000,
            method=draw(st.sampled_from(["POST", "a"])),
            target=draw(TARGETS),
            headers=draw(HEADERS),
            body_size=len(body),
            source=draw(SOUP),
            event_type=draw(SOUP | st.text(max_size=3)),
            provider_id=draw(st.sampled_from(["", "1"])),
            parent=draw(st.sampled_from(["", "x"])),
            note=draw(SOUP),
            tags=tuple(sorted(draw(st.sets(SOUP | st.just("marked"), max_size=2)))),
        )
        tries = tuple(
            replace(one, capture=capture.id, n=n)
            for n, one in enumerate(draw(st.lists(attempts(), max_size=3)), 1)
        )
        found.append(Case(name=capture.id, capture=capture, body=body, attempts=tries, state=state))
    return tuple(found)


# Filters

TEXT_FIELDS = ["source", "type", "path", "method", "id", "endpoint", "target", "scheme", "note", "error",
               "tag", "peer", "header", "header.a", "header.x-b", "body", "body.a", "body.a.b", "body[0].a",
               "body.a.b[*]", "body.*", "query.a", "resp.header", "resp.header.a", "resp.body",
               "resp.body.a"]  # fmt: skip
VALUES = (
    WORDS
    | SOUP.map(lambda text: text.replace(" ", ""))
    | st.sampled_from(["*", "a*", "*b", "*a*", "a?", "?*b"])
)
QUOTED = SOUP.map(lambda text: '"' + text.replace("\\", "\\\\") + '"')
REGEXES = st.sampled_from(
    ["^a", "b$", "a.b", "(a|b)+", r"\d", r"a\b", '"^$"', "[^a]", "ü", '"a b*"']
)
NUMBERS = st.sampled_from(["0", "1", "2", "12", "12.4", "1e3", "99999999999999999999", "-1"])

TERMS = st.one_of(
    st.tuples(st.sampled_from(TEXT_FIELDS), st.sampled_from([":", "=", "!="]), VALUES | QUOTED),
    st.tuples(st.sampled_from(TEXT_FIELDS), st.just(":~"), REGEXES),
    st.tuples(
        st.sampled_from(["ms", "size", "attempts", "seq", "status", "reply", "body.a", "header.a",
                         "query.a", "resp.body.a"]),
        st.sampled_from(["<", "<=", ">", ">=", ":", "=", "!="]),
        NUMBERS,
    ),
    st.tuples(
        st.sampled_from(["status", "reply"]), st.just(":"),
        st.sampled_from(["2xx", "20x", "5xx", "err", "wait", "refused", "app", "gone", "none"]),
    ),
    st.tuples(st.just("sig"), st.just(":"), st.sampled_from(SignatureState)),
    st.tuples(
        st.just("is"), st.sampled_from([":", "!="]),
        st.sampled_from(["failed", "replay", "mutation", "dup", "marked", "late", "skipped", "pending", "new"]),
    ),
    st.tuples(st.sampled_from(["since", "until"]), st.just(":"), st.sampled_from(["1h", "2h", "today"])),
    st.tuples(st.just(""), st.just(""), WORDS | QUOTED),
    st.tuples(st.sampled_from(["~b ", "~u ", "~h ", "~t ", "~comment "]), st.just(""), REGEXES),
).map("".join)  # fmt: skip


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        several.map(" ".join),
        several.map(" or ".join).map("({})".format),
        inner.map("-({})".format),
    )


FILTERS = st.recursive(TERMS, _joined, max_leaves=5)


@settings(max_examples=60)
@given(cases(), st.lists(FILTERS, min_size=4, max_size=12))
def test_sql_and_python_agree(given_cases: Sequence[Case], texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "captures.db", given_cases)
        try:
            for text in texts:
                if understood(text):
                    _ = world.names(text)
        finally:
            world.store.close()


def understood(text: str) -> bool:
    """Whether a text is a filter; not every value is one of its field's."""
    try:
        return parse(text, now=NOW) is not None
    except FilterError:
        return False


ANYTHING = (
    st.none() | st.integers() | st.floats() | st.binary(max_size=30) | st.text(max_size=20) | BODIES
)


@given(
    ANYTHING,
    ANYTHING,
    st.sampled_from(["a", "a[0]", "[*]", "*", "a.b"]),
    st.sampled_from(["contains", "equals", "glob", "regex", "<", ">="]),
    st.sampled_from(["a", "a.b", "12", "ü"]),
)
def test_no_function_raises_whatever_a_row_holds(
    one: object, other: object, path: str, kind: str, operand: str
) -> None:
    for name, row in {
        "hk_text": (one,),
        "hk_path": (one,),
        "hk_header": (one, "a"),
        "hk_query": (one, path),
        "hk_body": (one, other, path),
    }.items():
        count, code = FUNCTIONS[name]
        assert count == len(row) + 2
        assert code(*row, kind, operand) in (True, False)
