"""Many endpoints in the log, each with one event, as relays would have left them; and reading all."""

import asyncio
import hashlib
import time
from collections import Counter

import msgspec

from benchmarks.bodies import loads
from benchmarks.cluster_parts import Cluster
from hookcli.wire import codec
from hookcli.wire.headers import first
from hookcli.wire.messages import Event
from relay_server import auth
from relay_server.log.base import Draft
from relay_server.log.coding import encode
from relay_server.log.nats.block import Block, block, pack
from relay_server.log.nats.jetstream import JetStream
from relay_server.log.nats.layout import Layout
from relay_server.registry import Endpoint as Document
from tests.support.running import Endpoint

_AT_ONCE = 1_000
_PLACES = 32
"""A relay reserves so many places of an endpoint at once."""


async def fill(cluster: Cluster, count: int) -> None:
    """Make endpoints with one event each."""
    async with cluster.log() as log:
        layout = Layout(cluster.settings.log_prefix, cluster.settings.log_streams)
        before = await stored(log.js, layout)
        ids = auth.EventIds()
        for number in range(count):
            cluster.endpoints.append(await _endpoint(log.js, layout, number, ids))
            if number % _AT_ONCE == _AT_ONCE - 1 or number == count - 1:
                await _until_stored(log.js, layout, before + 3 * (number + 1))
    cluster.filled = count


async def _endpoint(js: JetStream, layout: Layout, number: int, ids: auth.EventIds) -> Endpoint:
    """Its document, its places, its event, without waiting for the acks: they are counted."""
    now = time.time_ns() // 1000
    name, token = auth.new_endpoint_id(), auth.new_token()
    tokens = (auth.Token(sha256=auth.hashed(token)),)
    document = Document(created_at=now, tokens=tokens, respond="ack")
    seq = 1 + number % _PLACES  # so that not all need new places at the same time
    draft = Draft(
        endpoint=name, id=ids.new(now // 1000), received_at=now, method="POST",
        url=f"http://127.0.0.1/{name}", target=b"", http_version="1.1", peer="127.0.0.1",
        headers=((b"Host", b"hooks.test"),), body=b"{}",
    )  # fmt: skip
    event = encode(draft, seq)
    it = Block(
        seq=seq, count=1, base=0, size=len(event), at=now, reserved=_PLACES + 1, id=draft.id,
        node="filling", events=(event,),
    )  # fmt: skip
    await js.connection.say(layout.doc(name), msgspec.json.encode(document))
    await js.connection.say(layout.place(name), b"%d" % it.reserved)
    await js.connection.say(layout.events(name), pack(it))
    return Endpoint(id=name, url="", token=token)


async def stored(js: JetStream, layout: Layout) -> int:
    """The messages of all streams."""
    names = [layout.docs, layout.places, *map(layout.stream, range(layout.streams))]
    return sum([(await js.info(name)).state.messages for name in names])


async def _until_stored(js: JetStream, layout: Layout, wanted: int) -> None:
    async with asyncio.timeout(60):
        while await stored(js, layout) < wanted:  # noqa: ASYNC110 - servers tell nobody
            await asyncio.sleep(0.01)


async def read_all(cluster: Cluster, size: str) -> tuple[Counter[str], int, int]:
    """How often each webhook is in the log, how many are altered, and how many blocks there are."""
    seen: Counter[str] = Counter()
    altered = blocks = 0
    bodies = {hashlib.sha256(load.data).digest() for load in loads(size)}
    async with cluster.log() as log:
        layout = Layout(cluster.settings.log_prefix, cluster.settings.log_streams)
        for number in range(layout.streams):
            subject, at = f"{layout.prefix}.{number}.*.e", 1
            while found := await log.js.run(
                layout.stream(number), subject, at, count=512, size=4 << 20
            ):
                at, blocks = found[-1].at + 1, blocks + len(found)
                for message in (raw for one in found for raw in block(one.data).events):
                    event = codec.decode_relay(message)
                    assert isinstance(event, Event)
                    name = first(event.headers, b"x-bench-id")
                    if name is not None:
                        seen[name.decode()] += 1
                        altered += not exact(event, bodies)
    return seen, altered, blocks - cluster.filled


def exact(event: Event, bodies: set[bytes]) -> bool:
    """Whether it is one of the bodies that were sent, and the one that its head speaks of."""
    digest = hashlib.sha256(event.body).digest()
    said = first(event.headers, b"x-bench-sha256") or b""
    return digest in bodies and digest.hex().encode() == said
