"""How a log lies in JetStream: the names of streams and subjects.

Events of all endpoints lie in a few streams, so that a million endpoints are a million subjects
and not a million streams. Beside them two small streams keep the newest word on each endpoint.

    {prefix}-{n}       {prefix}.{n}.{endpoint}.e     blocks of events
                       {prefix}.{n}.{endpoint}.r     what their senders were told
                       {prefix}.{n}.{endpoint}.c.x   pieces of events too large for one message
    {prefix}-docs      {prefix}.docs.{endpoint}      the endpoint's document; empty: deleted
                       {prefix}.facts.{key}          facts about the whole log
    {prefix}-places    {prefix}.places.{endpoint}    the place that no event has reached yet
                       {prefix}.floors.{endpoint}    up to where size has removed its events

What the first and the second store they tell everyone: `{prefix}.news.{endpoint}.e` and `.r`, and
`{prefix}.changed.{endpoint}`.
"""

import zlib
from dataclasses import dataclass

from nats.js.api import DiscardPolicy, RePublish, StreamConfig

_DUPLICATES_S = 120.0


@dataclass(frozen=True, slots=True)
class Layout:
    """The names of one log."""

    prefix: str
    streams: int
    """How many streams of events; never changed."""

    def number(self, endpoint: str) -> int:
        """Which stream an endpoint's events are in: the same on every relay, for ever."""
        return zlib.crc32(endpoint.encode()) % self.streams

    def stream(self, number: int) -> str:
        """The stream of that number."""
        return f"{self.prefix}-{number}"

    def stream_of(self, endpoint: str) -> str:
        """The stream of an endpoint's events."""
        return self.stream(self.number(endpoint))

    def _of(self, endpoint: str, kind: str) -> str:
        return f"{self.prefix}.{self.number(endpoint)}.{endpoint}.{kind}"

    def events(self, endpoint: str) -> str:
        """Where its blocks go."""
        return self._of(endpoint, "e")

    def replies(self, endpoint: str) -> str:
        """Where the replies of its senders go."""
        return self._of(endpoint, "r")

    def both(self, endpoint: str) -> str:
        """Its blocks and replies, without pieces."""
        return self._of(endpoint, "*")

    def pieces(self, endpoint: str) -> str:
        """Where the pieces of large events go."""
        return self._of(endpoint, "c.x")

    def everything(self, endpoint: str) -> str:
        """All that there is of it in its stream."""
        return self._of(endpoint, ">")

    def probe(self, number: int) -> str:
        """Where it is tried whether a stream can be written."""
        return f"{self.prefix}.{number}._probe.p"

    def news(self, endpoint: str) -> str:
        """Where it is told what was stored of an endpoint."""
        return f"{self.prefix}.news.{endpoint}.*"

    @property
    def docs(self) -> str:
        """The stream of documents and facts."""
        return f"{self.prefix}-docs"

    @property
    def places(self) -> str:
        """The stream of places and floors."""
        return f"{self.prefix}-places"

    def doc(self, endpoint: str) -> str:
        """Where its document stands."""
        return f"{self.prefix}.docs.{endpoint}"

    def fact(self, key: str) -> str:
        """Where a fact stands."""
        return f"{self.prefix}.facts.{key}"

    def place(self, endpoint: str) -> str:
        """Where it stands which places may have been given."""
        return f"{self.prefix}.places.{endpoint}"

    def floor(self, endpoint: str) -> str:
        """Where it stands what size has removed."""
        return f"{self.prefix}.floors.{endpoint}"

    @property
    def changed(self) -> str:
        """Where it is told which document has changed."""
        return f"{self.prefix}.changed.*"

    # -- as streams ---------------------------------------------------------------------------

    def small(self, replicas: int) -> list[StreamConfig]:
        """The two that keep the newest word."""
        docs = RePublish(
            src=f"{self.prefix}.docs.*", dest=self.changed.replace("*", "{{wildcard(1)}}")
        )
        return [
            self._small(self.docs, ["docs", "facts"], replicas, docs),
            self._small(self.places, ["places", "floors"], replicas, None),
        ]

    def _small(
        self, name: str, kinds: list[str], replicas: int, republish: RePublish | None
    ) -> StreamConfig:
        return StreamConfig(
            name=name,
            subjects=[f"{self.prefix}.{kind}.*" for kind in kinds],
            num_replicas=replicas,
            max_msgs_per_subject=1,
            allow_direct=True,
            republish=republish,
        )

    def large(
        self, number: int, *, replicas: int, age_s: float, total_bytes: int = 0
    ) -> StreamConfig:
        """One of those that keep events: full, it refuses the new and removes nothing acked."""
        return StreamConfig(
            name=self.stream(number),
            subjects=[f"{self.prefix}.{number}.>"],
            num_replicas=replicas,
            max_age=age_s,
            max_bytes=total_bytes // self.streams or -1,
            discard=DiscardPolicy.NEW,
            duplicate_window=min(_DUPLICATES_S, age_s),
            allow_direct=True,
            allow_rollup_hdrs=True,
            republish=RePublish(
                src=f"{self.prefix}.{number}.*.*",
                dest=f"{self.prefix}.news.{{{{wildcard(1)}}}}.{{{{wildcard(2)}}}}",
            ),
        )
