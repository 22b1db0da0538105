"""Speakers' objects as an API shows them, to what the controller's machine is told."""

import asyncio
from collections import Counter
from datetime import timedelta
from ipaddress import ip_address

from baremetal_lb.decide.controller.events import NodeInterfacesSeen, ReportLost, ReportSeen, ReportsListed
from baremetal_lb.decide.reports.aggregator import Aggregator
from baremetal_lb.decide.reports.text import write
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.reports import interfaces_object, speaker_object
from baremetal_lb.model.node_interfaces import NodeInterface, NodeInterfaces
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.places import Place, Port
from baremetal_lb.model.reports import Flaw, Report
from baremetal_lb.run.clock import utc_now
from baremetal_lb.run.reports.collector import ReportCollector
from tests.baremetal_lb.fakes.flaky_api import FlakyApi, event, listing, thing

ONE, WEB = ip_address("10.0.0.1"), ObjectKey("x", "web")


def shown(node: str, version: int, *addresses, age: float = 0.0, text: str | None = None) -> dict:
    """A speaker's object."""
    announced = (Place(addresses, node, (Port("eth0", "02:00:00:00:00:01"),)),) if addresses else ()
    written = write(Report(node, announced)) if text is None else text
    raw = speaker_object(ObjectKey("lab", node), None, written, utc_now() - timedelta(seconds=age))
    raw["metadata"]["resourceVersion"] = str(version)
    return raw


async def test_a_conversation(tmp_path):
    """Of two that claim an address the later one counts; what is no report is passed over."""
    api, aggregator, unusable = FlakyApi(), Aggregator(), Counter()
    aggregator.see_service(WEB, (ONE,), None)
    for name in ("a", "b", "c"):
        aggregator.see_node(name, None)
    api.lists.append(
        listing(5, shown("b", 2, ONE, age=3), shown("a", 3, ONE, age=9), thing("kube-root-ca.crt", 1))
    )
    bad = "{}"
    api.watches.extend(
        [
            [
                event("MODIFIED", shown("c", 6, text=bad)),
                event("MODIFIED", shown("c", 7, text=bad)),
                event("MODIFIED", shown("a", 8, ONE)),
                event("DELETED", shown("b", 9)),
                ...,
            ],
        ]
    )
    async with api.running(tmp_path) as kubeconfig, await Client.connect(kubeconfig) as client:
        told = asyncio.Queue()
        collector = ReportCollector(client, "lab", unusable, told.put_nowait)

        def announced_by() -> str:
            aggregator.settle(asyncio.get_running_loop().time())
            return aggregator.conditions[WEB].message.split()[2]

        async def hear(count: int) -> None:
            for _ in range(count):
                match await told.get():
                    case ReportSeen(report, heard_at):
                        aggregator.see_report(report, heard_at)
                    case ReportLost(node):
                        aggregator.lose_report(node)

        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            running = group.create_task(collector.run())
            await hear(2)
            assert await told.get() == ReportsListed()
            assert announced_by() == "b"
            await hear(2)
            assert announced_by() == "a"
            running.cancel()
    assert unusable == {Flaw.MALFORMED: 1}


async def test_what_a_node_told_of_its_interfaces_goes_with_its_object(tmp_path):
    """Also where it could not be read at the end: an address is not reserved for ever by a broken object."""
    api, unusable = FlakyApi(), Counter()
    told = NodeInterfaces("a", (NodeInterface("eth0", bytes(6), (ONE,)),))
    raw = interfaces_object("lab", told, None)
    raw["metadata"]["resourceVersion"] = "3"
    broken = {**raw, "metadata": {**raw["metadata"], "resourceVersion": "6"}, "data": {"interfaces": "{"}}
    gone = {**broken, "metadata": {**raw["metadata"], "resourceVersion": "7"}}
    api.lists.append(listing(5, raw))
    api.watches.extend([[event("MODIFIED", broken), event("DELETED", gone), ...]])
    async with api.running(tmp_path) as kubeconfig, await Client.connect(kubeconfig) as client:
        seen = asyncio.Queue()
        collector = ReportCollector(client, "lab", unusable, seen.put_nowait)
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            running = group.create_task(collector.run())
            assert await seen.get() == NodeInterfacesSeen("a", told)
            assert await seen.get() == ReportsListed()
            assert await seen.get() == NodeInterfacesSeen("a", None)
            running.cancel()
    assert unusable.total() == 1
