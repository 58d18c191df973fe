"""Asks an application what `workbench/audits.py` makes, and prints how it did."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from msgspec import structs

from hookcli import signatures
from hookcli.captures.model import Attempt
from hookcli.cli import forwarding, loop, replaying, selecting, signing
from hookcli.cli.console import ExitCode
from hookcli.cli.here import Here
from hookcli.cli.render import ndjson
from hookcli.cli.render.paint import Paint
from hookcli.cli.render.words import plural, safe, span
from hookcli.cli.sending import Options as Sending
from hookcli.cli.triggering import first_sent
from hookcli.errors import StoreError, TargetError, UsageError
from hookcli.wire.http import Request
from hookcli.workbench import audits
from hookcli.workbench.audits import Case, Check
from hookcli.workbench.crafting import Signing
from hookcli.workbench.parcels import Forward
from hookcli.workbench.replay import UNREACHABLE, Job

_RESULTS = {"ok": ("ok", "green"), "failed": ("FAIL", "red"), "skipped": ("skip", "dim")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to ask, and of whom."""

    target: str
    checks: tuple[str, ...]
    junit: str | None
    secret: str | None
    timeout_ms: int
    yes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of one check."""

    check: Check
    result: str
    """`ok`, `failed` or `skipped`."""
    text: str
    ms: float = 0.0


def run(here: Here, words: Sequence[str], options: Options) -> int:
    """Ask everything; the exit code."""
    checks = audits.chosen(options.checks)
    cases = _cases(here, selecting.words_or_pick(here, words), options)
    job = Job(capture="", received_at=0, target=options.target)
    if not replaying.may(here, [job], Sending(to=options.target, yes=options.yes)):
        return ExitCode.NO
    found = loop.run(partial(_ask_all, here, checks, cases, options))
    if options.junit is not None:
        _write(Path(options.junit).expanduser(), found, options.target)
    failed = sum(one.result == "failed" for one in found)
    asked = sum(one.result != "skipped" for one in found)
    here.console.say(f"{plural(asked, 'check')}, {failed} failed")
    return ExitCode.NO if failed else ExitCode.YES


def _cases(here: Here, words: Sequence[str], options: Options) -> list[Case]:
    """The webhooks to ask with, the oldest first; signed for the target."""
    with here.store() as store:
        captures = sorted(selecting.captures(here, store, words), key=lambda one: one.received_at)
        return [
            _case(here, one.request(store.body(one.id)), one.scheme, options) for one in captures
        ]


def _case(here: Here, request: Request, scheme: str, options: Options) -> Case:
    name = scheme or signatures.identify(request, signing.recipes(here)).scheme
    own = next((one for one in signing.recipes(here) if one.name == name), None)
    found = own or (signatures.load(name) if name else None)
    secrets = signing.source(here, options.secret)(name) if name else ()
    how = Signing(scheme=found, secret=secrets[0] if secrets else None)
    return Case(request=structs.replace(request, url=options.target), how=how)


async def _ask_all(
    here: Here, checks: Sequence[Check], cases: Sequence[Case], options: Options, stops: loop.Stops
) -> list[Found]:
    found: list[Found] = []
    async with forwarding.plain(options.timeout_ms) as forward:
        for check in checks:
            if stops.asked.is_set():
                break
            found.append(await _ask(here, check, cases, options, forward))
            _tell(here, found[-1])
    return found


async def _ask(
    here: Here,
    check: Check,
    cases: Sequence[Case],
    options: Options,
    forward: Forward,
) -> Found:
    try:
        requests = check.make(cases, here.now)
    except UsageError as error:
        return Found(check=check, result="skipped", text=error.message)

    async def send(request: Request) -> Attempt:
        return await forward(first_sent(here, request), options.target)

    if check.at_once:
        answers = list(await asyncio.gather(*map(send, requests)))
    else:
        answers = [await send(request) for request in requests]
    if all(one.outcome in UNREACHABLE for one in answers) and not any(
        one.status for one in answers
    ):
        host = safe(options.target.partition("://")[2])
        raise TargetError(
            f"{host} cannot be reached", why=(safe(answers[0].error),), hint="start your app"
        )
    took = max(one.ms for one in answers)
    if fault := check.judge(cases, answers):
        return Found(check=check, result="failed", text=fault, ms=took)
    told = ", ".join(map(audits.outcome, answers))
    return Found(check=check, result="ok", text=f"{told} in {span(took)}", ms=took)


def _tell(here: Here, found: Found) -> None:
    console = here.console
    if console.json:
        facts = {
            "check": found.check.name,
            "result": found.result,
            "text": found.text,
            "ms": found.ms,
        }
        console.out(ndjson.dumped(ndjson.head("audit", here.now) | facts))
        return
    paint = Paint(console.colors())
    word, color = _RESULTS[found.result]
    text = f"{found.check.says}: {found.text}" if found.result == "failed" else found.text
    console.out(f"{paint(color, f'{word:<4}')}  {found.check.name:<14} {text}")
    console.stdout.flush()


def _write(file: Path, found: Sequence[Found], target: str) -> None:
    """The result as JUnit XML, as CI servers read it."""
    from xml.etree import ElementTree as Xml

    failed = sum(one.result == "failed" for one in found)
    skipped = sum(one.result == "skipped" for one in found)
    suite = Xml.Element(
        "testsuite", name="hookcli audit", hostname=target, tests=str(len(found)),
        failures=str(failed), skipped=str(skipped),
    )  # fmt: skip
    for one in found:
        case = Xml.SubElement(
            suite,
            "testcase",
            classname="hookcli.audit",
            name=one.check.name,
            time=f"{one.ms / 1000:.3f}",
        )
        if one.result != "ok":
            kind = "failure" if one.result == "failed" else "skipped"
            _ = Xml.SubElement(case, kind, message=f"{one.check.says}: {one.text}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        Xml.ElementTree(suite).write(file, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}") from error
