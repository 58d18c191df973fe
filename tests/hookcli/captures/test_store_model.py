"""The store against a plain dictionary: whatever is done to it in whatever order."""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from hookcli.captures.model import Attempt, Capture, Delivery, DeliveryState, Told, Why
from hookcli.captures.store import Batch, NewCapture, Store
from tests.hookcli.captures.made import HERE, NOW, THERE, attempt, capture, identity

NUMBERS = st.integers(0, 9)
SOME = st.lists(NUMBERS, max_size=4)
STATES = st.sampled_from([DeliveryState.PENDING, DeliveryState.DONE, DeliveryState.FAILED])
TARGETS = st.sampled_from([(), (HERE,), (HERE, THERE)])
ORDER = (DeliveryState.PENDING, DeliveryState.FAILED, DeliveryState.DONE)
"""The first of these that a delivery has is the state of the capture."""


@dataclass
class Kept:
    """What the store should know of one capture."""

    capture: Capture
    body: bytes
    attempts: list[Attempt] = field(default_factory=list)
    deliveries: dict[str, Delivery] = field(default_factory=dict)

    @property
    def state(self) -> DeliveryState:
        states = {one.state for one in self.deliveries.values()}
        return next((state for state in ORDER if state in states), DeliveryState.SKIPPED)


class StoreMachine(RuleBasedStateMachine):
    """Two connections take turns; sometimes one is closed and opened again."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "captures.sqlite"
        self.stores = [Store.open(self.path), Store.open(self.path)]
        self.kept: dict[str, Kept] = {}
        self.cursor: int | None = None

    @property
    def store(self) -> Store:
        self.stores.reverse()
        return self.stores[0]

    def teardown(self) -> None:
        for store in self.stores:
            store.close()
        shutil.rmtree(self.folder)

    @rule(numbers=SOME, body=st.binary(max_size=3), to=TARGETS, skipped=st.booleans(), seq=NUMBERS)
    def capture(
        self, numbers: list[int], body: bytes, to: tuple[str, ...], skipped: bool, seq: int
    ) -> None:
        made = tuple(
            NewCapture(capture=capture(n, body), body=body, targets=to, skipped=skipped)
            for n in numbers
        )
        fresh = []
        for one in made:
            if (id_ := one.capture.id) in self.kept:
                continue
            fresh.append(one)
            due = {} if skipped else {target: self._due(id_, target) for target in to}
            self.kept[id_] = Kept(one.capture, body, deliveries=due)
        self.cursor = max(self.cursor or 0, seq)
        done = self.store.commit(Batch(captures=made, cursor=("ep_test", seq)))
        assert done.captures == tuple(fresh)

    @staticmethod
    def _due(id_: str, target: str) -> Delivery:
        return Delivery(capture=id_, target=target, state=DeliveryState.PENDING)

    @rule(numbers=SOME, state=STATES, tries=NUMBERS, why=st.sampled_from(Why), status=NUMBERS)
    def attempt(
        self, numbers: list[int], state: DeliveryState, tries: int, why: Why, status: int
    ) -> None:
        attempts = tuple(attempt(n, 200 + status, why=why) for n in numbers)
        changed = tuple(
            Delivery(capture=identity(n), target=HERE, state=state, tries=tries) for n in numbers
        )
        expected = []
        for one, now in zip(attempts, changed, strict=True):
            if one.capture in self.kept:
                kept = self.kept[one.capture]
                kept.attempts.append(replace(one, n=len(kept.attempts) + 1))
                kept.deliveries[HERE] = now
                expected.append(kept.attempts[-1])
        done = self.store.commit(Batch(attempts=attempts, deliveries=changed))
        assert done.attempts == tuple(expected)

    @rule(numbers=SOME, status=NUMBERS)
    def tell(self, numbers: list[int], status: int) -> None:
        told = Told(status=status, by="app", ms=1.0)
        for n in numbers:
            if kept := self.kept.get(identity(n)):
                kept.capture = replace(kept.capture, told=told)
        self.store.commit(Batch(told=tuple((identity(n), told) for n in numbers)))

    @rule(number=NUMBERS, text=st.text(max_size=3))
    def annotate(self, number: int, text: str) -> None:
        if kept := self.kept.get(identity(number)):
            tags = sorted({*kept.capture.tags, text} - {"x"})
            kept.capture = replace(kept.capture, note=text, tags=tuple(tags))
            self.store.note(identity(number), text)
            self.store.tag(identity(number), add=(text, "x"), remove=())
            self.store.tag(identity(number), remove=("x",))

    @rule(numbers=SOME)
    def delete(self, numbers: list[int]) -> None:
        for n in numbers:
            self.kept.pop(identity(n), None)
        self.store.delete([identity(n) for n in numbers])

    @rule()
    def open_again(self) -> None:
        self.stores[0].close()
        self.stores[0] = Store.open(self.path)

    @invariant()
    def lists_show_what_is_there(self) -> None:
        summaries = list(self.store.summaries(newest_first=False, now=NOW))
        assert [one.capture for one in summaries] == [one.capture for one in self.kept.values()]
        for summary, kept in zip(summaries, self.kept.values(), strict=True):
            assert (summary.state, summary.attempts) == (kept.state, len(kept.attempts))
            last = kept.attempts[-1] if kept.attempts else None
            assert (summary.last and summary.last.n) == (last and last.n)
            assert (summary.last and summary.last.status) == (last and last.status)
        assert self.store.count() == len(self.kept)
        assert self.store.cursor("ep_test") == self.cursor

    @invariant()
    def everything_of_a_capture_is_there(self) -> None:
        pending = set()
        for id_, kept in self.kept.items():
            assert self.store.get(id_) == kept.capture
            assert self.store.body(id_) == kept.body
            assert self.store.attempts(id_) == kept.attempts
            due = sorted(kept.deliveries.values(), key=lambda one: one.target)
            assert self.store.deliveries(id_) == due
            pending |= {one for one in due if one.state is DeliveryState.PENDING}
        assert set(self.store.pending(None)) == pending


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
