"""What probes and Prometheus are answered."""

import asyncio
import socket

import aiohttp
import pytest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from baremetal_lb.model.errors import PortTaken
from baremetal_lb.run.health import serve_health


class Depth(Collector):
    def collect(self):
        yield GaugeMetricFamily("depth", "How deep", value=3)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        return opened.getsockname()[1]


async def test_probes_and_metrics_are_answered() -> None:
    """Alive at once, ready when it is, and what the collectors give."""
    port, ready = free_port(), asyncio.Event()

    async def ask(path: str) -> tuple[int, str]:
        async with session.get(f"http://127.0.0.1:{port}{path}") as reply:
            return reply.status, await reply.text()

    async with asyncio.TaskGroup() as group, aiohttp.ClientSession() as session:
        serving = group.create_task(
            serve_health(
                port, lambda: [] if ready.is_set() else ["the first full pass is not done"], [Depth()]
            )
        )
        async with asyncio.timeout(60):
            while True:
                try:
                    assert await ask("/healthz") == (200, "ok\n")
                    break
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.01)
        assert await ask("/readyz") == (503, "not ready: the first full pass is not done\n")
        ready.set()
        assert await ask("/readyz") == (200, "ok\n")
        status, text = await ask("/metrics")
        assert (status, "# TYPE depth gauge\ndepth 3.0\n" in text) == (200, True)
        serving.cancel()


async def test_port_that_is_taken_is_an_error_that_names_it() -> None:
    """Not a traceback."""
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port}"):
            await serve_health(port, list)
