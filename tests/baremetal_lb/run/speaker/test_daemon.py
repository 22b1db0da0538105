"""Two speakers as processes on two nodes of a real LAN, on the embedded API; a client asks by ARP."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from scapy.layers.inet6 import ICMPv6ND_NA, IPv6
from scapy.layers.l2 import ARP

from baremetal_lb.kube.resources import ENDPOINT_SLICES, SERVICES
from testkit.lan import Lan, NamespaceError
from tests.baremetal_lb.fakes.speakers import MOVE, ROOT, START, Cluster, make_cluster, speaking_cluster

pytestmark = [pytest.mark.netns, pytest.mark.asyncio(loop_scope="module")]

NODE_NAMES = ("node-1", "node-2")
POOLS = """
address-pools:
- {name: lan, protocol: layer2, addresses: [192.0.2.200-192.0.2.250, "2001:db8::200-2001:db8::250"]}
- {name: routed, protocol: bgp, addresses: [198.51.100.0/24]}
"""
# Without heartbeats a node does not know the other's MAC: on a busy machine it may ask for an address that
# the other has not given up yet, take the answer for a stranger's, and ask again after 5 s only.
DOUBTED = 2 * MOVE


@pytest.fixture(scope="module")
def lan() -> Iterator[Lan]:
    try:
        made = Lan.of("switch", "client", *NODE_NAMES)
    except NamespaceError as exc:
        pytest.skip(f"no user and network namespaces here: {str(exc).splitlines()[-1]}")
    with made:
        made.bridge("switch", ["client", *NODE_NAMES])
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(kube_api, lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    logs = tmp_path_factory.mktemp("speakers")
    async with speaking_cluster(kube_api, lan, logs, NODE_NAMES) as made:
        await make_cluster(made.client, POOLS, dict.fromkeys(NODE_NAMES))
        await asyncio.gather(*(speaker.start() for speaker in made.speakers.values()))
        yield made


def other(node: str) -> str:
    return next(each for each in NODE_NAMES if each != node)


async def test_one_node_answers_for_a_service_and_tells_everybody_first(cluster: Cluster) -> None:
    """An address is probed for, told of, then answered for, all by one node; deleted, nothing."""
    cluster.neighbour.forget()
    await cluster.service("web", "192.0.2.200")
    *probes, request, reply = await cluster.neighbour.frames(5, MOVE)
    assert [(each[ARP].psrc, each[ARP].pdst) for each in probes] == [("0.0.0.0", "192.0.2.200")] * 3
    assert {request[ARP].op, reply[ARP].op} == {1, 2}
    assert {frame[ARP].psrc for frame in (request, reply)} == {"192.0.2.200"}
    owner = await cluster.announced_by("192.0.2.200")
    assert request.src == cluster.macs[owner]

    await cluster.client.delete(SERVICES, "web", "default")
    assert await cluster.neighbour.sees_owner("192.0.2.200", None, MOVE)


async def test_owner_moves_when_its_node_is_not_ready_and_each_move_is_told_once(cluster: Cluster) -> None:
    """NotReady moves the address to the other node; an Event names the node, once for each owner."""
    await cluster.service("moves", "192.0.2.201")
    first = await cluster.announced_by("192.0.2.201")
    await cluster.node_ready(first, False)
    assert await cluster.neighbour.sees_owner("192.0.2.201", cluster.macs[other(first)], DOUBTED)
    await cluster.node_ready(first, True)
    assert await cluster.neighbour.sees_owner("192.0.2.201", cluster.macs[first], DOUBTED)

    messages = await events_when(cluster, "moves", 3)
    told = [f'announcing from node "{node}" with protocol "layer2"' for node in (first, other(first), first)]
    assert sorted(messages) == sorted(told)


async def events_when(cluster: Cluster, service: str, count: int) -> list[str]:
    async with asyncio.timeout(MOVE):
        while len(events := await cluster.events_of(service)) < count:
            pass
    assert {each["reason"] for each in events} == {"NodeAssigned"}
    return [each["message"] for each in events]


async def test_local_policy_announces_from_the_node_of_the_endpoint_only(cluster: Cluster) -> None:
    """With externalTrafficPolicy Local the address follows the endpoint from node to node."""
    await cluster.service("local", "192.0.2.202", "node-2", "Local")
    assert await cluster.neighbour.sees_owner("192.0.2.202", cluster.macs["node-2"], MOVE)
    await cluster.client.delete(ENDPOINT_SLICES, "local", "default")
    assert await cluster.neighbour.sees_owner("192.0.2.202", None, MOVE)
    await cluster.endpoints("local", "node-1")
    assert await cluster.neighbour.sees_owner("192.0.2.202", cluster.macs["node-1"], DOUBTED)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        pytest.param("foreign", "203.0.113.7", id="in-no-pool"),
        pytest.param("bgp", "198.51.100.7", id="in-a-pool-of-another-protocol"),
    ],
)
async def test_address_outside_layer2_pools_is_not_announced(
    cluster: Cluster, name: str, address: str
) -> None:
    """What stands in a status is announced only if a layer2 pool has it; one decided later shows that."""
    await cluster.service(name, address)
    await cluster.service(f"after-{name}", "192.0.2.210")
    await cluster.announced_by("192.0.2.210")
    assert await cluster.neighbour.who_has(address, 0.3) is None
    for service in (name, f"after-{name}"):
        await cluster.client.delete(SERVICES, service, "default")
    assert await cluster.neighbour.sees_owner("192.0.2.210", None, MOVE)


async def test_speaker_goes_on_while_the_api_is_away_and_catches_up(cluster: Cluster, kube_api) -> None:
    """Without the API what is known is announced further; what changed meanwhile follows when it is back."""
    await cluster.service("patient", "192.0.2.203")
    owner = await cluster.announced_by("192.0.2.203")
    await asyncio.to_thread(kube_api.kill)
    assert await cluster.neighbour.who_has("192.0.2.203") == cluster.macs[owner]
    await asyncio.to_thread(kube_api.start)
    await cluster.set_address("patient", "192.0.2.204")
    assert await cluster.announced_by("192.0.2.204", within=20)
    assert await cluster.neighbour.sees_owner("192.0.2.203", None, MOVE)


async def test_ipv6_address_is_told_of_and_answered_once_by_one_node(cluster: Cluster) -> None:
    """Neighbour discovery end to end: the unsolicited advertisement, answers to a question and to a probe."""
    address, client = "2001:db8::200", cluster.solicitor
    client.forget()
    await cluster.service("six", address)
    (told,) = await client.advertisements(address, 1, MOVE)
    assert (told[IPv6].dst, told[ICMPv6ND_NA].S, told[ICMPv6ND_NA].O) == ("ff02::1", 0, 1)
    owner = cluster.owner_of(told.src)
    assert owner
    for source, to, solicited in (("fe80::64", "fe80::64", 1), ("::", "ff02::1", 0)):
        client.forget()
        client.send(client.question(address, source, option=source != "::"))
        answers = await client.advertisements(address, 2, 0.3)
        flags = [(each.src, each[IPv6].dst, each[ICMPv6ND_NA].S) for each in answers]
        assert (told.src, to, solicited) in flags
        assert [flag for *_, flag in flags].count(1) == solicited
        assert {mac for mac, _, _ in flags} == {told.src}
    series = f'metallb_layer2_responses_sent{{ip="{address}"}} 2.0'
    assert series in await cluster.speakers[owner].asked("/metrics")
    await cluster.client.delete(SERVICES, "six", "default")
    assert await client.sees_owner(address, None, MOVE)
    assert address not in await cluster.speakers[owner].asked("/metrics")
    assert await cluster.speakers[owner].asked("/readyz") == "ok\n"


async def test_interface_that_goes_and_comes_is_announced_on_at_once(cluster: Cluster, lan: Lan) -> None:
    """Without its interface the owner does not claim to announce; when that is back, all is as before."""
    await cluster.service("flaps", "192.0.2.206", "node-1", "Local")
    assert await cluster.neighbour.sees_owner("192.0.2.206", cluster.macs["node-1"], MOVE)
    speaker = cluster.speakers["node-1"]

    def turn(state: str) -> None:
        lan.link("node-1", lambda ip: ip.link("set", index=ip.link_lookup(ifname="eth0")[0], state=state))

    turn("down")
    assert await cluster.neighbour.sees_owner("192.0.2.206", None, MOVE)
    assert any(line.get("reason") == "NoInterface" for line in speaker.log())
    announced = 'metallb_speaker_announced{ip="192.0.2.206"'
    assert announced not in await speaker.asked("/metrics")
    cluster.neighbour.forget()
    turn("up")
    assert await cluster.neighbour.sees_owner("192.0.2.206", cluster.macs["node-1"], MOVE)
    assert announced in await speaker.asked("/metrics")
    assert 'interface="eth0"' in await speaker.asked("/metrics")
    await cluster.client.delete(SERVICES, "flaps", "default")


async def test_sigterm_withdraws_at_once_and_exits_with_zero(cluster: Cluster) -> None:
    """A stopped speaker answers no more, says so in its log, and its exit code is 0."""
    await cluster.service("last", "192.0.2.205", "node-1", "Local")
    assert await cluster.neighbour.sees_owner("192.0.2.205", cluster.macs["node-1"], MOVE)
    speaker = cluster.speakers["node-1"]
    assert await speaker.stop() == 0
    assert await cluster.neighbour.who_has("192.0.2.205", 0.3) is None
    last = speaker.log()[-1]
    assert (last["event"], last["reason"]) == ("withdrawn", "speaker stops")
    assert "192.0.2.205" in last["addresses"]
    await speaker.start()
    assert await cluster.neighbour.sees_owner("192.0.2.205", cluster.macs["node-1"], DOUBTED)


async def test_speaker_without_net_raw_names_the_capability(kube_api) -> None:
    """No packet socket: one clear line and exit code 1, before anything else is tried."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv (util-linux) is not here to take the capability away")
    command = [setpriv, "--bounding-set=-net_raw", "--inh-caps=-net_raw"] if os.geteuid() == 0 else []
    command += [sys.executable, "-m", "baremetal_lb", "speaker", "--node-name", "node-1"]
    command += ["--kubeconfig", str(kube_api.kubeconfig), "--log-format", "json"]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE)
    output, _ = await asyncio.wait_for(process.communicate(), START)
    assert process.returncode == 1
    assert "NET_RAW" in json.loads(output)["error"]
