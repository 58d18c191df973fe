"""A listener in under a hundred lines: keeps every event once, and answers each with its own body.

    HOOKCLI_TOKEN=hk_… python listener.py https://hooks.example.com ep_… captures.sqlite

All that it knows is in docs/protocol.md; it needs `websockets` and `msgspec`.
"""

import asyncio
import hashlib
import os
import random
import sqlite3
import sys
from typing import Any

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

EVENT = ["seq", "id", "received_at", "method", "url", "target", "http_version", "peer", "headers"]
RESULT = ["seq", "id", "outcome", "status", "reason", "headers"]
GIVE_UP = {4401: "the token is no longer valid", 4404: "the endpoint was deleted"}
pack, unpack = msgspec.msgpack.encode, msgspec.msgpack.decode


def digest(message: dict[str, Any], fields: list[str]) -> bytes:
    """What must travel with an event or a result."""
    marked = ["marks"] if "marks" in message else []
    values = pack([message[field] for field in fields + marked])
    return hashlib.sha256(values + message["body"]).digest()


def answer(event: dict[str, Any]) -> dict[str, Any]:
    """What the program says: here, what it was sent."""
    result = {"type": "result", "seq": event["seq"], "id": event["id"], "outcome": "answered"}
    result |= {"status": 200, "reason": b"OK", "headers": [], "body": event["body"]}
    return result | {"digest": digest(result, RESULT)}


def cursor(db: sqlite3.Connection) -> Any:
    """The highest place that is kept: it is written with its event, never before or after."""
    return db.execute("select coalesce(max(seq), 0) from event").fetchone()[0]


async def stream(relay: str, endpoint: str, db: sqlite3.Connection) -> None:
    """One connection, until it breaks or nothing was heard for 10 seconds."""
    url = f"{relay.replace('http', 'ws', 1)}/_/v1/endpoints/{endpoint}/stream?after={cursor(db)}"
    async with connect(
        url, subprotocols=["hookcli.v1"], compression=None,  # type: ignore[list-item]
        additional_headers={"Authorization": f"Bearer {os.environ['HOOKCLI_TOKEN']}"},
        open_timeout=3, ping_interval=None, max_size=64 << 20,
    ) as ws:  # fmt: skip
        silent, head, answers = 0, 0, False
        while silent < 10:
            try:
                async with asyncio.timeout(2):
                    message = unpack(await ws.recv(decode=False))
            except TimeoutError:
                silent += 2
                await ws.send(pack({"type": "ping", "n": silent}))
                continue
            silent = 0
            if message["type"] == "welcome":
                head, answers = message["head"], message["respond"] == "app"
                print(f"{message['url']} after {message['after']}", flush=True)
            elif message["type"] == "gap":
                print(f"{message['count']} events are gone: {message['reason']}", flush=True)
            elif message["type"] == "event" or "digest" in message:
                if message["type"] != "event" or message["digest"] != digest(message, EVENT):
                    raise OSError("an event was damaged on its way")
                db.execute("insert into event values (?,?)", (message["seq"], pack(message)))
                await ws.send(pack({"type": "ack", "seq": message["seq"]}))
                if answers and message["seq"] > head:
                    await ws.send(pack(answer(message)))


async def main(relay: str, endpoint: str, path: str) -> None:
    """Come back for ever, unless that is of no use."""
    db, pause = sqlite3.connect(path, isolation_level=None), 0.1
    db.execute("pragma journal_mode=wal")
    db.execute("create table if not exists event (seq integer primary key, message blob)")
    while True:
        before = cursor(db)
        try:
            await stream(relay, endpoint, db)
        except InvalidStatus as refused:
            if refused.response.status_code in (401, 422, 426):
                sys.exit(f"refused: {refused.response.body!r}")
        except ConnectionClosed as closed:
            if closed.rcvd and closed.rcvd.code in GIVE_UP:
                sys.exit(GIVE_UP[closed.rcvd.code])
        except (OSError, InvalidHandshake, msgspec.DecodeError, KeyError, TypeError) as broken:
            print(f"broken: {broken!r}", flush=True)
        pause = 0.1 if cursor(db) > before else min(pause * 2, 5)
        await asyncio.sleep(random.uniform(0, pause))


asyncio.run(main(*sys.argv[1:]))
