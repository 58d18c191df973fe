"""Changed copies by `replay` and `edit`: only what is named changes, and the original never does."""

import hashlib
import hmac
import json
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from hookcli.captures.model import SignatureState, Why
from hookcli.cli.console import ExitCode
from tests.hookcli.cli.shelf import Shelf, records
from tests.support import rawhttp

BODY = b'{"amount": 5.00,\r\n  "b":1, "text":"\\u00e9", "b": 2,"list":[1, 2 ,3]}\n'
PLAIN = BODY.replace(b"\r\n", b"\n")
"""As an editor shows it; line ends of both kinds would be shown as base64."""
SECRET = "whsec_" + "canary" * 6


def stripe(body: bytes, at_s: int, secret: str = SECRET) -> bytes:
    signed = hmac.new(secret.encode(), b"%d." % at_s + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={signed}".encode()


@pytest.fixture
def kept(shelf: Shelf, app: rawhttp.Program) -> str:
    """A capture that went to the program."""
    headers = (
        (b"Host", b"hooks.test"),
        (b"content-TYPE", b"application/json"),
        (b"X-Dup", b"1"),
        (b"x-dup", b"2"),
        (b"Content-Length", b"%d" % len(BODY)),
    )
    return shelf.put(BODY, to=app.url, headers=headers)


@pytest.fixture
def plain(shelf: Shelf, app: rawhttp.Program) -> str:
    """One that an editor can show."""
    headers = ((b"X-Dup", b"1"), (b"x-dup", b"2"), (b"Content-Length", b"%d" % len(PLAIN)))
    return shelf.put(PLAIN, to=app.url, headers=headers)


@pytest.mark.parametrize(
    ("flags", "body"),
    [
        (["--set", "amount:=0"], BODY.replace(b"5.00", b"0")),
        (["--set", "amount=0"], BODY.replace(b"5.00", b'"0"')),
        (["--set", "text=ü"], BODY.replace(b"\\u00e9", b"\\u00fc")),
        (["--set", "list[1]:=null", "--set", "b:=3"], BODY.replace(b" 2 ", b" null ").replace(b'"b": 2', b'"b": 3')),
        (["--unset", "list[0]"], BODY.replace(b"[1, 2 ,3]", b"[2 ,3]")),
        (["--set", "new.x=1"], None),
    ],
)  # fmt: skip
def test_a_value_changes_and_every_other_byte_stays(
    shelf: Shelf, app: rawhttp.Program, kept: str, flags: Sequence[str], body: bytes | None
) -> None:
    ended = shelf.run("replay", kept, *flags, "--json")
    if body is None:
        assert (ended.code, ended.out, app.received) == (ExitCode.USAGE, "", [])
        assert "no new" in ended.err
        return
    assert ended.code == ExitCode.YES
    (got,) = app.received
    assert got.body == body
    assert got.headers[:4] == (
        (b"Host", b"hooks.test"),
        (b"content-TYPE", b"application/json"),
        (b"X-Dup", b"1"),
        (b"x-dup", b"2"),
    )
    (event,) = records(ended, "event")
    (attempt,) = records(ended, "attempt")
    assert (event["parent"], attempt["event"], attempt["why"]) == (kept, event["id"], "mutation")
    copy, kept_body = shelf.get(event["id"])
    assert (copy.parent, copy.seq, kept_body) == (kept, None, body)
    assert dict(copy.headers)[b"Content-Length"] == b"%d" % len(body)


def test_the_original_and_its_attempts_never_change(
    shelf: Shelf, app: rawhttp.Program, kept: str
) -> None:
    before = shelf.get(kept), shelf.attempts(kept)
    flags = [
        "--set",
        "amount:=1",
        "--method",
        "PUT",
        "--path",
        "/other?x=1",
        "--drop-header",
        "X-Dup",
    ]
    assert shelf.run("replay", kept, *flags).code == ExitCode.YES
    assert shelf.run("edit", kept, *flags).code == ExitCode.YES
    assert (shelf.get(kept), shelf.attempts(kept)) == before


def test_line_fields_and_body_change_as_they_are_named(
    shelf: Shelf, app: rawhttp.Program, tmp_path: Path, kept: str
) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"\x00\xffnew")
    flags = ["--method", "PATCH", "--path", "/a b/%2F", "--query", "q=1 2", "--query", "r=&"]
    flags += ["-H", "X-Dup: one", "-H", "X-Dup: two", "--drop-header", "content-type"]
    assert shelf.run("replay", kept, *flags, "--body", f"@{file}").code == ExitCode.YES
    (got,) = app.received
    assert got.head.startswith(b"PATCH /a%20b/%2F?q=1+2&r=%26 HTTP/1.1\r\n")
    assert [pair for pair in got.headers if pair[0].lower() == b"x-dup"] == [
        (b"X-Dup", b"one"),
        (b"X-Dup", b"two"),
    ]
    assert got.values(b"content-type") == []
    assert got.body == b"\x00\xffnew"


def test_a_body_comes_from_stdin_only_where_that_is_said(
    shelf: Shelf, app: rawhttp.Program, kept: str
) -> None:
    assert shelf.run("replay", kept, "--body", "-", stdin="typed").code == ExitCode.YES
    assert shelf.run("replay", kept, "--body", "@-", stdin="again").code == ExitCode.YES
    assert [one.body for one in app.received] == [b"typed", b"again"]
    forgotten = shelf.run("replay", kept, "--body", "file.json")
    assert forgotten.code == ExitCode.USAGE
    assert "try: --body @file.json" in forgotten.err
    both = shelf.run("replay", "-", "--body", "-", stdin=kept)
    assert (both.code, len(app.received)) == (ExitCode.USAGE, 2)


def test_a_change_that_changes_nothing_makes_no_copy(
    shelf: Shelf, app: rawhttp.Program, kept: str
) -> None:
    ended = shelf.run("replay", kept, "--set", "amount:=5.00", "--json")
    assert records(ended, "event") == []
    assert shelf.attempts(kept)[-1].why is Why.REPLAY
    again = shelf.run("edit", kept, "--set", "amount:=5.00")
    assert (again.code, again.out) == (ExitCode.NO, "")
    assert "nothing was changed" in again.err


def test_several_captures_are_all_tried_before_one_is_sent(
    shelf: Shelf, app: rawhttp.Program
) -> None:
    shelf.put(b'{"amount": 1}', to=app.url)
    bad = shelf.put(b'{"total": 2}', to=app.url)
    ended = shelf.run("replay", "4700..", "--unset", "amount")
    assert (ended.code, app.received) == (ExitCode.USAGE, [])
    assert ended.err.startswith(f"error: {bad[:12]}: no amount")


def test_a_copy_is_sent_as_often_as_is_asked_and_made_once(
    shelf: Shelf, app: rawhttp.Program, kept: str
) -> None:
    ended = shelf.run("replay", kept, "--set", "amount:=0", "--times", "3", "-c", "3", "--json")
    (event,) = records(ended, "event")
    assert [one["event"] for one in records(ended, "attempt")] == [event["id"]] * 3
    assert len(shelf.attempts(event["id"])) == len(app.received) == 3


def test_a_copy_goes_where_its_original_went(shelf: Shelf, app: rawhttp.Program, kept: str) -> None:
    first = shelf.run("edit", kept, "--set", "amount:=0").out.strip()
    second = shelf.run("edit", first, "--set", "amount:=1").out.strip()
    assert shelf.run("replay", second).code == ExitCode.YES
    assert app.received[0].body == BODY.replace(b"5.00", b"1")
    assert shelf.get(second)[0].parent == first


def test_a_dry_run_prints_and_keeps_and_sends_nothing(
    shelf: Shelf, app: rawhttp.Program, kept: str
) -> None:
    ended = shelf.run("replay", kept, "--set", "amount:=0", "--dry-run")
    assert ended.out.startswith(f"# {kept[:12]} to {app.url}\nPOST /webhooks/stripe HTTP/1.1\n")
    assert '"amount": 0,' in ended.out
    assert shelf.run("ls", "--count").out == "1\n"
    assert app.received == []


# Signing again


def signed_shelf(shelf: Shelf, target: str, age_s: int = 0) -> str:
    import time

    body = b'{"id":"evt_1","type":"invoice.paid","amount":5}'
    headers = (
        (b"Host", b"hooks.test"),
        (b"Content-Type", b"application/json"),
        (b"Stripe-Signature", stripe(body, int(time.time()) - age_s)),
        (b"X-After", b"1"),
    )
    return shelf.put(body, to=target, headers=headers, scheme="stripe", source="stripe")


def fits(message: rawhttp.Message) -> bool:
    value = message.value(b"stripe-signature")
    at_s = int(value.split(b",")[0].removeprefix(b"t="))
    return hmac.compare_digest(value, stripe(message.body, at_s))


def test_a_changed_body_is_signed_again_where_the_secret_is_known(
    shelf: Shelf, app: rawhttp.Program
) -> None:
    id_ = signed_shelf(shelf, app.url)
    shelf.env["HOOKCLI_SECRET_STRIPE"] = SECRET
    ended = shelf.run("replay", id_, "--set", "amount:=0", "--json")
    (got,) = app.received
    assert got.body == b'{"id":"evt_1","type":"invoice.paid","amount":0}'
    assert fits(got)
    assert [name for name, _ in got.headers][1:4] == [
        b"Content-Type",
        b"Stripe-Signature",
        b"X-After",
    ]
    (event,) = records(ended, "event")
    copy, _ = shelf.get(event["id"])
    assert (copy.signature.state, copy.signature.secret) == (
        SignatureState.NEW,
        "HOOKCLI_SECRET_STRIPE",
    )
    assert "signed again: stripe with" in ended.err
    assert "canary" not in ended.out + ended.err.replace("HOOKCLI_SECRET_STRIPE", "")


def test_a_fresh_and_unchanged_one_is_sent_as_it_is_and_a_stale_one_signed_again(
    shelf: Shelf, app: rawhttp.Program
) -> None:
    shelf.env["HOOKCLI_SECRET_STRIPE"] = SECRET
    fresh, stale = signed_shelf(shelf, app.url), signed_shelf(shelf, app.url, age_s=4000)
    assert shelf.run("replay", fresh).code == ExitCode.YES
    assert shelf.run("replay", stale).code == ExitCode.YES
    assert shelf.run("replay", stale, "--no-resign").code == ExitCode.YES
    values = [dict(shelf.get(one)[0].headers)[b"Stripe-Signature"] for one in (fresh, stale)]
    told = [one.value(b"stripe-signature") for one in app.received]
    assert (told[0], told[2]) == (values[0], values[1])
    assert told[1] != values[1]
    assert all(fits(one) for one in app.received)
    *_, again, _ = shelf.attempts(stale)
    assert again.added == ("signed again: stripe with “HOOKCLI_SECRET_STRIPE”",)
    assert shelf.run("ls", "--count").out == "2\n"  # signing again alone makes no copy


def test_without_the_secret_it_is_said_before_and_kept_with_the_attempt(
    shelf: Shelf, app: rawhttp.Program
) -> None:
    id_ = signed_shelf(shelf, app.url)
    ended = shelf.run("replay", id_, "--set", "amount:=0", "--json")
    remark = "changed, stripe signature left as it was: no secret for stripe"
    assert json.loads(ended.err.splitlines()[0])["text"] == remark
    assert records(ended, "attempt")[0]["added"] == [remark]
    told = shelf.run("replay", id_, "--set", "amount:=0", "--resign")
    assert told.code == ExitCode.USAGE
    assert "no secret for stripe\n  try: --secret env:STRIPE_WEBHOOK_SECRET" in told.err
    assert len(app.received) == 1


def test_a_secret_is_named_and_never_typed(
    shelf: Shelf, app: rawhttp.Program, tmp_path: Path
) -> None:
    id_ = signed_shelf(shelf, app.url)
    file = tmp_path / "stripe-prod"
    file.write_text(SECRET + "\n")
    for given in (f"@{file}", f"file:{file}", "env:MINE"):
        ended = shelf.run("replay", id_, "--resign", "--secret", given, env={"MINE": SECRET})
        assert ended.code == ExitCode.YES, ended.err
    assert all(fits(one) for one in app.received)
    assert "“stripe-prod”" in shelf.attempts(id_)[1].added[0]
    typed = shelf.run("replay", id_, "--resign", "--secret", SECRET)
    assert (typed.code, "canary" in typed.err) == (ExitCode.USAGE, False)
    missing = shelf.run("replay", id_, "--resign", "--secret", "env:NOWHERE")
    assert (missing.code, missing.err.splitlines()[0]) == (
        ExitCode.USAGE,
        "error: --secret: the variable NOWHERE is not set",
    )


def test_a_signature_set_by_hand_or_bad_from_the_start_is_left(
    shelf: Shelf, app: rawhttp.Program
) -> None:
    shelf.env["HOOKCLI_SECRET_STRIPE"] = SECRET
    id_ = signed_shelf(shelf, app.url)
    shelf.run("replay", id_, "-H", "Stripe-Signature: t=1,v1=00", "--set", "amount:=0")
    shelf.env["HOOKCLI_SECRET_STRIPE"] = "whsec_other"
    shelf.run("replay", id_)
    assert app.received[0].value(b"stripe-signature") == b"t=1,v1=00"
    assert (
        app.received[1].value(b"stripe-signature")
        == dict(shelf.get(id_)[0].headers)[b"Stripe-Signature"]
    )


def test_what_nothing_signs_cannot_be_signed_again(
    shelf: Shelf, app: rawhttp.Program, kept: str
) -> None:
    ended = shelf.run("replay", kept, "--resign")
    assert (ended.code, app.received) == (ExitCode.USAGE, [])
    assert "nothing to sign again" in ended.err


# The editor


def editor(folder: Path, script: str) -> str:
    """An editor that is a shell script; the file is `$1`."""
    path = folder / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_an_editor_changes_the_whole_message(
    shelf: Shelf, app: rawhttp.Program, plain: str, tmp_path: Path
) -> None:
    script = "sed -i 's/5.00/7/; s/^POST /PUT /; s/^X-Dup: 1/X-Dup: 9/' \"$1\""
    shelf.env["VISUAL"] = editor(tmp_path, script)
    ended = shelf.run("edit", plain, "--save")
    assert ended.code == ExitCode.YES
    copy, body = shelf.get(ended.out.strip())
    assert (copy.method, copy.parent, body) == ("PUT", plain, PLAIN.replace(b"5.00", b"7"))
    assert copy.headers == (
        (b"X-Dup", b"9"),
        (b"x-dup", b"2"),
        (b"Content-Length", b"%d" % len(body)),
    )
    assert "body.amount  5.00 → 7" in ended.err
    assert app.received == []


def test_an_edited_copy_is_sent_when_asked(
    shelf: Shelf, app: rawhttp.Program, plain: str, tmp_path: Path
) -> None:
    shelf.env["EDITOR"] = editor(tmp_path, "sed -i 's/5.00/7/' \"$1\"")
    ended = shelf.run("edit", plain, "--send")
    new = ended.out.strip()
    assert (ended.code, app.received[0].body) == (ExitCode.YES, PLAIN.replace(b"5.00", b"7"))
    assert [one.why for one in shelf.attempts(new)] == [Why.MUTATION]
    assert f"{new[:12]} -> 200" in ended.err
    again = shelf.run("replay", plain, "--edit", "--set", "b:=9")
    assert (again.code, app.received[1].body) == (
        ExitCode.YES,
        PLAIN.replace(b"5.00", b"7").replace(b'"b": 2', b'"b": 9'),
    )


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("sed -i s/5.00/7/ $1; exit 3", "the editor ended with 3: discarded"),
        (": > $1", "the file is empty: discarded"),
        ("true", "nothing was changed"),
    ],
)
def test_what_an_editor_discards_is_not_kept_or_sent(
    shelf: Shelf, app: rawhttp.Program, plain: str, tmp_path: Path, script: str, said: str
) -> None:
    shelf.env["EDITOR"] = editor(tmp_path, script)
    for arguments in (["edit", plain, "--send"], ["replay", plain, "--edit"]):
        ended = shelf.run(*arguments)
        assert (ended.code, ended.out) == (ExitCode.NO, "")
        assert said in ended.err
    assert app.received == []
    assert shelf.run("ls", "--count").out == "1\n"


def test_what_was_written_is_not_lost_when_it_is_no_request(
    shelf: Shelf, plain: str, tmp_path: Path
) -> None:
    shelf.env["EDITOR"] = editor(tmp_path, "echo 'not a request' > $1")
    ended = shelf.run("edit", plain, "--save")
    assert ended.code == ExitCode.USAGE
    file = Path(ended.err.partition("what you wrote is in ")[2].splitlines()[0])
    assert file.read_text() == "not a request\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.unlink()


def test_no_editor_and_nobody_to_ask_are_said_first(
    shelf: Shelf, plain: str, tmp_path: Path
) -> None:
    for name in ("HOOKCLI_EDITOR", "VISUAL", "EDITOR"):
        shelf.env[name] = ""
    ended = shelf.run("edit", plain, "--save")
    assert ended.code == ExitCode.USAGE
    assert "HOOKCLI_EDITOR, VISUAL, EDITOR" in ended.err
    marker = tmp_path / "was here"
    shelf.env["EDITOR"] = editor(tmp_path, f"touch '{marker}'")
    asked = shelf.run("edit", plain)
    assert (asked.code, marker.exists()) == (ExitCode.USAGE, False)
    assert "try: --save, or --send" in asked.err
    shelf.env["HOOKCLI_EDITOR"] = "/nowhere/editor"
    assert "cannot be started" in shelf.run("edit", plain, "--save").err
