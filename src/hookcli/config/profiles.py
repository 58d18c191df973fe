"""The user's file, written: comments and order of what the user wrote are kept."""

from pathlib import Path
from typing import TYPE_CHECKING

from hookcli.config.load import parse, read, unknown_key
from hookcli.config.schema import BY_NAME, TABLES
from hookcli.config.secrets import write_private
from hookcli.errors import ConfigError, UsageError

if TYPE_CHECKING:
    import tomlkit
    from tomlkit.items import Table


def put(file: Path, key: str, value: object, *, profile: str = "") -> None:
    """Set a key of the user's file, or of one of its profiles; None removes it.

    Raises:
        ConfigError: no such key, a wrong value, or a file that is not TOML.
        UsageError: a key of the screen, for one profile only.
    """
    import tomlkit
    from tomlkit.items import Table

    if key not in BY_NAME:
        raise unknown_key("hookcli config set", key, [*BY_NAME, *TABLES])
    if value is not None:
        parse(BY_NAME[key], value, "hookcli config set")
    if file.exists():
        read(file)  # names the file and the line if it is not TOML
    document = tomlkit.parse(file.read_text("utf-8") if file.exists() else "")
    table: tomlkit.TOMLDocument | Table = document
    outer, dot, name = key.rpartition(".")
    if profile:
        if dot:
            raise UsageError(f"{key} is the same in every profile", hint="leave -p out")
        table = _profile(document, profile)
    elif dot:
        table = _inner(document, outer)
    if value is None:
        table.pop(name, None)
    else:
        table[name] = list(value) if isinstance(value, tuple) else value
    write_private(file, tomlkit.dumps(document))


def _inner(document: "tomlkit.TOMLDocument", name: str) -> "Table":
    import tomlkit
    from tomlkit.items import Table

    found = document.setdefault(name, tomlkit.table())
    if not isinstance(found, Table):
        raise ConfigError(f"{name} is not a table")
    return found


def _profile(document: "tomlkit.TOMLDocument", name: str) -> "Table":
    import tomlkit
    from tomlkit.items import Table

    profiles = document.setdefault("profile", tomlkit.table(is_super_table=True))
    found = profiles.setdefault(name, tomlkit.table()) if isinstance(profiles, Table) else None
    if not isinstance(found, Table):
        raise ConfigError(f"profile.{name} is not a table")
    return found
