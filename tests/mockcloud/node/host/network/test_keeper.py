"""A node's network is put right whatever takes it away: real agents, with pods, on nodes in namespaces."""

import asyncio
import signal

import pytest

from mockcloud.client.rest import Client
from tests.fakes.service_stage import until
from tests.mockcloud.node.test_agents import HTTP, answered, expose, run_pod

pytestmark = [pytest.mark.netns]
# NodePorts of node-1, to a pod there and to one behind another node: all of its routes, by both families.
PLACES = [f"{node}:{port}" for node in ("192.168.10.11", "[fd00:10::11]") for port in (30701, 30702)]
DOWN_AND_UP = "ip link set eth0 down; ip link set eth0 up"
FLUSHED = "ip route flush table main; ip -6 route flush table main"
EACH_POD = "for i in $(ip -o link | grep -o 'veth[0-9a-f]*'); do {}; done"
DAMAGE = [
    pytest.param(DOWN_AND_UP, id="link-down-and-up"),
    pytest.param("ip addr flush dev eth0", id="addresses-deleted"),
    pytest.param("ip -6 addr del fd00:10::11/64 dev eth0", id="ipv6-address-deleted"),
    pytest.param(FLUSHED, id="routes-flushed"),
    pytest.param("ip route del 10.244.2.0/24; ip route del 10.96.0.0/16", id="two-routes-deleted"),
    pytest.param(EACH_POD.format("ip neigh flush dev $i nud permanent"), id="neighbours-flushed"),
    pytest.param(EACH_POD.format("ip link set $i down"), id="pods-links-down"),
    pytest.param("echo 0 > /proc/sys/net/ipv4/ip_forward", id="forwarding-off"),
    pytest.param("echo 0 > /proc/sys/net/ipv6/conf/all/forwarding", id="ipv6-forwarding-off"),
]


@pytest.fixture(scope="module")
def stage(start_lab):
    """A lab for a module."""
    made = start_lab()
    yield made
    made.close()


@pytest.fixture
async def before(stage):
    """What node-1's network is like, with a pod there and one behind the other node, each with a Service."""
    async with Client.from_kubeconfig(str(stage.kubeconfig)) as api:
        if stage.exit_code("client", "curl", "-sm2", f"http://{PLACES[0]}/"):
            for number, node in enumerate(("node-1", "node-2"), 1):
                ips = await run_pod(api, f"on-{node}", node, ports=HTTP)
                await expose(api, f"on-{node}", number, [(ips, node)])
    for place in PLACES:
        await answered(stage, "client", place)
    return seen(stage)


def seen(lab):
    """node-1's addresses (not those that interfaces give themselves), routes, neighbours and settings."""
    commands = (
        "ip -o addr | grep -v fe80: | sed 's/ *valid_lft.*//'; ip -4 route",
        "ip -6 route | grep -v 'fe80.*veth'",
        "ip neigh show nud permanent; ip -6 neigh show nud permanent",
        "ip -o link | grep -o 'veth.*state [A-Z]*'",
        "cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding",
    )
    return sorted(lab.run("node-1", "sh", "-c", "; ".join(commands)).splitlines())


async def put_right(lab, before):
    """Return when all is as it was before, and packets take all ways again."""

    async def changed():
        return sorted({*before} ^ {*seen(lab)})

    await until(changed, wanted=[])
    for place in PLACES:
        await answered(lab, "client", place)


@pytest.mark.parametrize("damage", DAMAGE)
async def test_what_is_taken_away_comes_back(stage, before, damage):
    """Within a moment everything is as it was before, and every way is open."""
    stage.run("node-1", "sh", "-c", damage)
    await put_right(stage, before)


@pytest.mark.parametrize(
    "damage", [DOWN_AND_UP, f"ip addr flush dev eth0; {FLUSHED}"], ids=["link", "flushed"]
)
async def test_what_goes_while_no_agent_is_there_comes_back_with_it(stage, before, damage):
    """Killed, the agent cannot see the damage; the next one looks before it does anything else."""
    stage.ask(op="kill", who="node-1", signal=signal.SIGKILL)
    stage.run("node-1", "sh", "-c", damage)
    stage.ask(op="start", who="node-1")
    await put_right(stage, before)


async def test_a_link_that_is_down_stays_down_until_somebody_sets_it_up(stage, before):
    """A cut cable is somebody's intention; the agent lives through it, and through a start meanwhile."""
    stage.run("node-1", "ip", "link", "set", "eth0", "down")
    stage.ask(op="kill", who="node-1", signal=signal.SIGKILL)
    stage.run("node-1", "ip", "addr", "flush", "dev", "eth0")
    starting = asyncio.to_thread(stage.ask, op="start", who="node-1")
    stage.run("node-1", "ip", "link", "set", "eth0", "up")
    await starting
    await put_right(stage, before)
