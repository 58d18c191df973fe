"""A1: without the token nobody reads anything, and nobody learns whether there is anything to read."""

import asyncio
import base64
import hashlib
import secrets
from pathlib import Path

import pytest

from tests.support import rawhttp
from tests.support.rawhttp import Pairs
from tests.support.running import Endpoint, Relay, relay
from tests.support.stream import Stream

GUESSES = 5_000


def tricks(mine: Endpoint, other: Endpoint, old: str, key: str) -> dict[str, tuple[str, Pairs]]:
    """What a stranger may try: what is added to the query, and the header fields."""

    def bearer(token: str) -> tuple[str, Pairs]:
        return "", ((b"Authorization", b"Bearer " + token.encode()),)

    token = mine.token
    basic = base64.b64encode(f"{mine.id}:{token}".encode())
    return {
        "nothing": ("", ()),
        "a guess": bearer("hk_" + secrets.token_urlsafe(32)),
        "another endpoint's token": bearer(other.token),
        "the relay's key": bearer(key),
        "a token that was replaced": bearer(old),
        "the hash that is stored": bearer(hashlib.sha256(token.encode()).hexdigest()),
        "the endpoint's id": bearer(mine.id),
        "a part of the token": bearer(token[:-1]),
        "the token and more": bearer(token + "x"),
        "the token in another case": bearer(token.swapcase()),
        "the token in the query": (
            f"&token={token}&access_token={token}&authorization={token}",
            (),
        ),
        "the token as a password": ("", ((b"Authorization", b"Basic " + basic),)),
        "the token in a cookie": ("", ((b"Cookie", b"token=" + token.encode()),)),
        "the token as a subprotocol": ("", ((b"Sec-WebSocket-Protocol", token.encode()),)),
        "the token as the second one": (
            "",
            (
                (b"Authorization", b"Bearer guess"),
                (b"Authorization", b"Bearer " + token.encode()),
            ),
        ),
        "the token in another field": ("", ((b"X-Hookcli-Token", token.encode()),)),
    }


def handshake(it: Relay, endpoint: str, query: str, fields: Pairs) -> bytes:
    handshake = (
        (b"Connection", b"Upgrade"),
        (b"Upgrade", b"websocket"),
        (b"Sec-WebSocket-Version", b"13"),
        (b"Sec-WebSocket-Key", base64.b64encode(b"0123456789abcdef")),
        (b"Sec-WebSocket-Protocol", b"hookcli.v1"),
    )
    target = f"/_/v1/endpoints/{endpoint}/stream?after=0{query}"
    host = b"127.0.0.1:%d" % it.port
    return rawhttp.request("GET", target, (*handshake, *fields), host=host, framing="none")


@pytest.mark.log("sqlite", slow="nats")
async def test_no_trick_opens_a_stream_and_known_and_unknown_look_the_same(tmp_path: Path) -> None:
    async with relay(tmp_path) as it:
        mine, other = await it.endpoint(), await it.endpoint()
        rotated = await it.api("POST", f"/_/v1/endpoints/{mine.id}/rotate", token=mine.token)
        old, mine = mine.token, Endpoint(id=mine.id, url=mine.url, token=rotated["token"])
        answers = set()
        for name, (query, fields) in tricks(mine, other, old, it.key).items():
            for endpoint in (mine.id, "ep_" + "a" * 32):
                answer = await rawhttp.once(it.port, handshake(it, endpoint, query, fields))
                assert answer.status == 401, name
                answers.add((answer.head, answer.body))
        assert len(answers) == 1, "one answer, whatever was tried"
        (await Stream.open(it.port, mine)).close()


async def test_the_token_in_a_url_is_no_token_for_the_api_either(tmp_path: Path) -> None:
    async with relay(tmp_path) as it:
        mine = await it.endpoint()
        for target in (
            f"/_/v1/endpoints/{mine.id}?token={mine.token}",
            f"/_/v1/endpoints?token={it.key}",
            f"http://{mine.id}:{mine.token}@127.0.0.1/_/v1/endpoints/{mine.id}",
        ):
            assert (await rawhttp.once(it.port, rawhttp.request("GET", target))).status == 401


@pytest.mark.slow
async def test_guessing_opens_nothing(tmp_path: Path) -> None:
    async with relay(tmp_path) as it:
        mine = await it.endpoint()
        told: set[int] = set()

        async def guess() -> None:
            async with rawhttp.sender(it.port) as sender:
                for _ in range(GUESSES // 4):
                    token = b"Bearer hk_" + secrets.token_urlsafe(32).encode()
                    target = f"/_/v1/endpoints/{mine.id}"
                    raw = rawhttp.request("GET", target, ((b"Authorization", token),))
                    told.add((await sender.send(raw)).status)

        await asyncio.gather(*(guess() for _ in range(4)))
    assert told == {401}


async def test_ids_have_128_random_bits_and_tokens_256(tmp_path: Path) -> None:
    async with relay(tmp_path) as it:
        made = await asyncio.gather(*(it.endpoint() for _ in range(100)))
    assert random_bits([base64.b32decode(one.id[3:].upper()) for one in made]) >= 128
    assert random_bits([base64.urlsafe_b64decode(one.token[3:] + "=") for one in made]) >= 256
    assert all(one.id.startswith("ep_") and one.token.startswith("hk_") for one in made)


def random_bits(values: list[bytes]) -> int:
    """How many bits take both values, each in about half of the cases."""
    assert len(set(values)) == len(values)
    numbers = [int.from_bytes(value, "big") for value in values]
    ones = [sum(number >> bit & 1 for number in numbers) for bit in range(len(values[0]) * 8)]
    # Beyond these a fair coin falls once in 10^9.
    return sum(20 <= count <= 80 for count in ones)
