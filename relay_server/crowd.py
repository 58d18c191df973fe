"""How many connections are open, in all and from each address. Decisions only."""

from collections import Counter

from relay_server.senders import counted_as


class Crowd:
    """Those who are connected; an address that has too many does not keep others out."""

    def __init__(self, most: int, each: int) -> None:
        self.limits = most, each
        """In all, and of one address; 0: as many as there may be in all."""
        self._all = 0
        self._of: Counter[str] = Counter()

    def came(self, peer: str) -> bool:
        """Somebody has connected; False: there are too many, and it is not counted."""
        most, each = self.limits
        who = counted_as(peer)
        if self._all >= most or (who is not None and 0 < each <= self._of[who]):
            return False
        self._all += 1
        if who is not None:
            self._of[who] += 1
        return True

    def went(self, peer: str) -> None:
        """One of those who were counted is gone."""
        self._all -= 1
        who = counted_as(peer)
        if who is not None:
            self._of[who] -= 1
            if not self._of[who]:
                del self._of[who]
