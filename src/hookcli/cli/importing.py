"""Reads requests from elsewhere and keeps them: each a capture of its own, with an id of its own."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hookcli import signatures
from hookcli.captures.model import Capture
from hookcli.cli import signing
from hookcli.cli.console import ExitCode
from hookcli.cli.here import Here
from hookcli.cli.making import new_id
from hookcli.cli.render.words import plural
from hookcli.errors import HookcliError, UsageError
from hookcli.workbench import imports
from hookcli.workbench.imports import Imported, ReadFile
from hookcli.workbench.resign import signature_of

if TYPE_CHECKING:
    from hookcli.captures.store import Store

_BATCH = 200
"""Captures in one transaction."""
_COMMAND = re.compile(r"\s*(?:curl|printf)\s")


def run(here: Here, sources: Sequence[str], form: str) -> int:
    """Import every source; the exit code. What stands before a fault is kept."""
    if form and form not in imports.FORMATS:
        raise UsageError(f"--as {form}: it cannot be read", hint=", ".join(imports.FORMATS))
    with here.store() as store:
        keeper = _Keeper(here, store)
        try:
            for one in _read(here, sources, form):
                keeper.take(one)
        except BaseException:
            keeper.end(whole=False)
            raise
        keeper.end(whole=True)
    return ExitCode.YES


@dataclass(slots=True)
class _Keeper:
    """Keeps what is imported, many in one transaction, and prints what is kept."""

    here: Here
    store: "Store"
    kept: int = 0
    same: int = 0
    waiting: list[tuple[Capture, bytes]] = field(default_factory=list)
    new: set[str] = field(default_factory=set)
    """Of those waiting, the ids of the new ones."""

    def take(self, one: Imported) -> None:
        """One more."""
        found = _same(self.store, one)
        if found is None:
            found = capture_of(self.here, one)
            self.new.add(found.id)
        self.waiting.append((found, one.request.body))
        if len(self.waiting) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Keep and print what waits."""
        from hookcli.captures.store import Batch, NewCapture

        new = [
            NewCapture(capture=one, body=body) for one, body in self.waiting if one.id in self.new
        ]
        self.store.commit(Batch(captures=tuple(new)))
        for one, body in self.waiting:
            _print(self.here, one, body)
        self.kept += len(new)
        self.same += len(self.waiting) - len(new)
        self.waiting.clear()
        self.new.clear()

    def end(self, *, whole: bool) -> None:
        """Keep the rest, and say how many there were; of a fault without any it says enough."""
        self.flush()
        if not (whole or self.kept or self.same):
            return
        already = f"; {self.same:,} were here already" if self.same else ""
        self.here.console.say(f"imported {plural(self.kept, 'capture')}{already}")


def _read(here: Here, sources: Sequence[str], form: str) -> Iterator[Imported]:
    endpoint = here.known_endpoint()
    base = endpoint.url if endpoint else ""
    for source in sources:
        data, read_file = _opened(here, source)
        try:
            yield from imports.read(data, form, base=base, read_file=read_file)
        except HookcliError as error:
            name = "stdin" if source == "-" else source[:60]
            text = f"{name}: {error.message}"
            raise UsageError(text, why=error.why, hint=error.hint) from None


def _opened(here: Here, source: str) -> tuple[bytes, ReadFile]:
    """The bytes of a source, and how files that it names are read."""
    if source == "-":
        return here.console.read_bytes(), _refuse
    if _COMMAND.match(source):
        return source.encode("utf-8", "surrogateescape"), _read_named
    file = Path(source).expanduser()
    return _bytes_of(file), partial(_read_beside, file.resolve().parent)


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None


def _refuse(name: str) -> bytes:
    raise UsageError(f"the body stands in the file {name}, which is not read for stdin")


def _read_named(name: str) -> bytes:
    """As the command that was typed would read it."""
    return _bytes_of(Path(name).expanduser())


def _read_beside(folder: Path, name: str) -> bytes:
    """A file that came along; what else a stranger's file names is not looked at."""
    file = (folder / name).resolve()
    if not file.is_relative_to(folder):
        raise UsageError(f"the body stands in {name}, which is not beside it")
    return _bytes_of(file)


def _same(store: "Store", one: Imported) -> Capture | None:
    """The capture that was exported here, to the byte; None when there is none."""
    found = store.get(one.origin) if one.origin else None
    if found is None or found.request(store.body(found.id)) != one.request:
        return None
    return found


def _print(here: Here, capture: Capture, body: bytes) -> None:
    console = here.console
    if console.json:
        from hookcli.cli.render.ndjson import dumped
        from hookcli.workbench.records import event_record

        console.out(dumped(event_record(capture, body)))
    else:
        console.out(capture.id)


def capture_of(here: Here, one: Imported) -> Capture:
    """A capture of what was imported, told apart and verified as if it had come now.

    Its id is new even where it had one: an event of that id that the relay still sends must not be
    taken for known.
    """
    request = one.request
    at = one.received_at if one.received_at is not None else here.now
    recipes = signing.recipes(here)
    identity, verdict = signatures.judge(request, signing.by_scheme(here), at=at, recipes=recipes)
    return Capture(
        id=new_id(),
        endpoint=one.endpoint,
        seq=None,
        received_at=at,
        method=request.method,
        url=request.url,
        target=request.target,
        http_version=one.http_version,
        peer=one.peer,
        headers=request.headers,
        body_size=len(request.body),
        body_sha256=hashlib.sha256(request.body).digest(),
        source=identity.source,
        event_type=identity.event_type,
        provider_id=identity.provider_id,
        scheme=identity.scheme,
        signature=signature_of(verdict),
        note=one.note,
        tags=one.tags,
    )
