"""Statuses are written only by who leads for sure."""

import asyncio
from ipaddress import ip_address

from baremetal_lb.decide.controller.commands import WriteStatus
from baremetal_lb.decide.controller.events import RetryDue, StatusWritten
from baremetal_lb.decide.controller.statuses import Statuses
from baremetal_lb.decide.ipam.allocator import Allocator
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.decide.reports.aggregator import Aggregator
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.services import ServiceView
from baremetal_lb.run.controller.status_writer import StatusWriter
from baremetal_lb.run.metrics.counters import Counters

KEY = ObjectKey("x", "a")


class Api:
    """Takes status writes down."""

    def __init__(self):
        self.asked: list[str] = []

    async def patch(self, target, _body):
        self.asked.append(target.path)
        return {}


async def test_nothing_is_written_while_the_lead_is_uncertain():
    """It is tried again, and written as soon as the lease is renewed; a deposed leader never gets so far."""
    allocator = Allocator()
    allocator.configure(parse_config("address-pools: [{name: p, protocol: layer2, addresses: [10.0.0.1]}]"))
    service = ServiceView(KEY, "u", "1", "", is_load_balancer=True, cluster_ips=(ip_address("10.96.0.1"),))
    allocator.observe(service)
    allocator.settle(0.0)
    statuses = Statuses(allocator, Aggregator())
    api, counters = Api(), Counters()
    seen: list[tuple[int, bool]] = []
    written = asyncio.Event()

    def may_write() -> bool:
        seen.append((len(api.asked), len(seen) >= 2))
        return seen[-1][1]

    def submit(commands) -> None:
        for command in commands:
            assert isinstance(command, WriteStatus)
            writer.submit(command.write)

    def feed(event) -> None:
        match event:
            case RetryDue(key):
                submit(statuses.try_again(key))
            case StatusWritten():
                written.set()

    writer = StatusWriter(api, lambda _raw: None, counters, may_write, feed)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        running = group.create_task(writer.run())
        statuses.submit(KEY, 0.0)
        submit(statuses.start())
        await written.wait()
        running.cancel()
    assert seen == [(0, False), (0, False), (0, True)]
    assert api.asked == ["/api/v1/namespaces/x/services/a/status"]
    assert counters.update_errors == 0
    (allocated,) = statuses.see_written(KEY, 0.1)
    assert allocated.seconds == 0.1
    assert statuses.is_idle
