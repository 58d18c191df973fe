"""Being sure of several endpoints before something is told of them."""

from collections.abc import Callable, Sequence

from relay_server.log.base import Log, StorageError


def look_at(log: Log, endpoints: Sequence[str], then: Callable[[], object]) -> None:
    """Go on when the log has looked at all of them; of what it could not, it tells what it knows."""
    left = len(endpoints)

    def looked(_: StorageError | None) -> None:
        nonlocal left
        left -= 1
        if not left:
            then()

    for endpoint in endpoints:
        log.look(endpoint, looked)
    if not endpoints:
        then()
