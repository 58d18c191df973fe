"""JSON Schema at the door: what does not fit is refused or marked, and no schema holds up anybody."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookcli.wire import codec
from hookcli.wire.messages import Event, Refused
from relay_server.schemas.checker import Checker, Verdict
from relay_server.schemas.turns import Patience, Turns
from tests.relay_server.harness import Running, eventually, relay
from tests.support import rawhttp
from tests.support.processes import PATIENCE
from tests.support.running import Endpoint
from tests.support.stream import read_log

ORDER = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "price": {"minimum": 0}},
}
SLOW = {"patternProperties": {f"^[a-z]*{n}[a-z]+x$": True for n in range(1_500)}}
"""Every name in a body is held against every pattern: seconds for a body of this kind."""
SLOW_BODY = json.dumps({f"abcdefgh{n}": 1 for n in range(40_000)}).encode()
TANGLED = {"anyOf": [{"type": "array", "items": {"$ref": "#"}} for _ in range(2)]}
"""Saying why something does not fit doubles with its depth; that it does not is known at once."""
DEEP = b"[" * 40 + b"1" + b"]" * 40


class Asked:
    """A checker, and answers awaited."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker

    async def check(self, schema: object, body: bytes | None, whose: str = "ep_a") -> Verdict:
        told: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self.checker.check(whose, json.dumps(schema).encode(), body, told.set_result)
        return await asyncio.wait_for(told, 30 * PATIENCE)


@pytest.fixture
async def asked() -> AsyncIterator[Asked]:
    checker = Checker(asyncio.get_running_loop(), timeout_s=0.3 * PATIENCE)
    yield Asked(checker)
    await asyncio.to_thread(checker.close)


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        (b'{"id": 1}', None, ""),
        (b'{"id": 1, "price": -5}', "/price", "minimum of 0"),
        (b'{"price": 1}', "", '"id" is a required property'),
        (b'{"id": "hidden"}', "/id", 'not of type "integer"'),
        (b"id=1", "", "not JSON"),
        (b"", "", "not JSON"),
        (b"\xff\xfe", "", "not JSON"),
        (b'{"id": NaN}', "", "not JSON"),
        (b"[" * 200_000, "", "not JSON"),
        (b"\x1f\x8b\x08\x00", "", "not JSON"),
    ],
)
async def test_a_body_fits_or_it_is_said_where_it_does_not(
    asked: Asked, body: bytes, where: str | None, what: str
) -> None:
    verdict = await asked.check(ORDER, body)
    assert verdict.fits is (where is None)
    if verdict.problem is not None:
        assert verdict.problem.where == where
        assert what in verdict.problem.what
        assert "hidden" not in verdict.problem.what + verdict.problem.rule


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        ({"type": "strin"}, "/type"),
        ({"pattern": "(?=a)b"}, "/pattern"),
        ({"pattern": "a{1000}{1000}"}, "/pattern"),
        ({"$ref": "http://127.0.0.1:1/schema"}, "disabled"),
        ({"$ref": "file:///etc/passwd"}, "disabled"),
        ({"$ref": "#/nowhere"}, "nowhere"),
        ({"$schema": "http://127.0.0.1:1/schema"}, "nknown"),
    ],
)
async def test_what_is_no_schema_or_would_fetch_one_is_told(
    asked: Asked, schema: object, word: str
) -> None:
    verdict = await asked.check(schema, None)
    assert not verdict.fits
    assert word in verdict.fault
    assert (await asked.check(ORDER, None)).fits


async def test_patterns_take_linear_time(asked: Asked) -> None:
    body = json.dumps("a" * 100_000 + "b").encode()
    verdict = await asked.check({"pattern": "^(a+)+$"}, body)
    assert verdict.problem is not None, "it was checked"


async def test_a_check_that_takes_too_long_is_ended_and_not_tried_again_for_a_while(
    asked: Asked,
) -> None:
    slow = await asked.check(SLOW, SLOW_BODY)
    assert (slow.fits, slow.fault) == (False, "it took too long")
    assert (await asked.check(ORDER, b'{"id": 1}', "ep_b")).fits, "others are checked"
    began = time.monotonic()
    assert "last check took too long" in (await asked.check(SLOW, SLOW_BODY)).fault
    assert time.monotonic() - began < 0.2 * PATIENCE
    assert (await asked.check(ORDER, b'{"id": 1}')).fits, "with another schema it is tried"


async def test_an_answer_holds_although_its_explanation_fills_the_memory(asked: Asked) -> None:
    for _ in range(2):
        verdict = await asked.check(TANGLED, DEEP)
        assert not verdict.fits
        assert verdict.problem is not None
        assert verdict.problem.what == "it does not fit"
        assert (await asked.check(ORDER, b'{"id": 1}', "ep_b")).fits


async def test_a_process_that_dies_is_started_again(asked: Asked) -> None:
    assert (await asked.check(ORDER, b'{"id": 1}')).fits
    process = asked.checker._process
    assert process is not None
    os.kill(process.pid, 9)
    assert (await asked.check(ORDER, b'{"id": 1}')).fault == "the check failed"
    assert (await asked.check(ORDER, b'{"id": 1}', "ep_b")).fits


async def test_it_sees_nothing_of_the_relay_s_environment(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOKCLI_RELAY_KEY", "k" * 40)
    assert (await asked.check(ORDER, b'{"id": 1}')).fits
    process = asked.checker._process
    assert process is not None
    environ = await asyncio.to_thread(Path(f"/proc/{process.pid}/environ").read_bytes)
    assert b"HOOKCLI" not in environ


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers()), max_size=40))
def test_turns_are_fair_and_each_line_keeps_its_order(came: list[tuple[str, int]]) -> None:
    turns: Turns[tuple[str, int]] = Turns()
    for whose, number in came:
        turns.add(whose, (whose, number))
    taken = [turns.take() for _ in came]
    assert not turns
    for whose in "abc":
        assert [it for it in taken if it[0] == whose] == [it for it in came if it[0] == whose]
    # Nobody has a second turn before everybody who waits had a first.
    kinds = len({whose for whose, _ in came})
    assert len({whose for whose, _ in taken[:kinds]}) == kinds


def test_who_took_too_long_waits_and_memory_is_bounded() -> None:
    patience = Patience(10.0, most=2)
    for who in "abc":
        patience.lost(who, 0.0)
    assert [patience.may(who, 9.9) for who in "abc"] == [True, False, False]
    assert all(patience.may(who, 10.0) for who in "abc")


# -- at the relay -----------------------------------------------------------------------------


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with relay(tmp_path / "data", schema_timeout_ms=round(300 * PATIENCE)) as it:
        yield it


async def ask(
    hub: Running, endpoint: Endpoint, body: bytes, method: str = "POST"
) -> rawhttp.Message:
    raw = rawhttp.request(method, endpoint.path + "/p?q=MARK", (), body)
    return await rawhttp.once(hub.port, raw)


async def test_what_does_not_fit_gets_422_and_is_told_without_its_body(hub: Running) -> None:
    endpoint = await hub.endpoint(schema=ORDER)
    async with hub.stream(endpoint, more="&respond=ack") as it:
        told = await ask(hub, endpoint, b'{"id": 1, "price": -77}')
        assert told.status == 422
        error = json.loads(told.body)["error"]
        assert error["code"] == "schema"
        assert "/price" in error["message"]
        assert "-77" not in error["message"]
        assert (await ask(hub, endpoint, b'{"id": 1}')).status == 202

        def refused() -> list[Refused]:
            return [one for one in it.messages if isinstance(one, Refused)]

        await it.until(lambda: bool(refused()), "the refusal", 5.0)
        (one,) = refused()
    assert (one.status, one.reason, one.detail) == (422, "schema", "/properties/price/minimum")
    (event,) = await read_log(hub.port, endpoint)
    assert (event.body, event.marks) == (b'{"id": 1}', ())
    status, shown = await hub.call("GET", f"/_/v1/endpoints/{endpoint.id}", token=endpoint.token)
    assert (status, shown["refused"]) == (200, {"schema": 1})
    assert (shown["schema"], shown["schema_mode"]) == (ORDER, "reject")


@pytest.mark.log("sqlite", slow="nats")
async def test_what_does_not_fit_is_marked_and_comes_all_the_same(hub: Running) -> None:
    endpoint = await hub.endpoint(schema=ORDER, schema_mode="mark")
    bodies = [b'{"id": 1}', b'{"id": 1, "price": -1}', b"no json"]
    assert [(await ask(hub, endpoint, body)).status for body in bodies] == [202, 202, 202]
    events = await read_log(hub.port, endpoint)
    assert [event.body for event in events] == bodies
    assert [event.marks for event in events] == [
        (),
        ("schema: /price: the value is less than the minimum of 0",),
        ("schema: it is not JSON",),
    ]


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [("GET", b"", 202), ("HEAD", b"", 202), ("OPTIONS", b"", 202), ("POST", b"", 422),
     ("GET", b"x", 422), ("PUT", b'{"id": 2}', 202)],
)  # fmt: skip
async def test_handshakes_without_a_body_come_through(
    hub: Running, method: str, body: bytes, status: int
) -> None:
    endpoint = await hub.endpoint(schema=ORDER)
    raw = rawhttp.request(method, endpoint.path, (), body, framing="length" if body else "none")
    async with rawhttp.sender(hub.port) as sender:
        await sender.write(raw)
        assert (await sender.answer(no_body=method == "HEAD")).status == status


async def test_a_body_that_is_longer_than_what_is_checked_does_not_fit(tmp_path: Path) -> None:
    async with relay(tmp_path / "data", schema_bytes=100) as hub:
        strict = await hub.endpoint(schema=True)
        lenient = await hub.endpoint(schema=True, schema_mode="mark")
        body = b'"' + b"x" * 200 + b'"'
        assert (await ask(hub, strict, body)).status == 422
        assert (await ask(hub, lenient, body)).status == 202
        (event,) = await read_log(hub.port, lenient)
        assert event.marks == ("schema: it is longer than what is checked",)


@pytest.mark.parametrize(
    "changes", [{"schema": {"type": "strin"}}, {"schema": []}, {"schema": "x"}, {"schema_mode": ""}]
)
async def test_a_schema_that_is_none_is_refused_and_named(
    hub: Running, changes: dict[str, Any]
) -> None:
    endpoint = await hub.endpoint()
    path = f"/_/v1/endpoints/{endpoint.id}"
    for method, where in (("PATCH", path), ("POST", "/_/v1/endpoints")):
        status, answer = await hub.call(method, where, changes, token=endpoint.token)
        assert status == 422
        assert next(iter(changes)) in answer["error"]["message"]
    assert (await ask(hub, endpoint, b"anything")).status == 202


@pytest.mark.log("sqlite", slow="nats")
async def test_a_schema_is_kept_and_can_be_taken_away(tmp_path: Path) -> None:
    async with relay(tmp_path / "data") as hub:
        endpoint = await hub.endpoint(schema=ORDER)
    async with relay(tmp_path / "data") as hub:
        assert (await ask(hub, endpoint, b"{}")).status == 422
        path = f"/_/v1/endpoints/{endpoint.id}"
        status, shown = await hub.call("PATCH", path, {"schema": None}, token=endpoint.token)
        assert (status, shown["schema"]) == (200, None)
        assert (await ask(hub, endpoint, b"{}")).status == 202


async def test_one_endpoint_s_schema_holds_up_nobody_else(hub: Running) -> None:
    slow = await hub.endpoint(schema=SLOW)
    marked = await hub.endpoint(schema=SLOW, schema_mode="mark")
    strict, plain = await hub.endpoint(schema=ORDER), await hub.endpoint()
    assert (await ask(hub, strict, b'{"id": 1}')).status == 202  # its process has started
    late = [asyncio.ensure_future(ask(hub, it, SLOW_BODY)) for it in (slow, slow, marked)]
    checker = hub.relay._running.checker
    await eventually(lambda: not checker._turns, 30.0)
    began = time.monotonic()
    for _ in range(20):
        assert (await ask(hub, plain, b"x")).status == 202
    assert time.monotonic() - began < 2.0 * PATIENCE, "the event loop never waits for a check"
    answers = await asyncio.gather(*late)
    assert [one.status for one in answers] == [503, 503, 202]
    assert int(answers[0].value(b"Retry-After")) >= 1
    assert json.loads(answers[0].body)["error"]["code"] == "not_checked"
    (event,) = await read_log(hub.port, marked)
    assert event.marks[0].startswith("schema: not checked: ")
    assert (await ask(hub, strict, b'{"id": 1}')).status == 202
    assert not await read_log(hub.port, slow)


@pytest.mark.log("sqlite", slow="nats")
async def test_who_hangs_up_during_the_check_has_sent_an_event_all_the_same(hub: Running) -> None:
    endpoint = await hub.endpoint(schema=ORDER)
    _, writer = await asyncio.open_connection("127.0.0.1", hub.port)
    writer.write(rawhttp.request("POST", endpoint.path, (), b'{"id": 1}'))
    await writer.drain()
    writer.close()
    async with hub.stream(endpoint) as it:
        await it.until(lambda: it.seqs == [1], "the event", 30.0)


def test_marks_are_told_whole_and_cost_an_event_without_them_nothing() -> None:
    fields: dict[str, Any] = {
        "seq": 1, "id": "a", "received_at": 2, "method": "POST", "url": "u", "target": b"",
        "http_version": "1.1", "peer": "p", "headers": (), "body": b"b",
    }  # fmt: skip
    assert b"marks" not in codec.encode(codec.event(**fields))
    marked = codec.encode(codec.event(**fields, marks=("schema: no",)))
    decoded = codec.decode_relay(marked)
    assert isinstance(decoded, Event)
    assert decoded.marks == ("schema: no",)
    with pytest.raises(codec.WireError, match="digest"):
        codec.decode_relay(marked.replace(b"schema: no", b"schema: on"))
