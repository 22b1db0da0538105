"""Trouble while clients connect: endpoints that go, agents that die, links that are cut, many changes."""

import asyncio
import itertools
import time
from dataclasses import replace

import pytest

from mockcloud.client.resources import ENDPOINT_SLICES
from testkit.services.objects import Exposed, restock
from tests.fakes.service_stage import ALSO_HERE, HERE, NODE_1, THERE, pods, seen, until

pytestmark = [pytest.mark.netns]
CHANGES_SECONDS = 3
CHANGES_A_SECOND = 1000
A_TURN = 18  # endpoints that come or go with one write


async def test_an_endpoint_is_taken_out_under_load(cluster, shown, api):
    """From the moment the kernel has it, nobody is sent there; no connection is lost before or after."""
    exposed = await shown(Exposed(21, pods(HERE, THERE)))

    async def who():
        return (await seen(cluster, "client", (NODE_1[0], exposed.node_port)))[1]

    with cluster.knocking("client", NODE_1[0], exposed.node_port) as told:
        await until(who, {"pod-1-1", "pod-2-1"})
        await restock(api, replace(exposed, backends=pods(HERE)))
        await until(who, {"pod-1-1"})
        await asyncio.sleep(0.2)  # of nothing but connections to who is left
    assert told["failed"] == []
    assert {"pod-1-1"} <= told["answered"].keys() <= {"pod-1-1", "pod-2-1"}
    assert await who() == {"pod-1-1"}


async def test_an_agent_killed_in_mid_load_drops_nothing(cluster, shown):
    """kill -9, a while without an agent, a new one that loads all anew: every connection is made."""
    exposed = await shown(Exposed(22, pods(HERE, THERE)))
    with cluster.knocking("client", exposed.vips[0], 80) as told:
        await asyncio.sleep(0.2)
        cluster.stop("agent-node-1", kill=True)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(cluster.start_ours, "node-1")
        await asyncio.sleep(0.2)
    assert told["failed"] == []
    assert told["tried"] > 20


async def test_a_node_that_is_cut_costs_only_its_own_endpoints(cluster, shown, api):
    """While a node is away its pods do not answer; once its endpoints are gone, all connections are made."""
    exposed = await shown(Exposed(23, pods(HERE, THERE)))
    where = (NODE_1[0], exposed.node_port)
    cluster.run("switch", "ip", "link", "set", "to-node-2", "down")
    try:
        await restock(api, replace(exposed, backends=pods(HERE)))

        async def answers():
            return await seen(cluster, "client", where)

        await until(answers, ("answered", {"pod-1-1"}, {"node-1"}))
    finally:
        cluster.run("switch", "ip", "link", "set", "to-node-2", "up")


async def test_a_thousand_endpoint_changes_a_second(cluster, shown, api):
    """The rules of a Service that does not change serve all along; the changed one ends as the API says."""
    steady = await shown(Exposed(24, pods(HERE, ALSO_HERE)))
    busy = await shown(Exposed(25, pods(HERE)))
    slices = [await api.get(ENDPOINT_SLICES, part["metadata"]["name"], "default") for part in busy.slices()]

    async def write(part, addresses):
        endpoints = [{"addresses": [ip], "conditions": {"ready": True}} for ip in addresses]
        part |= await api.replace(ENDPOINT_SLICES, {**part, "endpoints": endpoints})

    async def change(part, prefix, end):
        for turn in itertools.count():
            if time.monotonic() > end:
                return
            due = time.monotonic() + A_TURN / (CHANGES_A_SECOND / len(slices))
            # Half of the addresses are others than in the turn before: as many go as come.
            await write(
                part, [f"{prefix}{turn % 2 * A_TURN // 2 + number}" for number in range(1, A_TURN // 2 + 1)]
            )
            await asyncio.sleep(due - time.monotonic())

    with cluster.knocking("client", NODE_1[0], steady.node_port) as told:
        end = time.monotonic() + CHANGES_SECONDS
        async with asyncio.TaskGroup() as group:
            for part, prefix in zip(slices, ("10.244.9.", "fd00:10:244:9::"), strict=True):
                group.create_task(change(part, prefix, end))
    assert told["failed"] == []
    for part, ip in zip(slices, HERE.ips, strict=True):
        await write(part, [ip])

    async def who():
        return await seen(cluster, "client", (NODE_1[0], busy.node_port), tries=4)

    await until(who, ("answered", {"pod-1-1"}, {"node-1"}))
