"""Messages that listeners have begun to send and not ended: bounded in memory. Decisions only."""

from collections.abc import Mapping


class Unfinished:
    """Bytes of such messages; when they are too many, whoever holds the most gives way.

    One message always may be, whatever its size.
    """

    def __init__(self, limit: int, each: int) -> None:
        self.limits = limit, each
        """In all, and of one endpoint."""
        self._of: dict[str, dict[int, int]] = {}
        """Endpoint to stream to bytes."""

    def holds(self, endpoint: str, stream: int, size: int) -> int | None:
        """A stream holds so many bytes now. Which one has to end for that, if any?"""
        own = self._of.setdefault(endpoint, {})
        own[stream] = size
        if not size:
            del own[stream]
        if not own:
            del self._of[endpoint]
        limit, each = self.limits
        if len(own) > 1 and sum(own.values()) > each:
            return _most(own)
        sums = {name: sum(held.values()) for name, held in self._of.items()}
        if sum(sums.values()) <= limit:
            return None
        crowd = self._of[max(sums, key=sums.__getitem__)]
        return _most(crowd) if len(sums) > 1 or len(crowd) > 1 else None


def _most(held: Mapping[int, int]) -> int:
    return max(held, key=held.__getitem__)
