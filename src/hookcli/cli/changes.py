"""The flags by which a capture is changed and signed again, and the edits they ask for.

They are applied in this order, whatever the order of writing: method, path, query, fields, the whole
body, values set in it, values removed from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hookcli.errors import UsageError

if TYPE_CHECKING:
    from hookcli.cli.console import Console
    from hookcli.workbench.edits import Edit

Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=TEXT",
        help="set a value in the body; PATH:=JSON for what is no text; repeatable",
    ),
]
Unset = Annotated[
    list[str] | None,
    typer.Option("--unset", metavar="PATH", help="remove a value from the body; repeatable"),
]
Body = Annotated[
    str | None,
    typer.Option("--body", metavar="@FILE|-", help="the whole body, from a file or stdin"),
]
Header = Annotated[
    list[str] | None,
    typer.Option(
        "-H", "--header", metavar="'K: V'", help="set a field; twice the same name: two lines"
    ),
]
DropHeader = Annotated[
    list[str] | None,
    typer.Option("--drop-header", metavar="K", help="remove every field of this name; repeatable"),
]
Method = Annotated[str | None, typer.Option("--method", metavar="M", help="another method")]
NewPath = Annotated[
    str | None, typer.Option("--path", metavar="/X", help="another path; with a ?, query too")
]
Query = Annotated[
    list[str] | None,
    typer.Option("--query", metavar="K=V", help="set a query field; '' drops the query"),
]
Resign = Annotated[
    bool | None,
    typer.Option(
        "--resign/--no-resign",
        help="sign again, or never; default: where it is needed and the secret is known",
    ),
]
SecretFlag = Annotated[
    str | None,
    typer.Option("--secret", metavar="env:NAME|@FILE", help="the secret to sign with"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What the flags say, as typed."""

    set: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    body: str | None = None
    headers: tuple[str, ...] = ()
    drop_headers: tuple[str, ...] = ()
    method: str | None = None
    path: str | None = None
    query: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is to be changed."""
        given = (self.set, self.unset, self.headers, self.drop_headers, self.query)
        return any(given) or any(one is not None for one in (self.body, self.method, self.path))

    def edits(self, console: "Console") -> "tuple[Edit, ...]":
        """The edits; stdin and files are read where the flags name them.

        Raises:
            UsageError: a flag is wrong, or a file cannot be read.
        """
        return tuple(self._edits(console))

    def _edits(self, console: "Console") -> "Iterator[Edit]":
        from hookcli.workbench import edits

        if self.method is not None:
            yield edits.read_method(self.method)
        if self.path is not None:
            yield edits.read_path(self.path)
        yield from (edits.read_query(text) for text in self.query)
        yield from (edits.read_drop_header(text) for text in self.drop_headers)
        yield from edits.read_headers(self.headers)
        if self.body is not None:
            yield edits.SetBody(body=read_body(self.body, console))
        yield from (edits.read_set(text) for text in self.set)
        yield from (edits.read_unset(text) for text in self.unset)


def read_body(text: str, console: "Console") -> bytes:
    """`@FILE`, `@-` or `-`: bytes of a file or of stdin.

    Raises:
        UsageError: it is neither, or the file cannot be read. A body itself is not taken, so that
            a forgotten `@` sends no file's name.
    """
    if text in ("-", "@-"):
        return console.read_bytes()
    if not text.startswith("@"):
        raise UsageError(f"--body {text[:40]}: a file is wanted", hint=f"--body @{text[:40]}")
    return read_file(text[1:], "--body")


def read_file(name: str, flag: str) -> bytes:
    """The bytes of a file that a flag names.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return Path(name).expanduser().read_bytes()
    except OSError as error:
        raise UsageError(f"{flag}: {name} cannot be read: {error.strerror}") from None
