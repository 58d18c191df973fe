"""The few things that JetStream is asked, by requests of its documented API.

Messages are written under a condition (the last message on their subject is still the one that was
seen), and read without consumers, which a server would have to keep for every listener.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeVar

import msgspec
from msgspec import Struct
from nats.aio.msg import Msg
from nats.js.api import ClusterInfo, StreamConfig, StreamInfo
from nats.js.errors import NotFoundError

from relay_server.log.base import StorageError
from relay_server.log.nats.connection import ANSWER_S, Connection, UnsureError, as_storage

T = TypeVar("T")
_WRONG_LAST = 10071
"""`JSStreamWrongLastSequenceErrF` of the server."""
_NO_MESSAGE = 10037
"""`JSNoMessageFoundErr`."""
_LOST_NS = 4e9
"""After so long without a word of a leader servers begin to elect another."""
_API = "$JS.API"
_EXPECTED = "Nats-Expected-Last-Subject-Sequence"


class RacedError(Exception):
    """Somebody else has written on that subject meanwhile; nothing was stored."""


class Found(Struct, frozen=True):
    """One stored message."""

    at: int
    """Its place in the stream."""
    subject: str
    data: bytes


class JetStream:
    """JetStream over one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def max_payload(self) -> int:
        """Bytes of a message that the server takes."""
        return self.connection.max_payload

    # -- streams ------------------------------------------------------------------------------

    async def stream(self, wanted: StreamConfig) -> StreamInfo:
        """Make sure of a stream.

        Raises:
            StorageError: it cannot be, and why; there is no JetStream.
        """
        with as_storage():
            try:
                info = await self.connection.streams.stream_info(str(wanted.name))
            except NotFoundError:
                return await self.connection.streams.add_stream(wanted)
            here = info.config
            same = (here.max_age, here.max_bytes) == (wanted.max_age or 0, wanted.max_bytes or -1)
            if same and here.num_replicas == wanted.num_replicas:
                return info
            return await self.connection.streams.update_stream(wanted)

    async def info(self, stream: str) -> StreamInfo:
        """What its leader says of a stream now.

        Raises:
            StorageError: nobody leads it who is heard by most of its servers.
        """
        with as_storage():
            async with asyncio.timeout(ANSWER_S):
                info = await self.connection.streams.stream_info(stream)
        if not is_led(info.cluster):
            raise StorageError(f"{stream}: nobody leads it now")
        return info

    async def purge(self, stream: str, subject: str, before: int = 0) -> None:
        """Remove the messages of a subject, all or those in front of a place."""
        with as_storage():
            await self.connection.streams.purge_stream(stream, seq=before or None, subject=subject)

    # -- messages -----------------------------------------------------------------------------

    async def put(
        self,
        subject: str,
        data: bytes,
        *,
        name: str = "",
        after: int | None = None,
        alone: bool = False,
    ) -> int:
        """Store a message; its place in the stream.

        Args:
            name: Its id, by which a repeat is known.
            after: The place of the message that must still be the subject's last; 0: of none.
            alone: It replaces all others on its subject.

        Raises:
            RacedError: another one is the last.
            UnsureError: no answer came.
            StorageError: it is not stored.
        """
        headers = {"Nats-Msg-Id": name} if name else {}
        if after is not None:
            headers[_EXPECTED] = str(after)
        if alone:
            headers["Nats-Rollup"] = "sub"
        told = _answer(_told, await self.connection.ask(subject, data, headers))
        if told.error is not None:
            if told.error.err_code == _WRONG_LAST:
                raise RacedError
            raise StorageError(f"JetStream: {told.error.description}")
        if told.duplicate and after is not None and told.seq <= after:
            raise StorageError(f"there is a message of the id {name} already")
        return told.seq

    async def last(self, stream: str, subject: str, *, sure: bool = True) -> Found | None:
        """The newest message of a subject.

        Args:
            sure: Ask the stream's leader; a copy is faster, and may be behind.
        """
        wanted = {"last_by_subj": subject}
        return await (self._from_leader if sure else self._from_copy)(stream, wanted)

    async def next(self, stream: str, subject: str, at: int, *, sure: bool = False) -> Found | None:
        """The first message of a subject at a place or behind it.

        Args:
            sure: Ask the stream's leader; a copy is faster, and may be behind.
        """
        wanted = {"seq": max(at, 1), "next_by_subj": subject}
        return await (self._from_leader if sure else self._from_copy)(stream, wanted)

    async def get(self, stream: str, at: int) -> Found | None:
        """The message of a place, wherever a copy of it is."""
        wanted = {"seq": at}
        found = await self._from_copy(stream, wanted)
        return found or await self._from_leader(stream, wanted)

    async def _from_leader(self, stream: str, wanted: Mapping[str, object]) -> Found | None:
        asked = await self.connection.ask(
            f"{_API}.STREAM.MSG.GET.{stream}", json.dumps(dict(wanted)).encode()
        )
        got = _answer(_got, asked)
        if got.message is not None:
            return Found(got.message.seq, got.message.subject, got.message.data)
        if got.error is not None and got.error.err_code == _NO_MESSAGE:
            return None
        raise StorageError(f"JetStream: {got.error.description if got.error else 'no answer'}")

    async def _from_copy(self, stream: str, wanted: Mapping[str, object]) -> Found | None:
        found = await self._run(stream, wanted)
        return found[0] if found else None

    async def run(
        self, stream: str, subject: str, at: int, *, count: int, size: int
    ) -> Sequence[Found]:
        """The next messages of a subject from a place on; none: there are none.

        At most so many, and about so many bytes. Servers before 2.11 give one at a time.
        """
        wanted = {"seq": max(at, 1), "next_by_subj": subject, "batch": count, "max_bytes": size}
        return await self._run(stream, wanted)

    async def _run(self, stream: str, wanted: Mapping[str, object]) -> list[Found]:
        found: list[Found] = []
        subject = f"{_API}.DIRECT.GET.{stream}"
        await self.connection.ask(
            subject, json.dumps(dict(wanted)).encode(), take=partial(_gather, found)
        )
        return found


def is_led(cluster: ClusterInfo | None) -> bool:
    """Whether a stream has a leader that most of its servers follow.

    One that was parted from the others takes itself for the leader for a while.
    """
    if cluster is None:
        return True  # one server, which leads all
    others = cluster.replicas or []
    near = sum(one.active is not None and 0 < one.active < _LOST_NS for one in others)
    return bool(cluster.leader) and 1 + near > (1 + len(others)) / 2


def _gather(found: list[Found], msg: Msg) -> bool:
    """Take one of several messages; whether it is the last. Servers before 2.11 send one."""
    headers = msg.headers or {}
    status = headers.get("Status")
    if status in ("204", "404"):
        return True
    if status is not None or "Nats-Sequence" not in headers:
        raise StorageError(f"JetStream: {headers.get('Description') or status}")
    found.append(Found(int(headers["Nats-Sequence"]), headers["Nats-Subject"], msg.data))
    return "Nats-Num-Pending" not in headers


class _Error(Struct, frozen=True):
    err_code: int = 0
    description: str = ""


class _Told(Struct, frozen=True):
    """The answer to a message that is to be stored."""

    seq: int = 0
    duplicate: bool = False
    error: _Error | None = None


class _Message(Struct, frozen=True):
    seq: int
    subject: str
    data: bytes = b""


class _Got(Struct, frozen=True):
    """The answer of a stream's leader to a question for a message."""

    message: _Message | None = None
    error: _Error | None = None


def _answer(decoder: msgspec.json.Decoder[T], msg: Msg) -> T:
    try:
        return decoder.decode(msg.data)
    except msgspec.DecodeError as error:
        raise UnsureError(f"JetStream: {error}") from error


_told = msgspec.json.Decoder(_Told)
_got = msgspec.json.Decoder(_Got)
