"""Where NATS is and how a relay shows itself there, as its own tools take it."""

import re
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from relay_server.log.nats.credentials import Credentials
from relay_server.settings import PREFIX, SettingError, Settings

_SCHEMES = ("nats", "tls")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


def servers(text: str) -> list[str]:
    """The servers of `nats://[USER:PASS@]HOST[:PORT],HOST…` or `tls://…`, each as a URL.

    Raises:
        SettingError: it is not like that; the text never shows what stands before an `@`.
    """
    scheme, found, rest = text.partition("://")
    if not found or scheme not in _SCHEMES:
        raise _not_like_it()
    urls = []
    for one in rest.split(","):
        url = one.strip() if "://" in one else f"{scheme}://{one.strip()}"
        try:
            parts = urlsplit(url)
            fits = parts.scheme in _SCHEMES and parts.hostname and parts.port != 0
        except ValueError:
            raise _not_like_it() from None
        if not fits or parts.path.strip("/") or parts.query or parts.fragment:
            raise _not_like_it()
        urls.append(url.rstrip("/"))
    return urls


def shown(text: str) -> str:
    """The address without what is secret in it."""
    return re.sub(r"(?<=[/,])[^/,@]*@", "", text)


def check(settings: Settings) -> None:
    """Look at all that is said of NATS before anything is connected.

    Raises:
        SettingError: it cannot be; names the variable.
    """
    servers(settings.log or "")
    if _NAME.fullmatch(settings.log_prefix) is None:
        text = f"{settings.log_prefix!r} is not letters, digits, `-` and `_`"
        raise SettingError(f"{PREFIX}LOG_PREFIX: {text}")
    if settings.log_replicas not in range(1, 6):
        raise SettingError(f"{PREFIX}LOG_REPLICAS: JetStream keeps 1 to 5 copies")
    if settings.log_streams not in range(1, 257):
        raise SettingError(f"{PREFIX}LOG_STREAMS: {settings.log_streams} is not 1 to 256")
    if settings.log_tls is not None and not all(settings.log_tls.partition(",")):
        raise SettingError(f"{PREFIX}LOG_TLS: {settings.log_tls!r} is not CERT,KEY")


def credentials(settings: Settings) -> Credentials | None:
    """What shows who the relay is, not yet read; None: what stands in the address does, if anything."""
    path = settings.log_credentials
    return None if path is None else Credentials(Path(path))


def options(settings: Settings) -> dict[str, Any]:
    """What `nats.connect` takes of the rest; reads files.

    Raises:
        SettingError: a file cannot be used.
    """
    found: dict[str, Any] = {"servers": servers(settings.log or "")}
    secure = any(url.startswith("tls://") for url in found["servers"])
    if secure or settings.log_ca is not None or settings.log_tls is not None:
        found["tls"] = _tls(settings)
    return found


def _tls(settings: Settings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.log_ca)
        if settings.log_tls is not None:
            cert, _, key = settings.log_tls.partition(",")
            context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise SettingError(f"{PREFIX}LOG_CA, {PREFIX}LOG_TLS: {error}") from error
    return context


def _not_like_it() -> SettingError:
    return SettingError(f"{PREFIX}LOG: not like nats://host1:4222,host2:4222")
