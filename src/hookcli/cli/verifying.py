"""Checks the signatures of captures, files and records, and prints what was found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hookcli import signatures
from hookcli.cli import selecting, signing
from hookcli.cli.console import ExitCode
from hookcli.cli.here import Here
from hookcli.cli.render import verdicts
from hookcli.cli.render.paint import Paint
from hookcli.cli.render.words import plural, short
from hookcli.errors import UsageError
from hookcli.signatures import Scheme, Secret, State
from hookcli.signatures.explaining import Explanation
from hookcli.wire.http import Request
from hookcli.workbench import imports


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """By what to check."""

    scheme: str
    secret: str | None
    now: bool
    """By this machine's clock, whenever it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One request whose signature is checked."""

    name: str
    """For people: the beginning of an id, or a file."""
    event: str
    """The capture's id; empty where there is none."""
    request: Request
    at: int | None
    """When it came, µs; None where that is not told."""


def run(here: Here, words: Sequence[str], options: Options) -> int:
    """Check everything that the words name; the exit code."""
    checker = _Checker(here, options)
    checker.check_options()
    paint = Paint(here.console.colors())
    bad = total = 0
    claims = list(_claims(here, selecting.words_or_pick(here, words)))
    for claim in claims:
        found = checker.explained(claim)
        total += 1
        bad += found.verdict.state is not State.OK
        if here.console.json:
            here.console.out(verdicts.record(claim.event, claim.name, found, here.now))
            continue
        for line in verdicts.lines(claim.name, found, paint, whole=len(claims) == 1):
            here.console.out(line)
    if total > 1:
        here.console.say(f"{plural(total, 'signature')} checked, {bad:,} do not hold")
    return ExitCode.NO if bad else ExitCode.YES


class _Checker:
    """Knows schemes and secrets."""

    def __init__(self, here: Here, options: Options) -> None:
        self._here, self._options = here, options
        self._secrets = signing.source(here, options.secret)

    def check_options(self) -> None:
        """UsageError when no scheme is called so."""
        name = self._options.scheme
        if name and self._scheme(name) is None:
            from difflib import get_close_matches

            known = [*signatures.names(), *(one.name for one in self._recipes)]
            near = get_close_matches(name, known, n=1, cutoff=0.4)
            hint = f"--scheme {near[0]}" if near else ", ".join(known)
            raise UsageError(f"no scheme is called {name}", hint=hint)

    @cached_property
    def _recipes(self) -> tuple[Scheme, ...]:
        return signing.recipes(self._here)

    @cached_property
    def _all(self) -> list[Secret]:
        found = signing.by_scheme(self._here)
        return [secret for each in found.values() for secret in each]

    def _scheme(self, name: str) -> Scheme | None:
        own = next((one for one in self._recipes if one.name == name), None)
        return own or signatures.load(name)

    def explained(self, claim: Claim) -> Explanation:
        """The verdict and why."""
        name = self._options.scheme or signatures.identify(claim.request, self._recipes).scheme
        at = self._here.now if self._options.now or claim.at is None else claim.at
        scheme = self._scheme(name) if name else None
        secrets = self._secrets(name) if scheme is not None else ()
        return signatures.explain(claim.request, scheme or name, secrets, at=at, others=self._all)


def _claims(here: Here, words: Sequence[str]) -> Iterator[Claim]:
    """Files and records by themselves; captures by all other words together."""
    others: list[str] = []
    for word in words:
        if word == "-":
            yield from _from_stdin(here)
        elif selecting.reference(word) is None and Path(word).is_file():
            yield from _from_bytes(Path(word).read_bytes(), word)
        else:
            others.append(word)
    if others:
        with here.store() as store:
            for one in selecting.summaries(here, store, others):
                capture = one.capture
                request = capture.request(store.body(capture.id))
                yield Claim(
                    name=short(capture.id),
                    event=capture.id,
                    request=request,
                    at=capture.received_at,
                )


def _from_stdin(here: Here) -> Iterator[Claim]:
    """Whole requests; or ids, one a line."""
    data = here.console.read_bytes()
    lines = data.decode("utf-8", "replace").split()
    if lines and all(selecting.reference(line) is not None for line in lines):
        yield from _claims(here, lines)
    else:
        yield from _from_bytes(data, "stdin")


def _from_bytes(data: bytes, name: str) -> Iterator[Claim]:
    for one in imports.read(data):
        yield Claim(
            name=short(one.origin) if one.origin else name,
            event=one.origin,
            request=one.request,
            at=one.received_at,
        )
