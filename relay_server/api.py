"""The relay's own paths: endpoints over HTTP and JSON, streams, health. See docs/protocol.md."""

import asyncio
import re
import time
from typing import Annotated, Any, Literal, NoReturn, TypeVar

import msgspec
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web import BaseRequest, Server, StreamResponse
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict, replace

from relay_server import answers, auth
from relay_server.access import Access
from relay_server.admission import origin_form
from relay_server.answers import Answer, as_json, framed, refusal
from relay_server.health import Health
from relay_server.inbound import Received
from relay_server.log.base import Log, StorageError
from relay_server.registry import Endpoint, Registry
from relay_server.settings import Settings
from relay_server.streams import Streams

T = TypeVar("T")
_ENDPOINTS = re.compile(r"/_/v1/endpoints(?:/([\w-]{1,100})(?:/(rotate))?)?")
_STREAM = re.compile(rb"/_/v1/endpoints/([\w-]{1,100})/stream(?:\?(.*))?")
_HEALTH = (b"/_/health", b"/_/ready")
_LONGEST_OVERLAP_S = 7 * 86_400


class Changes(Struct, forbid_unknown_fields=True, kw_only=True):
    """What may be set on an endpoint, at its creation or later."""

    name: Annotated[str, Meta(max_length=100)] | UnsetType = UNSET
    respond: Literal["app", "ack"] | UnsetType = UNSET
    deadline_ms: Annotated[int, Meta(ge=1)] | UnsetType | None = UNSET
    ack_status: Annotated[int, Meta(ge=200, le=599)] | UnsetType = UNSET
    ack_headers: tuple[tuple[str, str], ...] | UnsetType = UNSET
    ack_body: Annotated[str, Meta(max_length=65_536)] | UnsetType | None = UNSET


class Rotation(Struct, forbid_unknown_fields=True, kw_only=True):
    """How a token is replaced."""

    overlap_s: Annotated[int, Meta(ge=0, le=_LONGEST_OVERLAP_S)] = 0


class _RefusedError(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Raw(StreamResponse):
    """One of the relay's answers on an aiohttp connection, which ends with it."""

    def __init__(self, answer: Answer, *, head: bool) -> None:
        super().__init__()
        self._bytes = b"".join(framed(answer, head=head, http10=False, close=True))

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        """Write it all; aiohttp's own head is not wanted."""
        self._keep_alive, self._eof_sent = False, True
        if request.transport is not None:
            request.transport.write(self._bytes)
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """It is written."""


class Api:
    """Answers requests for the relay itself."""

    def __init__(
        self,
        settings: Settings,
        log: Log,
        registry: Registry,
        streams: Streams,
        access: Access,
        health: Health,
        public_url: str,
    ) -> None:
        self._settings = settings
        self._log = log
        self._registry = registry
        self._streams = streams
        self._access = access
        self._health = health
        self._public_url = public_url
        self.http = Server(
            self.handle,
            access_log=None,
            auto_decompress=False,
            lingering_time=0,
            keepalive_timeout=settings.head_timeout_s,
            max_line_size=settings.max_head,
            max_field_size=settings.max_head,
            max_headers=settings.max_fields + 8,
        )
        """Makes the protocol of each connection that is not a stream's."""

    def inside(self, request: Received) -> tuple[asyncio.Protocol, bytes] | Answer:
        """Who takes over the connection of a request for the relay itself, and its first bytes."""
        head = request.head
        path = origin_form(head.target) or b""
        if path.partition(b"?")[0] not in _HEALTH:
            refused = self._access.browser(head.headers)
            if refused is not None:
                return refused
        match = _STREAM.fullmatch(path)
        if match is None or head.method != "GET":
            return self.http(), request.raw()
        stream = self._streams.open(match[1].decode(), match[2] or b"", head.headers)
        return stream if isinstance(stream, Answer) else (stream, b"")

    async def handle(self, request: BaseRequest) -> StreamResponse:
        """Answer one request; the handler of aiohttp's low-level server."""
        try:
            found = await self._route(request)
        except _RefusedError as refused:
            found = refused.answer
        except StorageError:
            found = answers.NOT_STORED
        if isinstance(found, Answer):
            return Raw(found, head=request.method == "HEAD")
        return found

    async def _route(self, request: BaseRequest) -> Answer | StreamResponse:
        path = request.path
        if path in ("/_/health", "/_/ready"):
            _only(request, "GET", "HEAD")
            return await (self._health.health() if path == "/_/health" else self._health.ready())
        match = _ENDPOINTS.fullmatch(path)
        if match is None:
            raise _RefusedError(refusal(404, "no_page", "the relay has no such page"))
        name, verb = match.groups()
        if name is None:
            return await self._collection(request)
        endpoint = self._authorized(request, name)
        if verb == "rotate":
            _only(request, "POST")
            return await self._rotate(request, endpoint)
        return await self._one(request, endpoint)

    # -- endpoints ----------------------------------------------------------------------------

    async def _collection(self, request: BaseRequest) -> Answer:
        _only(request, "GET", "POST")
        token = auth.bearer(request.headers.get("Authorization"))
        if request.method == "POST":
            if not self._access.may_create(token):
                raise _RefusedError(answers.UNAUTHORIZED)
            return await self._create(request)
        if self._access.is_key(token):
            found = list(self._registry.all())
        else:
            own = self._registry.opened_by(token, _now())
            if own is None:
                raise _RefusedError(answers.UNAUTHORIZED)
            found = [own]
        return as_json(200, {"endpoints": [self._view(endpoint) for endpoint in found]})

    async def _create(self, request: BaseRequest) -> Answer:
        changes = await self._changes(request)
        if len(self._registry) >= self._settings.max_endpoints:
            raise _RefusedError(refusal(429, "too_many_endpoints", "this relay is full"))
        token = auth.new_token()
        endpoint = Endpoint(
            id=auth.new_endpoint_id(),
            created_at=_now(),
            tokens=(auth.Token(sha256=auth.hashed(token)),),
        )
        endpoint = replace(endpoint, **changes)
        await self._registry.put(endpoint)
        return as_json(201, self._view(endpoint) | {"token": token})

    async def _one(self, request: BaseRequest, endpoint: Endpoint) -> Answer:
        _only(request, "GET", "HEAD", "PATCH", "DELETE")
        if request.method == "PATCH":
            changes = await self._changes(request)
            endpoint = replace(self._registry.get(endpoint.id) or endpoint, **changes)
            await self._registry.put(endpoint)
        elif request.method == "DELETE":
            await self._registry.remove(endpoint.id)
            return Answer(status=204, reason=b"No Content")
        return as_json(200, self._view(endpoint))

    async def _rotate(self, request: BaseRequest, endpoint: Endpoint) -> Answer:
        rotation = await _body(request, Rotation)
        now = _now()
        until = now + rotation.overlap_s * 1_000_000
        kept = [
            auth.Token(sha256=old.sha256, until=min(old.until or until, until))
            for old in endpoint.tokens
            if old.until is None or now < old.until
        ]
        token = auth.new_token()
        new = auth.Token(sha256=auth.hashed(token))
        tokens = (*(kept if rotation.overlap_s else ()), new)
        await self._registry.put(replace(endpoint, tokens=tokens))
        return as_json(200, {"id": endpoint.id, "token": token})

    def _view(self, endpoint: Endpoint) -> dict[str, Any]:
        """What is told of an endpoint: everything but its tokens."""
        known = asdict(endpoint)
        del known["tokens"]
        events, size = self._log.held(endpoint.id)
        return known | {
            "url": f"{self._public_url}/{endpoint.id}",
            "head": self._log.head(endpoint.id),
            "events": events,
            "bytes": size,
            "listeners": self._streams.hub.listeners(endpoint.id),
        }

    async def _changes(self, request: BaseRequest) -> dict[str, Any]:
        changes = asdict(await _body(request, Changes))
        found = {name: value for name, value in changes.items() if value is not UNSET}
        most = self._settings.max_deadline_ms
        if (found.get("deadline_ms") or 0) > most:
            _invalid(f"deadline_ms: at most {most}")
        name = found.get("name", "")
        if not name.isprintable():
            _invalid("name: printable characters only")
        headers = tuple(
            (key.encode(), value.encode()) for key, value in found.get("ack_headers", ())
        )
        if not answers.carries(headers):
            _invalid("ack_headers: pairs of a field name and a value that HTTP can carry")
        return found

    def _authorized(self, request: BaseRequest, name: str) -> Endpoint:
        """The endpoint, if the request's token or the relay's key opens it."""
        token = auth.bearer(request.headers.get("Authorization"))
        opened = self._registry.valid(name, token, _now()) is not None
        key = self._access.is_key(token)
        endpoint = self._registry.get(name)
        if not (opened or key):
            raise _RefusedError(answers.UNAUTHORIZED)
        if endpoint is None:
            raise _RefusedError(answers.NOT_FOUND)
        return endpoint


def _now() -> int:
    return time.time_ns() // 1000


def _only(request: BaseRequest, *methods: str) -> None:
    if request.method not in methods:
        allow = ((b"Allow", ", ".join(methods).encode()),)
        raise _RefusedError(
            refusal(405, "method", "not here", f"use {' or '.join(methods)}", allow)
        )


def _invalid(message: str) -> NoReturn:
    raise _RefusedError(refusal(422, "invalid", message))


async def _body(request: BaseRequest, kind: type[T]) -> T:
    """The JSON body; an empty one says nothing."""
    data = await request.read()
    if data and request.content_type != "application/json":
        # A page in a browser may send anything but this to another origin without asking.
        raise _RefusedError(refusal(415, "not_json", "the body must be application/json"))
    try:
        return msgspec.json.decode(data or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _invalid(str(error))
