"""Every form of export says what it must, keeps what it can, and leaves credentials at home."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from msgspec.structs import replace

from hookcli.captures.model import Told
from hookcli.errors import UsageError
from hookcli.wire.headers import first
from hookcli.wire.http import Request
from hookcli.workbench import export
from hookcli.workbench.export.redact import credentials, redact
from tests.hookcli.workbench.har12 import faults
from tests.hookcli.workbench.strategies import attempt, item, requests
from tests.support import rawhttp

POST = Request(
    method="POST",
    url="https://relay.example/ep_k3f9qz",
    target=b"/hooks/a?x=1",
    headers=(
        (b"Host", b"relay.example"),
        (b"content-type", b"application/json"),
        (b"X-Signature", b"t=1,v1=it's"),
        (b"X-Empty", b""),
        (b"Content-Length", b"9"),
        (b"Connection", b"keep-alive"),
    ),
    body=b'{"id": 1}',
)
SECRETS = (
    (b"Authorization", b"Bearer canary"),
    (b"cookie", b"sid=canary"),
    (b"X-Api-Key", b"canary"),
    (b"X-Gitlab-Token", b"canary"),
    (b"X-Telegram-Bot-Api-Secret-Token", b"canary"),
    (b"apikey", b"canary"),
    (b"X-Custom", b"Basic canary"),
    (b"X-Other", b"whsec_canary"),
    (b"x-accessToken", b"canary"),
)
HARMLESS = (
    (b"Stripe-Signature", b"t=1,v1=aa"),
    (b"X-Hub-Signature-256", b"sha256=aa"),
    (b"Idempotency-Key", b"k"),
    (b"X-Authored-By", b"me"),
)


def written(form: str, *items: export.Item, **options: object) -> str:
    return export.export(form, items, **options).data.decode()  # type: ignore[arg-type]


def test_curl_says_what_was_sent_and_nothing_of_its_own() -> None:
    assert written("curl", item(POST)) == (
        "curl -X POST \\\n"
        "  'https://relay.example/ep_k3f9qz/hooks/a?x=1' \\\n"
        "  --http1.1 \\\n"
        "  -H 'content-type: application/json' \\\n"
        "  -H 'X-Signature: t=1,v1=it'\\''s' \\\n"
        "  -H 'X-Empty;' \\\n"
        "  -H User-Agent: \\\n"
        "  -H Accept: \\\n"
        "  --data-binary '{\"id\": 1}'\n"
    )


def test_curl_to_another_target_keeps_the_host_that_was_called() -> None:
    text = written("curl", item(POST), to="http://localhost:8000/base/")
    assert "'http://localhost:8000/base/hooks/a?x=1'" in text
    assert "-H 'Host: relay.example'" in text
    assert "--http1.1" not in text


def test_a_body_too_large_for_a_command_goes_into_a_file_where_there_can_be_one() -> None:
    large = item(replace(POST, body=b"x" * 100_000))
    exported = export.export("curl", [large], files=True)
    assert exported.files == {"01JA8Q4MZX0000000000000000.body": large.body}
    assert b"--data-binary @01JA8Q4MZX0000000000000000.body" in exported.data
    assert "printf 'xxxx" in written("curl", large)


def test_httpie_says_what_was_sent() -> None:
    request = replace(POST, headers=(*POST.headers, (b"X-A", b"=b"), (b"X-B", b"@c")))
    assert written("httpie", item(request)) == (
        "http --path-as-is --ignore-stdin --raw='{\"id\": 1}' POST"
        " 'https://relay.example/ep_k3f9qz/hooks/a?x=1' \\\n"
        "  Host:relay.example \\\n"
        "  content-type:application/json \\\n"
        "  'X-Signature:t=1,v1=it'\\''s' \\\n"
        "  'X-Empty;' \\\n"
        "  'X-A:\\=b' \\\n"
        "  'X-B:\\@c' \\\n"
        "  User-Agent: \\\n"
        "  Accept: \\\n"
        "  Accept-Encoding:\n"
    )
    with pytest.raises(UsageError, match="cannot send the value of X-A"):
        written("httpie", item(replace(POST, headers=((b"X-A", b"a\\=b"),))))


def test_raw_is_the_request_as_it_goes_over_a_connection() -> None:
    chunked = replace(POST, headers=((b"A", b"1"), (b"Transfer-Encoding", b"chunked")))
    assert written("raw", item(chunked)) == (
        'POST /hooks/a?x=1 HTTP/1.1\r\nA: 1\r\nContent-Length: 9\r\n\r\n{"id": 1}'
    )


@given(requests())
def test_an_archive_is_what_har_1_2_says(request: Request) -> None:
    answers = [
        attempt(302, b"\xff", (b"Location", b"/x"), (b"Set-Cookie", b"a=b; Path=/")),
        attempt(0, b"", error="refused", timing=attempt().timing),
    ]
    for attempts in ([], *([answer] for answer in answers)):
        archive = json.loads(written("har", item(request, *attempts), version="1.0"))
        assert faults(archive) == []
    assert faults({"log": {"entries": [{}]}})  # the check itself finds something


def test_an_archive_tells_the_answer_and_its_times() -> None:
    answered = attempt(200, b"\xff\x00", (b"Content-Type", b"image/png"))
    (entry,) = json.loads(written("har", item(POST, answered), with_secrets=True))["log"]["entries"]
    assert entry["startedDateTime"] == "2025-11-23T14:32:31.002Z"
    assert entry["time"] == 84.5
    assert entry["timings"] == {"dns": 0.1, "connect": 0.4, "send": 0, "wait": 82.0, "receive": 2.0}
    assert entry["request"]["postData"] == {"mimeType": "application/json", "text": '{"id": 1}'}
    assert entry["request"]["queryString"] == [{"name": "x", "value": "1"}]
    content = entry["response"]["content"]
    assert content == {"size": 2, "mimeType": "image/png", "text": "/wA=", "encoding": "base64"}


def test_ndjson_gives_the_event_its_attempts_and_what_the_sender_was_told() -> None:
    told = Told(status=202, by="ack", ms=1.0)
    lines = written("ndjson", item(POST, attempt(), attempt(n=2), told=told)).splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["event", "attempt", "attempt", "reply"]


def test_a_form_for_one_capture_refuses_two() -> None:
    for form in ("http", "raw"):
        with pytest.raises(UsageError, match="holds one capture, and these are 2"):
            written(form, item(POST), item(POST))
    with pytest.raises(UsageError, match="'xml' is no form of export"):
        written("xml", item(POST))
    with pytest.raises(UsageError, match="nothing to export"):
        written("curl")


@pytest.mark.parametrize("form", list(export.FORMATS))
def test_no_credential_leaves_unless_asked_for(form: str) -> None:
    request = replace(
        POST,
        headers=(*POST.headers, *SECRETS, *HARMLESS),
        target=b"/h?access_token=canary&x=1&api_key=canary&ghp=ghp_canary",
    )
    answer = attempt(200, b"", (b"Set-Cookie", b"sid=canary"))
    shown = export.export(form, [item(request, answer)])
    assert b"canary" not in shown.data
    assert all(name in shown.data and value in shown.data for name, value in HARMLESS)
    assert b"x=1" in shown.data
    assert shown.left_out == (
        *(name.decode() for name, _ in SECRETS),
        "query access_token",
        "query api_key",
        "query ghp",
        *(["Set-Cookie"] if export.find(form).answers else []),
    )
    whole = export.export(form, [item(request, answer)], with_secrets=True)
    assert whole.data.count(b"canary") >= 12
    assert whole.left_out == ()


def test_what_is_sensitive_can_be_named_without_leaving_it_out() -> None:
    assert credentials((*HARMLESS, *SECRETS[:2]), b"token=1&a=2") == (
        "Authorization",
        "cookie",
        "query token",
    )


@given(requests())
def test_without_credentials_redaction_changes_nothing(request: Request) -> None:
    captured = item(request)
    cleared, left = redact(captured)
    assert (cleared == captured) == (left == ())


@pytest.mark.slow
async def test_an_exported_test_runs_by_itself_and_sends_the_captured_bytes(tmp_path: Path) -> None:
    binary = replace(
        POST,
        method="PUT",
        target=b"?q",
        headers=((b"Host", b"h"), (b"x-\xc3\xa9".replace(b"\xc3\xa9", b"e"), b"\xe9")),
        body=bytes(range(256)) * 3,
    )
    ok = item(POST, attempt(204), source="stripe", event_type="invoice.paid")
    async with rawhttp.program(rawhttp.respond(204, framing="none", body=b"")) as program:
        text = export.export("pytest", [ok, item(binary, id="01JB")], to=program.url).data
        assert b"def test_stripe_invoice_paid_01ja8q4mzx0000000000000000():" in text
        (tmp_path / "test_webhooks.py").write_bytes(text)
        run = await _run(
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)
        )
        assert run.returncode == 0, run.stdout
        assert b"2 passed" in run.stdout
        first_, second = program.received
        assert (first_.start, first_.body) == (b"POST /hooks/a?x=1 HTTP/1.1", POST.body)
        assert [
            pair for pair in first_.headers if pair[0] not in (b"Content-Length", b"Connection")
        ] == [pair for pair in POST.headers if pair[0] not in (b"Content-Length", b"Connection")]
        assert (second.start, second.body) == (b"PUT /?q HTTP/1.1", binary.body)
        assert first(second.headers, b"x-e") == b"\xe9"
        program.answer = rawhttp.respond(500)
        assert (await _run(sys.executable, "-m", "pytest", "-q", str(tmp_path))).returncode == 1


async def _run(*command: str) -> subprocess.CompletedProcess[bytes]:
    import asyncio

    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    return subprocess.CompletedProcess(command, process.returncode or 0, out, b"")
