"""`/healthz` and `/readyz` for probes, on the port of --metrics-port."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from baremetal_lb.model.errors import PortTaken

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web


async def serve_health(port: int, is_ready: Callable[[], bool]) -> None:
    """Answer until cancelled: 200 while the process lives, and on /readyz only once it is ready, else 503."""
    from aiohttp import web  # 0.1 s, for those who ask for it

    async def alive(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def ready(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n") if is_ready() else web.Response(text="not ready\n", status=503)

    app = web.Application()
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, None, port).start()
        await asyncio.Event().wait()
    except OSError as exc:
        raise PortTaken(port, exc.strerror or str(exc)) from exc
    finally:
        await runner.cleanup()
