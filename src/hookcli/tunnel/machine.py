"""The connection to the relay as decisions: told what happened and when, it says what to do.

    connecting ──▶ greeting ──▶ live ──▶ pausing ──▶ connecting ──▶ …
         └─────────────┴──────────────────▲

`now` is seconds of a clock that goes forward, sleep included. Every method returns what is to be
done, in order; `due` says when `tick` has something to say. No clock, no socket, no task inside.
"""

from dataclasses import dataclass
from enum import Enum

from hookcli.errors import AuthError, HookcliError, NotFoundError, RelayError
from hookcli.tunnel.backoff import Random, full_jitter
from hookcli.tunnel.observe import Alive, Lost, Notice, Reconnecting, Stale

CONNECT_S = 3.0
"""How long connecting may take: name, TCP, TLS and handshake together."""
PING_S = 2.0
STALE_S = 5.0
LOST_S = 10.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 4.5
"""Less than the five seconds within which the first event is to come: the handshake takes its time."""
PROVEN_S = 5.0
"""A connection that stood for so long makes the next pause short again."""
_SLOWED = 6
"""As many failures make the next pause one of the longest."""
_ALIVE_S = 2.5
"""How often a sign of life is told where bytes come and no pong does: behind a long event."""

_FAULTS = frozenset({1002, 1003, 1007, 1009, 4400, 4413})
"""Close codes that say that one side sent what cannot be."""
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers of a proxy or a relay that has trouble, not of the wrong server."""


class Phase(Enum):
    """Where the connection stands."""

    CONNECTING = "connecting"
    """The handshake is not through."""
    GREETING = "greeting"
    """It is, and the welcome has not come."""
    LIVE = "live"
    PAUSING = "pausing"
    """Between two tries."""
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Connect:
    """Try to connect; then say `shaken` and `welcomed`, or `failed`."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """Drop the connection, or the try to make one; nothing is to be said of it any more."""


@dataclass(frozen=True, slots=True)
class SendPing:
    """Send a `Ping` of that number."""

    n: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Nothing can be done here: the listener ends."""

    error: HookcliError
    reason: str
    """`offline` or `refused`."""


Effect = Connect | HangUp | SendPing | GiveUp | Alive | Stale | Lost | Reconnecting | Notice
Effects = list[Effect]


class Connection:
    """One relay, connected again and again."""

    def __init__(
        self,
        *,
        origin: str,
        random: Random,
        max_offline_s: float | None = None,
        token_source: str = "",
    ) -> None:
        """`origin` is the relay's, `https://hooks.example.com`."""
        self._origin, self._host = origin, origin.partition("://")[2]
        self._random = random
        self._max_offline_s = max_offline_s
        self._token_source = token_source
        self.phase = Phase.OVER
        self._ever_live = False
        self._offline_since = 0.0
        self._began = 0.0
        """When the try that runs, or the latest, began; a break counts as the beginning of one."""
        self._tries = 0
        """Since the connection was lost."""
        self._failures = 0
        self._reason = ""
        self._at = 0.0
        """While connecting or greeting: the deadline; while pausing: when the next try is due."""
        self._live_since = self._heard_at = self._told_at = self._ping_at = 0.0
        self._stale = False
        self._pings: dict[int, float] = {}
        self._pinged = 0
        self._round_trip_ms = self._ahead_ms = 0.0

    # -- what happens ---------------------------------------------------------------------------

    def begin(self, now: float) -> Effects:
        """The listener starts."""
        self._offline_since = now
        return self._connect(now)

    def shaken(self, now: float) -> None:
        """The handshake is through; the welcome has as long as silence may last."""
        self.phase, self._at = Phase.GREETING, now + LOST_S

    def welcomed(self, now: float) -> float | None:
        """The stream has begun; for how many seconds it was lost, None at the first time."""
        down = now - self._offline_since if self._ever_live else None
        self.phase, self._ever_live, self._stale = Phase.LIVE, True, False
        self._live_since = self._heard_at = self._told_at = self._ping_at = now
        self._pings.clear()
        return down

    def failed(self, now: float, reason: str, *, lasting: bool = False) -> Effects:
        """A try failed; `lasting`: it would always fail, unless the network in between is to blame."""
        if lasting and not self._ever_live:
            return self._give_up(RelayError(f"cannot reach {self._host} ({reason})"))
        return self._pause(now, reason)

    def answered(self, now: float, status: int, text: str) -> Effects:
        """The handshake was answered with something else than 101; `text` is the relay's sentence."""
        if status == 401:
            return self._give_up(self._not_accepted(), code="token")
        if self._ever_live or status in _TRANSIENT:
            # Hotels and proxies answer in the relay's place; that passes.
            return self._pause(now, f"HTTP {status}, {text}" if text else f"HTTP {status}")
        if text:
            return self._give_up(RelayError(f"{self._host} refuses: {text}"))
        error = RelayError(
            f"{self._host} does not answer as a hookcli relay does (HTTP {status})",
            hint="check the URL: it is the relay's own, without a path",
        )
        return self._give_up(error)

    def closed(self, now: float, code: int | None, reason: str) -> Effects:
        """The connection ended; `code` is that of the close frame, None when it broke."""
        if self.phase in (Phase.PAUSING, Phase.OVER):
            return []
        if code == 4401:
            return self._give_up(self._not_accepted(reason), code="token")
        if code == 4404:
            error = NotFoundError(f"the endpoint was deleted at {self._host}")
            return self._give_up(error, code="deleted")
        effects: Effects = []
        if code == 4429:
            text = f"{self._host}: {reason or 'too many listeners'}; waiting for a place"
            effects.append(Notice(level="warning", code="too_many", text=text))
            self._failures = max(self._failures, _SLOWED)
        elif code in _FAULTS:
            text = f"the stream was closed ({code}): {reason or 'no reason given'}"
            effects.append(Notice(level="warning", code="stream", text=text))
        if not reason:
            reason = "the relay is stopping" if code == 1001 else "the connection broke"
        was_live = self.phase is Phase.LIVE
        return [*effects, *(self._lose(now, reason) if was_live else self._pause(now, reason))]

    def heard(self, now: float) -> Effects:
        """Bytes have come, whichever: a sign of life."""
        if self.phase is not Phase.LIVE:
            return []
        if now - self._heard_at >= LOST_S:
            # The relay has given this stream up meanwhile, whatever lies in the buffers.
            return self.tick(now)
        self._heard_at = now
        return self._alive(now) if self._stale or now - self._told_at >= _ALIVE_S else []

    def pong(self, n: int, now: float, *, ahead_ms: float) -> Effects:
        """A ping was answered; `ahead_ms`: this machine's clock minus the relay's in the pong."""
        sent = self._pings.pop(n, None)
        if sent is None or self.phase is not Phase.LIVE:
            return []
        self._pings = {other: at for other, at in self._pings.items() if other > n}
        self._round_trip_ms = (now - sent) * 1000
        self._ahead_ms = ahead_ms - self._round_trip_ms / 2
        return self._alive(now)

    def try_now(self, now: float) -> Effects:
        """Somebody does not want to wait for the next try."""
        return self._connect(now) if self.phase is Phase.PAUSING else []

    def stop(self) -> None:
        """The listener ends."""
        self.phase = Phase.OVER

    def tick(self, now: float) -> Effects:
        """Time has passed."""
        if self.phase is Phase.LIVE:
            return self._watch(now)
        if self.phase is Phase.OVER:
            return []
        if self._gives_up_at is not None and now >= self._gives_up_at:
            return self._offline(now)
        if now < self._at:
            return []
        if self.phase is Phase.PAUSING:
            return self._connect(now)
        what = "no welcome" if self.phase is Phase.GREETING else "timed out"
        return [HangUp(), *self._pause(now, f"{what} after {span(now - self._began)}")]

    @property
    def due(self) -> float | None:
        """When `tick` is to be called at the latest; None: never."""
        match self.phase:
            case Phase.OVER:
                return None
            case Phase.LIVE:
                limit = LOST_S if self._stale else STALE_S
                return min(self._ping_at, self._heard_at + limit)
            case _:
                ends = self._gives_up_at
                return self._at if ends is None else min(self._at, ends)

    # -- what follows ---------------------------------------------------------------------------

    def _connect(self, now: float) -> Effects:
        self.phase, self._began, self._at = Phase.CONNECTING, now, now + CONNECT_S
        self._tries += 1
        return [Connect()]

    def _watch(self, now: float) -> Effects:
        silent = now - self._heard_at
        # Compared as `due` is reckoned: a difference may round the other way than a sum.
        if now >= self._heard_at + LOST_S:
            return [HangUp(), *self._lose(now, f"no heartbeat for {span(silent)}")]
        effects: Effects = []
        if now >= self._heard_at + STALE_S and not self._stale:
            self._stale = True
            effects.append(Stale(silent_ms=round(silent * 1000)))
        if now >= self._ping_at:
            self._pinged += 1
            self._pings[self._pinged] = now
            self._ping_at = now + PING_S
            effects.append(SendPing(self._pinged))
        return effects

    def _alive(self, now: float) -> Effects:
        self._stale, self._told_at = False, now
        return [Alive(round_trip_ms=self._round_trip_ms, clock_ahead_ms=self._ahead_ms)]

    def _lose(self, now: float, reason: str) -> Effects:
        if now - self._live_since >= PROVEN_S:
            self._failures = 0
        self._offline_since = self._began = now
        self._tries, self._stale = 0, False
        return [Lost(reason=reason), *self._pause(now, reason)]

    def _pause(self, now: float, reason: str) -> Effects:
        pause = full_jitter(
            self._failures,
            first_s=FIRST_PAUSE_S,
            longest_s=LONGEST_PAUSE_S,
            random=self._random,
        )
        self._failures += 1
        self._reason = reason
        # Counted from the beginning of the try: when connecting itself took its 3 s, the network may
        # long be back, and the first event is due within 5 s of that.
        self.phase, self._at = Phase.PAUSING, max(now, self._began + pause)
        return [
            Reconnecting(
                attempt=self._tries + 1,
                retry_in_ms=round((self._at - now) * 1000),
                down_ms=round((now - self._offline_since) * 1000),
                reason=reason,
            )
        ]

    @property
    def _gives_up_at(self) -> float | None:
        return None if self._max_offline_s is None else self._offline_since + self._max_offline_s

    def _offline(self, now: float) -> Effects:
        tries = "1 try" if self._tries == 1 else f"{self._tries} tries"
        facts = f"{tries} in {span(now - self._offline_since)}"
        why = f"{self._reason}, {facts}" if self._reason else facts
        what = f"{self._host} stays away" if self._ever_live else f"cannot reach {self._host}"
        error = RelayError(
            f"{what} ({why})",
            why=("captures made here are still available: hookcli ls",),
            hint=f"curl {self._origin}/_/health, to see whether it runs",
        )
        return self._give_up(error, reason="offline")

    def _not_accepted(self, reason: str = "") -> AuthError:
        more = f" ({reason})" if reason else ""
        source = (f"token from: {self._token_source}",) if self._token_source else ()
        return AuthError(
            f"{self._host} does not accept this token{more}",
            why=source,
            hint=f"hookcli login {self._origin}",
        )

    def _give_up(
        self, error: HookcliError, *, reason: str = "refused", code: str = "relay"
    ) -> Effects:
        lost: Effects = [Lost(reason=error.message)] if self.phase is Phase.LIVE else []
        self.phase = Phase.OVER
        notice = Notice(level="error", code=code, text=error.message, hint=error.hint or "")
        return [HangUp(), *lost, notice, GiveUp(error, reason)]


def span(seconds: float) -> str:
    """A stretch of time for people: `10 s`, `3 min`, `2 h`."""
    if seconds < 1:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
