"""`/healthz` and `/readyz` for probes, `/metrics` for Prometheus, on the port of --metrics-port."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from baremetal_lb.model.errors import PortTaken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aiohttp import web
    from prometheus_client.registry import Collector


async def serve_health(port: int, is_ready: Callable[[], bool], collectors: Iterable[Collector] = ()) -> None:
    """Answer until cancelled: 200 while the process lives, and on /readyz only once it is ready, else 503.

    /metrics is what the collectors give. They are asked on a thread of their own: there may be much to say.
    """
    from aiohttp import web  # 0.1 s each, for those who ask for it
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)

    async def alive(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def ready(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n") if is_ready() else web.Response(text="not ready\n", status=503)

    async def metrics(_request: web.Request) -> web.Response:
        text = await asyncio.to_thread(generate_latest, registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, None, port).start()
        await asyncio.Event().wait()
    except OSError as exc:
        raise PortTaken(port, "--metrics-port", exc.strerror or str(exc)) from exc
    finally:
        await runner.cleanup()
