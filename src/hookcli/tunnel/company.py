"""Who else listens to the endpoint: told when somebody comes, and when the last has gone."""

from collections import Counter, deque
from datetime import datetime

from hookcli.tunnel.observe import Notice
from hookcli.wire.messages import Peers

_OWN = 16
"""Streams of one's own that are remembered: a relay may hold a broken one for a while."""
_NAMED = 3
"""Listeners that one notice names."""

_Listener = tuple[str, int]
"""What it is called, and since when it listens (µs since the Unix epoch, 0: not known)."""


class Company:
    """The other listeners of one endpoint, as the relay tells of them."""

    def __init__(self, name: str, called: str) -> None:
        """Take what this listener and its endpoint are called."""
        self._name, self._called = name, called
        self._own: deque[int] = deque(maxlen=_OWN)
        """When streams of this listener began, by the relay's clock."""
        self._names: Counter[str] = Counter()
        """What the others were called when they were told of last."""

    def welcomed(self, now: int) -> None:
        """A stream begins; the relay's clock says `now`, µs since the Unix epoch."""
        self._own.append(now)

    def told(self, peers: Peers, now: int) -> Notice | None:
        """What there is to say of it at `now` (µs since the Unix epoch)."""
        others = self._others(peers)
        before, self._names = self._names, Counter(name for name, _ in others)
        if before and not others:
            text = "no other listener is on this endpoint any more"
            return Notice(level="info", code="alone", text=text)
        # By name: one that has only connected anew, as all do after a relay's restart, is no news.
        come = self._names - before
        if not come:
            return None
        others.sort(key=lambda one: (one[0] not in come, one))
        who = "; ".join(_shown(one, now) for one in others[:_NAMED])
        if more := len(others[_NAMED:]):
            who += f"; and {more:,} more"
        alone = len(others) == 1
        subject = f"another listener ({who}) is" if alone else f"{len(others):,} others ({who}) are"
        every = "both" if alone else "all"
        return Notice(
            level="info",
            code="another-listener",
            text=f"{subject} on {self._called or 'this endpoint'}; {every} get every event",
            hint=f"hookcli endpoint create {self._called or 'NAME'}-me",
        )

    def _others(self, peers: Peers) -> list[_Listener]:
        if len(peers.since) == len(peers.names):
            own = {(self._name, since) for since in self._own}
            return [one for one in zip(peers.names, peers.since, strict=True) if one not in own]
        names = list(peers.names)
        if self._name in names:
            names.remove(self._name)
        return [(name, 0) for name in names]


def _shown(listener: _Listener, now: int) -> str:
    name, since = listener
    called = name or "without a name"
    if not since:
        return called
    try:
        came = datetime.fromtimestamp(since / 1e6).astimezone()
        today = came.date() == datetime.fromtimestamp(now / 1e6).astimezone().date()
    except (ValueError, OverflowError, OSError):  # a relay may say anything
        return called
    return f"{called}, since {came:%H:%M}" if today else f"{called}, since {came:%Y-%m-%d %H:%M}"
