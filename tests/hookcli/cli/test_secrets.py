"""No command prints a signing secret or a token, whatever it does with them and however it ends."""

from pathlib import Path

import pytest

from tests.hookcli.cli.shelf import Shelf
from tests.hookcli.cli.test_changing import signed_shelf
from tests.support import rawhttp

TOKEN = "hk_" + "canary" * 6
COMMANDS = [
    ["ls"],
    ["ls", "--json"],
    ["show", "@"],
    ["show", "@", "--json"],
    ["stats"],
    ["verify", "@"],
    ["verify", "@", "--json"],
    ["verify", "@", "--scheme", "slack", "--secret", "env:HOOKCLI_SECRET_SLACK"],
    ["replay", "@", "--resign"],
    ["replay", "@", "--set", "amount:=0", "--json", "-v"],
    ["replay", "@", "--set", "nothing.there:=0"],
    ["replay", "@", "--secret", "CANARY"],
    ["edit", "@", "--set", "amount:=1", "--resign", "--json"],
    ["diff", "@"],
    ["export", "curl", "@"],
    ["export", "pytest", "@"],
    ["export", "ndjson", "@", "--with-secrets"],
    ["trigger", "stripe/invoice.paid", "--to", "9", "-v"],
    ["trigger", "stripe/invoice.paid", "--to", "9", "--dry-run", "--json"],
    ["trigger", "stripe/invoice.paid", "--relay", "http://127.0.0.1:9", "-e", "ep_x"],
    ["wait", "--relay", "http://127.0.0.1:9", "-e", "ep_x", "--timeout", "200ms"],
    ["config", "list"],
    ["config", "list", "--json"],
    ["__complete", "verify", "@", "--secret", ""],
    ["endpoint", "set", "ep_x", "--verify", "stripe", "--relay", "http://127.0.0.1:9"],
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_command_shows_names_of_secrets_only(
    shelf: Shelf, app: rawhttp.Program, arguments: list[str]
) -> None:
    signed_shelf(shelf, app.url)
    signed_shelf(shelf, app.url, age_s=9999)
    for name in ("STRIPE", "SLACK"):
        shelf.env[f"HOOKCLI_SECRET_{name}"] = "whsec_" + "canary" * 6
    ended = shelf.run(*arguments, env={"HOOKCLI_TOKEN": TOKEN})
    assert "canary" not in ended.out + ended.err
    assert "Traceback" not in ended.err


def test_a_report_of_a_bug_holds_none(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    from hookcli.cli import signing

    def broken(*_: object) -> None:
        secret = "canary"
        raise ZeroDivisionError(secret)

    shelf.put()
    monkeypatch.setattr(signing, "wish", broken)
    ended = shelf.run(
        "replay", "@", "--secret", "env:X", env={"X": "canary", "HOOKCLI_TOKEN": TOKEN}
    )
    assert "stopped on a bug" in ended.err
    reports = [file.read_text() for file in own_home.rglob("bug-*.txt")]
    assert reports
    assert not any("canary" in text for text in [*reports, ended.err])
