"""Who else listens to the endpoint: told when somebody comes, and when the last has gone."""

from collections import Counter
from datetime import datetime

from hookcli.tunnel.observe import Notice
from hookcli.wire.messages import Peers

_Listener = tuple[str, int]
"""What it is called, and since when it listens (µs since the Unix epoch, 0: not known)."""


class Company:
    """The other listeners of one endpoint, as the relay tells of them."""

    def __init__(self, name: str, called: str) -> None:
        """Take what this listener and its endpoint are called."""
        self._name, self._called = name, called
        self._since = 0
        self._names: Counter[str] = Counter()
        """What the others were called when they were told of last."""

    def welcomed(self, now: int) -> None:
        """This listener's own stream begins; the relay's clock says `now`, µs since the Unix epoch."""
        self._since = now

    def told(self, peers: Peers, now: int) -> Notice | None:
        """What there is to say of it at `now` (µs since the Unix epoch)."""
        since = peers.since or (0,) * len(peers.names)
        others: list[_Listener] = sorted(zip(peers.names, since, strict=False))
        me = self._name, self._since if peers.since else 0
        if me in others:
            others.remove(me)
        before, self._names = self._names, Counter(name for name, _ in others)
        if before and not others:
            text = "no other listener is on this endpoint any more"
            return Notice(level="info", code="alone", text=text)
        # By name: one that has only connected anew, as all do after a relay's restart, is no news.
        if not self._names - before:
            return None
        who = "; ".join(_shown(one, now) for one in others)
        alone = len(others) == 1
        subject = f"another listener ({who}) is" if alone else f"{len(others)} others ({who}) are"
        every = "both" if alone else "all"
        return Notice(
            level="info",
            code="another-listener",
            text=f"{subject} on {self._called or 'this endpoint'}; {every} get every event",
            hint=f"hookcli endpoint create {self._called or 'NAME'}-me",
        )


def _shown(listener: _Listener, now: int) -> str:
    name, since = listener
    called = name or "without a name"
    if not since:
        return called
    came = datetime.fromtimestamp(since / 1e6).astimezone()
    today = came.date() == datetime.fromtimestamp(now / 1e6).astimezone().date()
    return f"{called}, since {came:%H:%M}" if today else f"{called}, since {came:%Y-%m-%d %H:%M}"
