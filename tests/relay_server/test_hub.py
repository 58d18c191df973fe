"""Held senders: first answer wins, nobody is told twice, nobody waits for those who cannot answer."""

from typing import Literal

import hypothesis.strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from hookcli.wire import codec
from hookcli.wire.messages import Result
from relay_server.hub import Hub, Listener, Tell

EP = "ep_a"


def listener(
    number: int, *, respond: Literal["app", "ack"] | None = None, ms: int | None = None
) -> Listener:
    return Listener(id=number, endpoint=EP, respond=respond, deadline_ms=ms)


def result(seq: int, outcome: str = "answered", name: str = "") -> Result:
    return codec.result(seq=seq, id=name or f"event-{seq}", outcome=outcome, status=200)


def append(
    hub: Hub, seq: int, *, respond: Literal["app", "ack"] = "app", now: float = 0.0
) -> Tell | None:
    return hub.appended(
        EP, seq, f"event-{seq}", respond=respond, deadline_ms=lambda: 10_000, now=now
    )


def with_listeners(*listeners: Listener) -> Hub:
    hub = Hub(max_held=100, endpoint_held=100)
    for one in listeners:
        hub.attached(one)
    return hub


def test_nobody_listens_so_the_sender_gets_the_ack() -> None:
    assert append(Hub(max_held=10, endpoint_held=10), 1) == Tell(EP, 1, "ack")


def test_the_first_answer_wins_and_a_later_one_is_nothing() -> None:
    hub = with_listeners(listener(1), listener(2))
    assert append(hub, 1) is None
    answer = result(1)
    assert hub.answered(2, answer) == [Tell(EP, 1, "app", answer)]
    assert hub.answered(1, result(1)) == []


def test_one_failure_leaves_hope_and_the_last_takes_it() -> None:
    hub = with_listeners(listener(1), listener(2))
    append(hub, 1)
    assert hub.answered(1, result(1, "refused")) == []
    assert hub.answered(2, result(1, "timeout")) == [Tell(EP, 1, "ack")]


def test_one_endpoint_holds_its_part_and_no_more() -> None:
    hub = Hub(max_held=10, endpoint_held=2)
    for number, endpoint in ((1, EP), (2, "ep_b")):
        hub.attached(Listener(id=number, endpoint=endpoint, respond=None, deadline_ms=None))
    assert [append(hub, seq) for seq in (1, 2, 3)] == [None, None, Tell(EP, 3, "ack")]
    other = hub.appended("ep_b", 1, "event-1", respond="app", deadline_ms=lambda: 10_000, now=0.0)
    assert other is None, "another endpoint's senders are held all the same"
    hub.hung_up(EP, 1)
    assert append(hub, 4) is None


def test_who_failed_may_still_be_outdone_by_a_listener_that_came_later() -> None:
    hub = with_listeners(listener(1), listener(2))
    append(hub, 1)
    hub.attached(listener(3))
    assert hub.answered(3, result(1)) == [Tell(EP, 1, "app", result(1))]


def test_a_listener_that_leaves_releases_only_what_it_alone_could_answer() -> None:
    hub = with_listeners(listener(1))
    append(hub, 1)
    hub.attached(listener(2))
    append(hub, 2)
    assert hub.detached(1) == [Tell(EP, 1, "ack")]
    assert hub.held == 1
    assert hub.detached(2) == [Tell(EP, 2, "ack")]


def test_a_program_that_is_down_holds_nobody_until_it_is_up_again() -> None:
    hub = with_listeners(listener(1))
    append(hub, 1)
    assert hub.target(1, False) == [Tell(EP, 1, "ack")]
    assert append(hub, 2) == Tell(EP, 2, "ack")
    assert hub.target(1, True) == []
    assert append(hub, 3) is None


def test_a_listener_s_wish_goes_before_its_endpoint_s() -> None:
    assert append(with_listeners(listener(1, respond="ack")), 1) == Tell(EP, 1, "ack")
    assert append(with_listeners(listener(1, respond="app")), 1, respond="ack") is None
    assert append(with_listeners(listener(1)), 1, respond="ack") == Tell(EP, 1, "ack")


def test_the_most_impatient_deadline_counts_from_the_request() -> None:
    hub = with_listeners(listener(1, ms=5_000), listener(2, ms=2_000), listener(3))
    append(hub, 1, now=100.0)
    assert hub.next_deadline() == 102.0
    assert hub.expired(101.9) == []
    assert hub.expired(102.0) == [Tell(EP, 1, "deadline")]
    assert hub.answered(1, result(1)) == []
    assert hub.next_deadline() is None


def test_an_answer_for_another_event_is_foreign_and_changes_nothing() -> None:
    hub = with_listeners(listener(1))
    append(hub, 1)
    assert hub.answered(1, result(1, name="someone-elses")) is None
    assert hub.held == 1


def test_a_listener_answers_for_its_own_endpoint_only() -> None:
    hub = with_listeners(listener(1))
    hub.attached(Listener(id=9, endpoint="ep_b", respond=None, deadline_ms=None))
    append(hub, 1)
    assert hub.answered(9, result(1)) == []
    assert hub.held == 1


def test_a_sender_that_hung_up_is_told_nothing_more() -> None:
    hub = with_listeners(listener(1))
    append(hub, 1)
    assert hub.hung_up(EP, 1)
    assert not hub.hung_up(EP, 1)
    assert hub.answered(1, result(1)) == []
    assert hub.expired(1e9) == []


def test_no_more_are_held_than_allowed() -> None:
    hub = Hub(max_held=1, endpoint_held=1)
    hub.attached(listener(1))
    assert append(hub, 1) is None
    assert append(hub, 2) == Tell(EP, 2, "ack")


def test_deleting_an_endpoint_and_stopping_release_everybody_once() -> None:
    hub = with_listeners(listener(1))
    append(hub, 1)
    assert hub.deleted("ep_b") == []
    assert hub.deleted(EP) == [Tell(EP, 1, "ack")]
    append(hub, 2)
    assert hub.stopping() == [Tell(EP, 2, "ack")]
    assert hub.stopping() == []


class Senders(RuleBasedStateMachine):
    """Whatever happens in whatever order: every sender is told once, and only then let go."""

    listeners = Bundle("listeners")
    events = Bundle("events")

    def __init__(self) -> None:
        super().__init__()
        self.hub = Hub(max_held=8, endpoint_held=8)
        self.now = 0.0
        self.seq = self.numbers = 0
        self.attached: dict[int, Listener] = {}
        self.waiting: dict[int, float] = {}
        """Held senders and when they were promised an end."""
        self.done: set[int] = set()

    def take(self, tells: list[Tell]) -> None:
        for tell in tells:
            assert tell.seq in self.waiting, "told twice, or never held"
            del self.waiting[tell.seq]
            self.done.add(tell.seq)

    @rule(target=listeners, respond=st.sampled_from([None, "app", "ack"]))
    def attach(self, respond: Literal["app", "ack"] | None) -> int:
        self.numbers += 1
        self.attached[self.numbers] = listener(self.numbers, respond=respond)
        self.hub.attached(self.attached[self.numbers])
        return self.numbers

    @rule(number=listeners)
    def detach(self, number: int) -> None:
        self.attached.pop(number, None)
        self.take(self.hub.detached(number))

    @rule(number=listeners, up=st.booleans())
    def target(self, number: int, up: bool) -> None:
        self.take(self.hub.target(number, up))

    @rule(target=events, respond=st.sampled_from(["app", "ack"]))
    def append(self, respond: Literal["app", "ack"]) -> int:
        self.seq += 1
        tell = append(self.hub, self.seq, respond=respond, now=self.now)
        if tell is None:
            self.waiting[self.seq] = self.now + 10
        else:
            assert tell == Tell(EP, self.seq, "ack")
            self.done.add(self.seq)
        return self.seq

    @rule(number=listeners, seq=events, outcome=st.sampled_from(["answered", "refused"]))
    def answer(self, number: int, seq: int, outcome: str) -> None:
        if number not in self.attached:
            return
        held = seq in self.waiting
        tells = self.hub.answered(number, result(seq, outcome))
        assert tells is not None
        if outcome == "answered" and held:
            assert [tell.by for tell in tells] == ["app"]
        self.take(tells)

    @rule(seq=events)
    def hang_up(self, seq: int) -> None:
        assert self.hub.hung_up(EP, seq) == (seq in self.waiting)
        self.waiting.pop(seq, None)

    @rule(seconds=st.floats(0, 20))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.take(self.hub.expired(self.now))

    @rule(target=events)
    def nothing(self) -> object:
        return multiple()

    @invariant()
    def nobody_waits_in_vain(self) -> None:
        assert self.hub.held == len(self.waiting) <= 8
        assert all(end > self.now for end in self.waiting.values())
        assert (self.hub.next_deadline() is None) == (not self.waiting)
        ready = [
            one for one in self.attached.values() if one.up and (one.respond or "app") == "app"
        ]
        assert ready or not self.waiting


TestSenders = Senders.TestCase
