"""Chance is fair: 100,000 connections, counted by the kernel on their way to the endpoints."""

import asyncio
import re

import pytest

from testkit.services.objects import Exposed
from tests.fakes.service_stage import ALSO_HERE, HERE, NODE_1, THERE, pods

pytestmark = [pytest.mark.netns]
CONNECTIONS = 100_000
# Each datagram is dropped behind the rules, before its connection is remembered: the next one is new again.
SEND = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
where = (sys.argv[1], int(sys.argv[2]))
for _ in range(int(sys.argv[3])):
    s.sendto(b"?", where)
"""


@pytest.mark.parametrize("family", [0, 1], ids=["ipv4", "ipv6"])
async def test_endpoints_get_equal_shares(cluster, shown, family):
    """Each of three within 2 % of a third."""
    exposed = await shown(Exposed(31, pods(HERE, ALSO_HERE, THERE)))
    ip = ("ip", "ip6")[family]
    rules = [
        f"add table {ip} count",
        f"add chain {ip} count forward {{ type filter hook forward priority 50 ; }}",
    ]
    rules += [
        f"add rule {ip} count forward udp dport 8080 {ip} daddr {pod.ips[family]} counter drop"
        for pod in (HERE, ALSO_HERE, THERE)
    ]
    cluster.run("node-1", "nft", "; ".join(rules))
    try:
        where = (NODE_1[family], str(exposed.node_port), str(CONNECTIONS))
        await asyncio.to_thread(cluster.run, "client", "python3", "-c", SEND, *where)
        listed = cluster.run("node-1", "nft", "list", "chain", ip, "count", "forward")
    finally:
        cluster.run("node-1", "nft", "delete", "table", ip, "count")
    counts = [int(count) for count in re.findall(r"counter packets (\d+)", listed)]
    total = sum(counts)
    assert total > 0.9 * CONNECTIONS, "a busy machine may lose some, but not many"
    assert all(abs(count - total / 3) < 0.02 * total / 3 for count in counts), counts
