"""Settings from all their places, each value with where it came from.

    built-in  <  the user's file  <  the project's file  <  HOOKCLI_*  <  flags

Within a file, `[profile.NAME]` goes over the keys above it. Nothing is read but the files named
and the mapping passed as environment.
"""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hookcli.config import schema, tables, trust
from hookcli.config.paths import Paths
from hookcli.config.schema import BY_NAME, KEYS, Key
from hookcli.errors import ConfigError, UsageError

BUILT_IN = "built-in"

_TOP = tuple(name for name in BY_NAME if "." not in name)
"""The keys that stand in no table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value and its origin."""

    value: object
    origin: str
    """A file, a variable, a flag or `built-in`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A key of a project's file that only a trusted one may set."""

    file: Path
    key: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that is set."""

    settings: Mapping[str, Setting]
    secrets: Mapping[str, tuple[str, ...]]
    """Name to references, `env:NAME` or `file:PATH`."""
    secrets_from: Mapping[str, str]
    keys: Mapping[str, str] = field(default_factory=dict)
    """Of the screen: an action's id to its keys."""
    views: Mapping[str, str] = field(default_factory=dict)
    """Of the screen: a name to its filter."""
    texts_from: Mapping[str, str] = field(default_factory=dict)
    """`keys.ACTION` and `views.NAME` to the file that says so."""
    routes: tuple[tables.Route, ...] = ()
    """In order: the project's before the user's."""
    schemes: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Signature schemes of the user's own, as they stand in the file."""
    profile: str = ""
    files: tuple[Path, ...] = ()
    """The files that were read."""
    ignored: tuple[Ignored, ...] = ()

    def origin(self, name: str) -> str:
        """Where the value comes from."""
        return self.settings[name].origin

    def text(self, name: str) -> str | None:
        """A text, or None when not set."""
        value = self.settings[name].value
        return value if isinstance(value, str) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self.settings[name].value
        return tuple(value) if isinstance(value, tuple) else ()

    def number(self, name: str) -> int | None:
        """A number or a time in milliseconds, or None when not set."""
        value = self.settings[name].value
        return value if isinstance(value, int) else None

    def flag(self, name: str) -> bool:
        """true or false."""
        return self.settings[name].value is True


@dataclass(slots=True)
class _Layers:
    """What has been read so far; the later wins."""

    settings: dict[str, Setting]
    secrets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    secrets_from: dict[str, str] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=lambda: {"keys": {}, "views": {}})
    """The tables that only hold texts."""
    texts_from: dict[str, str] = field(default_factory=dict)
    routes: list[tables.Route] = field(default_factory=list)
    schemes: dict[str, Mapping[str, object]] = field(default_factory=dict)
    ignored: list[Ignored] = field(default_factory=list)

    def put(self, key: Key, value: object, origin: str) -> None:
        self.settings[key.name] = Setting(value=value, origin=origin)


def load(
    *,
    paths: Paths,
    environ: Mapping[str, str],
    project: Path | None = None,
    profile: str | None = None,
    flags: Mapping[str, object] | None = None,
    known_relays: Iterable[str] = (),
) -> Settings:
    """Read everything.

    Args:
        project: The project's file, if there is one.
        flags: Key to value as typed; None means not given.
        known_relays: Origins that the user has logged in to.

    Raises:
        ConfigError: a file or variable is wrong; the message names the file and the key.
        UsageError: a flag is wrong, or there is no such profile.
    """
    layers = _Layers({key.name: Setting(value=key.default, origin=BUILT_IN) for key in KEYS})
    named = environ.get("HOOKCLI_CONFIG")
    user = Path(named).expanduser() if named else paths.user_file
    if named and not user.is_file():
        raise ConfigError(f"HOOKCLI_CONFIG names {user}, which is not a file")
    profile = profile or environ.get("HOOKCLI_PROFILE") or ""
    files = []
    if user.is_file():
        files.append(user)
        _apply_file(layers, user, read(user), profile=profile, guard=None)
    elif profile:
        raise _no_profile(profile, user, ())
    if project is not None and project != user:
        files.append(project)
        guard = trust.guard(project, paths.trusted, frozenset(known_relays))
        _apply_file(layers, project, read(project), profile="", guard=guard)
    _apply_environ(layers, environ)
    _apply_flags(layers, flags or {})
    return Settings(
        settings=layers.settings,
        secrets=layers.secrets,
        secrets_from=layers.secrets_from,
        keys=layers.texts["keys"],
        views=layers.texts["views"],
        texts_from=layers.texts_from,
        routes=tuple(layers.routes),
        schemes=layers.schemes,
        profile=profile,
        files=tuple(files),
        ignored=tuple(layers.ignored),
    )


def read(file: Path) -> dict[str, object]:
    """A TOML file.

    Raises:
        ConfigError: it cannot be read or is not TOML; the message names file and line.
    """
    try:
        with file.open("rb") as stream:
            return tomllib.load(stream)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ConfigError(f"{file} cannot be read: {reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not valid TOML", why=(str(error),)) from error


def unknown_key(file: Path | str, key: str, valid: Iterable[str]) -> ConfigError:
    """The error for a key that does not exist."""
    valid = list(valid)
    near = difflib.get_close_matches(key, valid, n=1, cutoff=0.5)
    near = near or difflib.get_close_matches(key.rpartition(".")[2], valid, n=1, cutoff=0.5)
    hint = f"{near[0]}" if near else "hookcli config list, for all keys"
    return ConfigError(f"{file}: unknown key {key}", hint=hint)


def parse(key: Key, value: object, where: str) -> object:
    """The typed value.

    Raises:
        ConfigError: it is of the wrong kind; the message names `where` and the key.
    """
    try:
        return key.parse(value)
    except ValueError as error:
        raise ConfigError(f"{where}: {key.name} = {_shown(value)}: {error}") from None


def _apply_file(
    layers: _Layers,
    file: Path,
    table: Mapping[str, object],
    *,
    profile: str,
    guard: "trust.Guard | None",
) -> None:
    for name, value in table.items():
        if name == "profile":
            continue
        if name == "secrets":
            _apply_secrets(layers, file, value, guard)
        elif name == "ui":
            _apply_ui(layers, file, value, guard)
        elif name == "route":
            _apply_routes(layers, file, value, guard)
        elif name == "scheme":
            layers.schemes |= tables.schemes(file, value)
        elif name in layers.texts:
            given = _texts(file, name, value)
            layers.texts[name] |= given
            layers.texts_from |= {f"{name}.{one}": str(file) for one in given}
        elif name in _TOP:
            _apply_key(layers, file, BY_NAME[name], value, guard)
        else:
            raise unknown_key(file, name, [*_TOP, *schema.TABLES])
    profiles = _profiles(file, table)
    if guard is not None and profiles:
        why = "profiles belong in the user's file"
        layers.ignored.append(Ignored(file=file, key="profile", why=why))
    elif profile:
        if profile not in profiles:
            raise _no_profile(profile, file, profiles)
        for name, value in profiles[profile].items():
            _apply_key(layers, file, BY_NAME[name], value, guard, f" [profile.{profile}]")


def _profiles(file: Path, table: Mapping[str, object]) -> dict[str, dict[str, object]]:
    tables = table.get("profile", {})
    if not isinstance(tables, dict):
        raise ConfigError(f"{file}: profile is a table: [profile.NAME]")
    for name, keys in tables.items():
        if not isinstance(keys, dict):
            raise ConfigError(f"{file}: profile.{name} is a table: [profile.{name}]")
        for key, value in keys.items():
            if key not in _TOP:
                raise unknown_key(file, f"profile.{name}.{key}", _TOP)
            parse(BY_NAME[key], value, f"{file} [profile.{name}]")
    return tables


def _apply_key(
    layers: _Layers,
    file: Path,
    key: Key,
    value: object,
    guard: "trust.Guard | None",
    part: str = "",
) -> None:
    typed = parse(key, value, f"{file}{part}")
    if key.name == "store" and isinstance(typed, str):
        typed = str(file.parent / Path(typed).expanduser())
    if guard is not None and (why := guard.objection(key, typed)):
        layers.ignored.append(Ignored(file=file, key=key.name, why=why))
        return
    layers.put(key, typed, f"{file}{part}")


def _table(file: Path, name: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ConfigError(f"{file}: {name} is a table: [{name}]")
    return value


def _apply_ui(layers: _Layers, file: Path, value: object, guard: "trust.Guard | None") -> None:
    for name, inner in _table(file, "ui", value).items():
        key = BY_NAME.get(f"ui.{name}")
        if key is None:
            raise unknown_key(file, f"ui.{name}", [one for one in BY_NAME if one not in _TOP])
        _apply_key(layers, file, key, inner, guard)


def _apply_routes(layers: _Layers, file: Path, value: object, guard: "trust.Guard | None") -> None:
    given = []
    for route in tables.routes(file, value):
        objections = [guard.objection(BY_NAME["forward"], to) for to in route.to] if guard else []
        if why := next(filter(None, objections), ""):
            layers.ignored.append(Ignored(file=file, key="route.to", why=why))
        else:
            given.append(route)
    layers.routes[:0] = given


def _texts(file: Path, name: str, value: object) -> dict[str, str]:
    given = _table(file, name, value)
    for key, text in given.items():
        if not isinstance(text, str):
            raise ConfigError(f"{file}: {name}.{key}: text is wanted, in quotes")
    return {key: str(text) for key, text in given.items()}


def _apply_secrets(layers: _Layers, file: Path, value: object, guard: "trust.Guard | None") -> None:
    for name, references in _table(file, "secrets", value).items():
        given = references if isinstance(references, list) else [references]
        try:
            parsed = tuple(schema.reference(one) for one in given)
        except ValueError as error:
            raise ConfigError(f"{file}: secrets.{name}: {error}") from None
        located = tuple(_located(one, file.parent) for one in parsed)
        if guard is not None and (why := guard.objection_to_secrets(located)):
            layers.ignored.append(Ignored(file=file, key=f"secrets.{name}", why=why))
            continue
        layers.secrets[name] = located
        layers.secrets_from[name] = str(file)


def _located(reference: str, folder: Path) -> str:
    kind, _, rest = reference.partition(":")
    return f"file:{folder / Path(rest).expanduser()}" if kind == "file" else reference


def _apply_environ(layers: _Layers, environ: Mapping[str, str]) -> None:
    for key in KEYS:
        if key.env and (value := environ.get(key.env)):
            layers.put(key, parse(key, value, key.env), key.env)
    for name, value in environ.items():
        scheme = name.removeprefix("HOOKCLI_SECRET_")
        if scheme != name and scheme and value:
            spelled = scheme.lower().replace("_", "-")
            layers.secrets[spelled] = (f"env:{name}",)
            layers.secrets_from[spelled] = name


def _apply_flags(layers: _Layers, flags: Mapping[str, object]) -> None:
    for name, value in flags.items():
        if value is None:
            continue
        key = BY_NAME[name]
        flag = f"--{name.replace('_', '-')}"
        try:
            layers.put(key, key.parse(value), flag)
        except ValueError as error:
            raise UsageError(f"{flag} {_shown(value)}: {error}") from None


def _no_profile(profile: str, file: Path, profiles: Iterable[str]) -> UsageError:
    names = sorted(profiles)
    why = (f"{file} has: {', '.join(names)}",) if names else (f"{file} has no profiles",)
    return UsageError(f"no profile is called {profile}", why=why, hint="hookcli config list")


def _shown(value: object) -> str:
    shown = repr(value) if isinstance(value, str) else str(value)
    return shown if len(shown) <= 60 else shown[:59] + "…"
