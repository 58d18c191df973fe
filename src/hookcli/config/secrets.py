"""Secrets: named by reference, read when needed, written to files of mode 0600, never shown."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hookcli.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A value that no text made of this object shows."""

    value: str = field(repr=False)
    source: str
    """Where it was found, for people: a variable, a file."""


def resolve(reference: str, environ: Mapping[str, str], *, name: str) -> Secret:
    """The secret behind `env:NAME` or `file:PATH`; the end of a file's last line is not part of it.

    Raises:
        ConfigError: the variable is not set, or the file cannot be read or is empty.
    """
    kind, _, rest = reference.partition(":")
    if kind == "env":
        if value := environ.get(rest):
            return Secret(value=value, source=rest)
        raise ConfigError(f"secret {name}: the variable {rest} is not set")
    try:
        value = Path(rest).expanduser().read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise ConfigError(f"secret {name}: {rest} cannot be read: {reason}") from error
    if not value:
        raise ConfigError(f"secret {name}: {rest} is empty")
    return Secret(value=value, source=rest)


def available(
    name: str, references: Sequence[str], environ: Mapping[str, str]
) -> tuple[list[Secret], list[str]]:
    """The secrets that can be read, and why others cannot."""
    found, faults = [], []
    for reference in references:
        try:
            found.append(resolve(reference, environ, name=name))
        except ConfigError as error:
            faults.append(error.message)
    return found, faults


def write_private(file: Path, text: str) -> None:
    """Replace a file at once by one of mode 0600, in a folder of mode 0700 if it must be made.

    Raises:
        ConfigError: it cannot be written, or the text holds what is no Unicode.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{file} cannot be written: not UTF-8") from None
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes it 0600 from its first byte on.
        handle, made = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(made).replace(file)
        except BaseException:
            Path(made).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from error


def reference(scheme: str) -> str:
    """How a secret of that scheme is referred to in examples: `env:STRIPE_WEBHOOK_SECRET`."""
    return f"env:{scheme.upper().replace('-', '_')}_WEBHOOK_SECRET"
