"""What a line of the list says, and that it always fits."""

import pytest
from msgspec.structs import replace

from hookcli.captures.model import DeliveryState, Outcome, Signature, SignatureState, Why
from hookcli.tui import peek, rows, words
from hookcli.tui.feed import Feed
from hookcli.tui.paint import length
from hookcli.tui.rows import GLYPHS, Row, Separator
from tests.hookcli.tui.rig import NOW, attempt, capture

OK = Row(id="a", at=NOW, source="stripe", event="invoice.paid", outcome=Outcome.RESPONDED, status=200,
         state=DeliveryState.DONE, attempts=1, ms=31.0)  # fmt: skip


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (OK, "ok"),
        (replace(OK, status=500), "failed"),
        (replace(OK, outcome=Outcome.TIMED_OUT, status=0), "failed"),
        (replace(OK, outcome=None, state=DeliveryState.PENDING), "waiting"),
        (replace(OK, outcome=Outcome.REFUSED, state=DeliveryState.PENDING), "waiting"),
        (replace(OK, outcome=Outcome.REFUSED, state=DeliveryState.FAILED), "failed"),
        (replace(OK, outcome=Outcome.REFUSED, state=DeliveryState.DONE, replays=1), "failed"),
        (replace(OK, outcome=None, state=DeliveryState.SKIPPED), "skipped"),
        (replace(OK, flying=NOW), "flight"),
        (replace(OK, sig=SignatureState.BAD), "badsig"),
        (replace(OK, replays=2), "replayed"),
        (replace(OK, parent="b", status=500), "mutation"),
    ],
)
def test_kinds(row: Row, kind: str) -> None:
    assert row.kind == kind


def test_every_state_has_its_own_glyph_in_both_alphabets() -> None:
    assert len({glyph for glyph, _, _ in GLYPHS.values()}) == len(GLYPHS)
    assert len({plain for _, plain, _ in GLYPHS.values()}) == len(GLYPHS)
    assert all(plain.isascii() for _, plain, _ in GLYPHS.values())


@pytest.mark.parametrize("width", range(50, 301, 7))
def test_lines_and_heading_fill_the_width_exactly(width: int) -> None:
    grid = rows.columns(width)
    for row in (OK, replace(OK, event="日本語" * 20, path="/" + "x" * 300, attempts=12)):
        assert length(rows.line(row, grid, now=NOW)) == width
    assert length(rows.heading(grid)) == width


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_ascii_mode_is_ascii(width: int) -> None:
    for kind in (OK, replace(OK, outcome=None, state=None, source=""), replace(OK, flying=NOW)):
        text = "".join(
            p.text for p in rows.line(kind, rows.columns(width), now=NOW, ascii_only=True)
        )
        assert text.isascii(), text


def test_a_row_tells_what_how_and_how_long() -> None:
    text = "".join(piece.text for piece in rows.line(OK, rows.columns(80), now=NOW))
    for part in ("✓", "stripe", "invoice.paid", "200", "31"):
        assert part in text
    waiting = replace(OK, outcome=None, state=DeliveryState.PENDING, at=NOW - 41_000_000)
    text = "".join(piece.text for piece in rows.line(waiting, rows.columns(80), now=NOW))
    assert "wait" in text
    assert "41s" in text


@pytest.mark.parametrize("outcome", Outcome)
def test_a_status_that_is_missing_is_a_whole_word(outcome: Outcome) -> None:
    row = replace(OK, outcome=outcome, status=0 if outcome is not Outcome.RESPONDED else 200)
    text, _ = rows.status_of(row)
    assert 2 <= len(text) <= 4
    assert outcome is Outcome.RESPONDED or text in words.NO_ANSWER.values()
    assert len(set(words.NO_ANSWER.values())) == len(Outcome) - 1


@pytest.mark.parametrize(
    ("answer", "html", "line"),
    [
        ('{"error":{"message":"no such customer"}}', False, "no such customer"),
        ('{"detail":[{"msg":"field required"}]}', False, "field required"),
        ('{"received":true}', False, '{"received":true}'),
        ("<html><head><title>IntegrityError at /hook</title>", True, "IntegrityError at /hook"),
        ("<p>Oh no</p>", True, "Oh no"),
        ("Traceback (most recent call last):\n  File x\nValueError: bad amount", False, "ValueError: bad amount"),
        ("ActiveRecord::RecordNotFound (Couldn't find User):\n app/x.rb", False,
         "ActiveRecord::RecordNotFound (Couldn't find User):"),
        ("plain words\nmore", False, "plain words"),
        ("[" * 100_000, False, "[" * 100_000),
    ],
)  # fmt: skip
def test_the_first_meaningful_line_of_an_answer(answer: str, html: bool, line: str) -> None:
    assert peek.message_in(answer, html=html) == line


def test_why_is_on_the_list_screen() -> None:
    made, _ = capture(1)
    row = rows.row_of(made)
    failed = attempt(made.id, 500, next_retry_at=NOW + 12_000_000, n=2)
    row = rows.with_attempt(row, failed, peek.answer_line(failed))
    text = "\n".join("".join(p.text for p in line) for line in
                     peek.peek(row, NOW, budget_ms=10_000, capture=made))  # fmt: skip
    for part in ("✗ 500 in 31 ms", "attempt 2, next in 12 s", "unknown customer", "signature ok (stripe",
                 "sender saw 500", "budget 31 ms of 10 s"):  # fmt: skip
        assert part in text


@pytest.mark.parametrize(
    ("ms", "short", "long"),
    [(0, "0", "0 ms"), (84, "84", "84 ms"), (999.6, "1.0s", "1.0 s"), (1234, "1.2s", "1.2 s"), (41_000, "41s", "41 s"),
     (360_000, "6m", "6 min"), (7_200_000, "2h", "2 h"), (6 * 86_400_000, "6d", "6 d")],
)  # fmt: skip
def test_durations(ms: float, short: str, long: str) -> None:
    assert words.span(ms) == short
    assert words.long_span(ms) == long


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (212, "212"),
        (4403, "4.4k"),
        (26_000, "26k"),
        (999_999, "1.0M"),
        (5_000_000, "5.0M"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert words.size(count) == text
    assert len(words.size(count)) <= 4


def some(count: int, first: int = 0) -> list[Row]:
    return [replace(OK, id=str(n), at=n) for n in range(first, first + count)]


def test_the_feed_keeps_places_while_both_ends_grow() -> None:
    feed = Feed()
    assert feed.append(some(3, 10)) == 3
    assert feed.prepend([*some(2, 8), Separator(at=9, text="x")]) == 3
    assert [feed.place(str(n)) for n in (8, 9, 10, 12)] == [0, 1, 3, 5]
    assert feed.prepend(some(3, 8)) == 0
    assert feed.append(some(1, 10)) == 0
    assert feed.rows == 5


def test_the_feed_counts_what_changes() -> None:
    feed = Feed()
    feed.append(some(3))
    feed.put(replace(OK, id="1", status=500, marked=True))
    assert (feed.failed, feed.marked) == (1, 1)
    feed.put(replace(OK, id="1"))
    assert (feed.failed, feed.marked) == (0, 0)


def test_a_selection_follows_rows_as_they_come_and_change() -> None:
    feed = Feed()
    feed.append(some(4))
    feed.select(lambda row: row.failed)
    assert len(feed) == 0
    feed.put(replace(OK, id="2", status=500))
    feed.append([replace(OK, id="9", status=404)])
    assert [item.id for item in feed.items if isinstance(item, Row)] == ["2", "9"]
    assert feed.place("2") == 0
    assert feed.place("1") is None
    feed.select(None)
    assert len(feed) == 5


def test_removed_rows_come_back_where_they_were() -> None:
    feed = Feed()
    feed.append(some(5))
    gone = feed.remove(["1", "3"])
    assert [row.id for row in gone] == ["1", "3"]
    assert feed.rows == 3
    feed.restore(gone)
    assert [item.id for item in feed.items if isinstance(item, Row)] == ["0", "1", "2", "3", "4"]


def test_a_replay_of_what_was_never_sent_is_no_second_attempt() -> None:
    row = rows.with_attempt(replace(OK, outcome=None, attempts=0), attempt("a", why=Why.REPLAY), "")
    assert row.replays == 0
    again = rows.with_attempt(row, attempt("a", why=Why.REPLAY, n=2), "")
    assert (again.replays, again.kind) == (1, "replayed")


@pytest.mark.parametrize(
    ("width", "signature"), [(100, "signature ok (stripe, 400 ms old)"), (40, "signature ok")]
)
def test_what_is_known_of_a_signature_is_told_as_far_as_there_is_room(
    width: int, signature: str
) -> None:
    made, _ = capture(0, signature=Signature(state=SignatureState.OK, age_ms=400))
    line = peek.peek(rows.row_of(made), NOW, capture=made, width=width)[2]
    text = "".join(piece.text for piece in line).strip()
    assert text.startswith(signature + " · sender saw 200")
    assert len(text) < width
