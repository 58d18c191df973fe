"""Targets, times and memory: decisions as tables."""

import pytest

from relay_server import answers
from relay_server.admission import (
    Head,
    Patience,
    Phase,
    Verdict,
    overdue,
    read_head,
    split_target,
)

PATIENCE = Patience(head_timeout_s=10, request_timeout_s=60, idle_timeout_s=75, min_rate=1024)


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (b"/ep_a", ("ep_a", b"")),
        (b"/ep_a/", ("ep_a", b"/")),
        (b"/ep_a/x/%2e%2E//y?a=/b?c#d", ("ep_a", b"/x/%2e%2E//y?a=/b?c#d")),
        (b"/ep_a?x=/y", ("ep_a", b"?x=/y")),
        (b"/ep_a#f", ("ep_a", b"#f")),
        (b"http://h:1/ep_a/x", ("ep_a", b"/x")),
        (b"HTTPS://h/ep_a?x", ("ep_a", b"?x")),
        (b"http://h", ("", b"")),
        (b"//ep_a/x", ("", b"/ep_a/x")),
        (b"/", ("", b"")),
        (b"*", None),
        (b"ftp://h/ep_a", None),
        (b"h:443", None),
    ],
)
def test_a_target_is_an_endpoint_and_the_rest_untouched(
    target: bytes, found: tuple[str, bytes] | None
) -> None:
    assert split_target(target) == found


HOST = (b"Host", b"h")


@pytest.mark.parametrize(
    ("method", "version", "headers", "refused"),
    [
        ("GET", "1.1", (HOST,), None),
        ("GET", "1.0", (), None),
        ("GET", "1.1", (), answers.BAD_REQUEST),
        ("GET", "1.1", (HOST, (b"host", b"i")), answers.BAD_REQUEST),
        ("GET", "2.0", (HOST,), answers.BAD_VERSION),
        ("TRACE", "1.1", (HOST,), answers.BAD_METHOD),
        ("CONNECT", "1.1", (HOST,), answers.BAD_METHOD),
        ("POST", "1.1", (HOST, (b"Expect", b"100-Continue")), None),
        ("POST", "1.1", (HOST, (b"Expect", b"tea")), answers.BAD_EXPECT),
        ("POST", "1.1", (HOST, (b"Expect", b"\xff")), answers.BAD_EXPECT),
    ],
)
def test_a_head_is_taken_or_refused_with_a_reason(
    method: str,
    version: str,
    headers: tuple[tuple[bytes, bytes], ...],
    refused: answers.Answer | None,
) -> None:
    found = read_head(method, b"/ep_a", version, headers)
    assert found == refused if refused else isinstance(found, Head)


@pytest.mark.parametrize(
    ("phase", "waited", "received", "used", "verdict"),
    [
        (Phase.IDLE, 11, 0, False, Verdict.DROP),
        (Phase.IDLE, 11, 0, True, Verdict.GO_ON),
        (Phase.IDLE, 76, 0, True, Verdict.DROP),
        (Phase.HEAD, 9, 0, True, Verdict.GO_ON),
        (Phase.HEAD, 11, 0, True, Verdict.TOO_SLOW),
        (Phase.BODY, 9, 0, True, Verdict.GO_ON),
        (Phase.BODY, 20, 100, True, Verdict.TOO_SLOW),
        (Phase.BODY, 20, 1 << 20, True, Verdict.GO_ON),
        (Phase.BODY, 61, 1 << 30, True, Verdict.TOO_SLOW),
        (Phase.BUDGET, 11, 0, True, Verdict.BUSY),
        (Phase.WRITING, 61, 0, True, Verdict.DROP),
        (Phase.CLOSING, 3, 0, True, Verdict.DROP),
        (Phase.OURS, 1e6, 0, True, Verdict.GO_ON),
    ],
)
def test_every_phase_has_its_patience(
    phase: Phase, waited: float, received: int, used: bool, verdict: Verdict
) -> None:
    assert overdue(phase, waited, PATIENCE, received=received, used=used) is verdict
