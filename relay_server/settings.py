"""What an operator can set: one field each, `HOOKCLI_RELAY_` and its upper-case name in the environment.

The same names, in lower case, are the keys of a file; the environment goes before it.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from relay_server.rates import Rate

PREFIX = "HOOKCLI_RELAY_"
CONFIG = "HOOKCLI_RELAY_CONFIG"
"""Names the file; it is no setting itself."""
_MAY_BE_NONE = frozenset(
    [
        "endpoint_rate",
        "endpoint_byte_rate",
        "address_rate",
        "address_byte_rate",
        "proxy_hops",
        "total_bytes",
        "address_connections",
        "endpoints_per_address",
    ]
)

RESTART = frozenset(
    [
        "listen",
        "public_url",
        "data",
        "key",
        "open_registration",
        "admin",
        "log_format",
        "log",
        "log_replicas",
        "log_streams",
        "log_prefix",
        "log_credentials",
        "log_ca",
        "log_tls",
        "node",
    ]
)
"""What a running relay does not change; everything else it does, when it is told to read again."""


class SettingError(Exception):
    """A setting that cannot be; the text names the variable, its value and what is wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one relay runs."""

    listen: str = ":8080"
    """Where senders and listeners connect: `HOST:PORT`, `:PORT` for every address."""
    public_url: str | None = None
    """The origin that senders see, such as `https://hooks.example.com`; else derived from `listen`."""
    data: Path = Path("relay-data")
    """The folder of the log; created with mode 0700."""
    log: str | None = None
    """`nats://HOST:PORT,HOST:PORT`: the log is on NATS JetStream, and any number of relays share
    it; without it the log is a file in `data`."""
    log_replicas: int = 3
    """How many servers of NATS keep an event; its sender is answered when most of them have it."""
    log_streams: int = 8
    """Over how many streams of JetStream the endpoints are spread; fixed by the first start."""
    log_prefix: str = "hookcli"
    """What every stream, bucket and subject of this log begins with."""
    log_credentials: str | None = None
    """A file of NATS credentials (`.creds`), or of an NKey's seed (`.nk`); a `.creds` file is read again
    for every connection."""
    log_ca: str | None = None
    """A PEM file of the authorities that NATS is believed by; without it the system's."""
    log_tls: str | None = None
    """`CERT,KEY`: two PEM files that show NATS who the relay is."""
    node: str | None = None
    """What this relay is called among others, in metrics and in its first line; without it the
    host's name."""
    tls: str | None = None
    """`CERT,KEY`: two PEM files; without it the relay speaks plain HTTP, behind a proxy that does not."""
    key: str | None = None
    """The relay's own key, which creates endpoints; without it one is made at the first start."""
    open_registration: bool = False
    """Anyone who reaches the relay may create endpoints; only on a loopback address."""
    log_format: Literal["json", "text"] = "json"
    """How the lines on stdout are written: `json` for programs, `text` for people."""
    admin: str | None = None
    """`HOST:PORT` of a second, private port with health, readiness and metrics, without a key."""

    max_body: int = 25 << 20
    """The longest request body, in bytes; above it 413."""
    max_head: int = 64 << 10
    """The longest request head, in bytes; above it 431."""
    max_fields: int = 200
    """The most header fields of a request; above it 431."""
    body_budget: int = 64 << 20
    """Bytes of request bodies in memory at once; large ones wait, then 503."""
    answer_budget: int = 64 << 20
    """Bytes of programs' answers in memory at once; above it senders get the ack, and of the listeners
    that are sending one the largest loses its stream."""
    endpoint_budget: int = 16 << 20
    """One endpoint's part of either budget: a flood on it fills that, and nobody else's."""
    max_held: int = 10_000
    """The most senders held for an answer at once; above it they get the ack."""
    endpoint_held: int = 2_000
    """The most of them that are one endpoint's."""
    max_connections: int = 20_000
    """The most open connections; above it new ones are closed."""
    address_connections: int = 1_000
    """The most of them from one address (of IPv6: one /64), 0: no limit; this machine's own and,
    with `proxy_hops`, those of proxies are not limited."""
    max_listeners: int = 1_024
    """The most listeners of one endpoint."""
    max_endpoints: int = 100_000
    """The most endpoints of the relay; above it 429."""
    endpoints_per_address: int = 1_000
    """The most of them created from one address, 0: no limit; this machine's own are not limited."""

    endpoint_rate: float = 1_000.0
    """Webhooks a second to one endpoint; above it 429. 0: no limit, as of every rate."""
    endpoint_burst: float = 10_000.0
    """Webhooks that may come to one endpoint at once."""
    endpoint_byte_rate: float = 64 << 20
    """Bytes of bodies a second to one endpoint."""
    endpoint_byte_burst: float = 1 << 30
    """Bytes of bodies that may come to one endpoint at once."""
    address_rate: float = 500.0
    """Webhooks a second from one address (of IPv6: one /64); this machine's own is not limited."""
    address_burst: float = 5_000.0
    """Webhooks that may come from one address at once."""
    address_byte_rate: float = 32 << 20
    """Bytes of bodies a second from one address."""
    address_byte_burst: float = 512 << 20
    """Bytes of bodies that may come from one address at once."""
    proxy_hops: int = 0
    """How many proxies stand in front: as many entries at the end of `X-Forwarded-For` are believed."""
    schema_bytes: int = 1 << 20
    """The longest body that is checked against an endpoint's schema; a longer one does not fit."""
    schema_timeout_ms: int = 500
    """How long one such check may take; then it counts as not checked."""
    allow_sets: str | None = None
    """A JSON file of named lists of networks that endpoints may allow; over the built-in ones."""

    head_timeout_s: float = 10.0
    """How long a request head may take, from its first byte or the connection's beginning."""
    request_timeout_s: float = 60.0
    """How long a whole request may take."""
    idle_timeout_s: float = 75.0
    """How long a connection may wait for its next request."""
    min_rate: int = 1_024
    """Bytes a second below which a request body is given up, once `head_timeout_s` have passed."""
    silence_s: float = 10.0
    """A stream on which nothing came for so long is closed."""

    deadline_ms: int = 10_000
    """How long a sender is held for the program's answer, where its endpoint does not say."""
    max_deadline_ms: int = 55_000
    """The longest deadline that an endpoint or a listener may ask for."""
    window_events: int = 256
    """Events under way on one stream without an `Ack`."""
    window_bytes: int = 8 << 20
    """Bytes under way on one stream without an `Ack`; one event always may."""
    max_message: int = (16 << 20) + (64 << 10)
    """The longest message a listener may send, in bytes: a `Result` with its body."""

    retention_s: int = 7 * 24 * 3600
    """How long events are kept, in seconds."""
    endpoint_bytes: int = 1 << 30
    """How many bytes of events an endpoint may hold; the oldest leave first."""
    total_bytes: int = 0
    """How many bytes of events all endpoints may hold; 0: three quarters of the disk. Above it those
    that hold more than an equal share lose their oldest, and never anybody else."""
    low_water: int = 64 << 20
    """Free bytes of the disk below which events are refused with 503; at most a twentieth of it."""
    tail_bytes: int = 16 << 20
    """Bytes of the newest events kept in memory for listeners that keep up."""

    @property
    def address(self) -> tuple[str, int]:
        """The host (empty for every address) and port of `listen`."""
        return parse_listen(self.listen)

    @property
    def tls_files(self) -> tuple[Path, Path] | None:
        """The certificate's and the key's file."""
        if self.tls is None:
            return None
        cert, _, key = self.tls.partition(",")
        return Path(cert), Path(key)

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str], *, file: Path | None = None, **over: Any
    ) -> "Settings":
        """Settings from a file, over them `HOOKCLI_RELAY_*`, over them the keywords not None.

        Raises:
            SettingError: the file cannot be read, a name is unknown or its value cannot be.
        """
        known = {field.name: field for field in fields(cls)}
        given = [(f"{file}: {name}", name, value) for name, value in _read(file).items()]
        given += [
            (variable, variable.removeprefix(PREFIX).lower(), text)
            for variable, text in environ.items()
            if variable.startswith(PREFIX) and variable != CONFIG
        ]
        found: dict[str, Any] = {}
        for where, name, value in given:
            if name not in known:
                raise SettingError(f"{where}: there is no such setting")
            found[name] = _typed(where, value, known[name].default)
        found |= {name: value for name, value in over.items() if value is not None}
        settings = cls(**found)
        settings.check()
        return settings

    def check(self) -> None:
        """Look at what the types do not say.

        Raises:
            SettingError: a value cannot be.
        """
        parse_listen(self.listen)
        if self.admin is not None:
            parse_listen(self.admin, "ADMIN")
        if self.public_url is not None:
            _check_origin(self.public_url)
        if self.tls is not None and not all(self.tls.partition(",")):
            raise SettingError(f"{PREFIX}TLS: {self.tls!r} is not CERT,KEY")
        if self.log_format not in ("json", "text"):
            raise SettingError(f"{PREFIX}LOG_FORMAT: {self.log_format!r} is not json or text")
        if self.key is not None and len(self.key) < 32:
            raise SettingError(f"{PREFIX}KEY: shorter than 32 characters")
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                none = field.name in _MAY_BE_NONE
                if value < 0 or (value == 0 and not none):
                    least = "0 or more" if none else "above 0"
                    raise SettingError(f"{PREFIX}{field.name.upper()}: {value} is not {least}")

    def rates(self, of: str) -> tuple[Rate, Rate]:
        """Requests and bytes for `endpoint` or `address`."""
        return (
            Rate(per_s=getattr(self, f"{of}_rate"), burst=getattr(self, f"{of}_burst")),
            Rate(per_s=getattr(self, f"{of}_byte_rate"), burst=getattr(self, f"{of}_byte_burst")),
        )

    def at(self, **changes: Any) -> "Settings":
        """The same with some fields changed."""
        return replace(self, **changes)


def parse_listen(text: str, name: str = "LISTEN") -> tuple[str, int]:
    """Host and port of `HOST:PORT`, `[V6]:PORT`, `:PORT` or `PORT`.

    Raises:
        SettingError: it is none of these.
    """
    match = re.fullmatch(r"(?:(?:\[([0-9A-Fa-f:.%]+)\]|([^:\[\]]*)):)?(\d{1,5})", text.strip())
    if match is None or int(match[3]) > 65_535:
        raise SettingError(f"{PREFIX}{name}: {text!r} is not HOST:PORT")
    return match[1] or match[2] or "", int(match[3])


def _check_origin(text: str) -> None:
    parts = urlsplit(text)
    plain = not (parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise SettingError(f"{PREFIX}PUBLIC_URL: {text!r} is not like https://hooks.example.com")
    if parts.path.strip("/"):
        raise SettingError(
            f"{PREFIX}PUBLIC_URL: {text!r} has a path; the relay needs its own origin"
        )


_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 1 << 10, "mib": 1 << 20}
_UNITS |= {"gib": 1 << 30, "ms": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def _read(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    except ValueError as error:
        raise SettingError(f"{file}: not TOML: {error}") from error


def _typed(where: str, value: object, default: object) -> object:
    """The value as the type of the field's default; in a file it may have it already."""
    if isinstance(value, str):
        return _convert(where, value, default)
    if isinstance(default, bool) or isinstance(value, bool):
        fits = isinstance(default, bool) and isinstance(value, bool)
    else:
        fits = isinstance(default, (int, float)) and isinstance(value, (int, float))
    if not fits:
        raise SettingError(f"{where}: {value!r} is not like {default!r}")
    return type(default)(value)  # type: ignore[call-arg]


def _convert(variable: str, text: str, default: object) -> object:
    """The text as the type of the field's default; sizes as `25MiB`, times as `7d`."""
    if isinstance(default, bool):
        if text.lower() not in ("0", "1", "false", "true", "no", "yes"):
            raise SettingError(f"{variable}: {text!r} is not yes or no")
        return text.lower() in ("1", "true", "yes")
    if isinstance(default, (int, float)):
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", text.strip())
        if match is None or match[2].lower() not in _UNITS:
            raise SettingError(f"{variable}: {text!r} is not a number such as {default}")
        value = float(match[1]) * _UNITS[match[2].lower()]
        return int(value) if isinstance(default, int) else value
    return Path(text) if isinstance(default, Path) else text
