"""Clients that keep their UDP port and go on sending while the rules of the address change."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from mockcloud.client.resources import SERVICES
from testkit.services.cluster import routes_by
from testkit.services.objects import Exposed, expose, restock, withdraw
from testkit.services.topology import on_lan
from tests.fakes.service_stage import HERE, NODE_1, THERE, pods, seen, until

pytestmark = [pytest.mark.netns]
BOTH = pytest.mark.parametrize("family", [0, 1], ids=["ipv4", "ipv6"])
# It sends for ever from one port, and says what comes of it, each time that changes: who answers, and whom
# they see as the client, or that nobody can ("refused"), or that nobody does ("silent").
TALK = """
import socket, sys, time
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.3)
s.connect((sys.argv[1], int(sys.argv[2])))
said = ""
while True:
    try:
        s.send(b"?")
        now = s.recv(99).decode().strip()
    except ConnectionRefusedError:
        now = "refused"
    except OSError:
        now = "silent"
    if now != said:
        print(now, flush=True)
    said = now
    time.sleep(0.02)
"""


@contextlib.contextmanager
def talking(cluster, where):
    """A client that sends there; called with an answer, the value waits until it is heard."""
    with cluster.open("client", "python3", "-c", TALK, where[0], str(where[1])) as talk:

        async def hears(*wanted):
            async with asyncio.timeout(60):
                while not (await asyncio.to_thread(talk.stdout.readline)).startswith(wanted):
                    pass

        yield hears


@BOTH
async def test_flows_follow_their_endpoints(cluster, shown, api, family):
    """A client that keeps its port goes on with another endpoint once its own is gone."""
    exposed = await shown(Exposed(70, pods(HERE)))
    for where in ((NODE_1[family], exposed.node_port), (exposed.vips[family], 80)):
        await restock(api, exposed)
        await until(lambda where=where: seen(cluster, "client", where), ("answered", {"pod-1-1"}, {"node-1"}))
        with talking(cluster, where) as hears:
            await hears("pod-1-1")
            await restock(api, replace(exposed, backends=pods(THERE)))
            await hears("pod-2-1")


@BOTH
@pytest.mark.parametrize("way", ["node-port", "vip"])
async def test_a_service_made_anew_has_the_flows_of_the_one_before(cluster, shown, api, family, way):
    """A flow of the deleted Service, sending all the while, reaches the pods of the next one."""
    exposed = Exposed(71, pods(HERE))
    await shown(exposed)
    where = (NODE_1[family], exposed.node_port) if way == "node-port" else (exposed.vips[family], 80)
    with talking(cluster, where) as hears:
        await hears("pod-1-1")
        await withdraw(api, exposed)
        await hears("refused", "silent")
        await expose(api, replace(exposed, backends=pods(THERE)))
        await hears("pod-2-1")


@BOTH
@pytest.mark.parametrize("way", ["node-port", "vip"])
async def test_a_flow_begun_before_the_service_reaches_it(cluster, api, shown, family, way):
    """Begun while no rule knew the address, it was led nowhere; the Service's rules are for it, too."""
    exposed = Exposed(72, pods(HERE))
    routes_by(cluster, "node-1", exposed.vips)
    where = (NODE_1[family], exposed.node_port) if way == "node-port" else (exposed.vips[family], 80)
    with talking(cluster, where) as hears:
        await hears("refused", "silent")
        await shown(exposed)
        await hears("pod-1-1")


@BOTH
async def test_services_that_swap_addresses_swap_their_flows(cluster, shown, api, family):
    """Each flow goes on at its address, with the pods of the Service that has it now."""
    one, other = await shown(Exposed(73, pods(HERE))), await shown(Exposed(74, pods(THERE)))
    with (
        talking(cluster, (one.external_ips[family], 80)) as first,
        talking(cluster, (other.external_ips[family], 80)) as second,
    ):
        await first("pod-1-1")
        await second("pod-2-1")
        for each, ips in ((one, other.external_ips), (other, one.external_ips)):
            await api.patch(SERVICES, each.name, {"spec": {"externalIPs": list(ips)}}, namespace="default")
        await first("pod-2-1")
        await second("pod-1-1")


@BOTH
async def test_without_endpoints_flows_are_refused_like_new_ones(cluster, shown, api, family):
    """Where no endpoint is left, what was led to the last one is refused; with the next one it goes on."""
    exposed = await shown(Exposed(75, pods(HERE)))
    with talking(cluster, (NODE_1[family], exposed.node_port)) as hears:
        await hears("pod-1-1")
        await restock(api, replace(exposed, backends=()))
        await hears("refused")
        await restock(api, replace(exposed, backends=pods(THERE)))
        await hears("pod-2-1")


async def test_a_node_port_that_moves_takes_no_flow_along(cluster, shown, api):
    """Flows to the old number are refused by the node, those to the new one answered."""
    exposed = await shown(Exposed(76, pods(HERE)))
    with talking(cluster, (NODE_1[0], exposed.node_port)) as hears:
        await hears("pod-1-1")
        ports = [{**port, "nodePort": 30976} for port in exposed.ports()]
        patch = {"spec": {"ports": ports}}
        await api.patch(SERVICES, exposed.name, patch, namespace="default")
        await hears("refused")
    with talking(cluster, (NODE_1[0], 30976)) as hears:
        await hears("pod-1-1")


async def test_a_policy_change_shows_the_client_in_flows_that_go_on(cluster, shown, api):
    """externalTrafficPolicy Local: a pod that saw the node's address sees the client's own from then on."""
    exposed = await shown(Exposed(77, pods(HERE)))
    with talking(cluster, (NODE_1[0], exposed.node_port)) as hears:
        await hears(f"pod-1-1 {NODE_1[0]}")
        policy = {"spec": {"externalTrafficPolicy": "Local"}}
        await api.patch(SERVICES, exposed.name, policy, namespace="default")
        await hears(f"pod-1-1 {on_lan('client')[0]}")


async def test_sources_that_are_shut_out_are_shut_out_at_once(cluster, shown, api):
    """loadBalancerSourceRanges hold for flows that are there already; others go on."""
    exposed = await shown(Exposed(78, pods(HERE)))
    with talking(cluster, (exposed.vips[0], 80)) as hears:
        await hears("pod-1-1")
        for ranges, answer in ((["192.0.2.0/24"], "silent"), (["192.168.10.0/24"], "pod-1-1")):
            patch = {"spec": {"loadBalancerSourceRanges": ranges}}
            await api.patch(SERVICES, exposed.name, patch, namespace="default")
            await hears(answer)


async def test_a_flow_begun_without_rules_finds_its_way_once_they_are_back(cluster, shown):
    """An agent that starts looks at all flows, since it cannot know what packets met before."""
    exposed = await shown(Exposed(79, pods(HERE)))
    cluster.stop("agent-node-1", kill=True)
    try:
        cluster.run("node-1", "nft", "flush", "ruleset")
        with talking(cluster, (NODE_1[0], exposed.node_port)) as hears:
            await hears("refused", "silent")
            await asyncio.to_thread(cluster.start_ours, "node-1")
            await hears("pod-1-1")
    finally:
        if "agent-node-1" not in cluster.programs:
            await asyncio.to_thread(cluster.start_ours, "node-1")


async def test_a_flow_of_a_service_deleted_while_no_agent_was_there(cluster, shown, api):
    """It is led to pods by nothing but memory, which an agent that starts undoes."""
    exposed = Exposed(80, pods(HERE))
    await shown(exposed)
    with talking(cluster, (NODE_1[0], exposed.node_port)) as hears:
        await hears("pod-1-1")
        cluster.stop("agent-node-1", kill=True)
        try:
            await withdraw(api, exposed)
        finally:
            await asyncio.to_thread(cluster.start_ours, "node-1")
        await hears("refused")
        await expose(api, exposed)
        await hears("pod-1-1")
