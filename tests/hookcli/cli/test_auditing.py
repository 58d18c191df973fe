"""`hookcli audit`: an app that behaves passes, one that does not fails where it does not."""

import json
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hookcli import signatures
from hookcli.captures.model import Attempt, Outcome, Timing, Why
from hookcli.signatures import Secret
from hookcli.wire.http import Request
from hookcli.workbench.audits import BY_NAME, CHECKS, Case
from hookcli.workbench.crafting import Signing
from tests.hookcli.cli.inprocess import hookcli
from tests.hookcli.cli.shelf import Shelf
from tests.hookcli.testing.shop import SECRET, Shop

REFUSED = {"bad-signature", "unsigned", "tampered", "stale"}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    it = Shelf(tmp_path / "captures.db")
    it.env |= {"HOOKCLI_STORE": str(it.file), "HOOKCLI_SECRET_STRIPE": SECRET}
    for number in (1, 2):
        body = b'{"id": "evt_%d", "type": "invoice.paid"}' % number
        it.put(body, source="stripe", event_type="invoice.paid", scheme="stripe", headers=(
            (b"Content-Type", b"application/json"), (b"Stripe-Signature", b"t=1,v1=" + b"0" * 64),
        ))  # fmt: skip
    return it


def serving(shop: Shop) -> Iterator[str]:
    server: ThreadingHTTPServer = shop.serve()
    yield str(server.server_port)
    server.shutdown()
    server.server_close()


@pytest.fixture
def good() -> Iterator[str]:
    class Careful(Shop):
        def take(self, request: Request) -> tuple[int, bytes]:
            try:
                return super().take(request)
            except ValueError:
                return 400, b"no JSON"

    yield from serving(Careful())


@pytest.fixture
def careless() -> Iterator[str]:
    class Careless(Shop):
        """Verifies nothing, takes no repeats, and falls over what is no JSON."""

        def take(self, request: Request) -> tuple[int, bytes]:
            try:
                event = json.loads(request.body)["id"]
            except ValueError:
                return 500, b"Traceback"
            if event in self.ids:
                return 409, b"known"
            self.ids.add(event)
            return 200, b"ok"

    yield from serving(Careless())


def results(*words: str, shelf: Shelf) -> tuple[int, dict[str, str]]:
    ended = hookcli("--json", "audit", *words, env=shelf.env)
    return ended.code, {one["check"]: one["result"] for one in ended.records}


def test_an_app_that_behaves_passes_every_check(shelf: Shelf, good: str, tmp_path: Path) -> None:
    file = tmp_path / "reports" / "audit.xml"
    code, found = results("--target", good, "--from", "4700..", "--junit", str(file), shelf=shelf)
    assert (code, found) == (0, {one.name: "ok" for one in CHECKS})
    suite = ElementTree.parse(file).getroot()
    assert (suite.get("tests"), suite.get("failures")) == (str(len(CHECKS)), "0")


def test_one_that_does_not_fails_where_it_does_not(shelf: Shelf, careless: str) -> None:
    code, found = results("--target", careless, "--from", "@", shelf=shelf)
    assert code == 1
    assert {name for name, result in found.items() if result == "failed"} == {
        *REFUSED, "accepted", "duplicate", "broken",
    }  # fmt: skip
    assert found["order"] == "skipped"
    ended = hookcli(
        "audit", "--target", careless, "--from", "@", "--checks", "stale", env=shelf.env
    )
    assert ended.out.startswith("FAIL  stale          a signature an hour old is refused: answered")


def test_without_a_secret_only_what_needs_none_is_asked(shelf: Shelf, careless: str) -> None:
    del shelf.env["HOOKCLI_SECRET_STRIPE"]
    _, found = results("--target", careless, "--from", "@", shelf=shelf)
    assert {name for name, result in found.items() if result == "skipped"} == REFUSED | {"order"}


def test_the_clock_of_a_provider_counts() -> None:
    request = Request(method="POST", url="", target=b"/", headers=(), body=b"{}")
    how = Signing(scheme=signatures.load("slack"), secret=Secret("s", "x"))
    answer = Attempt(
        capture="", n=1, why=Why.LIVE, target="", started_at=time.time_ns(), ms=3100.0,
        timing=Timing(), outcome=Outcome.RESPONDED, status=200,
    )  # fmt: skip
    told = BY_NAME["deadline"].judge([Case(request=request, how=how)], [answer])
    assert told == "took 3.1 s, and the provider waits 3 s"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--from", "@"], 2, "--target: which app is asked?"),
        (["--target", "9", "--from", "@"], 6, "localhost:9 cannot be reached"),
        (
            ["--target", "8000", "--from", "@", "--checks", "luck"],
            2,
            "--checks luck: no such check",
        ),
        (["--target", "8000", "--from", "@9"], 5, ""),
        (["--target", "https://shop.example.com", "--from", "@"], 2, "--yes"),
    ],
)
def test_what_is_wrong_is_said(shelf: Shelf, words: list[str], code: int, said: str) -> None:
    ended = hookcli("audit", *words, env=shelf.env)
    assert ended.code == code, ended.err
    assert said in ended.err
