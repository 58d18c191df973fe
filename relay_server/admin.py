"""A second, private port for those who run the relay: health, readiness and metrics, without a key.

Nothing of it touches a webhook, so a server library serves it, and is imported only where it is
wanted: `aiohttp`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from relay_server.answers import Answer
from relay_server.health import Health
from relay_server.settings import parse_listen
from relay_server.status import Status

if TYPE_CHECKING:
    from aiohttp import web

Asked = Callable[[Callable[[Answer], object]], object]
"""Told where its answer goes; gives it now or later."""


class Admin:
    """The private port of one relay."""

    def __init__(self, health: Health, status: Status) -> None:
        self._pages: dict[str, Asked] = {
            "/_/health": health.health,
            "/_/ready": lambda tell: tell(health.ready()),
            "/_/metrics": status.tell,
        }
        self._runner: web.AppRunner | None = None

    async def start(self, listen: str) -> str:
        """Serve on `HOST:PORT`; the origin it is reached at.

        Raises:
            OSError: the address cannot be bound.
        """
        from aiohttp import web

        host, port = parse_listen(listen)
        app = web.Application()
        app.add_routes(web.get(path, _page(asked)) for path, asked in self._pages.items())
        # Signals are the command's; a line a request would drown the events'.
        self._runner = web.AppRunner(app, handle_signals=False, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host or None, port)
        try:
            await site.start()
        except OSError:
            await self.stop()
            raise
        return str(site.name) if port else f"http://{host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Serve no longer."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


def _page(asked: Asked) -> "Callable[[web.Request], Awaitable[web.Response]]":
    from aiohttp import web

    async def page(_: web.Request) -> web.Response:
        told: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        asked(told.set_result)
        answer = await told
        headers = [(name.decode(), value.decode()) for name, value in answer.headers]
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    return page
