"""F1: real webhooks, signed over their raw bytes, through the whole road to a program that verifies.

The payloads are those that GitHub publishes, and each again as others write them: indented, escaped,
as a form, gzipped, in chunks. Beside them one of each kind that tools are known to break.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support import corpus, rawhttp
from tests.support.corpus import Example
from tests.support.rawhttp import Message
from tests.support.road import Road, event_of, road

pytestmark = pytest.mark.log("sqlite", slow="nats")

SENDERS = 8


async def verify(message: Message, writer: asyncio.StreamWriter) -> None:
    """A program that knows the secret: 200 and what it has read, or 401."""
    given = message.value(b"X-Hub-Signature-256")
    good = hmac.compare_digest(given, corpus.sign(message.body))
    digest = hashlib.sha256(message.body).hexdigest().encode()
    answer = rawhttp.respond(200, [(b"X-Read", digest)], digest) if good else rawhttp.respond(401)
    await answer(message, writer)


async def send(it: Road, examples: Sequence[Example]) -> None:
    """Send them all; every sender gets the program's own answer."""
    waiting = iter(examples)

    async def sender() -> None:
        async with rawhttp.sender(it.relay.port) as connection:
            for example in waiting:
                raw = rawhttp.request(
                    "POST",
                    f"{it.endpoint.path}/{example.name}?of=%20corpus",
                    example.headers(),
                    example.body,
                    framing=example.framing,
                )
                told = await connection.send(raw)
                digest = hashlib.sha256(example.body).hexdigest().encode()
                assert (told.status, told.body) == (200, digest), example.name
                assert told.value(b"X-Read") == digest

    async with asyncio.TaskGroup() as group:
        for _ in range(SENDERS):
            group.create_task(sender())


def arrived(it: Road, examples: Sequence[Example]) -> None:
    """Each came once, with every byte and every field as it was sent."""
    by_name = {message.target: message for message in it.program.received}
    assert len(by_name) == len(it.program.received) == len(examples)
    for example in examples:
        message = by_name[f"/{example.name}?of=%20corpus".encode()]
        assert message.body == example.body
        sent = example.headers()
        assert list(message.headers[1 : 1 + len(sent)]) == sent


async def listed_and_replayed(it: Road, count: int) -> None:
    """`hookcli ls` knows them all, `hookcli replay @` sends the latest once more."""
    listed = await it.listener.run("ls", "-n", "0", "--json", within=60)
    assert listed.returncode == 0, listed.tail()
    records = [json.loads(line) for line in listed.out]
    assert len({record["id"] for record in records}) == len(records) == count
    again = await it.listener.run("replay", "@")
    assert again.returncode == 0, again.tail()
    replayed = it.program.received[-1]
    (original,) = [
        message for message in it.program.received[:-1] if event_of(message) == records[0]["id"]
    ]
    assert len(it.program.received) == count + 1
    assert (replayed.target, replayed.body) == (original.target, original.body)
    assert replayed.value(b"Hookcli-Replay-Of") == original.value(b"Hookcli-Event-Id")


async def travel(home: Path, examples: Sequence[Example]) -> None:
    async with road(home, answer=verify) as it:
        await send(it, examples)
        arrived(it, examples)
        await it.settled(it.delivered())
        await listed_and_replayed(it, len(examples))


async def test_one_of_each_awkward_kind_arrives_whole_and_its_answer_comes_back(
    tmp_path: Path,
) -> None:
    await travel(tmp_path, corpus.awkward())


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_every_real_payload_in_every_spelling_arrives_whole(tmp_path: Path) -> None:
    examples = [*corpus.github(), *corpus.spellings(), *corpus.awkward()]
    assert len(examples) >= 1_000
    await travel(tmp_path, examples)
