"""What can happen to an owner, done to whole speakers with real sockets: its peer takes over, and gives back.

Heartbeats go on a network of their own, so that what happens to the LAN is known by what speakers tell.
"""

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from scapy.layers.l2 import ARP

from baremetal_lb.decide.layer2.election import rank
from baremetal_lb.kube.client import Target
from baremetal_lb.kube.resources import CONFIG_MAPS, SECRETS
from baremetal_lb.kube.secrets import KEY_BYTES, MEMBERSHIP, membership_secret
from baremetal_lb.model.objects import ObjectKey
from testkit.lan import Lan, NamespaceError
from tests.baremetal_lb.fakes.speakers import MOVE, SYSTEM, Cluster, make_cluster, speaking_cluster

pytestmark = [pytest.mark.netns, pytest.mark.asyncio(loop_scope="module")]

HEARTBEATS = {"node-1": "198.51.100.1", "node-2": "198.51.100.2"}
POOLS = """
address-pools:
- {name: lan, protocol: layer2, addresses: [192.0.2.200], interfaces: [eth0]}
- {name: late, protocol: layer2, addresses: [192.0.2.201], interfaces: ['la.*']}
"""
VIP, LATE = "192.0.2.200", "192.0.2.201"
OWNER, HEIR = rank(HEARTBEATS, VIP)
RETURN_DELAY = 1.0
# Slower than the defaults, so that a machine that is busy with other things kills nobody by mistake.
OPTIONS = ("--heartbeat-interval", "0.2", "--return-delay", str(RETURN_DELAY), "--interface-exclude", "^hb0$")
BOTH_WELL = 'baremetal_lb_speaker_members{state="active"} 2.0'


@pytest.fixture(scope="module")
def lan() -> Iterator[Lan]:
    try:
        made = Lan.of("switch", "client", *HEARTBEATS)
    except NamespaceError as exc:
        pytest.skip(f"no user and network namespaces here: {str(exc).splitlines()[-1]}")
    with made:
        made.bridge("switch", ["client", *HEARTBEATS])
        made.connect(("node-1", "hb0"), ("node-2", "hb0"))
        for node, address in HEARTBEATS.items():
            made.address(node, "hb0", address, 24)
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started(kube_api, lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    logs = tmp_path_factory.mktemp("speakers")
    async with speaking_cluster(kube_api, lan, logs, tuple(HEARTBEATS), OPTIONS) as made:
        await make_cluster(made.client, POOLS, dict(HEARTBEATS))
        secret = membership_secret(ObjectKey(SYSTEM, MEMBERSHIP), secrets.token_bytes(KEY_BYTES))
        await made.client.create(SECRETS, secret)
        await made.service("web", VIP)
        await asyncio.gather(*(speaker.start() for speaker in made.speakers.values()))
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def cluster(started: Cluster) -> Cluster:
    """Both are well, and the address is where it belongs."""
    for speaker in started.speakers.values():
        await speaker.says(BOTH_WELL, MOVE)
    assert await answered_by(started, OWNER)
    return started


async def answered_by(cluster: Cluster, node: str) -> bool:
    return await cluster.neighbour.sees_owner(VIP, cluster.macs[node], MOVE)


def turn(lan: Lan, host: str, interface: str, state: str) -> None:
    lan.link(host, lambda ip: ip.link("set", index=ip.link_lookup(ifname=interface)[0], state=state))


async def senders(cluster: Cluster, seconds: float) -> set[str]:
    """The nodes whence frames about VIP come for a while."""
    frames = await cluster.neighbour.frames(10_000, seconds)
    found = {frame.src for frame in frames if frame[ARP].psrc == VIP}
    return {cluster.owner_of(mac) or mac for mac in found}


@pytest.mark.parametrize(
    ("host", "interface"),
    [
        pytest.param("switch", f"to-{OWNER}", id="carrier-lost"),
        pytest.param(OWNER, "eth0", id="interface-set-down"),
    ],
)
async def test_lost_link_moves_the_address_while_heartbeats_go_on(cluster, lan, host, interface) -> None:
    """The owner lives and says so; its peer takes over all the same, and gives back later."""
    heir = cluster.speakers[HEIR]
    before = await heir.sample("baremetal_lb_speaker_failover_seconds_count")
    turn(lan, host, interface, "down")
    assert await answered_by(cluster, HEIR)
    assert await heir.sample("baremetal_lb_speaker_failover_seconds_count") == before + 1
    assert await heir.sample(BOTH_WELL.rpartition(" ")[0]) == 2
    assert await heir.sample('baremetal_lb_speaker_peers{state="alive"}') == 1
    trip = await heir.sample(f'baremetal_lb_speaker_heartbeat_round_trip_seconds{{peer="{OWNER}"}}')
    assert 0 < trip < 1
    cluster.neighbour.forget()
    turn(lan, host, interface, "up")
    assert await senders(cluster, RETURN_DELAY * 0.7) <= {HEIR}
    assert await answered_by(cluster, OWNER)


async def test_flapping_link_moves_the_address_once(cluster: Cluster, lan: Lan) -> None:
    """Until it has been up for the return delay the peer keeps what it has taken."""
    turn(lan, OWNER, "eth0", "down")
    assert await answered_by(cluster, HEIR)
    cluster.neighbour.forget()
    for state in ("up", "down", "up", "down", "up"):
        turn(lan, OWNER, "eth0", state)
    assert await senders(cluster, RETURN_DELAY * 0.7) <= {HEIR}
    assert await answered_by(cluster, OWNER)


async def test_changed_mac_is_told_at_once_and_moves_nothing(cluster: Cluster, lan: Lan) -> None:
    """Neighbours hear of it by gratuitous ARP; the peer sees no reason to take over."""

    def renumber(mac: str) -> None:
        lan.link(OWNER, lambda ip: ip.link("set", index=ip.link_lookup(ifname="eth0")[0], address=mac))

    old, new = cluster.macs[OWNER], "02:00:00:00:00:77"
    cluster.neighbour.forget()
    renumber(new)
    async with asyncio.timeout(MOVE):
        while (first := await cluster.neighbour.next_frame(MOVE)).src != new:
            assert first.src == old  # what it had just told when its MAC changed
    assert (first[ARP].hwsrc, first[ARP].psrc, first.dst) == (new, VIP, "ff:ff:ff:ff:ff:ff")
    assert await senders(cluster, 0.3) <= {new}
    assert await cluster.neighbour.sees_owner(VIP, new, MOVE)
    renumber(old)


async def test_interface_that_comes_late_is_announced_on_as_its_pool_says(cluster: Cluster, lan: Lan) -> None:
    """Nobody has one that the pool names; then the heir gets one, and answers there only for that pool."""
    await cluster.service("late", LATE)
    speaker = cluster.speakers[HEIR]
    await speaker.logs(lambda line: line.get("out") == dict.fromkeys(HEARTBEATS, "InterfaceMissing"), MOVE)
    assert await cluster.neighbour.who_has(LATE, 0.3) is None
    lan.connect(("switch", "to-late"), (HEIR, "late0"))
    lan.link(
        "switch",
        lambda ip: ip.link(
            "set", index=ip.link_lookup(ifname="to-late")[0], master=ip.link_lookup(ifname="lan0")[0]
        ),
    )
    late = lan.mac(HEIR, "late0").hex(":")
    assert await cluster.neighbour.sees_owner(LATE, late, MOVE)
    cluster.neighbour.forget()
    cluster.neighbour.send(cluster.neighbour.request(LATE))
    cluster.neighbour.send(cluster.neighbour.request(VIP))
    answers = {(frame[ARP].psrc, frame.src) for frame in await cluster.neighbour.frames(100, 0.3)}
    assert answers == {(LATE, late), (VIP, cluster.macs[OWNER])}
    lan.link(HEIR, lambda ip: ip.link("del", index=ip.link_lookup(ifname="late0")[0]))
    assert await cluster.neighbour.sees_owner(LATE, None, MOVE)


async def test_owner_that_was_stopped_says_nothing_until_it_has_heard_its_peer(cluster: Cluster) -> None:
    """What it was asked meanwhile it leaves unanswered, and it tells nobody of an address that it had."""
    speaker = cluster.speakers[OWNER]
    withheld = 'baremetal_lb_speaker_requests_dropped_total{protocol="any",reason="leaseOver"}'
    before = await speaker.sample(withheld)
    speaker.signal(signal.SIGSTOP)
    assert await answered_by(cluster, HEIR)
    cluster.neighbour.forget()
    speaker.signal(signal.SIGCONT)
    assert await senders(cluster, RETURN_DELAY * 0.7) <= {HEIR}
    assert await speaker.sample(withheld) > before
    assert await answered_by(cluster, OWNER)


async def test_killed_owner_is_relieved_and_waits_when_it_is_back(cluster: Cluster) -> None:
    """A pod that dies and is started anew: no address goes to and fro."""
    speaker = cluster.speakers[OWNER]
    await speaker.stop(signal.SIGKILL)
    assert await answered_by(cluster, HEIR)
    cluster.neighbour.forget()
    await speaker.start()
    assert await senders(cluster, RETURN_DELAY * 0.5) <= {HEIR}
    assert await answered_by(cluster, OWNER)


async def test_stopped_owner_hands_over_without_a_gap(cluster: Cluster) -> None:
    """From SIGTERM to its exit, and after it, every question is answered."""
    speaker, asked = cluster.speakers[OWNER], []
    stopping = asyncio.ensure_future(speaker.stop())
    while not stopping.done():
        asked.append(await cluster.neighbour.who_has(VIP))
        await asyncio.sleep(0.01)
    assert await stopping == 0
    assert None not in asked
    assert await cluster.neighbour.who_has(VIP) == cluster.macs[HEIR]
    await speaker.start()


async def test_speaker_that_starts_without_usable_pools_is_left_nothing(cluster: Cluster) -> None:
    """It has no last good ones, and would be silent where the others rely on it."""

    async def write(pools: str) -> None:
        await cluster.client.patch(Target(CONFIG_MAPS, SYSTEM, "config"), {"data": {"config": pools}})

    speaker = cluster.speakers[OWNER]
    assert await speaker.stop() == 0
    await write("address-pools: [{")
    await speaker.start()
    assert await cluster.neighbour.who_has(VIP) == cluster.macs[HEIR]
    assert await senders(cluster, RETURN_DELAY * 2) <= {HEIR}
    assert await cluster.neighbour.who_has(VIP) == cluster.macs[HEIR]
    await write(POOLS)
    assert await answered_by(cluster, OWNER)
