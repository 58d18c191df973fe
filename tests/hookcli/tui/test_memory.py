"""Drafts and what the screen remembers: whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from hookcli.errors import UsageError
from hookcli.tui import mutations, stats
from hookcli.tui.completion import proposals, word_at
from hookcli.tui.feed import Feed
from hookcli.tui.memory import Draft, Memory, write_whole
from hookcli.tui.rows import row_of
from hookcli.tui.views import counts
from tests.hookcli.tui.rig import NOW, capture


def test_layout_filters_and_views_come_back(tmp_path: Path) -> None:
    memory = Memory.load(tmp_path)
    memory.kept.layout = "side"
    for text in ("a", "b", "a", " "):
        memory.used_filter(text)
    memory.kept.views["mine"] = "status:5xx"
    memory.save()
    again = Memory.load(tmp_path)
    assert (again.kept.layout, again.kept.filters, again.kept.views) == (
        "side",
        ["a", "b"],
        {"mine": "status:5xx"},
    )


@pytest.mark.parametrize("content", [b"", b"{", b'{"layout": 7}', b'{"newer": [1]}'])
def test_a_file_that_cannot_be_read_counts_as_absent(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ui.json").write_bytes(content)
    assert Memory.load(tmp_path).kept.layout == "auto"


def test_a_draft_is_kept_for_its_owner_and_dropped(tmp_path: Path) -> None:
    memory = Memory.load(tmp_path)
    memory.keep_draft(Draft(parent="01JA", message=b"POST / HTTP/1.1\n\n\x00\xff", saved_at=NOW))
    path = tmp_path / "drafts" / "01JA.json"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    draft = memory.draft("01JA")
    assert draft is not None
    assert draft.message == b"POST / HTTP/1.1\n\n\x00\xff"
    memory.drop_draft("01JA")
    assert memory.draft("01JA") is None
    assert memory.draft("../../etc/passwd") is None


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_whole(path, b"old")
    with pytest.raises(TypeError):
        write_whole(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["f"]


ORIGINAL = capture(0)[0].request(capture(0)[1])


def test_what_is_not_touched_keeps_its_bytes() -> None:
    headers = mutations.headers_text(ORIGINAL.headers)
    same = mutations.built(
        ORIGINAL, ORIGINAL.method, mutations.shown_target(ORIGINAL), headers, ORIGINAL.body
    )
    assert same == ORIGINAL


def test_content_length_follows_the_body_where_it_was_sent() -> None:
    from msgspec.structs import replace

    sent = replace(ORIGINAL, headers=(*ORIGINAL.headers, (b"CONTENT-length", b"7")))
    made = mutations.built(sent, "POST", "/x", mutations.headers_text(sent.headers), b"12345")
    assert (b"CONTENT-length", b"5") in made.headers
    assert made.target == b"/x"


@pytest.mark.parametrize(
    ("method", "path"), [("PO ST", "/x"), ("", "/x"), ("POST", "/a b"), ("POST", "/\u65e5")]
)
def test_what_http_cannot_carry_is_refused(method: str, path: str) -> None:
    with pytest.raises(UsageError):
        mutations.built(ORIGINAL, method, path, mutations.headers_text(ORIGINAL.headers), b"")


@pytest.mark.parametrize("body", [b"\xff", b"a\r\nb", b"\x00"])
def test_bodies_that_a_text_area_would_change_are_not_edited_in_it(body: bytes) -> None:
    assert mutations.editable(body) is None


def test_the_word_at_the_caret() -> None:
    assert word_at("status:5xx sou", 14) == (11, "sou")
    assert word_at("(a or -typ", 10) == (6, "-typ")
    assert word_at("", 0) == (0, "")


def test_proposals_are_fields_then_values_that_were_seen() -> None:
    rows = [row_of(capture(number)[0]) for number in range(12)]
    assert [p.text for p in proposals("sou", rows)] == ["source:"]
    assert [p.text for p in proposals("-status:4", rows)] == ["-status:4xx"]
    found = proposals("type:inv", rows)
    assert {p.text for p in found} == {"type:invoice.paid", "type:invoice.payment_failed"}
    assert found[0].note == "2"
    assert proposals("", rows) == []
    assert proposals("nonsense", rows) == []


def test_counts_of_views() -> None:
    feed = Feed()
    feed.append(row_of(capture(number)[0]) for number in range(12))
    assert counts(feed, {"mine": 4}) == {
        "All": 12,
        "Failed": 0,
        "Bad sig": 2,
        "Marked": 0,
        "mine": 4,
    }


def test_statistics_of_a_window() -> None:
    rows = [row_of(capture(number)[0]) for number in range(1000)]
    all_of = stats.reckon(rows, now=NOW, window_s=0, by="source", slots=10)
    assert all_of.count == 1000
    assert sum(all_of.per_slot) == 1000
    assert {group.name for group in all_of.groups} == {
        "stripe",
        "github",
        "shopify",
        "slack",
        "unknown",
    }
    last = stats.reckon(rows, now=NOW, window_s=100, by="type", slots=10)
    assert last.count == 100
    assert stats.filter_for("type", "invoice.paid") == "type=invoice.paid"
    assert stats.filter_for("type", "POST /hook") == "path=/hook"
    assert stats.filter_for("type", 'a "b*') == 'type="a \\"b*"'
    assert stats.filter_for("source", "unknown") == 'source=""'
    assert stats.filter_for("status", "not sent") == "attempts=0"
    assert stats.filter_for("status", "timeout") == "status=timeout"
