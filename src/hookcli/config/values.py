"""Text and TOML values to typed ones; each raises ValueError with the sentence that says what is wanted."""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)?")
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})
_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost"})


def duration_ms(value: object) -> int:
    """`30s`, `1.5m`, `2h`, `7d`, `1h30m` or a number of seconds, in milliseconds."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return round(value * 1000)
    text = value.strip().lower() if isinstance(value, str) else ""
    found = list(_DURATION.finditer(text))
    if not found or "".join(match[0] for match in found) != text:
        raise ValueError("a time is wanted, such as 30s, 5m, 2h or 7d")
    if len(found) > 1 and not all(match[2] for match in found):
        raise ValueError("a time is wanted, such as 1h30m: every number with its unit")
    return round(sum(float(match[1]) * _UNITS_MS[match[2] or "s"] for match in found))


def whole(value: object) -> int:
    """A whole number, 0 or more."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    raise ValueError("a whole number is wanted, 0 or more")


def positive(value: object) -> int:
    """A whole number, 1 or more."""
    try:
        if number := whole(value):
            return number
    except ValueError:
        pass
    raise ValueError("a whole number is wanted, 1 or more")


def flag(value: object) -> bool:
    """true or false."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    raise ValueError("true or false is wanted")


def text(value: object) -> str:
    """Text that is not empty."""
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise ValueError("text is wanted, in quotes")


def texts(value: object) -> tuple[str, ...]:
    """A list of texts; one text is a list of one."""
    if isinstance(value, str):
        return (text(value),)
    if isinstance(value, list):
        return tuple(text(item) for item in value)
    raise ValueError("a list of texts is wanted")


def one_of(value: object, allowed: Iterable[str]) -> str:
    """One of the words."""
    words = list(allowed)
    if isinstance(value, str) and value in words:
        return value
    raise ValueError(f"{' or '.join(words)} is wanted")


def origin(value: object) -> str:
    """A relay's origin, `https://hooks.example.com[:port]`; without a scheme it is https."""
    given = text(value)
    url = (
        given if "://" in given else f"{'http' if is_loopback('//' + given) else 'https'}://{given}"
    )
    parts = _split(url, "a relay's URL is wanted, such as https://hooks.example.com")
    if parts.username or parts.password:
        raise ValueError(
            "a URL without user and password is wanted; tokens go through `hookcli login`"
        )
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("a relay's URL has no path: https://hooks.example.com")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def target(value: object) -> str:
    """Where events go: `8000`, `8000/hooks`, `:8000`, `localhost:8000` or a URL, without end slash."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    given = text(value)
    if given.isascii() and given.partition("/")[0].isdigit():
        given = f"localhost:{given}"
    elif given.startswith(":"):
        given = f"localhost{given}"
    url = given if "://" in given else f"http://{given}"
    wanted = "a port, host:port or http(s) URL is wanted, such as 8000 or localhost:8000/hooks"
    parts = _split(url, wanted)
    if parts.query or parts.fragment:
        raise ValueError("a target has no query: what the sender asked for is kept as it is")
    if parts.username or parts.password:
        raise ValueError("a target has no user and password; try: -H 'Authorization: …'")
    if any(ch <= " " or ch > "~" for ch in url):
        raise ValueError(wanted)
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def _split(url: str, wanted: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return parts
    except ValueError:
        pass
    raise ValueError(wanted)


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine, by name or address, without asking the network."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
        if host in _LOCAL_NAMES or host.endswith(".localhost"):
            return True
        return ip_address(host).is_loopback
    except ValueError:
        return False
