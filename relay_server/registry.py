"""Every endpoint in memory, with its settings and hashed tokens; changes are stored first."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from hookcli.wire.messages import Pairs
from relay_server import auth
from relay_server.log.base import Done, ElsewhereError, Log, StorageError


class Verify(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a webhook must be signed with."""

    scheme: str
    secrets: tuple[str, ...]
    """In order; any of them may fit."""


class Endpoint(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One endpoint; the document that is stored for it, without its id."""

    id: str = ""
    name: str = ""
    created_at: int
    """µs since the Unix epoch."""
    created_from: str = ""
    """The address that counts as its creator's; empty: this machine itself."""
    tokens: tuple[auth.Token, ...]
    respond: Literal["app", "ack"] = "app"
    deadline_ms: int | None = None
    """None: the relay's, or less where the sender is known to be impatient."""
    ack_status: int = 202
    ack_headers: tuple[tuple[str, str], ...] = ()
    ack_body: str | None = None
    """None: a JSON object with the event's id."""
    allow: tuple[str, ...] = ()
    """Networks, or names of sets of them, that webhooks may come from; empty: from anywhere."""
    methods: tuple[str, ...] = ()
    """Empty: every method."""
    content_types: tuple[str, ...] = ()
    """Media types in lower case, `text/*` for all texts; empty: every one."""
    schema: str | None = None
    """JSON Schema of the bodies, as JSON; None: anything."""
    schema_mode: Literal["reject", "mark"] = "reject"
    verify: Verify | None = None
    """What webhooks must be signed with; None: nothing is looked at."""
    dedup: Literal["mark", "drop"] | None = None
    """What becomes of a repeat of the provider's event id; None: nothing."""
    dedup_s: int = 86_400
    """For how long an id counts as a repeat."""

    @property
    def ack_pairs(self) -> Pairs:
        """The ack's own header fields."""
        return tuple((name.encode(), value.encode()) for name, value in self.ack_headers)


Change = Callable[[Endpoint], Endpoint]
_TRIES = 8
"""So often a change is made anew of what another relay has stored meanwhile."""
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Endpoint)


class Registry:
    """Looks endpoints up without waiting; changes them in the log, then here."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._endpoints: dict[str, Endpoint] = {}
        self._coming: dict[str, Endpoint] = {}
        """New ones that are on their way into the log."""
        self._changes: dict[str, deque[tuple[Change, Done]]] = {}
        """What is to be changed, one after another: each begins with what the one before has made."""
        self._creators: Counter[str] = Counter()
        self._opened: dict[str, str] = {}
        """SHA-256 of every token to the id of its endpoint."""
        self.changed: Callable[[str], None] = lambda _: None
        """Called after an endpoint was changed or deleted."""
        log.changed = self._heard

    async def load(self) -> None:
        """Read what is stored."""
        for name, document in (await self._log.endpoints()).items():
            self._keep(replace(_decoder.decode(document), id=name))

    def get(self, endpoint: str) -> Endpoint | None:
        """The endpoint of that id."""
        return self._endpoints.get(endpoint)

    def all(self) -> Iterable[Endpoint]:
        """Every endpoint, in order of creation."""
        return self._endpoints.values()

    def __len__(self) -> int:
        """How many there are, those on their way included."""
        return len(self._endpoints) + len(self._coming)

    def created_from(self, who: str) -> int:
        """How many endpoints count as created from there, those on their way included."""
        coming = sum(one.created_from == who for one in self._coming.values())
        return self._creators[who] + coming

    def put(self, endpoint: Endpoint, done: Done) -> None:
        """Store a new endpoint, then use it; `done` hears when, or why it is not."""
        self._coming[endpoint.id] = endpoint

        def stored(error: StorageError | None) -> None:
            self._coming.pop(endpoint.id, None)
            if error is None and endpoint.id not in self._endpoints:
                self._use(endpoint)
            done(error)

        self._store(endpoint, stored)

    def change(self, endpoint: str, change: Change, done: Done) -> None:
        """Make something else of an endpoint, then use it; `done` hears when, or why not.

        Where another relay was first, what it has stored is changed instead: nothing of it is lost.
        """
        changes = self._changes.setdefault(endpoint, deque())
        changes.append((change, done))
        if len(changes) == 1:
            self._change(endpoint, _TRIES)

    def _change(self, name: str, tries: int) -> None:
        """Store what the first change makes of the endpoint, then go on with the next."""
        changes = self._changes[name]
        before = self._endpoints.get(name)
        if before is None:
            del self._changes[name]
            for _, done in changes:
                done(StorageError("the endpoint was deleted"))
            return
        change, done = changes[0]
        after = change(before)

        def stored(error: StorageError | None) -> None:
            if isinstance(error, ElsewhereError) and tries > 1:
                self._change(name, tries - 1)
                return
            if error is None and self._endpoints.get(name) is before:
                self._use(after)  # else something newer has been heard of
            changes.popleft()
            done(error)
            if changes:
                self._change(name, _TRIES)
            else:
                del self._changes[name]

        self._store(after, stored)

    def _store(self, endpoint: Endpoint, done: Done) -> None:
        self._log.put_endpoint(endpoint.id, _encoder.encode(replace(endpoint, id="")), done)

    def _use(self, endpoint: Endpoint) -> None:
        self._forget_tokens(endpoint.id)
        self._keep(endpoint)
        self.changed(endpoint.id)

    def remove(self, endpoint: str, done: Done) -> None:
        """Delete an endpoint with its events; `done` hears when, or why it is not."""

        def removed(error: StorageError | None) -> None:
            if error is None:
                self._drop(endpoint)
            done(error)

        self._log.remove_endpoint(endpoint, removed)

    def _drop(self, endpoint: str) -> None:
        self._forget_tokens(endpoint)
        gone = self._endpoints.pop(endpoint, None)
        if gone is not None:
            self._creators -= Counter([gone.created_from])
        self.changed(endpoint)

    def _heard(self, endpoint: str, document: bytes | None) -> None:
        """Another relay has stored this, or removed the endpoint."""
        if document is None:
            self._drop(endpoint)
            return
        self._use(replace(_decoder.decode(document), id=endpoint))

    def _keep(self, endpoint: Endpoint) -> None:
        self._coming.pop(endpoint.id, None)
        if endpoint.id not in self._endpoints:
            self._creators[endpoint.created_from] += 1
        self._endpoints[endpoint.id] = endpoint
        self._opened.update((token.sha256, endpoint.id) for token in endpoint.tokens)

    def _forget_tokens(self, endpoint: str) -> None:
        old = self._endpoints.get(endpoint)
        for token in old.tokens if old else ():
            self._opened.pop(token.sha256, None)

    def valid(self, endpoint: str, token: str, now: int) -> auth.Token | None:
        """The endpoint's stored token that this one is; the same work when there is no endpoint."""
        found = self._endpoints.get(endpoint)
        stored = found.tokens if found else ()
        return auth.matches(token, stored, now)

    def opened_by(self, token: str, now: int) -> Endpoint | None:
        """The endpoint that this token opens."""
        sha256 = auth.hashed(token)
        name = self._opened.get(sha256)
        return self.get(name) if name and self.still_valid(name, sha256, now) else None

    def still_valid(self, endpoint: str, sha256: str, now: int) -> bool:
        """Whether a token that opened a stream has neither been replaced nor run out."""
        found = self._endpoints.get(endpoint)
        return found is not None and any(
            token.sha256 == sha256 and (token.until is None or now < token.until)
            for token in found.tokens
        )
