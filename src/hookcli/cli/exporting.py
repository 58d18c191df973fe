"""Writes an export: to stdout, to a file with what belongs beside it, or to a file for each capture."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hookcli.cli import selecting
from hookcli.cli.console import ExitCode, is_terminal
from hookcli.cli.here import Here
from hookcli.cli.render.words import plural, safe
from hookcli.errors import StoreError, UsageError
from hookcli.workbench import export
from hookcli.workbench.export import Exported, Format, Item
from hookcli.workbench.media import is_text

if TYPE_CHECKING:
    from hookcli.captures.model import Capture
    from hookcli.captures.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to write and where to."""

    form: str
    output: str | None
    to: str
    with_secrets: bool
    force: bool


def run(here: Here, words: Sequence[str], options: Options) -> int:
    """Export what the words name; the exit code."""
    form = export.find(options.form)
    with here.store() as store:
        items = _items(here, store, selecting.words_or_pick(here, words))
        place = Path(options.output).expanduser() if options.output else None
        if place is None:
            _print(here, _exported(list(items), options, files=False), options)
        elif options.output and (options.output.endswith("/") or place.is_dir()):
            _write_each(here, place, form, items, options)
        else:
            _write(here, place, list(items), options)
    return ExitCode.YES


def _items(here: Here, store: "Store", words: Sequence[str]) -> Iterator[Item]:
    for one in selecting.summaries(here, store, words):
        id_ = one.capture.id
        yield Item(capture=one.capture, body=store.body(id_), attempts=tuple(store.attempts(id_)))


def _exported(items: Sequence[Item], options: Options, *, files: bool) -> Exported:
    from importlib.metadata import version

    return export.export(
        options.form,
        items,
        with_secrets=options.with_secrets,
        to=options.to,
        files=files,
        version=version("hookcli"),
    )


def _print(here: Here, made: Exported, options: Options) -> None:
    console = here.console
    if is_terminal(console.stdout) and not options.force and not _shows(made.data):
        raise UsageError(
            "it holds bytes that may upset a terminal", hint="-O FILE, --force, or | less"
        )
    console.out_bytes(made.data)
    _say_left_out(here, made.left_out)


def _shows(data: bytes) -> bool:
    """Whether a terminal only shows it."""
    return is_text(data) and all(safe(line) == line for line in data.decode().split("\n"))


def _write(here: Here, place: Path, items: Sequence[Item], options: Options) -> None:
    made = _exported(items, options, files=True)
    files = {place: made.data} | {place.parent / name: data for name, data in made.files.items()}
    _put_all(files, options)
    _say_written(here, list(files), len(items))
    _say_left_out(here, made.left_out)


def _write_each(
    here: Here, folder: Path, form: Format, items: Iterator[Item], options: Options
) -> None:
    written: list[Path] = []
    left: list[str] = []
    count = 0
    for count, item in enumerate(items, 1):
        made = _exported([item], options, files=True)
        files = {_named(item.capture, form) + form.suffix: made.data, **made.files}
        _put_all({folder / name: data for name, data in files.items()}, options)
        written += [folder / name for name in files]
        left += made.left_out
        if count == 1 and form.name in ("har", "ndjson"):
            here.console.notice(f"{form.name} holds several captures in one file: -O FILE")
    _say_written(here, written, count)
    _say_left_out(here, left)


def _name(capture: "Capture") -> str:
    """A file's name of what it is and whose: nothing of a stranger's but letters and digits."""
    what = f"{capture.source} {capture.event_type}".strip() or capture.method
    plain = re.sub(r"[^a-z0-9]+", "-", what.lower()).strip("-")[:60]
    # The whole id: its beginning is a time, which several may share.
    return f"{plain}-{capture.id}" if plain else capture.id


def _named(capture: "Capture", form: Format) -> str:
    """The same for a form; pytest looks only into files whose names begin with `test_`."""
    name = _name(capture)
    return f"test_{name.replace('-', '_')}" if form.name == "pytest" else name


def _put_all(files: Mapping[Path, bytes], options: Options) -> None:
    """Write them; none, if one would replace a test, which is there to be worked on."""
    if options.form == "pytest" and not options.force:
        for file, data in files.items():
            if _is_another(file, data):
                raise UsageError(
                    f"{file} is there, and is another", hint="-O another file, or --force"
                )
    for file, data in files.items():
        _put(file, data, private=options.with_secrets)


def _is_another(file: Path, data: bytes) -> bool:
    try:
        return file.read_bytes() != data
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _put(file: Path, data: bytes, *, private: bool) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if private:
            file.touch(mode=0o600)
            file.chmod(0o600)
        file.write_bytes(data)
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}") from error


def _say_written(here: Here, files: Sequence[Path], captures: int) -> None:
    console = here.console
    if console.json:
        from hookcli.cli.render.ndjson import dumped, head

        names = [str(file) for file in files]
        console.out(dumped(head("exported", here.now) | {"files": names, "captures": captures}))
        return
    where = str(files[0]) if len(files) == 1 else f"{len(files):,} files in {files[0].parent}"
    console.say(f"wrote {plural(captures, 'capture')} to {safe(where)}")


def _say_left_out(here: Here, fields: Sequence[str]) -> None:
    if not fields:
        return
    counted = ", ".join(
        safe(name) if count == 1 else f"{safe(name)} ×{count}"
        for name, count in Counter(fields).items()
    )
    text = f"{plural(len(fields), 'credential')} left out: {counted}"
    here.console.notice(text, "--with-secrets keeps them")
