"""Makes requests as providers do, and sends them: through the relay, or to a program directly."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from msgspec import structs

from hookcli import signatures
from hookcli.captures.model import Attempt, Outcome, Why
from hookcli.cli import access, forwarding, loop, replaying, selecting, signing
from hookcli.cli.changes import Changes, read_body
from hookcli.cli.console import ExitCode
from hookcli.cli.here import Here
from hookcli.cli.importing import capture_of
from hookcli.cli.render import ndjson, sent
from hookcli.cli.render.detail import body as body_lines
from hookcli.cli.render.detail import request_head
from hookcli.cli.render.paint import Paint
from hookcli.cli.render.words import first_line, fit, plural, safe, short, span
from hookcli.cli.sending import Options as Sending
from hookcli.config.secrets import reference
from hookcli.errors import RelayError, TargetError, UsageError
from hookcli.signatures import Scheme, samples
from hookcli.wire.headers import first
from hookcli.wire.http import Request
from hookcli.workbench import crafting, records
from hookcli.workbench.crafting import Signing
from hookcli.workbench.imports import Imported
from hookcli.workbench.mutate import apply
from hookcli.workbench.parcels import Forward, Parcel
from hookcli.workbench.replay import UNREACHABLE, Job

if TYPE_CHECKING:
    from hookcli.workbench.edits import Edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to make of a sample and where to send it."""

    changes: Changes
    scheme: str
    secret: str | None
    unsigned: bool
    bad: bool
    stale_ms: int
    duplicate: bool
    times: int
    to: str | None
    yes: bool
    dry_run: bool
    letters: str
    timeout_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where requests go, and the URL that they are signed for."""

    target: str
    url: str
    direct: bool
    """To the program, not through a relay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request that is not signed yet."""

    name: str
    scheme: str
    request: Request


def list_samples(here: Here, beginning: str) -> int:
    """Print the names of the samples."""
    for name in samples.names():
        if not name.startswith(beginning):
            continue
        if here.console.json:
            record = {"name": name, "scheme": name.partition("/")[0]}
            here.console.out(ndjson.dumped(ndjson.head("sample", here.now) | record))
        else:
            here.console.out(name)
    return ExitCode.YES


def print_keypair(here: Here, name: str) -> int:
    """Print a new key pair for tests: the private key to sign with, the public one for the program."""
    scheme = name.partition("/")[0]
    if not scheme:
        raise UsageError("--keypair: for which scheme?", hint="hookcli trigger discord --keypair")
    private, public = signatures.keypair(scheme)
    if here.console.json:
        keys = {"scheme": scheme, "private": private, "public": public}
        here.console.out(ndjson.dumped(ndjson.head("keypair", here.now) | keys))
        return ExitCode.YES
    here.console.out(private.rstrip("\n"))
    here.console.err(f"public key, for your app: {public.strip()}")
    here.console.say(f"  keep the private one in a file, then: --scheme {scheme} --secret @FILE")
    return ExitCode.YES


def run(here: Here, name: str | None, options: Options) -> int:
    """Make and send; the exit code."""
    where = _where(here, options)
    edits = replace(options.changes, body=None).edits(here.console)
    body = options.changes.body
    given = read_body(body, here.console) if body is not None else None
    if name is None and given is None:
        hint = "hookcli trigger --list, or --body @FILE"
        raise UsageError("nothing is named to be sent", hint=hint)
    requests = list(_requests(here, name, given, edits, where, options))
    if options.dry_run:
        _print_requests(here, requests, options.letters)
        return ExitCode.YES
    if where.direct:
        jobs = [Job(capture="", received_at=0, target=where.target) for _ in requests]
        if not replaying.may(here, jobs, Sending(to=where.target, yes=options.yes)):
            return ExitCode.NO
    return loop.run(partial(_send_all, here, requests, where, options))


def _where(here: Here, options: Options) -> Where:
    if options.to is not None:
        return Where(target=options.to, url=options.to, direct=True)
    origin = here.settings.text("relay")
    endpoint = here.known_endpoint()
    if origin is not None and endpoint is None:
        given = access.endpoint(here, origin)
        endpoint = here.known_endpoint()
        url = endpoint.url if endpoint else f"{origin}/{given.endpoint}"
    elif endpoint is not None:
        url = endpoint.url
    else:
        raise RelayError(
            "there is no endpoint to send to yet",
            why=("no relay is configured, and `listen` has not made one on this machine yet",),
            hint="hookcli listen 8000, or --to 8000 to send to your app directly",
        )
    return Where(target=url, url=url, direct=False)


def _requests(
    here: Here,
    name: str | None,
    body: bytes | None,
    edits: "Sequence[Edit]",
    where: Where,
    options: Options,
) -> Iterator[tuple[str, Request]]:
    """Name and request, ready to be sent, in order."""
    for _ in range(options.times):
        for draft in _drafts(here, name, body, where):
            edited = replace(draft, request=apply(draft.request, edits))
            request = _signed(here, edited, options)
            for _ in range(2 if options.duplicate else 1):
                yield draft.name, request


def _drafts(here: Here, name: str | None, body: bytes | None, where: Where) -> Iterator[Draft]:
    if name is None:
        assert body is not None  # noqa: S101 - one of them was asked for
        yield Draft(name="body", scheme="", request=crafting.from_body(body, where.url, b""))
        return
    if selecting.reference(name) is None:
        nonce = os.urandom(16)
        found = samples.sample(name, url=where.url, now=here.now, nonce=nonce)
        yield _with_body(Draft(name=name, scheme=found.scheme, request=found.request), body)
        return
    with here.store() as store:
        for capture in selecting.captures(here, store, [name]):
            request = structs.replace(capture.request(store.body(capture.id)), url=where.url)
            scheme = capture.scheme or signatures.identify(request, signing.recipes(here)).scheme
            yield _with_body(Draft(name=short(capture.id), scheme=scheme, request=request), body)


def _with_body(draft: Draft, body: bytes | None) -> Draft:
    return (
        draft if body is None else replace(draft, request=structs.replace(draft.request, body=body))
    )


def _signed(here: Here, draft: Draft, options: Options) -> Request:
    name = options.scheme or draft.scheme
    if options.unsigned or not name:
        if not options.unsigned and (options.bad or options.stale_ms or options.secret):
            raise UsageError("by which scheme is it signed?", hint="--scheme NAME")
        return draft.request
    scheme = _scheme(here, name)
    secrets = signing.source(here, options.secret)(name)
    if not secrets:
        if scheme.asymmetric:
            scheme.refuse()
        raise UsageError(
            f"no secret for {name}",
            why=("set it under [secrets], or send it unsigned: --unsigned",),
            hint=f"--secret {reference(name)}",
        )
    how = Signing(scheme=scheme, secret=secrets[0], bad=options.bad, age_us=options.stale_ms * 1000)
    return crafting.signed(draft.request, how, now=here.now)


def _scheme(here: Here, name: str) -> Scheme:
    own = next((one for one in signing.recipes(here) if one.name == name), None)
    found = own or signatures.load(name)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(name, signatures.names(), n=1, cutoff=0.4)
        hint = f"--scheme {near[0]}" if near else "hookcli trigger --list"
        raise UsageError(f"no scheme is called {name}", hint=hint)
    return found


def _print_requests(here: Here, requests: Sequence[tuple[str, Request]], letters: str) -> None:
    console = here.console
    for name, request in requests:
        capture = capture_of(here, Imported(request=request))
        if console.json:
            console.out(ndjson.dumped(records.event_record(capture, request.body)))
            continue
        if letters == "HB":
            console.out(f"# {safe(name)}")
        if "H" in letters:
            for line in request_head(capture, Paint(console.colors())):
                console.out(line)
        if letters == "HB":
            console.out("")
        if "B" in letters:
            for line in body_lines(request.headers, request.body):
                console.out(line)


async def _send_all(
    here: Here,
    requests: Sequence[tuple[str, Request]],
    where: Where,
    options: Options,
    stops: loop.Stops,
) -> int:
    attempt = None
    async with forwarding.plain(options.timeout_ms) as forward:
        for count, (name, request) in enumerate(requests):
            if stops.asked.is_set():
                here.console.say(f"{plural(len(requests) - count, 'request')} not sent")
                return stops.code or ExitCode.INTERRUPTED
            if where.direct:
                attempt = await _directly(here, request, where.target, forward)
            else:
                attempt = await forward(first_sent(here, request), where.target)
            _print(here, name, attempt, where)
    if attempt is not None and attempt.outcome in UNREACHABLE:
        raise _unreachable(attempt, where)
    return ExitCode.YES


def first_sent(here: Here, request: Request) -> Parcel:
    """A request as a provider sends it: no capture yet, and none that is kept here."""
    capture = structs.replace(capture_of(here, Imported(request=request)), id="")
    return Parcel(capture=capture, request=crafting.to_send(request), why=Why.LIVE)


async def _directly(here: Here, request: Request, target: str, forward: Forward) -> Attempt:
    """To the program, kept as a capture with its answer."""
    from hookcli.captures.store import Batch, NewCapture

    imported = Imported(request=structs.replace(request, url=""))
    capture = capture_of(here, imported)
    with here.store() as store:
        new = NewCapture(capture=capture, body=request.body)
        store.commit(Batch(captures=(new,)))
        to_send = crafting.to_send(request)
        attempt = await forward(Parcel(capture=capture, request=to_send, why=Why.LIVE), target)
        return replaying.keep(store, attempt)


def _print(here: Here, name: str, attempt: Attempt, where: Where) -> None:
    console = here.console
    if console.json:
        made = records.attempt_record(attempt) | {"type": "triggered", "name": name}
        made["event"] = attempt.capture or _acked(attempt)
        console.out(ndjson.dumped(made))
        console.stdout.flush()
        return
    paint = Paint(console.colors())
    answered = attempt.outcome is Outcome.RESPONDED
    color = paint.status(attempt.status) if answered else "red"
    text = first_line(attempt.body) if answered else safe(attempt.error)
    what = f"{short(attempt.capture)}  {safe(name)}" if attempt.capture else safe(name)
    room = max((console.width() or 120) - len(what) - 26, 20)
    status = paint(color, f"{sent.outcome(attempt):<7}")
    console.out(f"{what} -> {status} {span(attempt.ms):>8}  {fit(text, room).rstrip()}".rstrip())
    console.stdout.flush()


def _acked(attempt: Attempt) -> str | None:
    """The event's id, where the relay itself answered."""
    found = first(attempt.headers, b"hookcli-event-id")
    return found.decode("latin-1") if found else None


def _unreachable(attempt: Attempt, where: Where) -> RelayError | TargetError:
    why = (safe(attempt.error),) if attempt.error else ()
    host = safe(where.target.partition("://")[2].partition("/")[0])
    if where.direct:
        return TargetError(f"{host} cannot be reached", why=why, hint="start your app")
    local = where.target.startswith("http://127.0.0.1")
    hint = "hookcli listen 8000" if local else "hookcli doctor"
    return RelayError(f"cannot reach {host}", why=why, hint=hint)
