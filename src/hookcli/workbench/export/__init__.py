"""Captures in the forms other tools read."""

from collections.abc import Sequence
from dataclasses import dataclass

from hookcli.errors import UsageError
from hookcli.workbench import message, records
from hookcli.workbench.export import curl, har, httpie, pytests, shell
from hookcli.workbench.export.item import Exported, Item
from hookcli.workbench.export.redact import credentials, redact

__all__ = ["FORMATS", "Exported", "Format", "Item", "credentials", "export", "find"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One form of export."""

    name: str
    suffix: str
    """For file names."""
    many: bool
    """One file can hold several captures."""
    answers: bool
    """It holds what the program answered, too."""
    says: str
    """One line for help."""


_ALL = (
    Format(
        name="curl",
        suffix=".sh",
        many=True,
        answers=False,
        says="a command line that sends the same bytes",
    ),
    Format(name="httpie", suffix=".sh", many=True, answers=False, says="the same for HTTPie"),
    Format(
        name="http",
        suffix=".http",
        many=False,
        answers=False,
        says="an HTTP message for editors and reviews",
    ),
    Format(
        name="har",
        suffix=".har",
        many=True,
        answers=True,
        says="an HTTP Archive with the last answers",
    ),
    Format(
        name="pytest",
        suffix=".py",
        many=True,
        answers=False,
        says="a test file that sends them again",
    ),
    Format(
        name="ndjson",
        suffix=".ndjson",
        many=True,
        answers=True,
        says="event and attempt records, one a line",
    ),
    Format(
        name="raw",
        suffix=".txt",
        many=False,
        answers=False,
        says="the request as it goes over a connection",
    ),
)
FORMATS = {one.name: one for one in _ALL}
"""Every form by its name, in the order of help."""


def find(name: str) -> Format:
    """The form called `name`; UsageError names those there are."""
    if name not in FORMATS:
        raise UsageError(f"{name!r} is no form of export", hint=", ".join(FORMATS))
    return FORMATS[name]


def export(
    name: str,
    items: Sequence[Item],
    *,
    with_secrets: bool = False,
    to: str = "",
    files: bool = False,
    version: str = "",
) -> Exported:
    """The captures in the form called `name`.

    Unless `with_secrets`, credentials are left out and named in the result. Commands and tests go
    to `to` (an origin with an optional base path), or where the sender, or the last attempt, went.
    With `files`, what is better read by itself is given beside it: bodies too large for a command
    line, the webhooks of a test. `version` is hookcli's.
    """
    form = find(name)
    if not items:
        raise UsageError("nothing to export")
    if len(items) > 1 and not form.many:
        raise UsageError(
            f"a file of the form {name} holds one capture, and these are {len(items)}",
            hint="one after the other, or export ndjson",
        )
    left: tuple[str, ...] = ()
    kept = list(items)
    if not with_secrets:
        cleared = [redact(item, answers=form.answers) for item in items]
        kept = [item for item, _ in cleared]
        left = tuple(field for _, fields in cleared for field in fields)
    data, beside = _write(name, kept, to, files=files, version=version)
    return Exported(data=data, files=beside, left_out=left)


def _write(
    name: str, items: Sequence[Item], to: str, *, files: bool, version: str
) -> tuple[bytes, dict[str, bytes]]:
    match name:
        case "curl" | "httpie":
            return _commands(name, items, to, files=files)
        case "http" | "raw":
            item = items[0]
            if name == "raw":
                return message.wire(item.request), {}
            return message.write(item.request, http_version=item.capture.http_version), {}
        case "har":
            return har.archive(items, version=version), {}
        case "pytest":
            return pytests.with_files(items, to=to) if files else (pytests.module(items, to=to), {})
        case _:
            return b"".join(_lines(item) for item in items), {}


def _commands(
    name: str, items: Sequence[Item], to: str, *, files: bool
) -> tuple[bytes, dict[str, bytes]]:
    command = curl.command if name == "curl" else httpie.command
    beside: dict[str, bytes] = {}
    parts: list[bytes] = []
    for item in items:
        file_name = ""
        if files and not shell.inline(item.body) and len(item.body) > shell.MOST_BINARY:
            file_name = f"{item.capture.id}.body"
            beside[file_name] = item.body
        parts.append(command(item.request, to=to, body_file=file_name) + b"\n")
    return b"\n".join(parts), beside


def _lines(item: Item) -> bytes:
    told = item.capture.told
    made = [records.event_record(item.capture, item.body)]
    made += [records.attempt_record(attempt) for attempt in item.attempts]
    if told is not None:
        at = item.capture.received_at + round(told.ms * 1000)
        made.append(records.reply_record(item.capture.id, told, at=at))
    return b"".join(records.line(record) for record in made)
