"""Who listens at other relays, whatever of their words is lost."""

import hypothesis.strategies as st
from hypothesis import given

from relay_server.cluster.neighbours import (
    SILENT_S,
    AskFor,
    Came,
    Effect,
    Neighbours,
    Turned,
    Went,
)
from relay_server.cluster.words import Beat, Bye, Change, Hello, Seat, Seats, Word, pack, word

EP = "ep_a"


def seat(number: int, *, up: bool = True) -> Seat:
    return Seat(number, EP, f"laptop {number}", None, None, up, since=number)


def whole(node: str, version: int, *seats: Seat) -> Seats:
    return Seats(node, version, seats, first=True, last=True)


def test_a_relay_that_says_hello_is_asked_for_all() -> None:
    it = Neighbours("me")
    assert it.heard(Hello("you"), 0.0) == [AskFor("you")]
    assert it.heard(whole("you", 3, seat(1)), 0.0) == [Came(-1, seat(1))]
    assert it.listening(EP) == [("laptop 1", 1)]
    assert it.nodes(EP) == ("you",)
    assert it.heard(Beat("you", 3, {}), 1.0) == []


def test_a_change_that_was_missed_is_asked_for() -> None:
    it = Neighbours("me")
    it.heard(whole("you", 3, seat(1)), 0.0)
    assert it.heard(Change("you", 5, seat(2)), 0.1) == [AskFor("you")]
    assert it.heard(Beat("you", 5, {}), 0.2) == [AskFor("you")]
    told = it.heard(whole("you", 5, seat(2, up=False)), 0.3)
    assert told == [Went(-1, seat(1)), Came(-2, seat(2, up=False)), Turned(-2, seat(2, up=False))]
    assert it.heard(Change("you", 4, seat(1)), 0.4) == [], "what is old changes nothing"


def test_who_is_silent_or_says_goodbye_is_gone_with_all_its_listeners() -> None:
    it = Neighbours("me")
    for node in ("a", "b"):
        it.heard(whole(node, 0, seat(1)), 0.0)
    it.heard(Beat("b", 0, {}), SILENT_S)
    assert it.silent(SILENT_S + 0.1) == [Went(-1, seat(1))]
    assert it.heard(Bye("b"), SILENT_S + 0.2) == [Went(-2, seat(1))]
    assert (len(it), it.nodes(EP), it.listening(EP)) == (0, (), [])


def test_its_own_words_are_nothing_new() -> None:
    it = Neighbours("me")
    assert it.heard(Change("me", 1, seat(1)), 0.0) == []
    assert len(it) == 0


_changes = st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.booleans()), max_size=30)
"""A number, whether its seat is left, and whether the word of it is lost."""


@given(_changes)
def test_after_a_beat_and_an_answer_all_is_as_it_is(changes: list[tuple[int, bool, bool]]) -> None:
    it = Neighbours("me")
    seats: dict[int, Seat] = {}
    here: dict[int, Seat] = {}
    version = 0

    def apply(effects: list[Effect]) -> bool:
        asked = False
        for effect in effects:
            match effect:
                case Came(name, one):
                    assert name not in here
                    here[name] = one
                case Turned(name, one):
                    here[name] = one
                case Went(name, _):
                    del here[name]
                case AskFor():
                    asked = True
        return asked

    def hear(said: Word) -> bool:
        again = word(pack(said))
        assert again == said
        return apply(it.heard(said, 0.0))

    hear(whole("you", 0))
    for number, left, lost in changes:
        known = seats.get(number)
        if left and known is None:
            continue
        version += 1
        one = known if left and known else seat(number, up=known is None or not known.up)
        if left:
            del seats[number]
        else:
            seats[number] = one
        if not lost:
            hear(Change("you", version, one, left))
    if hear(Beat("you", version, {})):
        hear(whole("you", version, *seats.values()))
    assert sorted(one.number for one in here.values()) == sorted(seats)
    assert {one.number: one for one in here.values()} == seats
    found = sorted(it.listening(EP))
    assert found == sorted((one.name, one.since) for one in seats.values())
