"""Every way to name a capture, and what is said when it names none or several."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hookcli.captures.refs import resolve
from hookcli.captures.store import Batch, Store
from hookcli.errors import NotFoundError
from tests.hookcli.captures.made import NOW, identity, new

HERE = "ep_test"
"""The endpoint that is meant."""

IDS = ("01JA8Q4MZX0000000000000001", "01JA8Q4MZY0000000000000002", "47113333330000000000000003")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "captures.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def filled(store: Store) -> Store:
    """Ten of one endpoint (1 to 10), one of another (11), one of none (12); three with other ids."""
    numbered = [new(n, tags=("even",) if n % 2 == 0 else ()) for n in range(1, 11)]
    mutation = new(12, seq=None, endpoint="", parent=identity(1), tags=("checkout-refund",))
    named = [new(100 + n, id=id_, seq=4700 + n) for n, id_ in enumerate(IDS)]
    store.commit(Batch(captures=(*numbered, new(11, endpoint="ep_other"), mutation, *named)))
    return store


def named(store: Store, text: str, endpoint: str | None = HERE) -> list[str]:
    return [one.id for one in resolve(store, text, endpoint=endpoint, now=NOW)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("@", [IDS[2]]),
        ("latest", [IDS[2]]),
        ("LATEST", [IDS[2]]),
        ("@1", [IDS[2]]),
        ("@4", [identity(12)]),
        ("@15", [identity(1)]),
        ("4701", [IDS[1]]),
        ("4711", [IDS[2]]),
        ("4700..4701", [IDS[0], IDS[1]]),
        ("4701..", [IDS[1], IDS[2]]),
        ("..2", [identity(1), identity(2)]),
        ("9..4700", [identity(9), identity(10), IDS[0]]),
        (":checkout-refund", [identity(12)]),
        (":even", [identity(n) for n in (2, 4, 6, 8, 10)]),
        (IDS[0], [IDS[0]]),
        (IDS[0].lower(), [IDS[0]]),
        ("01JA8Q4MZX", [IDS[0]]),
        ("01ja8q4mzy0", [IDS[1]]),
        ("4711333333", [IDS[2]]),
    ],
)
def test_a_reference_names(filled: Store, text: str, ids: list[str]) -> None:
    assert named(filled, text) == ids


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("@16", "there is no @16: 15 captures in all"),
        ("@0", "there is no @0"),
        ("@999999999999999", "there is no @"),
        ("11", "no capture has seq 11 in ep_test"),
        ("999999999999999999", "no capture has seq"),
        ("9" * 5000, "no capture is called"),
        ("20..30", "no capture has seq 20..30"),
        ("9..2", "no capture has seq 9..2"),
        (":nothing", "no capture has the tag nothing"),
        ("01JB", "no capture is called 01JB"),
        ("01J", "no capture is called 01J"),
        ("", "no capture is called"),
        (":", "no capture is called"),
        ("..", "no capture is called"),
        ("01JA8Q4MZ_", "no capture is called"),
        ("%", "no capture is called"),
    ],
)
def test_what_names_nothing_is_told_with_what_to_do(filled: Store, text: str, says: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        named(filled, text)
    assert caught.value.message.startswith(says)
    assert caught.value.hint


def test_tags_that_there_are_are_told(filled: Store) -> None:
    with pytest.raises(NotFoundError) as caught:
        named(filled, ":evn")
    assert caught.value.why == ("there are: :checkout-refund, :even",)


def test_nothing_is_there_yet(store: Store) -> None:
    for text, says in (("@", "no captures yet"), ("5", "no capture has seq 5")):
        with pytest.raises(NotFoundError, match=says):
            named(store, text, None)


def test_a_beginning_of_several_ids_lists_them_with_type_and_age(store: Store) -> None:
    ages = [3, 60, 7200, 200_000]
    captures = [new(n, received_at=NOW - age * 1_000_000) for n, age in enumerate(ages)]
    plain = replace(captures[0].capture, event_type="", source="", target=b"/hook?x=1")
    captures[0] = replace(captures[0], capture=plain)
    store.commit(Batch(captures=tuple(captures)))
    with pytest.raises(NotFoundError) as caught:
        named(store, "01ja0")
    assert caught.value.message == "01ja0 is the beginning of several ids"
    assert caught.value.why == (
        f"{identity(3)}  stripe invoice.paid  2 d ago",
        f"{identity(2)}  stripe invoice.paid  2 h ago",
        f"{identity(1)}  stripe invoice.paid  1 min ago",
        f"{identity(0)}  POST /hook?x=1  3 s ago",
    )
    store.commit(Batch(captures=tuple(new(n) for n in range(4, 20))))
    with pytest.raises(NotFoundError) as caught:
        named(store, "01JA")
    assert len(caught.value.why) == 11
    assert caught.value.why[-1] == "…"


def test_a_word_of_digits_is_a_place_before_it_is_an_id(store: Store) -> None:
    store.commit(Batch(captures=(new(1, id=IDS[2], seq=8), new(2, id=IDS[0], seq=4711))))
    assert named(store, "4711") == [IDS[0]]
    assert named(store, "47113") == [IDS[2]]
    store.delete([IDS[0]])
    assert named(store, "4711") == [IDS[2]]


def test_without_an_endpoint_a_place_is_found_if_only_one_has_it(filled: Store) -> None:
    assert named(filled, "11", None) == [identity(11)]
    assert named(filled, "10", None) == [identity(10)]
    filled.commit(Batch(captures=(new(200, endpoint="ep_other", seq=10),)))
    for text in ("10", "10..", "..20"):
        with pytest.raises(NotFoundError, match="several endpoints: ep_other, ep_test") as caught:
            named(filled, text, None)
        assert caught.value.hint == "--endpoint NAME"
    assert named(filled, "10", "ep_other") == [identity(200)]


def test_a_place_that_was_given_twice_is_the_later_event(store: Store) -> None:
    store.commit(Batch(captures=(new(1, seq=5), new(2, seq=5))))
    assert named(store, "5") == [identity(2)]
    assert named(store, "5..5") == [identity(1), identity(2)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=30) | st.from_regex(r"[@:.\d]{0,40}", fullmatch=True))
def test_whatever_is_written_names_captures_or_nothing(filled: Store, text: str) -> None:
    for endpoint in (HERE, None):
        try:
            assert named(filled, text, endpoint)
        except NotFoundError as error:
            assert error.message  # noqa: PT017 - either is right
