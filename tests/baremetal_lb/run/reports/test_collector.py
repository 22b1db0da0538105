"""Speakers' objects as an API shows them, to what the gathering is told."""

import asyncio
from collections import Counter
from datetime import timedelta
from ipaddress import ip_address

from baremetal_lb.decide.reports.aggregator import Gathering
from baremetal_lb.decide.reports.text import write
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.reports import interfaces_object, speaker_object
from baremetal_lb.model.node_interfaces import NodeInterface, NodeInterfaces
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.places import Place, Port
from baremetal_lb.model.reports import Flaw, Report
from baremetal_lb.run.clock import utc_now
from baremetal_lb.run.reports.collector import Hearing
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
    api, gathering, unusable = FlakyApi(), Gathering(), Counter()
    gathering.see_service(WEB, (ONE,), None)
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
        hearing = Hearing(client, "lab", gathering, unusable)
        news = asyncio.Queue()
        hearing.on_news = lambda: news.put_nowait(None)

        def announced_by() -> str:
            gathering.settle(asyncio.get_running_loop().time())
            return gathering.conditions[WEB].message.split()[2]

        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            running = group.create_task(hearing.run())
            await hearing.catch_up()
            assert announced_by() == "b"
            for _ in range(4):
                await news.get()
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
        hearing = Hearing(client, "lab", Gathering(), unusable)
        seen = asyncio.Queue()
        hearing.on_interfaces = lambda node, told: seen.put_nowait((node, told))
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            running = group.create_task(hearing.run())
            await hearing.catch_up()
            assert await seen.get() == ("a", told)
            assert await seen.get() == ("a", None)
            running.cancel()
    assert unusable.total() == 1
