"""Which log a relay has: its own file, or NATS JetStream where the settings name it."""

from typing import TYPE_CHECKING

from relay_server import derived
from relay_server.log.base import Log
from relay_server.settings import SettingError, Settings

if TYPE_CHECKING:
    from relay_server.log.nats.log import NatsLog


def chosen(settings: Settings) -> Log:
    """The log, not yet opened.

    Raises:
        SettingError: the address of NATS cannot be, or its client is not installed.
    """
    if settings.log is not None:
        return on_nats(settings)
    from relay_server.log.sqlite import SqliteLog

    return SqliteLog(
        settings.data,
        retention=derived.retention(settings, disk=0),
        low_water=settings.low_water,
        tail_bytes=settings.tail_bytes,
    )


def on_nats(settings: Settings) -> "NatsLog":
    """The log where `log` says.

    Raises:
        SettingError: it cannot be, or the client of NATS is not installed.
    """
    try:
        from relay_server.log.nats.address import check
        from relay_server.log.nats.log import NatsLog
    except ImportError as error:
        raise SettingError("a log on NATS needs more: pip install 'hookcli[cluster]'") from error
    check(settings)
    retention = derived.retention(settings, disk=0)
    return NatsLog(settings, retention=retention, tail_bytes=settings.tail_bytes)
