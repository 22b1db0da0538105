"""What the controller does on any Kubernetes API: run on the embedded one by the tests, on a real one too by
`make conformance`. Each takes a Lab with an empty namespace, and pools of its own.
"""

import asyncio
from ipaddress import ip_address

from baremetal_lb.decide.pools.entries import parse_entry
from baremetal_lb.kube.client import MERGE, STRATEGIC, Target
from baremetal_lb.kube.errors import Conflict, NotFound
from baremetal_lb.kube.resources import LEASES, SERVICE_CIDRS, SERVICES
from baremetal_lb.model.announcements import (
    NodeOut,
)
from baremetal_lb.model.api_names import (
    ANNOUNCED,
)
from baremetal_lb.model.conflicts import Conflict as AddressConflict
from baremetal_lb.model.conflicts import ConflictKind
from baremetal_lb.model.places import Place, Port
from baremetal_lb.model.reports import Left, Out, Report, Silence
from baremetal_lb.run.clock import utc_now
from tests.baremetal_lb.fakes.lab import Lab

ONE = ip_address("10.0.0.1")
LAB = "name: lab, addresses: [10.0.0.1-10.0.0.2]"
SHARED = {"baremetal-lb.io/allow-shared-ip": "k"}


async def an_address_and_all_that_tells_of_it(lab: Lab) -> None:
    """Status, annotation, condition and Event; all of it goes with the type."""
    await lab.pools(LAB)
    async with lab.controller():
        await lab.create("web")
        await lab.until(lambda: lab.has("web"))
        raw = lab.raw("web")
        assert raw["status"]["loadBalancer"]["ingress"] == [{"ip": "10.0.0.1", "ipMode": "VIP"}]
        told = {"baremetal-lb.io/ip-allocated-from-pool", "baremetal-lb.io/served-by"}
        assert raw["metadata"]["annotations"].keys() == told
        assert raw["metadata"]["annotations"]["baremetal-lb.io/ip-allocated-from-pool"] == "lab"
        assert lab.says("web") == 'True Allocated: 10.0.0.1 from pool "lab"'
        assert await lab.events("web", expected=1) == ['Normal IPAllocated: Assigned IP ["10.0.0.1"]']
        away = {"spec": {"type": "ClusterIP", "loadBalancerClass": None}}
        await lab.client.patch(Target(SERVICES, lab.namespace, "web"), away, MERGE)
        await lab.until(lambda: not lab.says("web"))
        assert lab.has("web") == ""
        assert not lab.raw("web")["metadata"].get("annotations")


async def who_waits_is_told_why_and_served_when_something_is_free(lab: Lab) -> None:
    """The oldest first."""
    await lab.pools(LAB)
    async with lab.controller():
        for name in ("a", "b", "c"):
            await lab.create(name)
        await lab.until(lambda: lab.says("c"))
        assert lab.says("c") == 'False Exhausted: pool "lab": full: 2 of 2 IPv4 addresses in use'
        await lab.delete("a")
        await lab.until(lambda: lab.has("c") == "10.0.0.1")
        assert [line.split(":")[0] for line in await lab.events("c", expected=2)] == [
            "Warning AllocationFailed",
            "Normal IPAllocated",
        ]


async def two_share_and_a_third_is_told_the_clash(lab: Lab) -> None:
    """Until the port is free."""
    await lab.pools("name: lab, addresses: [10.0.0.1]")
    async with lab.controller():
        await lab.create("a", SHARED)
        await lab.create("b", SHARED, ports=[{"port": 443}])
        await lab.until(lambda: lab.has("a") and lab.has("b"))
        await lab.create("c", SHARED)
        await lab.until(lambda: lab.says("c"))
        clash = f"sharing 10.0.0.1: port TCP/80 is in use by {lab.namespace}/a"
        assert lab.says("c") == (
            f'False SharingRefused: pool "lab": full: 1 of 1 IPv4 addresses in use; {clash}'
        )
        ports = {"spec": {"ports": [{"port": 8080, "protocol": "TCP"}]}}
        await lab.client.patch(Target(SERVICES, lab.namespace, "a"), ports, MERGE)
        await lab.until(lambda: lab.has("c") == "10.0.0.1")
        assert [lab.has("a"), lab.has("b")] == ["10.0.0.1", "10.0.0.1"]


async def two_addresses_of_one_pool(lab: Lab) -> None:
    """RequireDualStack; the API gives the Service both cluster IPs."""
    await lab.pools("name: lab, addresses: [10.0.0.1, 'fd00::1']")
    async with lab.controller():
        await lab.create("a", ipFamilyPolicy="RequireDualStack")
        await lab.until(lambda: lab.has("a"))
        assert lab.has("a") == "10.0.0.1 fd00::1"
        single = {"spec": {"ipFamilyPolicy": "SingleStack"}}
        await lab.client.patch(Target(SERVICES, lab.namespace, "a"), single, MERGE)
        await lab.until(lambda: lab.has("a") == "10.0.0.1")


async def pools_change_under_live_services(lab: Lab) -> None:
    """What is still in a pool stays, what is not is replaced, or kept where the pool said so."""
    await lab.pools(LAB)
    async with lab.controller():
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        await lab.create("b")
        await lab.until(lambda: lab.has("b"))
        await lab.pools("name: new, addresses: [10.0.0.2, 10.1.0.1], on-removal: keep")
        await lab.until(lambda: lab.has("a") == "10.1.0.1")
        await lab.until(lambda: lab.says("b") == 'True Allocated: 10.0.0.2 from pool "new"')
        await lab.pools(text="address-pools: nonsense")
        refused = await lab.events("config", expected=2)
        assert refused[-1].startswith("Warning ConfigRejected: address-pools: is 'nonsense'; expected a list")
        await lab.pools("name: third, addresses: [10.2.0.1]")
        await lab.until(lambda: "OutsidePools" in lab.says("a") and "OutsidePools" in lab.says("b"))
        assert [lab.has("a"), lab.has("b")] == ["10.1.0.1", "10.0.0.2"]


async def a_restart_gives_nothing_twice(lab: Lab) -> None:
    """Adopted before anything is given, although Services came, changed and went meanwhile."""
    await lab.pools(LAB)
    async with lab.controller():
        for name in ("x", "y"):
            await lab.create(name)
            await lab.until(lambda name=name: lab.has(name))
    before = lab.raw("y")
    await lab.create("comes-first-by-name")
    await lab.delete("x")
    await lab.create("c", loadBalancerIP="10.0.0.2")
    async with lab.controller():
        await lab.until(lambda: lab.has("comes-first-by-name") and lab.says("c"))
        assert lab.has("comes-first-by-name") == "10.0.0.1"
        assert lab.says("c") == f"False InUse: 10.0.0.2: in use by {lab.namespace}/y"
        assert before == lab.raw("y")


async def another_controller_takes_over(lab: Lab) -> None:
    """The Lease says who leads; who comes next goes on where the first one stopped."""
    await lab.pools(LAB)
    async with asyncio.TaskGroup() as group:
        stop = asyncio.Event()
        led = asyncio.Event()

        async def first() -> None:
            async with lab.controller(identity="first"):
                await lab.create("a")
                await lab.until(lambda: lab.has("a"))
                led.set()
                await stop.wait()

        group.create_task(first())
        await led.wait()
        async with lab.controller(identity="second"):
            stop.set()
            await lab.create("b")
            await lab.until(lambda: lab.has("b"))
            assert [lab.has("a"), lab.has("b")] == ["10.0.0.1", "10.0.0.2"]
            held = (await lab.client.list(LEASES, lab.system))["items"]
            assert [each["spec"]["holderIdentity"] for each in held] == ["second"]


async def a_write_over_an_old_version_is_refused(lab: Lab) -> None:
    """So a deposed leader, which knows old versions only, changes nothing."""
    await lab.pools(LAB)
    await lab.create("a")
    await lab.until(lambda: lab.raw("a"))
    old = lab.raw("a")["metadata"]["resourceVersion"]
    async with lab.controller():
        await lab.until(lambda: lab.has("a"))
    target = Target(SERVICES, lab.namespace, "a", "status")
    late = {
        "metadata": {"resourceVersion": old},
        "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}]}},
    }
    try:
        await lab.client.patch(target, late, STRATEGIC)
    except Conflict:
        now = await lab.client.get(SERVICES, "a", lab.namespace)
        assert now["status"]["loadBalancer"]["ingress"][0]["ip"] == "10.0.0.1"
    else:
        msg = "the API took a write over an old version"
        raise AssertionError(msg)


async def a_pool_stays_off_the_services_range(lab: Lab) -> None:
    """Known from ServiceCIDR objects where the API serves them, else from the flag."""
    try:
        told = await lab.client.list(SERVICE_CIDRS)
        settings = {}
        assert told["items"][0]["spec"]["cidrs"][0] == "10.96.0.0/16"
        source = "ServiceCIDR kubernetes"
    except NotFound:
        settings = {"service_ranges": (parse_entry("10.96.0.0/16"),)}
        source = "--service-cidr"
    async with lab.controller(**settings):
        await lab.pools("name: lab, addresses: [10.96.7.0/24]")
        assert await lab.events("config", expected=1) == [
            "Warning ConfigRejected: address-pools[0].addresses[0]: '10.96.7.0/24' overlaps with 10.96.0.0/16"
            f" of the cluster's Services ({source}); no configuration is in force"
        ]


async def who_announces_is_said_on_the_service(lab: Lab) -> None:
    """As speakers report it, or why nobody does; a rollout is no Event, a fault is one, and nothing twice."""
    await lab.pools(LAB)
    async with lab.controller():
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        await lab.report(_announces("node-1", ONE))
        await lab.until(lambda: lab.says("a", ANNOUNCED))
        assert lab.says("a", ANNOUNCED) == "True Announced: 10.0.0.1 by node-1 on eth0 (02:00:00:00:00:01)"
        assert lab.says("a") == 'True Allocated: 10.0.0.1 from pool "lab"'
        before = lab.raw("a")
        await lab.report("nonsense", "node-2")
        await lab.report(Report("node-2"), "node-3")
        await lab.report(Report("node-1", silences=(Silence("NoEndpoints", (ONE,)),)))
        await lab.until(lambda: lab.raw("a") != before)
        why = "NoEndpoints: 10.0.0.1: no pod of the Service is ready to serve"
        assert lab.says("a", ANNOUNCED) == f"False {why}"
        await lab.report(_announces("node-2", ONE))
        await lab.until(lambda: "by node-2" in lab.says("a", ANNOUNCED))
        no_interface = Silence("NoNode", (ONE,), (Out(NodeOut.NO_INTERFACE, ("node-1",)),))
        await lab.report(Report("node-1", silences=(no_interface,)))
        await lab.report(Report("node-2"))
        why = "NobodyAnnounces: 10.0.0.1: node-1: NoInterface"
        await lab.until(lambda: lab.says("a", ANNOUNCED) == f"False {why}")
        assert await lab.events("a", expected=2) == [
            'Normal IPAllocated: Assigned IP ["10.0.0.1"]',
            f"Warning NotAnnounced: {why}",
        ]
        away = {"spec": {"type": "ClusterIP", "loadBalancerClass": None}}
        await lab.client.patch(Target(SERVICES, lab.namespace, "a"), away, MERGE)
        await lab.until(lambda: not lab.says("a"))
        assert lab.says("a", ANNOUNCED) == ""


async def an_address_that_somebody_else_has_is_left_to_him(lab: Lab) -> None:
    """Another one is given, and nobody gets the first, not from the next controller either."""
    await lab.pools(LAB)
    taken = AddressConflict(ONE, ConflictKind.IN_USE, bytes.fromhex("0200000000aa"), "eth0")
    async with lab.controller():
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        await lab.report(Report("node-1", conflicts=(taken,)))
        await lab.until(lambda: lab.has("a") == "10.0.0.2")
        who = "10.0.0.1: 02:00:00:00:00:aa has it on eth0 (seen by node-1)"
        assert await lab.events("a", expected=3) == [
            'Normal IPAllocated: Assigned IP ["10.0.0.1"]',
            f'Warning AddressInUse: "{lab.namespace}/a" gets another IP: {who}',
            'Normal IPAllocated: Assigned IP ["10.0.0.2"]',
        ]
        left = Left(taken, int(utc_now().timestamp()))
        await lab.report(_announces("node-1", ip_address("10.0.0.2"), left=(left,)))
        await lab.until(lambda: lab.says("a", ANNOUNCED).startswith("True Announced: 10.0.0.2 by node-1"))
    before = lab.raw("a")
    await lab.create("b")
    async with lab.controller():
        await lab.until(lambda: lab.says("b"))
        assert lab.says("b") == (
            'False AddressInUse: pool "lab": full: 1 of 2 IPv4 addresses in use, '
            "1 quarantined (somebody else has them)"
        )
        assert before == lab.raw("a")


def _announces(node: str, *addresses, **more) -> Report:
    mac = f"02:00:00:00:00:0{node[-1]}"
    return Report(node, (Place(addresses, node, (Port("eth0", mac),)),), **more)


SCENARIOS = (
    a_pool_stays_off_the_services_range,
    an_address_and_all_that_tells_of_it,
    who_waits_is_told_why_and_served_when_something_is_free,
    two_share_and_a_third_is_told_the_clash,
    two_addresses_of_one_pool,
    pools_change_under_live_services,
    a_restart_gives_nothing_twice,
    another_controller_takes_over,
    a_write_over_an_old_version_is_refused,
    who_announces_is_said_on_the_service,
    an_address_that_somebody_else_has_is_left_to_him,
)
