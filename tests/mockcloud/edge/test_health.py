"""Who takes connections before anybody has looked at them."""

import asyncio
import time
from ipaddress import IPv4Address

from mockcloud.cloud.clock import Clock
from mockcloud.cloud.core.forwarding import Backend, Check, Pool, PoolKey, Speaks
from mockcloud.cloud.core.health import HealthStatus
from mockcloud.edge.health import HealthWatch
from mockcloud.edge.news import CloudTime

LOCALHOST = IPv4Address("127.0.0.1")
KEY = PoolKey("balancer", 1, 80)


async def test_who_was_served_before_is_trusted_until_the_first_look():
    """One that serves goes on; one that does not is out at once, though it takes three to be unhealthy."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    closed = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    ports = [each.sockets[0].getsockname()[1] for each in (server, closed)]
    closed.close()
    serving, silent = (Backend(LOCALHOST, port) for port in ports)
    pool = Pool(KEY, Check(Speaks.TCP, 0, 60.0, 5.0, 3, 3), (serving, silent))
    turned, notes = asyncio.Event(), []
    async with server, asyncio.TaskGroup() as group:
        watch = HealthWatch(CloudTime(Clock(time.monotonic, 0.0)), group, turned.set, lambda: notes.append(1))
        assert not watch.takes(KEY, serving)
        watch.trust([pool])
        assert watch.takes(KEY, serving)
        assert watch.takes(KEY, silent)
        watch.watch([pool])
        assert len(notes) == 1
        watch.watch([pool])
        assert len(notes) == 1
        while (
            watch.takes(KEY, silent) or watch.health(KEY, LOCALHOST, ports[0]).status is HealthStatus.UNKNOWN
        ):
            await turned.wait()
            turned.clear()
        assert watch.takes(KEY, serving)
        assert len(notes) == 2  # one is known to be healthy; of the other nothing is told yet
        assert watch.health(KEY, LOCALHOST, ports[1]).status is HealthStatus.UNKNOWN
        watch.watch([])
