"""Captures written for other tools, and requests read back from them."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from hookcli.cli.console import ExitCode
from hookcli.workbench.export import FORMATS
from tests.hookcli.cli.shelf import Shelf, records
from tests.hookcli.cli.test_questions import command
from tests.hookcli.tui.terminal import terminal
from tests.support import corpus, rawhttp

CANARY = "canary" * 5


def fill(shelf: Shelf) -> list[str]:
    """One capture of each awkward kind."""
    ids = []
    for example in corpus.awkward():
        headers = [pair for pair in example.headers() if pair[1]]
        pairs = (*headers, (b"Content-Length", b"%d" % len(example.body)))
        target = f"/hooks/{example.name}?q=%2F&x=1+2".encode()
        ids.append(shelf.put(example.body, headers=pairs, target=target))
    return ids


def put(shelf: Shelf, app: rawhttp.Program | None = None) -> str:
    headers = (
        (b"Content-Type", b"application/json"),
        (b"Authorization", b"Bearer " + CANARY.encode()),
        (b"Content-Length", b"13"),
    )
    to = app.url if app else ""
    return shelf.put(b'{"amount": 5}', headers=headers, to=to)


@pytest.mark.parametrize("form", ["ndjson", "har"])
def test_what_is_exported_and_imported_again_is_the_same_to_the_byte(
    shelf: Shelf, tmp_path: Path, form: str
) -> None:
    ids = fill(shelf)
    file = tmp_path / f"all.{form}"
    written = shelf.run("export", form, "4700..", "-O", str(file), "--with-secrets")
    assert (written.code, written.out, written.err) == (0, "", f"wrote 18 captures to {file}\n")
    other = Shelf(tmp_path / "other.sqlite")
    ended = other.run("import", str(file))
    made = ended.out.split()
    assert ended.err == f"imported {len(ids)} captures\n"
    assert not set(made) & set(ids)
    for before, after in zip(ids, made, strict=True):
        one, body = shelf.get(before)
        two, body_after = other.get(after)
        assert one.request(body) == two.request(body_after)
        assert (one.http_version, one.received_at // 1000) == (
            two.http_version,
            two.received_at // 1000,
        )
        assert (two.seq, two.body_sha256) == (None, one.body_sha256)


@pytest.mark.parametrize("form", ["http", "curl"])
def test_one_by_one_too(shelf: Shelf, tmp_path: Path, form: str) -> None:
    ids = fill(shelf)
    folder = tmp_path / "each"
    assert shelf.run("export", form, "4700..", "-O", f"{folder}/", "--with-secrets").code == 0
    files = sorted(file for file in folder.iterdir() if file.suffix == FORMATS[form].suffix)
    assert len(files) == len(ids)
    other = Shelf(tmp_path / "other.sqlite")
    made = other.run("import", *map(str, files)).out.split()
    bodies = {shelf.get(one)[1] for one in ids}
    assert {other.get(one)[1] for one in made} == bodies
    assert {file.stem.rpartition("-")[2] for file in files} == set(ids)


def test_the_curl_line_sends_what_was_captured(shelf: Shelf, app: rawhttp.Program) -> None:
    id_ = put(shelf, app)
    ended = shelf.run("export", "curl", id_, "--to", app.url, "--with-secrets")
    subprocess.run(["bash", "-c", ended.out], check=True, capture_output=True, timeout=20)
    capture, body = shelf.get(id_)
    (got,) = app.received
    assert (got.body, got.target) == (body, capture.target)
    assert got.value(b"authorization") == b"Bearer " + CANARY.encode()


def test_credentials_are_left_out_and_that_is_said(shelf: Shelf, tmp_path: Path) -> None:
    put(shelf)
    file = tmp_path / "out.har"
    for form in FORMATS:
        ended = shelf.run("export", form, "@")
        assert CANARY not in ended.out, form
        assert "1 credential left out: Authorization" in ended.err
        assert "--with-secrets" in ended.err
    shelf.run("export", "har", "@", "-O", str(file))
    assert shelf.run("export", "har", "@", "-O", "-").out.encode() == file.read_bytes()
    assert CANARY not in file.read_text()
    assert shelf.run("export", "har", "@", "-O", str(file), "--with-secrets").err == (
        f"wrote 1 capture to {file}\n"
    )
    assert CANARY in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_large_binary_body_is_written_beside_its_command(
    shelf: Shelf, app: rawhttp.Program, tmp_path: Path
) -> None:
    body = os.urandom(40_000)
    id_ = shelf.put(body, to=app.url)
    file = tmp_path / "out" / "send.sh"
    ended = shelf.run("export", "curl", "@", "-O", str(file), "--to", app.url, "--json")
    assert records(ended, "exported")[0]["files"] == [str(file), str(file.parent / f"{id_}.body")]
    subprocess.run(
        ["bash", "send.sh"], cwd=file.parent, check=True, capture_output=True, timeout=20
    )
    assert app.received[0].body == body
    made = Shelf(tmp_path / "other.sqlite").run("import", str(file))
    assert made.code == ExitCode.YES


def test_a_file_that_names_another_file_reads_none_but_what_came_along(
    shelf: Shelf, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(CANARY)
    folder = tmp_path / "came"
    folder.mkdir()
    script = folder / "x.sh"
    for name in (str(secret), "../secret"):
        script.write_text(f"curl https://a.test -d @{name}\n")
        ended = shelf.run("import", str(script))
        assert (ended.code, ended.out) == (ExitCode.USAGE, "")
        assert "not beside it" in ended.err
    typed = shelf.run("import", f"curl https://a.test -d @{secret}")
    assert shelf.get(typed.out.strip())[1] == CANARY.encode()


def test_a_command_or_stdin_is_imported(shelf: Shelf) -> None:
    typed = shelf.run("import", "curl -X PUT https://hooks.test/a?b=1 -H 'X-A: 1' -d x=1")
    capture, body = shelf.get(typed.out.strip())
    assert (capture.method, capture.target, body) == ("PUT", b"/a?b=1", b"x=1")
    assert typed.err == "imported 1 capture\n"
    message = "POST /from/stdin HTTP/1.1\nX-A: 1\n\nhello\n"
    read = shelf.run("import", "-", "--json", stdin=message)
    (event,) = records(read, "event")
    assert (event["path"], event["body"]) == ("/from/stdin", "hello")
    forced = shelf.run("import", "-", "--as", "curl", stdin="curl a.test")
    assert forced.code == ExitCode.YES


def test_what_was_exported_here_is_known_again(shelf: Shelf) -> None:
    ids = [shelf.put(b"a"), shelf.put(b"b")]
    lines = shelf.run("export", "ndjson", *ids).out
    ended = shelf.run("import", "-", stdin=lines)
    assert ended.out.split() == ids
    assert ended.err == "imported 0 captures; 2 were here already\n"
    changed = lines.replace('"body":"a"', '"body":"c"').replace(
        json.loads(lines.splitlines()[0])["body_sha256"], ""
    )
    other = shelf.run("import", "-", stdin=changed)
    assert "imported 1 capture; 1 were here already" in other.err
    assert shelf.get(ids[0])[1] == b"a"


def test_a_signature_is_looked_at_when_it_is_imported(shelf: Shelf) -> None:
    body = b'{"zen": "x"}'
    signed = corpus.sign(body, b"mine").decode()
    line = f"curl https://a.test -H 'X-GitHub-Event: ping' -H 'X-Hub-Signature-256: {signed}' -d '{body.decode()}'"
    id_ = shelf.run("import", line, env={"HOOKCLI_SECRET_GITHUB": "mine"}).out.strip()
    capture, _ = shelf.get(id_)
    assert (capture.source, capture.event_type, capture.signature.state) == ("github", "ping", "ok")
    bad = shelf.run("import", line, env={"HOOKCLI_SECRET_GITHUB": "other"}).out.strip()
    assert shelf.get(bad)[0].signature.state == "bad"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["export", "yaml", "@"], ExitCode.USAGE, "'yaml' is no form of export"),
        (["export", "curl"], ExitCode.USAGE, "nothing is named"),
        (["export", "http", "4700.."], ExitCode.USAGE, "holds one capture, and these are 2"),
        (["export", "curl", "status:599"], ExitCode.NOT_FOUND, "no capture matches status:599"),
        (["export", "curl", "@", "-O", "/proc/x/y"], ExitCode.NO, "cannot be written"),
        (["import"], ExitCode.USAGE, "nothing is named"),
        (["import", "/nowhere/x.har"], ExitCode.USAGE, "cannot be read"),
        (["import", "curl --rsh a.test"], ExitCode.USAGE, "cannot be imported"),
        (["import", "-", "--as", "xml"], ExitCode.USAGE, "--as xml"),
    ],
)
def test_what_cannot_be_is_told(
    shelf: Shelf, arguments: list[str], code: ExitCode, said: str
) -> None:
    shelf.put()
    shelf.put()
    ended = shelf.run(*arguments)
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith("error: ")
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_what_stood_before_a_fault_is_kept_and_told(shelf: Shelf) -> None:
    shelf.put(b"a")
    lines = shelf.run("export", "ndjson", "@").out
    other = Shelf(shelf.file.with_name("other.sqlite"))
    ended = other.run("import", "-", stdin=lines + "{broken\n")
    assert ended.code == ExitCode.USAGE
    assert len(ended.out.split()) == 1
    assert "imported 1 capture" in ended.err
    assert "stdin: line 3 is not JSON" in ended.err


def test_a_terminal_is_not_upset(shelf: Shelf) -> None:
    shelf.put(b"\x1b]0;pwned\x07")
    env = {"HOOKCLI_STORE": str(shelf.file)}
    with terminal(shelf.file.parent, env=env, program=command("export", "raw", "@")) as screen:
        assert screen.wait() == ExitCode.USAGE
        assert b"pwned" not in screen.output
        assert b"--force" in screen.output
    with terminal(shelf.file.parent, env=env, program=command("export", "curl", "@")) as screen:
        assert screen.wait() == ExitCode.YES
        assert b"\x1b]" not in screen.output
