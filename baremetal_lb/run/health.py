"""`/healthz` and `/readyz` for probes, `/metrics` for Prometheus, on the port of --metrics-port."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from baremetal_lb.model.errors import PortTaken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aiohttp import web
    from prometheus_client.registry import Collector


async def serve_health(
    port: int, hindrances: Callable[[], Sequence[str]], collectors: Iterable[Collector] = ()
) -> None:
    """Answer until cancelled: 200 while the process lives; on /readyz 503 and what hinders, if anything.

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
        found = hindrances()
        text = "".join(f"not ready: {each}\n" for each in found)
        return web.Response(text=text, status=503) if found else web.Response(text="ok\n")

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
        raise PortTaken(port, "tcp", "--metrics-port", exc.strerror or str(exc)) from exc
    finally:
        await runner.cleanup()
