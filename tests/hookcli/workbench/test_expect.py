"""What answers are held against: status, body, fields, the recorded answer."""

import pytest
from msgspec.structs import replace

from hookcli.captures.model import Attempt, Outcome
from hookcli.errors import UsageError
from hookcli.workbench.diff import Ignore
from hookcli.workbench.expect import WRONG, Expectation, read, recorded
from tests.hookcli.cli.made import attempt

JSON = ((b"Content-Type", b"application/json"), (b"X-Id", b"7"), (b"x-id", b"8"))
BODY = b'{"ok": true, "n": 1.50, "text": "caf\\u00e9", "list": [{"id": 4}], "gone": null}'
ANSWER = attempt(status=201, headers=JSON, body=BODY)


def faults(*texts: str, answer: Attempt = ANSWER) -> tuple[str, ...]:
    wanted = Expectation(conditions=tuple(read(text) for text in texts))
    return wanted.faults(answer, None)


@pytest.mark.parametrize(
    "text",
    [
        "2xx",
        "200,201",
        "body.ok:=true",
        "body.n:=1.5",
        "body.n=1.50",
        "body.text=café",
        'body.text:="caf\\u00e9"',
        "body.list[0].id:=4",
        'body.list:=[{"id":4}]',
        "body.gone:=null",
        "body.gone=null",
        "header.X-Id=7",
        "header.x-id=8",
        "header.content-type=application/json",
    ],
)
def test_what_is_met(text: str) -> None:
    assert faults(text) == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("200", "status 201, not 200"),
        ("4xx,5xx", "status 201, not 4xx or 5xx"),
        ("body.ok:=1", "body.ok is true, not 1"),
        ("body.ok=yes", "body.ok is true, not yes"),
        ("body.list[1].id:=4", "body.list[1].id is not there"),
        ("body.missing=x", "body.missing is not there"),
        ("header.X-Id=9", "X-Id is 7, not 9"),
        ("header.Location=/done", "there is no Location"),
        ("body=ok", "body is not ok"),
    ],
)
def test_what_is_not_met_is_told(text: str, why: str) -> None:
    assert faults(text) == (why,)


def test_every_condition_is_told() -> None:
    assert faults("200", "body.ok:=true", "body.n:=2") == (
        "status 201, not 200",
        "body.n is 1.50, not 2",
    )


def test_a_body_that_is_not_json() -> None:
    plain = attempt(body=b"ok")
    assert faults("body=ok", answer=plain) == ()
    assert faults("body.ok:=true", answer=attempt(body=b"<html>")) == ("the body is not JSON",)


def test_no_answer_is_never_as_expected_unless_nothing_is_expected() -> None:
    none = attempt(outcome=Outcome.REFUSED, status=0, body=b"")
    assert faults("2xx", answer=none) == ("no answer (refused)",)
    assert Expectation().faults(none, None) == ()


@pytest.mark.parametrize(
    "text", ["", "ok", "6xx", "20", "2xx,", "2xx 3xx", "any", "amount=5", "header.a.b=c"]
)
def test_what_is_no_expectation(text: str) -> None:
    with pytest.raises(UsageError, match="a status, a body path or a header is wanted"):
        read(text)


def test_json_that_is_none_is_told_as_such() -> None:
    with pytest.raises(UsageError, match="is not JSON"):
        read("body.ok:=tru")


def test_the_same_answer_as_recorded() -> None:
    same = Expectation(same=True)
    assert same.faults(ANSWER, ANSWER) == ()
    reordered = replace(ANSWER, body=b'{"n":1.50,' + BODY[13:-1] + b',"ok":true}', ms=900.0)
    other = replace(ANSWER, status=500, body=BODY.replace(b"1.50", b"2"))
    assert same.faults(reordered, attempt(headers=JSON, body=reordered.body, status=201)) == ()
    assert same.faults(other, ANSWER) == ("response.status  201 → 500; response.body.n  1.50 → 2",)
    (why,) = same.faults(ANSWER, None)
    assert why == "there is no recorded answer to compare with"
    ignoring = Expectation(same=True, ignore=Ignore(["n", "response.status"]))
    assert ignoring.faults(other, ANSWER) == ()


def test_what_was_judged_wrong_is_no_recorded_answer() -> None:
    well = attempt(n=1)
    wrong = attempt(n=2, status=500, added=(f"{WRONG}: status 500, not 2xx",))
    silent = attempt(n=3, outcome=Outcome.TIMED_OUT, status=0)
    assert recorded([well, wrong, silent]) is well
    assert recorded([well, attempt(n=4, status=500)]).n == 4  # type: ignore[union-attr]
    assert recorded([wrong]) is None
    assert recorded([]) is None
