"""Named lists of networks that endpoints may allow: built in, and over them the operator's file."""

import ipaddress
import json
import re
from collections.abc import Mapping
from pathlib import Path

from relay_server.settings import SettingError

BUILT_IN: Mapping[str, tuple[str, ...]] = {
    # `hooks` of https://api.github.com/meta, read in November 2025.
    "github": (
        "192.30.252.0/22",
        "185.199.108.0/22",
        "140.82.112.0/20",
        "143.55.64.0/20",
        "2a0a:a440::/29",
        "2606:50c0::/32",
    ),
    "loopback": ("127.0.0.0/8", "::1/128"),
}


def load(path: str | None) -> Mapping[str, tuple[str, ...]]:
    """The built-in sets and those of a file, `{"name": ["192.0.2.0/24", …], …}`, which go before.

    Raises:
        SettingError: the file cannot be read, or is something else.
    """
    if path is None:
        return BUILT_IN
    try:
        found = json.loads(Path(path).read_bytes())
        return {**BUILT_IN, **{_name(name): _networks(entries) for name, entries in found.items()}}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise SettingError(f"HOOKCLI_RELAY_ALLOW_SETS: {path}: {error}") from error


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", text):
        raise ValueError(f"{text[:40]!r} is no name such as github")
    return text


def _networks(entries: list[str]) -> tuple[str, ...]:
    if not isinstance(entries, list):
        raise TypeError("a list of networks is wanted")
    return tuple(str(ipaddress.ip_network(entry, strict=False)) for entry in entries)
