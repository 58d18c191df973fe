"""The connection's decisions as screenplays: what happens at which second, and what follows."""

from collections.abc import Callable
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hookcli.errors import AuthError, NotFoundError, RelayError
from hookcli.tunnel.machine import (
    CONNECT_S,
    LONGEST_PAUSE_S,
    LOST_S,
    STALE_S,
    Connect,
    Connection,
    Effect,
    Effects,
    GiveUp,
    HangUp,
    Phase,
    SendPing,
    span,
)
from hookcli.tunnel.observe import Alive, Lost, Notice, Reconnecting, Stale

ORIGIN = "https://hooks.example.com"


def connection(
    *, random: Callable[[], float] = lambda: 1.0, max_offline_s: float | None = None
) -> Connection:
    return Connection(
        origin=ORIGIN, random=random, max_offline_s=max_offline_s, token_source="HOOKCLI_TOKEN"
    )


def live(it: Connection, now: float = 0.0) -> Connection:
    """Connected and welcomed at that time."""
    assert it.begin(now) == [Connect()]
    it.shaken(now)
    assert it.welcomed(now) is None
    return it


def names(effects: Effects) -> list[str]:
    return [type(effect).__name__ for effect in effects]


def only(kind: type[Effect], effects: Effects) -> Effect:
    (found,) = [effect for effect in effects if isinstance(effect, kind)]
    return found


def run(
    it: Connection, since: float, until: float, *, every: float = 0.5
) -> list[tuple[float, Effect]]:
    """Tick through a stretch of time; what followed, and when."""
    found = []
    now = since
    while now <= until:
        found += [(now, effect) for effect in it.tick(now)]
        now += every
    return found


def test_a_heartbeat_every_two_seconds_and_each_answer_is_told() -> None:
    it = live(connection())
    assert it.tick(0.0) == [SendPing(1)]
    assert it.pong(1, 0.03, ahead_ms=1000.0) == [Alive(round_trip_ms=30.0, clock_ahead_ms=985.0)]
    assert it.tick(1.9) == []
    assert it.due == 2.0
    assert it.tick(2.0) == [SendPing(2)]
    assert it.pong(1, 2.1, ahead_ms=0) == []  # answered once already


def test_silence_is_stale_after_five_seconds_and_lost_after_ten() -> None:
    it = live(connection())
    told = [(at, effect) for at, effect in run(it, 0.0, 10.0) if not isinstance(effect, SendPing)]
    assert [(at, type(effect).__name__) for at, effect in told] == [
        (STALE_S, "Stale"),
        (LOST_S, "HangUp"),
        (LOST_S, "Lost"),
        (LOST_S, "Reconnecting"),
    ]
    assert told[0][1] == Stale(silent_ms=5000)
    assert told[2][1] == Lost(reason="no heartbeat for 10 s")
    assert it.phase is Phase.PAUSING


def test_any_byte_ends_stale() -> None:
    it = live(connection())
    run(it, 0.0, 6.0)
    assert names(it.heard(6.1)) == ["Alive"]
    assert it.heard(6.2) == []
    assert it.tick(11.0) == [SendPing(5)]
    assert names(it.heard(11.1)) == ["Alive"]


def test_a_long_event_keeps_the_connection_live_although_no_pong_comes_through() -> None:
    it = live(connection())
    told: Effects = []
    for tenths in range(300):
        told += it.heard(tenths / 10)
        told += it.tick(tenths / 10)
    assert {type(effect) for effect in told} == {Alive, SendPing}


def test_after_a_sleep_the_connection_is_dropped_by_whatever_is_noticed_first() -> None:
    for noticed in (Connection.tick, Connection.heard):
        it = live(connection())
        it.tick(0.0)
        effects = noticed(it, 3600.0)
        assert names(effects) == ["HangUp", "Lost", "Reconnecting"]
        assert only(Lost, effects) == Lost(reason="no heartbeat for 60 min")


def test_connecting_has_three_seconds_and_the_welcome_ten_more() -> None:
    it = connection()
    it.begin(0.0)
    assert it.due == CONNECT_S
    assert it.tick(2.9) == []
    assert names(it.tick(3.0)) == ["HangUp", "Reconnecting"]

    it = connection()
    it.begin(0.0)
    it.shaken(1.0)
    assert it.tick(10.9) == []
    effects = it.tick(11.0)
    assert names(effects) == ["HangUp", "Reconnecting"]
    assert "no welcome" in str(only(Reconnecting, effects))


def test_pauses_double_to_less_than_five_seconds_and_never_end() -> None:
    now = 100.0
    it = live(connection(), now)
    pauses = [only(Reconnecting, it.closed(now, None, ""))]
    for _ in range(12):
        assert it.due is not None
        now = it.due
        assert it.tick(now) == [Connect()]
        pauses.append(only(Reconnecting, it.failed(now, "connection refused")))
    told = [pause for pause in pauses if isinstance(pause, Reconnecting)]
    assert [one.retry_in_ms for one in told] == [
        *(100, 200, 400, 800, 1600, 3200),
        *[4500] * 7,
    ]
    assert [one.attempt for one in told] == list(range(1, 14))
    assert told[-1].down_ms == round((now - 100.0) * 1000)


def test_a_try_that_took_its_time_shortens_the_pause() -> None:
    it = connection()
    assert it.begin(0.0) == [Connect()]
    began = [0.0]
    while len(began) < 12:
        assert it.due is not None
        now = it.due
        if Connect() in it.tick(now):
            began.append(now)
    # However a blackhole ends: the next try begins at most five seconds after the one before.
    gaps = [after - before for before, after in pairwise(began)]
    assert max(gaps) == pytest.approx(LONGEST_PAUSE_S)
    assert min(gaps) == CONNECT_S


def test_a_connection_that_stood_makes_the_next_pause_short_and_one_that_flapped_does_not() -> None:
    now = 0.0
    it = live(connection(), now)
    for stood, pause in [(6.0, 100), (0.1, 200), (0.1, 400), (6.0, 100)]:
        now += stood
        effects = it.closed(now, None, "")
        assert only(Reconnecting, effects) == Reconnecting(
            attempt=1, retry_in_ms=pause, down_ms=0, reason="the connection broke"
        )
        assert it.tick(now + 0.5) == [Connect()]
        now += 1.0
        it.shaken(now)
        assert it.welcomed(now) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        (None, "", "the connection broke"),
        (1000, "", "the connection broke"),
        (1001, "", "the relay is stopping"),
        (1001, "the relay is shutting down", "the relay is shutting down"),
        (4408, "nothing came for 10 s", "nothing came for 10 s"),
        (4429, "too many listeners on this endpoint", "too many listeners on this endpoint"),
        (4400, "ack: event 5 was not sent", "ack: event 5 was not sent"),
        (4413, "", "the connection broke"),
        (4999, "news", "news"),
    ],
)
def test_what_passes_is_come_back_from(code: int | None, reason: str, said: str) -> None:
    it = live(connection())
    effects = it.closed(1.0, code, reason)
    assert only(Lost, effects) == Lost(reason=said)
    assert isinstance(only(Reconnecting, effects), Reconnecting)
    faults = [effect for effect in effects if isinstance(effect, Notice)]
    assert bool(faults) == (code in (4400, 4413, 4429))


def test_too_many_listeners_is_waited_for_longer() -> None:
    it = connection()
    it.begin(0.0)
    it.shaken(0.1)
    effects = it.closed(0.2, 4429, "too many listeners on this endpoint")
    retry = only(Reconnecting, effects)
    assert isinstance(retry, Reconnecting)
    assert retry.retry_in_ms == 4300


@pytest.mark.parametrize(
    ("code", "kind", "notice"), [(4401, AuthError, "token"), (4404, NotFoundError, "deleted")]
)
def test_what_does_not_pass_ends_it(code: int, kind: type[Exception], notice: str) -> None:
    it = live(connection())
    effects = it.closed(1.0, code, "so")
    assert names(effects) == ["HangUp", "Lost", "Notice", "GiveUp"]
    given_up, told = only(GiveUp, effects), only(Notice, effects)
    assert isinstance(given_up, GiveUp)
    assert isinstance(told, Notice)
    assert isinstance(given_up.error, kind)
    assert told.code == notice
    assert it.due is None
    assert it.tick(100.0) == []


def test_a_token_that_is_not_accepted_names_where_it_came_from() -> None:
    it = connection()
    it.begin(0.0)
    given_up = only(GiveUp, it.answered(0.1, 401, "the token is missing or not valid here"))
    assert isinstance(given_up, GiveUp)
    assert isinstance(given_up.error, AuthError)
    assert given_up.error.message == "hooks.example.com does not accept this token"
    assert given_up.error.why == ("token from: HOOKCLI_TOKEN",)


@pytest.mark.parametrize("status", [200, 302, 400, 404, 422, 426])
def test_the_wrong_server_is_told_at_once_unless_it_was_the_right_one_before(status: int) -> None:
    it = connection()
    it.begin(0.0)
    given_up = only(GiveUp, it.answered(0.1, status, ""))
    assert isinstance(given_up, GiveUp)
    assert isinstance(given_up.error, RelayError)

    it = live(connection())
    it.closed(1.0, None, "")
    it.tick(1.1)
    assert names(it.answered(1.2, status, "")) == ["Reconnecting"]


def test_a_certificate_that_does_not_fit_ends_it_unless_it_fitted_before() -> None:
    it = connection()
    it.begin(0.0)
    assert names(it.failed(0.1, "the certificate is not accepted", lasting=True))[-1] == "GiveUp"
    it = live(connection())
    it.closed(1.0, None, "")
    it.tick(1.1)
    assert names(it.failed(1.2, "the certificate is not accepted", lasting=True)) == [
        "Reconnecting"
    ]


def test_a_relay_in_trouble_is_waited_for_from_the_start() -> None:
    it = connection()
    it.begin(0.0)
    assert names(it.answered(0.1, 503, "")) == ["Reconnecting"]
    assert it.try_now(0.11) == [Connect()]
    assert it.try_now(0.12) == []
    assert names(it.failed(0.2, "connection refused")) == ["Reconnecting"]


def test_giving_up_after_a_time_says_why_and_how_often() -> None:
    it = connection(max_offline_s=4.0)
    it.begin(0.0)
    now = 0.0
    effects: Effects = []
    while it.due is not None:
        now = it.due
        effects = it.tick(now)
        if Connect() in effects or it.phase is Phase.CONNECTING:
            effects = it.failed(now, "connection refused")
    assert now == 4.0
    given_up = only(GiveUp, effects)
    assert isinstance(given_up, GiveUp)
    assert given_up.reason == "offline"
    assert given_up.error.message.startswith("cannot reach hooks.example.com (connection refused, ")
    assert given_up.error.message.endswith(" tries in 4 s)")


def test_the_time_offline_begins_anew_with_each_loss() -> None:
    it = live(connection(max_offline_s=60.0), 99.0)
    it.closed(100.0, None, "")
    assert it.tick(159.0)[-1] == Connect()
    (hang_up, *_, given_up) = it.tick(160.0)
    assert hang_up == HangUp()
    assert isinstance(given_up, GiveUp)
    assert "stays away" in given_up.error.message


def test_nothing_follows_once_it_was_stopped() -> None:
    it = live(connection())
    it.stop()
    assert it.closed(1.0, None, "") == []
    assert it.heard(50.0) == []
    assert it.tick(60.0) == []
    assert it.due is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.05, "0.1 s"), (1, "1 s"), (59.6, "60 s"), (180, "3 min"), (86_400, "24 h")],
)
def test_stretches_of_time_in_words(seconds: float, words: str) -> None:
    assert span(seconds) == words


@given(st.lists(st.floats(0, 0.999), min_size=1, max_size=30))
def test_every_pause_is_at_most_its_share(draws: list[float]) -> None:
    numbers = iter(draws)
    it = connection(random=lambda: next(numbers))
    it.begin(0.0)
    now, limit = 0.0, 0.1
    for _ in draws:
        retry = only(Reconnecting, it.failed(now, "no route"))
        assert isinstance(retry, Reconnecting)
        assert retry.retry_in_ms <= round(limit * 1000)
        limit = min(limit * 2, LONGEST_PAUSE_S)
        assert it.due is not None
        now = it.due
        assert it.tick(now) == [Connect()]


@given(begin=st.floats(0, 1e9), gap=st.floats(0, 1.9))
def test_what_is_due_is_done_when_it_is_due(begin: float, gap: float) -> None:
    """However sums and differences are rounded, the clock is never asked for the same time twice."""
    it = connection()
    it.begin(begin)
    it.shaken(begin)
    it.welcomed(begin)
    it.heard(begin + gap)
    for _ in range(20):
        before = it.due
        assert before is not None
        if any(isinstance(effect, Lost) for effect in it.tick(before)):
            return
        assert it.due is not None
        assert it.due > before
    raise AssertionError("never lost")


class Screen(RuleBasedStateMachine):
    """Whatever happens in whatever order: what is shown is what is."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.it = connection(random=lambda: 0.5)
        self.shown = "connecting"
        self.socket = False
        """Whether the shell has a connection, or a try to make one."""
        self.last_byte = 0.0
        self.take(self.it.begin(self.now))

    def take(self, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case Connect():
                    assert not self.socket
                    self.socket = True
                case HangUp():
                    self.socket = False
                case Lost():
                    assert self.shown in ("live", "stale")
                    self.shown = "lost"
                case Stale():
                    assert self.shown == "live"
                    self.shown = "stale"
                case Alive():
                    assert self.shown in ("live", "stale")
                    self.shown = "live"
                case SendPing():
                    assert self.it.phase is Phase.LIVE
                case Reconnecting(retry_in_ms=wait):
                    assert 0 <= wait <= LONGEST_PAUSE_S * 1000
                case _:
                    pass

    @rule(seconds=st.floats(0.01, 4.0))
    def time_passes(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := self.it.due) is not None and due <= end:
            self.now = max(self.now, due)
            self.take(self.it.tick(self.now))
        self.now = end

    @precondition(lambda self: self.it.phase is Phase.CONNECTING)
    @rule(works=st.booleans())
    def the_try_ends(self, works: bool) -> None:
        if works:
            self.it.shaken(self.now)
        else:
            self.socket = False
            self.take(self.it.failed(self.now, "connection refused"))

    @precondition(lambda self: self.it.phase is Phase.GREETING)
    @rule()
    def a_welcome_comes(self) -> None:
        self.it.welcomed(self.now)
        self.shown, self.last_byte = "live", self.now

    @precondition(lambda self: self.it.phase is Phase.LIVE)
    @rule()
    def bytes_come(self) -> None:
        self.take(self.it.heard(self.now))
        self.last_byte = self.now

    @precondition(lambda self: self.socket and self.it.phase is not Phase.CONNECTING)
    @rule(code=st.sampled_from([None, 1001, 4400, 4408, 4429]))
    def the_connection_ends(self, code: int | None) -> None:
        self.socket = False
        self.take(self.it.closed(self.now, code, ""))

    @rule()
    def somebody_is_impatient(self) -> None:
        self.take(self.it.try_now(self.now))

    @invariant()
    def live_is_only_shown_while_there_are_signs_of_life(self) -> None:
        if self.shown == "live":
            assert self.it.phase is Phase.LIVE
            assert self.now - self.last_byte <= STALE_S
        if self.shown == "stale":
            assert self.now - self.last_byte <= LOST_S

    @invariant()
    def there_is_always_something_to_come(self) -> None:
        assert self.it.due is not None
        assert self.socket == (self.it.phase is not Phase.PAUSING)


TestScreen = Screen.TestCase
