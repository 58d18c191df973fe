"""Samples are picked on the empty screen, and sent as their providers do."""

import re
from collections.abc import Sequence
from pathlib import Path

from hookcli import signatures
from hookcli.captures.model import Attempt, Outcome
from hookcli.signatures import Secret, State
from hookcli.wire.http import Request
from tests.hookcli.tui.rig import READY, attempt, driven, listening


def secrets(scheme: str) -> Sequence[Secret]:
    return (Secret("STRIPE_SECRET", "whsec_test"),) if scheme == "stripe" else ()


async def test_a_sample_is_picked_and_sent(tmp_path: Path) -> None:
    async with driven(tmp_path, listen=listening(), secrets=secrets) as it:
        await it.press("t")
        assert "there is no URL yet" in it.screen
        it.report(READY)
        await it.settle()
        assert re.search("trigger stripe/invoice.paid *$", it.screen, re.MULTILINE)
        await it.press("t")
        assert re.search("stripe/invoice.paid +signed", it.screen)
        await it.press("enter")
        assert "stripe/invoice.paid sent → 200 in 16 ms" in it.screen
        ((request, url, *_),) = it.program.sent
        assert url == READY.url
        found = signatures.verify(request, "stripe", secrets("stripe"), at=it.app.now)
        assert found.state is State.OK


async def test_without_a_secret_it_goes_unsigned_and_that_is_said(tmp_path: Path) -> None:
    async with driven(tmp_path, listen=listening(), secrets=secrets) as it:
        it.report(READY)
        await it.settle()
        await it.press("t")
        await it.type("github push")
        assert re.search("github/push +unsigned", it.screen)
        assert "hookcli trigger github/push --unsigned" in it.screen
        await it.press("enter")
        assert "github/push sent, unsigned (no secret for github) → 200" in it.screen
        ((request, *_),) = it.program.sent
        assert not any(name.lower().startswith(b"x-hub-signature") for name, _ in request.headers)


async def test_the_empty_screen_names_a_command_that_works_without_a_secret(tmp_path: Path) -> None:
    async with driven(tmp_path, listen=listening()) as it:
        it.report(READY)
        await it.settle()
        assert "hookcli trigger stripe/invoice.paid --unsigned" in it.screen


async def test_a_sample_that_nobody_took_is_told_with_the_reason(tmp_path: Path) -> None:
    async def refused(request: Request) -> Attempt:
        return attempt(
            "", 0, target=request.url, outcome=Outcome.REFUSED, error="connection refused"
        )

    async with driven(tmp_path, listen=listening(), post=refused) as it:
        it.report(READY)
        await it.settle()
        await it.press("t", "enter")
        assert "stripe/invoice.paid was not taken: connection refused" in it.screen
