"""`trigger`: samples, captures and bodies, signed as asked, through the relay or directly."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hookcli import signatures
from hookcli.captures.model import SignatureState
from hookcli.cli.console import ExitCode
from hookcli.signatures import Secret, samples
from hookcli.wire.http import Request
from tests.hookcli.cli.laptop import Laptop
from tests.hookcli.cli.shelf import Shelf, records
from tests.support import rawhttp
from tests.support.running import Listener, Relay, listener, relay

SECRET = "whsec_" + "canary" * 6


def verdict(message: rawhttp.Message, secret: str = SECRET, scheme: str = "stripe") -> str:
    import time

    request = Request(
        method=message.method.decode(),
        url="",
        target=message.target,
        headers=message.headers,
        body=message.body,
    )
    found = signatures.verify(request, scheme, [Secret("x", secret)], at=time.time_ns() // 1000)
    return found.reason.value


@pytest.fixture
def secret(shelf: Shelf) -> None:
    """The secret that is configured."""
    shelf.env["HOOKCLI_SECRET_STRIPE"] = SECRET


@pytest.mark.usefixtures("secret")
def test_a_sample_is_signed_sent_and_kept(shelf: Shelf, app: rawhttp.Program) -> None:
    ended = shelf.run("trigger", "stripe/invoice.paid", "--to", app.url, "--path", "/hooks?a=1")
    assert ended.code == ExitCode.YES
    (got,) = app.received
    assert (verdict(got), got.target) == ("ok", b"/hooks?a=1")
    assert json.loads(got.body)["type"] == "invoice.paid"
    assert got.values(b"host") == [app.url.removeprefix("http://").encode()]
    assert got.values(b"hookcli-replay-of") == []
    id_ = shelf.run("ls", "-o", "ids").out.strip()
    assert ended.out.startswith(f"{id_[:12]}  stripe/invoice.paid -> 200 ")
    capture, body = shelf.get(id_)
    assert (capture.source, capture.event_type, capture.seq) == ("stripe", "invoice.paid", None)
    assert (body, capture.signature.state) == (got.body, SignatureState.OK)
    assert [one.status for one in shelf.attempts(id_)] == [200]


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(
    ("flags", "reasons"),
    [
        (["--bad-signature"], ["body_changed", "wrong_secret"]),
        (["--stale", "10m"], ["stale"]),
        (["--unsigned"], ["missing_header"]),
    ],
)
def test_what_an_app_must_refuse(
    shelf: Shelf, app: rawhttp.Program, flags: list[str], reasons: list[str]
) -> None:
    assert shelf.run("trigger", "stripe/invoice.paid", "--to", app.url, *flags).code == 0
    assert verdict(app.received[0]) in reasons


@pytest.mark.usefixtures("secret")
def test_different_ones_and_duplicates(shelf: Shelf, app: rawhttp.Program) -> None:
    ended = shelf.run(
        "trigger", "stripe/invoice.paid", "--to", app.url, "--times", "2", "--duplicate", "--json"
    )
    bodies = [one.body for one in app.received]
    assert (bodies[0], bodies[2]) == (bodies[1], bodies[3])
    assert bodies[0] != bodies[2]
    told = records(ended, "triggered")
    assert [(one["name"], one["status"]) for one in told] == [("stripe/invoice.paid", 200)] * 4
    assert shelf.run("ls", "is:dup", "--count").out == "2\n"


@pytest.mark.usefixtures("secret")
def test_edits_go_before_the_signature(shelf: Shelf, app: rawhttp.Program) -> None:
    edits = ["--set", "data.object.amount_paid:=0", "-H", "X-A: 1", "--method", "PUT"]
    shelf.run("trigger", "stripe/invoice.paid", "--to", app.url, *edits)
    (got,) = app.received
    assert json.loads(got.body)["data"]["object"]["amount_paid"] == 0
    assert (got.method, got.value(b"x-a"), verdict(got)) == (b"PUT", b"1", "ok")


def test_a_body_of_ones_own(shelf: Shelf, app: rawhttp.Program) -> None:
    arguments = ["trigger", "--body", "-", "--to", app.url]
    shelf.run(*arguments, "--scheme", "stripe", "--secret", "env:S", stdin="{}", env={"S": SECRET})
    shelf.run(*arguments, stdin="hello")
    one, two = app.received
    assert (one.body, verdict(one), one.value(b"content-type")) == (
        b"{}",
        "ok",
        b"application/json",
    )
    assert (two.body, two.value(b"content-type")) == (b"hello", b"text/plain; charset=utf-8")


@pytest.mark.usefixtures("secret")
def test_captures_by_their_name_are_sent_anew(shelf: Shelf, app: rawhttp.Program) -> None:
    body = b'{"id": "evt_1", "type": "invoice.paid"}'
    headers = ((b"Host", b"old"), (b"Stripe-Signature", b"t=1,v1=00"))
    id_ = shelf.put(body, headers=headers, scheme="stripe", source="stripe")
    shelf.run("tag", id_, "refund")
    assert shelf.run("trigger", ":refund", "--to", app.url).code == ExitCode.YES
    (got,) = app.received
    assert (got.body, verdict(got)) == (body, "ok")
    assert got.values(b"host") == [app.url.removeprefix("http://").encode()]


@pytest.mark.usefixtures("secret")
def test_a_dry_run_prints_what_would_be_sent(shelf: Shelf) -> None:
    sample = ["trigger", "stripe/invoice.paid", "--to", "8000", "--dry-run"]
    whole = shelf.run(*sample)
    assert whole.out.startswith("# stripe/invoice.paid\nPOST / HTTP/1.1\n")
    assert "canary" not in whole.out
    head = shelf.run(*sample, "--print", "H")
    assert any(line.startswith("Stripe-Signature: t=") for line in head.out.splitlines())
    assert '"invoice.paid"' not in head.out
    (event,) = records(shelf.run(*sample, "--json"), "event")
    assert (event["event_type"], event["signature"]["state"]) == ("invoice.paid", "ok")
    assert not shelf.file.exists()


def test_a_key_pair_for_tests_fits_what_is_signed_with_it(
    shelf: Shelf, app: rawhttp.Program, tmp_path: Path
) -> None:
    ended = shelf.run("trigger", "discord", "--keypair", "--json")
    (pair,) = records(ended, "keypair")
    file = tmp_path / "key.pem"
    file.write_text(pair["private"])
    name = next(one for one in samples.names() if one.startswith("discord/"))
    sent = shelf.run("trigger", name, "--to", app.url, "--secret", f"@{file}")
    assert (sent.code, verdict(app.received[0], pair["public"], "discord")) == (0, "ok"), sent.err
    people = shelf.run("trigger", "discord/anything", "--keypair")
    assert people.out.startswith("-----BEGIN PRIVATE KEY-----\n")
    assert "public key, for your app: " in people.err
    assert shelf.run("trigger", "stripe", "--keypair").code == ExitCode.USAGE


def test_the_samples_are_listed(shelf: Shelf) -> None:
    assert shelf.run("trigger", "--list").out.split() == list(samples.names())
    some = shelf.run("trigger", "stripe/", "--list", "--json")
    assert {one["scheme"] for one in records(some, "sample")} == {"stripe"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ["stripe/invoice.payed", "--to", "1"],
            ExitCode.NOT_FOUND,
            "hookcli trigger stripe/invoice.pa",
        ),
        (["stripe/invoice.paid", "--to", "1"], ExitCode.USAGE, "no secret for stripe"),
        (["stripe/invoice.paid"], ExitCode.RELAY, "there is no endpoint to send to yet"),
        ([], ExitCode.RELAY, "no endpoint"),
        (["--to", "1"], ExitCode.USAGE, "nothing is named"),
        (["--body", "x.json", "--to", "1"], ExitCode.USAGE, "--body @x.json"),
        (["--body", "-", "--to", "1", "--stale", "1m"], ExitCode.USAGE, "by which scheme"),
        (["--body", "-", "--to", "1", "--scheme", "strip"], ExitCode.USAGE, "--scheme stripe"),
        (["stripe/invoice.paid", "--unsigned", "--stale", "1m"], ExitCode.USAGE, "goes with none"),
        (["stripe/invoice.paid", "--stale", "soon"], ExitCode.USAGE, "--stale soon"),
        (["stripe/invoice.paid", "--unsigned", "--to", "9"], ExitCode.TARGET, "cannot be reached"),
        (["stripe/invoice.paid", "--unsigned", "--to", "https://a.test"], ExitCode.USAGE, "--yes"),
        (["stripe/invoice.paid", "--print", "z"], ExitCode.USAGE, "no part is called z"),
        (["--keypair"], ExitCode.USAGE, "for which scheme"),
    ],
)
def test_what_cannot_be_is_told(
    shelf: Shelf, arguments: list[str], code: ExitCode, said: str
) -> None:
    ended = shelf.run("trigger", *arguments, stdin="{}")
    assert ended.code == code
    assert said in ended.err, ended.err
    assert "Traceback" not in ended.err


# Through a relay


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Relay]:
    async with relay(tmp_path / "server") as running:
        yield running


async def test_through_the_relay_the_whole_road_is_tested(server: Relay, tmp_path: Path) -> None:
    endpoint = await server.endpoint()
    async with (
        rawhttp.program(rawhttp.respond(201, body=b"thanks")) as app,
        listener(tmp_path / "laptop", server.url, endpoint, app.url) as it,
    ):
        env = it.env | {"HOOKCLI_SECRET_STRIPE": SECRET}
        laptop = Laptop(**env)
        ended = await laptop.run("trigger", "stripe/invoice.paid", "--path", "/x")
        assert (ended.returncode, ended.out[0].startswith("stripe/invoice.paid -> 201")) == (
            0,
            True,
        )
        (event,) = await it.until("event")
        assert (event["source"], event["path"]) == ("stripe", "/x")
        (got,) = app.received
        assert verdict(got) == "ok"
        await it.stop()
        acked = await laptop.run("trigger", "stripe/invoice.paid", "--unsigned", "--json")
        (told,) = [json.loads(line) for line in acked.out]
        assert (told["status"], len(told["event"])) == (202, 26)
    await server.kill()
    away = await laptop.run("trigger", "stripe/invoice.paid", "--unsigned")
    assert away.returncode == ExitCode.RELAY
    assert isinstance(it, Listener)
