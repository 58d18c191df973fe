"""A URL taken apart into what an endpoint is and what was asked of it."""

import re

_URL = re.compile(rb"(?:(https?)://)?([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE | re.DOTALL)


def split(url: bytes, base: str = "") -> tuple[str, bytes]:
    """(endpoint's URL, target): behind `base` where the URL begins with it, else behind the origin.

    A URL without a scheme is http, as for curl. A fragment is never sent.
    """
    target = behind(url.partition(b"#")[0], base)
    if target is not None:
        return base.rstrip("/"), target
    match = _URL.fullmatch(url)
    if match is None or not match[2]:
        raise ValueError(f"{url.decode('utf-8', 'replace')!r} is no URL")
    scheme = (match[1] or b"http").lower().decode()
    return f"{scheme}://{match[2].decode('latin-1')}", match[3]


def behind(url: bytes, base: str) -> bytes | None:
    """The target behind `base`, an endpoint's URL; None where the URL does not begin with it."""
    known = base.rstrip("/").encode()
    rest = url[len(known) :]
    return rest if known and url.startswith(known) and rest[:1] in (b"", b"/", b"?") else None


def authority(url: str) -> bytes:
    """Host and port of a URL, without user and password."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2].encode()
