"""`verify`: captures, files and records; the reason in words, the secret by its name only."""

import time
from pathlib import Path

import pytest

from hookcli.cli.console import ExitCode
from tests.hookcli.cli.shelf import Shelf, records
from tests.hookcli.cli.test_changing import SECRET, stripe

BODY = b'{"id":"evt_1","type":"invoice.paid","amount":5}'


def put(shelf: Shelf, *, age_s: int = 0, secret: str = SECRET, body: bytes = BODY) -> str:
    now = int(time.time())
    headers = (
        (b"Content-Type", b"application/json"),
        (b"Stripe-Signature", stripe(BODY, now - age_s, secret)),
    )
    return shelf.put(body, headers=headers, received_at=now * 1_000_000)


@pytest.fixture
def signed(shelf: Shelf) -> list[str]:
    """One of each: well, stale, by another secret, not signed."""
    shelf.env["HOOKCLI_SECRET_STRIPE"] = SECRET
    return [put(shelf), put(shelf, age_s=4000), put(shelf, secret="whsec_other"), shelf.put(b"x")]


def test_one_that_holds_ends_with_yes_and_one_that_fails_with_no(
    shelf: Shelf, signed: list[str]
) -> None:
    well = shelf.run("verify", signed[0])
    assert well.code == ExitCode.YES
    assert well.out.startswith(
        f"{signed[0][:12]}  stripe  ok  Signed with “HOOKCLI_SECRET_STRIPE”."
    )
    for id_, said in [
        (signed[1], "OLD  Rightly signed"),
        (signed[2], "BAD  Not signed by the secret"),
        (signed[3], "none  Nothing in it is a signature that is known"),
    ]:
        ended = shelf.run("verify", id_)
        assert (ended.code, said in ended.out) == (ExitCode.NO, True), ended.out
        assert "\n  try: " in ended.out
    assert "canary" not in well.out


def test_several_are_told_in_short_and_counted(shelf: Shelf, signed: list[str]) -> None:
    ended = shelf.run("verify", "4700..")
    assert ended.code == ExitCode.NO
    assert ended.err == "4 signatures checked, 3 do not hold\n"
    found = records(shelf.run("verify", "4700..", "--json"), "verification")
    assert [(one["event"], one["state"], one["reason"]) for one in found] == [
        (signed[0], "ok", "ok"),
        (signed[1], "stale", "stale"),
        (signed[2], "bad", "wrong_secret"),
        (signed[3], "none", "unknown_scheme"),
    ]


def test_the_secret_that_fits_is_named(shelf: Shelf, signed: list[str], tmp_path: Path) -> None:
    file = tmp_path / "stripe-prod"
    file.write_text("whsec_other")
    ended = shelf.run("verify", signed[2], "--secret", f"@{file}")
    assert (ended.code, "“stripe-prod”" in ended.out) == (ExitCode.YES, True)
    shelf.env["HOOKCLI_SECRET_SLACK"] = "whsec_other"
    other = shelf.run("verify", signed[2])
    assert (
        "tried      fits the other secrets of this project (1): “HOOKCLI_SECRET_SLACK”" in other.out
    )
    assert "whsec_other" not in ended.out + other.out


def test_the_time_that_counts_can_be_now(shelf: Shelf) -> None:
    shelf.env["HOOKCLI_SECRET_STRIPE"] = SECRET
    id_ = put(shelf, age_s=0)
    assert shelf.run("verify", id_, "--at", "now").code == ExitCode.YES
    assert shelf.run("verify", id_, "--at", "noon").code == ExitCode.USAGE


def test_records_files_and_ids_from_stdin(shelf: Shelf, signed: list[str], tmp_path: Path) -> None:
    lines = shelf.run("ls", "--json", "header.stripe-signature:t").out
    assert lines.count('"type":"event"') == 3
    other = Shelf(tmp_path / "other.sqlite", env=shelf.env)
    ended = other.run("verify", "-", "--json", stdin=lines)
    assert sorted(one["state"] for one in records(ended, "verification")) == ["bad", "ok", "stale"]
    ids = shelf.run("verify", "-", stdin=f"{signed[0]}\n{signed[1]}\n")
    assert ids.err == "2 signatures checked, 1 do not hold\n"
    file = tmp_path / "one.http"
    shelf.run("export", "http", signed[0], "-O", str(file))
    assert shelf.run("verify", str(file)).code == ExitCode.YES
    file.write_bytes(file.read_bytes().replace(b'"amount":5', b'"amount":6'))
    assert shelf.run("verify", str(file)).code == ExitCode.NO


def test_a_scheme_of_the_users_own(shelf: Shelf, own_home: Path) -> None:
    import hashlib
    import hmac

    folder = own_home / "config" / "hookcli"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(
        '[scheme.billing]\nheader = "X-Billing"\n[secrets]\nbilling = "env:BILLING"\n'
    )
    text = hmac.new(b"mine", b"{}", hashlib.sha256).hexdigest().encode()
    id_ = shelf.put(b"{}", headers=((b"X-Billing", text),))
    ended = shelf.run("verify", id_, env={"BILLING": "mine"})
    assert (ended.code, "billing  ok" in ended.out) == (ExitCode.YES, True), ended
    unset = shelf.run("verify", id_)
    assert unset.code == ExitCode.NO


def test_what_cannot_be_is_told(shelf: Shelf, signed: list[str]) -> None:
    ended = shelf.run("verify", signed[0], "--scheme", "strip")
    assert (ended.code, "try: --scheme stripe" in ended.err) == (ExitCode.USAGE, True)
    assert shelf.run("verify").code == ExitCode.USAGE
    assert shelf.run("verify", "01JAZZZZ").code == ExitCode.NOT_FOUND
    assert shelf.run("verify", signed[0], "--scheme", "github").code == ExitCode.NO
