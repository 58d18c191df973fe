"""The relay's own paths: endpoints over HTTP and JSON, streams, health. See docs/protocol.md."""

import asyncio
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from hookcli.wire.headers import first
from relay_server import answers, auth
from relay_server.access import Access
from relay_server.admission import Head, origin_form
from relay_server.answers import Answer, as_json, refusal
from relay_server.changes import Changes, InvalidError, checked
from relay_server.door import Door
from relay_server.exchange import Exchange
from relay_server.health import Health
from relay_server.log.base import Log, StorageError
from relay_server.log.looking import look_at
from relay_server.registry import Endpoint, Registry
from relay_server.schemas.checker import Checker, Verdict
from relay_server.senders import counted_as, sender
from relay_server.settings import Settings
from relay_server.status import Status
from relay_server.streams import Streams

T = TypeVar("T")
_ENDPOINTS = re.compile(r"/_/v1/endpoints(?:/([\w-]{1,100})(?:/(rotate|stream))?)?", re.ASCII)
_LONGEST_OVERLAP_S = 7 * 86_400

Tell = Callable[[Answer], object]


class Rotation(Struct, forbid_unknown_fields=True, kw_only=True):
    """How a token is replaced."""

    overlap_s: Annotated[int, Meta(ge=0, le=_LONGEST_OVERLAP_S)] = 0


class _RefusedError(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


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
        door: Door,
        checker: Checker,
        public_url: str,
    ) -> None:
        self.status: Status
        """Set before the first request."""
        self._door = door
        self._checker = checker
        self.settings = settings
        self._log = log
        self._registry = registry
        self._streams = streams
        self._access = access
        self._health = health
        self._public_url = public_url

    def upgrade(self, head: Head) -> asyncio.Protocol | Answer:
        """The stream that takes over the connection of such a request, or why there is none."""
        refused = self._access.browser(head.headers)
        if refused is not None:
            return refused
        path, _, query = _split(head)
        match = _ENDPOINTS.fullmatch(path)
        if match is None or match[2] != "stream" or head.method != "GET":
            return answers.NO_PAGE
        return self._streams.open(match[1], query, head.headers)

    def take(self, exchange: Exchange) -> None:
        """Answer one request, now or when what it asks for is stored."""
        try:
            peer = sender(exchange.peer, exchange.head.headers, self.settings.proxy_hops)
            self._route(exchange.head, exchange.body, peer, exchange.answer)
        except _RefusedError as refused:
            exchange.answer(refused.answer)

    def _route(self, head: Head, body: bytes, peer: str, tell: Tell) -> None:
        path = _split(head)[0]
        if path in ("/_/health", "/_/ready"):
            _only(head, "GET", "HEAD")
            if path == "/_/ready":
                tell(self._health.ready())
            else:
                self._health.health(tell)
            return
        refused = self._access.browser(head.headers)
        if path == "/_/metrics" and refused is None:
            self._metrics(head, tell)
            return
        match = _ENDPOINTS.fullmatch(path)
        if refused is not None or match is None:
            raise _RefusedError(refused or answers.NO_PAGE)
        name, verb = match.groups()
        if name is None:
            self._collection(head, body, peer, tell)
            return
        endpoint = self._authorized(head, name)
        if verb == "stream":
            raise _RefusedError(answers.NOT_A_STREAM)
        if verb == "rotate":
            _only(head, "POST")
            self._rotate(head, body, endpoint, tell)
        else:
            self._one(head, body, endpoint, tell)

    def _metrics(self, head: Head, tell: Tell) -> None:
        """They name endpoints, so they are for the holder of the key."""
        _only(head, "GET", "HEAD")
        if not self._access.may_create(_token(head)):
            raise _RefusedError(answers.UNAUTHORIZED)
        self.status.tell(tell)

    def _collection(self, head: Head, body: bytes, peer: str, tell: Tell) -> None:
        _only(head, "GET", "HEAD", "POST")
        token = _token(head)
        if head.method == "POST":
            if not self._access.may_create(token):
                raise _RefusedError(answers.UNAUTHORIZED)
            changes = self._changes(head, body)
            create = partial(self._create, changes, counted_as(peer), tell)
            self._with_schema("", changes, tell, create)
            return
        found = list(self._registry.all())
        if not self._access.is_key(token):
            own = self._registry.opened_by(token, _now())
            if own is None:
                raise _RefusedError(answers.UNAUTHORIZED)
            found = [own]
        look_at(
            self._log,
            [endpoint.id for endpoint in found],
            lambda: tell(as_json(200, {"endpoints": [self._view(one) for one in found]})),
        )

    def _create(self, changes: dict[str, Any], who: str | None, tell: Tell) -> None:
        each = self.settings.endpoints_per_address
        if len(self._registry) >= self.settings.max_endpoints:
            raise _RefusedError(answers.FULL)
        if who is not None and 0 < each <= self._registry.created_from(who):
            raise _RefusedError(answers.ENOUGH)
        token = auth.new_token()
        endpoint = Endpoint(
            id=auth.new_endpoint_id(),
            created_at=_now(),
            created_from=who or "",
            tokens=(auth.Token(sha256=auth.hashed(token)),),
        )
        endpoint = replace(endpoint, **changes)

        def made() -> Answer:
            return as_json(201, self._view(endpoint) | {"token": token})

        self._registry.put(endpoint, partial(_when_stored, tell, made))

    def _one(self, head: Head, body: bytes, endpoint: Endpoint, tell: Tell) -> None:
        _only(head, "GET", "HEAD", "PATCH", "DELETE")
        if head.method == "PATCH":
            changes = self._changes(head, body)
            change = partial(self._change, endpoint, changes, tell)
            self._with_schema(endpoint.id, changes, tell, change)
        elif head.method == "DELETE":
            done = partial(_when_stored, tell, lambda: Answer(status=204, reason=b"No Content"))
            self._door.forget(endpoint.id)
            self._registry.remove(endpoint.id, done)
        else:
            self._tell_one(endpoint, tell)

    def _tell_one(self, endpoint: Endpoint, tell: Tell) -> None:
        look_at(self._log, [endpoint.id], lambda: tell(as_json(200, self._view(endpoint))))

    def _change(self, endpoint: Endpoint, changes: dict[str, Any], tell: Tell) -> None:
        def done(error: StorageError | None) -> None:
            changed = self._registry.get(endpoint.id)
            if error is not None or changed is None:
                tell(self._unchanged(endpoint))
            else:
                self._tell_one(changed, tell)

        self._registry.change(endpoint.id, lambda now: replace(now, **changes), done)

    def _unchanged(self, endpoint: Endpoint) -> Answer:
        """Why a change was not made, as far as it matters to who wanted it."""
        there = self._registry.get(endpoint.id) is not None
        return answers.NOT_CHANGED if there else answers.NOT_FOUND

    def _rotate(self, head: Head, body: bytes, endpoint: Endpoint, tell: Tell) -> None:
        rotation = _decoded(head, body, Rotation)
        now = _now()
        until = now + rotation.overlap_s * 1_000_000
        token = auth.new_token()

        def rotated(before: Endpoint) -> Endpoint:
            kept = [
                auth.Token(sha256=old.sha256, until=min(old.until or until, until))
                for old in before.tokens
                if rotation.overlap_s and (old.until is None or now < old.until)
            ]
            return replace(before, tokens=(*kept, auth.Token(sha256=auth.hashed(token))))

        def done(error: StorageError | None) -> None:
            told = {"id": endpoint.id, "token": token}
            tell(as_json(200, told) if error is None else self._unchanged(endpoint))

        self._registry.change(endpoint.id, rotated, done)

    def _view(self, endpoint: Endpoint) -> dict[str, Any]:
        """What is told of an endpoint: all but its tokens, signing secrets and who created it."""
        known = asdict(endpoint)
        del known["tokens"], known["created_from"]
        if endpoint.schema is not None:
            known["schema"] = msgspec.json.decode(endpoint.schema)
        if (verify := endpoint.verify) is not None:
            known["verify"] = {"scheme": verify.scheme, "secrets": len(verify.secrets)}
        events, size = self._log.held(endpoint.id)
        return known | {
            "url": f"{self._public_url}/{endpoint.id}",
            "head": self._log.head(endpoint.id),
            "events": events,
            "bytes": size,
            "listeners": self._streams.hub.listeners(endpoint.id),
            "listener_names": self._streams.names(endpoint.id),
            "refused": self._door.refusals(endpoint.id),
        }

    def _changes(self, head: Head, body: bytes) -> dict[str, Any]:
        try:
            return checked(
                _decoded(head, body, Changes),
                max_deadline_ms=self.settings.max_deadline_ms,
                sets=self._door.sets,
            )
        except InvalidError as error:
            _invalid(str(error))

    def _with_schema(
        self, endpoint: str, changes: dict[str, Any], tell: Tell, go_on: Callable[[], None]
    ) -> None:
        """Go on when the schema among the changes, if there is any, is known to be one."""

        def judged(verdict: Verdict) -> None:
            if not verdict.fits:
                tell(refusal(422, "invalid", f"schema: {verdict.fault}"))
                return
            try:
                go_on()
            except _RefusedError as refused:
                tell(refused.answer)

        schema = changes.get("schema")
        if schema is None:
            judged(Verdict(fits=True))
        else:
            self._checker.check(endpoint, schema.encode(), None, judged)

    def _authorized(self, head: Head, name: str) -> Endpoint:
        """The endpoint, if the request's token or the relay's key opens it."""
        token = _token(head)
        opened = self._registry.valid(name, token, _now()) is not None
        key = self._access.is_key(token)
        endpoint = self._registry.get(name)
        if not (opened or key):
            raise _RefusedError(answers.UNAUTHORIZED)
        if endpoint is None:
            raise _RefusedError(answers.NOT_FOUND)
        return endpoint


def _when_stored(tell: Tell, answer: Callable[[], Answer], error: StorageError | None) -> None:
    tell(answer() if error is None else answers.NOT_CHANGED)


def _split(head: Head) -> tuple[str, bytes, bytes]:
    path, mark, query = (origin_form(head.target) or b"").partition(b"?")
    return path.decode("latin-1"), mark, query


def _token(head: Head) -> str:
    return auth.bearer((first(head.headers, b"authorization") or b"").decode("latin-1"))


def _now() -> int:
    return time.time_ns() // 1000


def _only(head: Head, *methods: str) -> None:
    if head.method not in methods:
        allow = ((b"Allow", ", ".join(methods).encode()),)
        raise _RefusedError(
            refusal(405, "method", "not here", f"use {' or '.join(methods)}", allow)
        )


def _invalid(message: str) -> NoReturn:
    raise _RefusedError(refusal(422, "invalid", message))


def _decoded(head: Head, body: bytes, kind: type[T]) -> T:
    """The JSON body; an empty one says nothing."""
    media = (first(head.headers, b"content-type") or b"").partition(b";")[0].strip().lower()
    if body and media != b"application/json":
        # A page in a browser may send anything but this to another origin without asking.
        raise _RefusedError(refusal(415, "not_json", "the body must be application/json"))
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _invalid(str(error))
