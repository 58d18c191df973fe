"""Arguments and variables that are no text.

Python hands bytes that are not UTF-8 on as lone surrogates (PEP 383). They stand for themselves in what
goes over the wire as bytes and in the names of files; as text they would be another text in a store, in
JSON and in what is sent, so they end at this door.
"""

import os
from collections.abc import Mapping, Sequence

from hookcli.errors import UsageError

BYTES = frozenset({"-H", "--header", "--path", "--query"})
"""Flags whose value is sent as it was typed."""
FILES = frozenset(
    {"--body", "--config", "--data", "--out", "-O", "--schema", "--secret", "--store", "--tls"}
)
"""Flags whose value names a file."""
_BYTES_VARIABLES = ("HOOKCLI_SECRET_", "HOOKCLI_STORE", "HOOKCLI_CONFIG", "HOOKCLI_RELAY_")


def check(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """Take only what is what it says.

    Raises:
        UsageError: an argument that is text, or a variable of ours, is not UTF-8.
    """
    for before, argument in zip(("", *arguments), arguments, strict=False):
        if not (_is_text(argument) or _may_be_bytes(argument, before)):
            raise UsageError(
                f"{_shown(argument)} is not UTF-8",
                hint="a UTF-8 terminal; any byte may stand in -H, --path, --query and --body @FILE",
            )
    for name, value in environ.items():
        ours = name.startswith("HOOKCLI_") and not name.startswith(_BYTES_VARIABLES)
        if ours and not _is_text(value):
            raise UsageError(f"{name} is not UTF-8")


def _may_be_bytes(argument: str, before: str) -> bool:
    flags = {before, argument.partition("=")[0], argument[:2]}
    return bool(flags & (BYTES | FILES)) or os.path.lexists(argument)


def _is_text(text: str) -> bool:
    return text.isascii() or not any("\udc80" <= char <= "\udcff" for char in text)


def _shown(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
