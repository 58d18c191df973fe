"""What the parts of a relay are told, made from its settings."""

import shutil
import socket
from pathlib import Path

from relay_server.admission import Patience
from relay_server.inbound import Limits
from relay_server.log.base import Retention
from relay_server.settings import Settings


def limits(settings: Settings) -> Limits:
    """How large a request may be."""
    return Limits(
        max_body=settings.max_body,
        max_head=settings.max_head,
        max_fields=settings.max_fields,
    )


def patience(settings: Settings) -> Patience:
    """How long a connection may take for what."""
    return Patience(
        head_timeout_s=settings.head_timeout_s,
        request_timeout_s=settings.request_timeout_s,
        idle_timeout_s=settings.idle_timeout_s,
        min_rate=settings.min_rate,
    )


def connections(settings: Settings) -> tuple[int, int]:
    """How many in all, and from one address: behind proxies it is theirs that is seen."""
    each = 0 if settings.proxy_hops else settings.address_connections
    return settings.max_connections, each


def retention(settings: Settings, *, disk: int) -> Retention:
    """What the log keeps, on a disk of so many bytes."""
    return Retention(
        age_s=settings.retention_s,
        endpoint_bytes=settings.endpoint_bytes,
        total_bytes=settings.total_bytes or disk // 4 * 3,
    )


def node(settings: Settings) -> str:
    """What the relay is called among others."""
    return settings.node or socket.gethostname()


def disk(folder: Path) -> int:
    """The size of the disk that the folder is on, or will be; 0 when nobody can say."""
    there = next((one for one in (folder, *folder.absolute().parents) if one.exists()), folder)
    try:
        return shutil.disk_usage(there).total
    except OSError:
        return 0
