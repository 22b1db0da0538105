"""What a node does with ports of its own that are pods'."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from mockcloud.linux import CLONE_NEWNET, unshare
from mockcloud.node.pods.convert import pod_spec
from mockcloud.node.runtime.host_ports import TABLE, HostPorts, Opening, openings, table
from mockcloud.proxy.decide.views import Family
from mockcloud.proxy.nftables import open_nft
from testkit import objects

IPS = ("10.244.1.2", "fd00::2")


def spec(*ports, **more):
    obj = objects.pod("p", objects.container("c", ports=list(ports)), **more)
    obj["metadata"]["uid"] = "u"
    return pod_spec(obj)


def port(number=8080, **more):
    return {"containerPort": 80, "hostPort": number, **more}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(spec({"containerPort": 80}), [], id="none"),
        pytest.param(
            spec(port(protocol="UDP")),
            [Opening("udp", "", 8080, ip, 80) for ip in IPS],
            id="at-all-addresses-of-both-families",
        ),
        pytest.param(
            spec(port(hostIP="127.0.0.1")),
            [Opening("tcp", "127.0.0.1", 8080, IPS[0], 80)],
            id="at-one-address",
        ),
        pytest.param(spec(port(), hostNetwork=True), [], id="the-port-is-the-node's-anyway"),
        pytest.param(
            spec(initContainers=[objects.container("i", ports=[port(hostIP="::1")], restartPolicy="Always")]),
            [Opening("tcp", "::1", 8080, IPS[1], 80)],
            id="of-a-sidecar",
        ),
        pytest.param(
            spec(initContainers=[objects.container("i", ports=[port()])]), [], id="of-one-that-ends-first"
        ),
    ],
)
def test_what_is_opened(wanted, expected):
    """By the containers' ports."""
    assert list(openings(wanted, IPS)) == expected


def test_rules_are_of_their_family_and_the_narrow_ones_first():
    """One transaction loads all; without any the table goes."""
    found = table(
        Family.IPV4,
        [
            Opening("tcp", "", 8080, "10.244.1.2", 80),
            Opening("tcp", "127.0.0.1", 8080, "10.244.1.3", 81),
            Opening("tcp", "", 8080, "fd00::2", 80),
        ],
    )
    rules = [line.partition(" ports ")[2] for line in found.splitlines() if " dnat to " in line]
    assert rules == [
        "ip daddr 127.0.0.1 tcp dport 8080 dnat to 10.244.1.3:81",
        "tcp dport 8080 dnat to 10.244.1.2:80",
    ]
    own = "table ip6 mockcloud-hostports"
    assert table(Family.IPV6, []) == f"add {own}\ndelete {own}\n"


async def damaged_and_repaired():
    """What the table was, and is again after somebody else has deleted it."""
    ours, others = open_nft(), open_nft()
    ports = HostPorts(ours)
    keeping = asyncio.create_task(ports.run())
    ports.open("u", openings(spec(port()), IPS), "lo")
    await asyncio.sleep(0)  # the guard hears from its first step on
    before = others.run(f"list table ip {TABLE}\n")
    others.run(f"delete table ip {TABLE}\ndelete table ip6 {TABLE}\n")
    async with asyncio.timeout(60):
        while f"table ip6 {TABLE}" not in others.run("list tables\n"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    keeping.cancel()
    await asyncio.wait([keeping])
    return before, others.run(f"list table ip {TABLE}\n")


@pytest.mark.netns
def test_a_table_that_somebody_else_deletes_is_back():
    """As those of Services are."""

    def inside():
        unshare(CLONE_NEWNET)
        return asyncio.run(damaged_and_repaired())

    with ThreadPoolExecutor(1) as own_network:
        try:
            before, after = own_network.submit(inside).result()
        except PermissionError as error:
            pytest.skip(f"no network namespace to be had: {error}")
    assert "dnat to 10.244.1.2:80" in before
    assert after == before
