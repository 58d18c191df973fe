"""Saved webhooks: changed, signed, sent to a URL, an ASGI or a WSGI application."""

import functools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as changed

from hookcli.errors import TargetError, UsageError
from hookcli.signatures import Secret
from hookcli.testing.sending import App, is_asgi
from hookcli.testing.webhook import Webhook, Webhooks
from hookcli.wire.http import Request
from hookcli.workbench.message import write
from tests.hookcli.testing.shop import SECRET, Shop
from tests.support import rawhttp

BODY = b'{\n  "id": "evt_1", "type": "invoice.paid",\n  "data": {"object": {"amount": 2400}}\n}\n'
CAPTURED = Request(
    method="POST",
    url="https://hooks.acme.dev/k3",
    target=b"/webhooks/stripe?a=%20&b",
    headers=(
        (b"Host", b"hooks.acme.dev"),
        (b"X-A", b"1"),
        (b"x-a", b"2"),
        (b"Stripe-Signature", b"t=1492774577,v1=" + b"0" * 64),
        (b"Content-Type", b"application/json"),
        (b"Content-Length", b"%d" % len(BODY)),
    ),
    body=BODY,
)


@pytest.fixture
def saved(tmp_path: Path) -> Webhooks:
    for name, body in (("stripe/paid", BODY), ("stripe/late", BODY.replace(b"evt_1", b"evt_2"))):
        file = tmp_path / f"{name}.http"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(write(Request(**{n: getattr(CAPTURED, n) for n in CAPTURED.__struct_fields__} | {"body": body})))  # fmt: skip
    return Webhooks(tmp_path, {"stripe": Secret("test", SECRET)})


@pytest.fixture
def paid(saved: Webhooks) -> Webhook:
    return saved("stripe/paid")


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture(params=["url", "asgi", "wsgi"])
def app(request: pytest.FixtureRequest, shop: Shop) -> Iterator[App]:
    if request.param == "asgi":
        yield shop.asgi
    elif request.param == "wsgi":
        yield shop.wsgi
    else:
        server = shop.serve()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()


def test_it_arrives_as_captured_but_for_a_fresh_signature(
    paid: Webhook, app: App, shop: Shop
) -> None:
    answer = paid.send(app)
    assert (answer.status, answer.ok, answer.json()) == (200, True, {"repeat": False})
    (seen,) = shop.seen
    assert (seen.method, seen.target, seen.body) == ("POST", b"/webhooks/stripe?a=%20&b", BODY)
    fields = {name.lower(): value for name, value in seen.headers}
    assert fields[b"host"] == b"hooks.acme.dev"
    assert fields[b"stripe-signature"] != dict(CAPTURED.headers)[b"Stripe-Signature"]


def test_what_a_provider_would_never_send_is_refused(paid: Webhook, app: App) -> None:
    for wrong in (paid.bad_signature(), paid.stale(), paid.as_captured(), paid.signed("another")):
        assert wrong.send(app).status == 400
    assert paid.stale(60).send(app).status == 200


def test_it_is_signed_over_what_was_changed(paid: Webhook, app: App, shop: Shop) -> None:
    other = paid.set("data.object.amount", 0).set("id", "evt_9").header("X-B", "c")
    assert other.send(app).ok
    assert shop.seen[-1].body == BODY.replace(b"2400", b"0").replace(b"evt_1", b"evt_9")
    assert paid.body == BODY
    assert (other.id, other.type) == ("evt_9", "invoice.paid")
    assert paid.unset("data").json() == {"id": "evt_1", "type": "invoice.paid"}
    assert paid.header("X-A", None).request.headers[1][0] == b"Stripe-Signature"


def test_repeats_and_any_order(saved: Webhooks, app: App, shop: Shop) -> None:
    first, again = saved("stripe/paid.http").send_twice(app)
    assert (first.json(), again.json()) == ({"repeat": False}, {"repeat": True})
    both = saved.all("stripe/*.http")
    assert [one.name for one in both] == ["stripe/late", "stripe/paid"]
    answers = saved.send(both, app, order=lambda some: tuple(reversed(some)))
    assert [one.json()["repeat"] for one in answers] == [True, False]
    assert [one.body.count(b"evt_1") for one in shop.seen[-2:]] == [1, 0]


async def test_a_url_gets_every_byte_that_was_captured(saved: Webhooks) -> None:
    body = bytes(range(256)) + b"\r\n\n"
    fields = tuple(pair for pair in CAPTURED.headers if pair[0] != b"Content-Length")
    fields = (*fields, (b"X-Latin", b"caf\xe9"), (b"Content-Length", b"%d" % len(body)))
    request = changed(CAPTURED, target=b"/a%2Fb/../c?x=%zz&&", headers=fields, body=body)
    (saved.folder / "binary.http").write_bytes(write(request))
    async with rawhttp.program(rawhttp.respond(299, body=b"\x00\xff")) as program:
        answer = await saved("binary").as_captured().asend(program.url)
    assert (answer.status, answer.body, answer.text) == (299, b"\x00\xff", "\0\ufffd")
    (got,) = program.received
    assert (got.method, got.target, got.body) == (b"POST", b"/a%2Fb/../c?x=%zz&&", body)
    assert [pair for pair in got.headers if pair in fields] == list(fields)


def test_asgi_keeps_repeated_fields_and_their_order(paid: Webhook, shop: Shop) -> None:
    paid.send(shop.asgi)
    named = [pair for pair in shop.seen[0].headers if pair[0] == b"x-a"]
    assert named == [(b"x-a", b"1"), (b"x-a", b"2")]


def test_wsgi_joins_repeated_fields(paid: Webhook, shop: Shop) -> None:
    paid.send(shop.wsgi)
    assert dict(shop.seen[0].headers)[b"x-a"] == b"1,2"
    cookies = ((b"Cookie", b"a=1"), (b"cookie", b"b=2"))
    replace(paid, request=changed(paid.request, headers=cookies)).send(shop.wsgi)
    assert dict(shop.seen[1].headers)[b"cookie"] == b"a=1; b=2"


def test_what_an_application_raises_is_raised(paid: Webhook) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError("in the app")

    def silent(environ: Any, start_response: Any) -> list[bytes]:
        return []

    with pytest.raises(LookupError, match="in the app"):
        paid.send(broken)
    with pytest.raises(TargetError, match="without an answer"):
        paid.send(silent)
    with pytest.raises(TargetError, match="http://localhost:9"):
        paid.send("9")


async def test_a_coroutine_awaits_it(paid: Webhook, shop: Shop) -> None:
    assert (await paid.asend(shop.asgi)).ok
    twice = await Webhooks(Path(), {}).asend([paid, paid], shop.wsgi)
    assert [one.json() for one in twice] == [{"repeat": True}] * 2
    with pytest.raises(UsageError) as wrong:
        paid.send(shop.asgi)
    assert wrong.value.hint == "await webhook.asend(app)"


def test_an_application_is_told_by_how_it_is_called(shop: Shop) -> None:
    class Framework:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    def wrapped(scope: Any, receive: Any, send: Any) -> Any:
        return shop.asgi(scope, receive, send)

    class Old:
        def __call__(self, environ: Any, start_response: Any, *more: Any) -> Any: ...

    for app in (Framework(), shop.asgi, wrapped, functools.partial(shop.asgi)):
        assert is_asgi(app)
    for other in (shop.wsgi, Old(), functools.partial(shop.wsgi)):
        assert not is_asgi(other)


def test_what_signs_no_time_cannot_be_stale(saved: Webhooks) -> None:
    secrets = {"github": Secret("test", "s")}
    push = Webhooks(saved.folder, secrets).sample("github/push")
    assert push.bad_signature().is_bad
    with pytest.raises(UsageError, match="github signs no time"):
        _ = push.stale()


def test_a_sample_is_a_new_event_each_time(saved: Webhooks, shop: Shop) -> None:
    one, two = (saved.sample("stripe/invoice.paid", "/hooks") for _ in range(2))
    assert one.send(shop.asgi).ok
    assert two.send(shop.wsgi).json() == {"repeat": False}
    assert "" != one.id != two.id
    assert [seen.target for seen in shop.seen] == [b"/hooks", b"/hooks"]


def test_what_is_missing_is_named_with_a_way_out(saved: Webhooks, paid: Webhook) -> None:
    with pytest.raises(UsageError, match=r"there is no webhook .*stripe/none"):
        _ = saved("stripe/none")
    with pytest.raises(UsageError) as wrong:
        _ = saved.all("github/*.http")
    assert "hookcli export http" in str(wrong.value.hint)
    bare = Webhooks(saved.folder, {})("stripe/paid")
    assert bare.ready() == bare.request
    with pytest.raises(UsageError, match="no test secret for stripe"):
        _ = bare.bad_signature()
    broken = saved.folder / "broken.http"
    _ = broken.write_text("nonsense\n")
    with pytest.raises(UsageError, match=r"broken\.http: line 1"):
        _ = saved("broken")
