"""An event whose body has another shape than those before it: said in its note when it is captured.

Used on the keeper's thread. What was seen before is learnt from the store once for each kind of event, and
from what comes after that.
"""

from contextlib import suppress
from pathlib import Path

from hookcli.captures.model import Capture
from hookcli.captures.store import Store
from hookcli.workbench.shape import Shape, drift, merged, of, read

ENOUGH = 20
"""Events of a kind that must have been seen before one of them is called new."""
LEARNT_FROM = 200
"""The newest ones of a kind that are read from the store."""
_LARGEST = 1 << 20
"""Bytes of a body that is looked at."""
_MOST_KINDS = 1_000
_TOLD = 5
"""Differences that are named; of more, how many."""


class Drifting:
    """The shapes of one endpoint's events, by source and type."""

    def __init__(self, store: Path, endpoint: str) -> None:
        self._file, self._endpoint = store, endpoint
        self._shapes: dict[tuple[str, str], Shape] = {}

    def note(self, capture: Capture, body: bytes) -> str:
        """What is new in an event, for people; empty when nothing is, or too few were seen."""
        if not capture.event_type or len(body) > _LARGEST:
            return ""
        try:
            value = read(body)
        except ValueError:
            return ""
        kind = capture.source, capture.event_type
        shape = self._shapes.get(kind)
        if shape is None:
            shape = self._learnt(capture)
        found = drift(shape, value) if shape.seen >= ENOUGH else []
        if len(self._shapes) < _MOST_KINDS or kind in self._shapes:
            self._shapes[kind] = merged(shape, of(value))
        if not found:
            return ""
        more = f", {len(found) - _TOLD} more" if len(found) > _TOLD else ""
        return f"new shape: {', '.join(map(str, found[:_TOLD]))}{more}"

    def _learnt(self, capture: Capture) -> Shape:
        """From the events of this kind that are in the store."""
        where = "c.source = ? AND c.event_type = ? AND c.endpoint = ? AND c.body_size <= ?"
        values = (capture.source, capture.event_type, self._endpoint, _LARGEST)
        shape = Shape()
        with Store.open(self._file) as store:
            for one in store.captures(where, values, order="c.rowid DESC", limit=LEARNT_FROM):
                with suppress(ValueError):
                    shape = merged(shape, of(read(store.body(one.id))))
        return shape
