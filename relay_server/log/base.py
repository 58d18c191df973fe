"""What the relay asks of a log: append, read after, wait for more, remember replies and endpoints."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from msgspec import Struct

from hookcli.wire.messages import Gap, Pairs, Reply


class StorageError(Exception):
    """The log cannot write or read now; nothing of what was asked has been done."""


class ElsewhereError(StorageError):
    """Another relay has changed the same first; nothing was stored, and `changed` has heard of that."""


class Draft(Struct, frozen=True, kw_only=True):
    """A whole request that has no place in a log yet; the fields are those of `messages.Event`.

    What the sender keeps secret is left out of its text: a fault may be logged with its arguments.
    """

    endpoint: str
    id: str
    received_at: int
    method: str
    url: str
    target: bytes
    http_version: str
    peer: str
    headers: Pairs
    body: bytes
    marks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Whose it is and which."""
        return f"Draft({self.endpoint!r}, {self.id!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Consecutive events of one endpoint, as they go on the wire."""

    gaps: tuple[Gap, ...] = ()
    """What is missing in front of the events, because retention removed it."""
    events: tuple[tuple[int, bytes], ...] = ()
    """`seq` and the encoded `Event`, ascending."""
    replies: dict[int, Reply] = field(default_factory=dict)
    """What the senders of these events, or of earlier ones, were told, as far as it is recorded."""

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing at all."""
        return not (self.events or self.gaps or self.replies)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What the log keeps; the oldest events go first."""

    age_s: int
    """Seconds that an event is kept, counted only while the log is open."""
    endpoint_bytes: int
    """Bytes of encoded events that one endpoint may hold."""
    total_bytes: int = 0
    """Bytes that all endpoints may hold together; 0: no limit. Above it those give way that hold
    more than an equal share of it."""


Told = Callable[[int | StorageError], None]
"""Called once, on the event loop: with the event's `seq` when it is durable, or why it is not."""

Done = Callable[[StorageError | None], None]
"""Called once, on the event loop: with None when it is done, or why it is not."""

Reason = Literal["age", "size"]


class Wire(Protocol):
    """What relays on one log talk over: at most once, in order from each to each."""

    node: str
    """What this relay is called there; another one after every start."""
    prefix: str
    """What every subject begins with."""

    async def subscribe(self, subject: str, take: Callable[[bytes], None]) -> None:
        """Hear what is said there.

        Raises:
            StorageError: not now.
        """

    async def say(self, subject: str, data: bytes) -> None:
        """Say something to all who hear.

        Raises:
            StorageError: not now.
        """


class Log(Protocol):
    """The durable sequences of all endpoints. Every method is called on one event loop."""

    where: str
    """Where it is, for people: `in FOLDER`, `on nats://…`; nothing secret."""
    wire: Wire | None
    """Between the relays on it; None: it is one relay's own."""
    taken: Callable[[str, int, str], None]
    """Hears which relay took an event that has just come: endpoint, `seq`, the relay's name."""
    replied: Callable[[str, Reply], None]
    """Hears what another relay has told a sender."""
    changed: Callable[[str, bytes | None], None]
    """Hears of an endpoint's document that another relay on the same log has stored; None: removed."""

    async def open(self) -> None:
        """Make ready.

        Raises:
            StorageError: the storage cannot be used at all.
        """

    async def close(self) -> None:
        """Finish what was asked and let go of the storage."""

    def limit(self, retention: Retention, *, low_water: int, tail_bytes: int) -> None:
        """Other limits than those it was made with, from now on."""

    def append(self, draft: Draft, told: Told) -> None:
        """Give the event the next place in its endpoint's log; `told` hears when it is durable."""

    def record(self, endpoint: str, reply: Reply) -> None:
        """Remember what a sender was told; not awaited, lost if the process dies within a moment."""

    def look(self, endpoint: str, done: Done) -> None:
        """Make sure of what `head` and `held` say, and that the endpoint can be watched.

        A log that others write to as well knows only of endpoints that it has looked at.
        """

    def head(self, endpoint: str) -> int:
        """The `seq` of the newest durable event; 0 when there never was one."""

    def before(self, endpoint: str, since: int, done: Callable[[int | StorageError], None]) -> None:
        """Tell the `seq` after which the events received at or after `since` (µs) begin."""

    def peek(self, endpoint: str, after: int, *, events: int, size: int) -> Page | None:
        """What `read` would tell, at once, if it is in memory."""

    def read(
        self,
        endpoint: str,
        after: int,
        done: Callable[[Page | StorageError], None],
        *,
        events: int,
        size: int,
    ) -> None:
        """Tell the next events after `after`: at most so many, and bytes; one event always may.

        Nobody is told of an event that is not durable; its own `told` is called in the same turn
        of the loop, if it was not before.
        """

    def watch(self, endpoint: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` whenever something was appended; the result ends it."""

    def held(self, endpoint: str) -> tuple[int, int]:
        """How many events the endpoint holds, and their bytes."""

    def size(self) -> tuple[int | None, int]:
        """How many events the whole log holds, where anybody counts them, and its bytes."""

    def gauges(self) -> Sequence[tuple[str, str, float]]:
        """What else there is to watch: a name, what it is, and its value."""

    def counters(self) -> Sequence[tuple[str, str, float]]:
        """The same of what is counted from the start on."""

    async def endpoints(self) -> dict[str, bytes]:
        """Every endpoint's id and document."""

    def put_endpoint(self, endpoint: str, document: bytes, done: Done) -> None:
        """Store an endpoint's document: new, or what became of the one that was heard of last.

        `done` may hear an `ElsewhereError`.
        """

    def remove_endpoint(self, endpoint: str, done: Done) -> None:
        """Forget an endpoint and, soon, its events."""

    async def get_meta(self, key: str) -> str | None:
        """A fact about the whole log."""

    async def settle_meta(self, key: str, value: str) -> str:
        """Store a fact about the whole log unless it is there; what holds now."""

    def probe(self, done: Done) -> None:
        """Write and sync a little, as an event would be."""
