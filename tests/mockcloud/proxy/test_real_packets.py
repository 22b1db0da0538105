"""Real packets through the real agent's rules: two nodes, their pods, a client outside."""

import contextlib
import re
from dataclasses import replace

import pytest

from mockcloud.client.resources import ENDPOINT_SLICES, EVENTS, NODES, SERVICES
from testkit.services.cluster import ClusterError
from testkit.services.objects import Backend, Exposed, restock
from tests.fakes.service_stage import (
    ALSO_HERE,
    ALSO_THERE,
    BYSTANDER,
    HERE,
    NODE_1,
    THERE,
    pods,
    seen,
    until,
)

pytestmark = [pytest.mark.netns]
OURS = ("mockcloud", "mockcloud-pods")


@pytest.mark.parametrize("family", [0, 1], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
async def test_one_number_on_two_protocols_by_every_address(cluster, shown, family, protocol):
    """ClusterIP, NodePort, VIP and externalIP, each by TCP and UDP: any endpoint, the client hidden."""
    exposed = await shown(Exposed(1, pods(HERE, THERE)))
    outside = (
        (NODE_1[family], exposed.node_port),
        (exposed.vips[family], 80),
        (exposed.external_ips[family], 80),
    )
    for where in outside:
        fate, who, whom = await seen(cluster, "client", where, protocol=protocol)
        assert (fate, who, whom) == ("answered", {"pod-1-1", "pod-2-1"}, {"node-1"}), where
    inside = await seen(cluster, BYSTANDER.name, (exposed.cluster_ips[family], 80), protocol=protocol)
    assert inside == ("answered", {"pod-1-1", "pod-2-1"}, {BYSTANDER.name})


async def test_a_pod_reaches_itself(cluster, shown):
    """Hairpin: through its own Service it may be sent to itself, and then sees its node."""
    exposed = await shown(Exposed(2, pods(HERE)))
    for family in (0, 1):
        fate, who, whom = await seen(cluster, HERE.name, (exposed.cluster_ips[family], 80))
        assert (fate, who, whom) == ("answered", {HERE.name}, {"node-1"})


async def test_balancers_mode_proxy_is_no_short_cut(cluster, shown):
    """With ipMode Proxy the packets must really leave for the balancer: nobody answers here."""
    exposed = await shown(Exposed(3, pods(HERE), ip_mode="Proxy"))
    fate, who, _ = await seen(cluster, BYSTANDER.name, (exposed.vips[0], 80), tries=1)
    assert (fate, who) != ("answered", {HERE.name})


async def test_hints_keep_traffic_in_the_zone(cluster, shown, api):
    """A node with a zone uses the endpoints hinted for it; when its zone changes, others."""
    hinted = (
        Backend(HERE, hints={"forZones": [{"name": "a"}]}),
        Backend(THERE, hints={"forZones": [{"name": "b"}]}),
    )
    exposed = await shown(Exposed(4, hinted))
    where = (exposed.cluster_ips[0], 80)

    async def who():
        return (await seen(cluster, BYSTANDER.name, where))[1]

    assert await who() == {"pod-1-1", "pod-2-1"}, "a node without a zone uses all"
    for zone, expected in (("a", {"pod-1-1"}), ("b", {"pod-2-1"}), ("c", {"pod-1-1", "pod-2-1"})):
        labels = {"metadata": {"labels": {"topology.kubernetes.io/zone": zone}}}
        await api.patch(NODES, "node-1", labels)
        await until(who, expected)


async def test_health_port_counts_ready_pods_of_the_node(cluster, shown, api):
    """200 with the number of local ready pods, 503 without; and an Event where the port is taken."""
    local = {"externalTrafficPolicy": "Local", "healthCheckNodePort": 31905}
    exposed = await shown(Exposed(5, pods(HERE, ALSO_HERE, THERE), local))

    async def told():
        return cluster.run("client", "curl", "-sgi", "-m2", f"http://{NODE_1[0]}:31905/any/path").splitlines()

    async def status():
        return (await told())[0]

    await until(status, "HTTP/1.1 200 OK")
    lines = await told()
    assert {"X-Load-Balancing-Endpoint-Weight: 2", "Content-Type: application/json"} <= set(lines)
    assert '\t"localEndpoints": 2,' in lines
    await restock(api, replace(exposed, backends=pods(THERE)))
    await until(status, "HTTP/1.1 503 Service Unavailable")
    assert "200 OK" in cluster.run("client", "curl", "-sgi", "-m2", f"http://[{NODE_1[1]}]:10256/healthz")


async def test_how_new_the_rules_are_is_told(cluster, shown, api):
    """200 for versions that the rules have reached, 503 for those to come; a change counts once it is in."""
    exposed = await shown(Exposed(10, pods(HERE)))

    async def told(services, slices):
        url = f"http://127.0.0.1:10256/programmed/{services}/{slices}"
        return cluster.run("node-1", "curl", "-sm2", "-o/dev/null", "-w%{http_code}", url)

    patch = {"metadata": {"labels": {"changed": "yes"}}}
    service = await api.patch(SERVICES, exposed.name, patch, namespace="default")
    version = int(service["metadata"]["resourceVersion"])
    await until(lambda: told(version, 0), "200")
    assert await told(version + 1000, 0) == await told(0, version + 1000) == "503"
    await restock(api, exposed)
    part = await api.get(ENDPOINT_SLICES, exposed.slices()[0]["metadata"]["name"], "default")
    await until(lambda: told(version, part["metadata"]["resourceVersion"]), "200")


async def test_a_health_port_that_is_taken_is_told(cluster, shown, api):
    """As kube-proxy words it, on the Service."""
    local = {"externalTrafficPolicy": "Local", "healthCheckNodePort": 31906}
    program = "import socket; s = socket.create_server(('192.168.10.11', 31906)); print('x'); s.accept()"
    cluster.start("squatter", "node-1", ["python3", "-uc", program])
    try:
        await shown(Exposed(6, pods(HERE), local))

        async def reasons():
            events = (await api.list(EVENTS, namespace="default"))["items"]
            return {one["message"] for one in events if one["reason"] == "FailedToStartServiceHealthcheck"}

        wanted = (
            'node node-1 failed to start healthcheck "default/svc-6" on port 31906: '
            "listen tcp 192.168.10.11:31906: bind: address already in use"
        )
        await until(reasons, {wanted})
    finally:
        cluster.stop("squatter")


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param("flush ruleset", id="all-flushed"),
        pytest.param("delete table ip mockcloud", id="our-table-deleted"),
        pytest.param("flush map ip mockcloud services", id="a-map-emptied"),
        pytest.param("insert rule ip mockcloud nat-prerouting tcp dport 30008 drop", id="a-rule-added"),
        pytest.param("delete table ip mockcloud-pods", id="the-pods-way-out-deleted"),
    ],
)
async def test_damage_is_repaired(cluster, shown, damage):
    """Whatever somebody does to our tables is undone within a moment; other tables are not looked at."""
    await shown(Exposed(8, pods(HERE)))
    cluster.run("node-1", "nft", "add table ip bystander")
    before = listing(cluster)
    cluster.run("node-1", "nft", damage)

    async def again():
        with contextlib.suppress(ClusterError):  # for a moment there is no table
            return listing(cluster) == before

    await until(again, wanted=True)
    tables = cluster.run("node-1", "nft", "list", "tables").split("\n")
    assert ("table ip bystander" in tables) == (damage != "flush ruleset")


def listing(cluster):
    """Both of our IPv4 tables, without the order of elements and without chains that wait for deletion."""
    tables = [cluster.run("node-1", "nft", "list", "table", "ip", name) for name in OURS]
    return sorted(re.sub(r"chain \S+ \{\s*\}", "", "".join(tables)).replace(",", " ").split())


async def test_affinity_outlives_damage_and_restart(cluster, shown):
    """sessionAffinity: after a full reload and after kill -9, the client is still known."""
    exposed = await shown(
        Exposed(9, pods(HERE, ALSO_HERE, THERE, ALSO_THERE), {"sessionAffinity": "ClientIP"})
    )
    where = (exposed.vips[0], 80)
    _, first, _ = await seen(cluster, "client", where, tries=1)
    cluster.run("node-1", "nft", "add", "chain", "ip", "mockcloud", "damage")

    async def repaired():
        return "damage" in cluster.run("node-1", "nft", "list", "chains", "ip")

    await until(repaired, wanted=False)
    assert (await seen(cluster, "client", where))[1] == first
    cluster.stop("agent-node-1", kill=True)
    assert (await seen(cluster, "client", where))[1] == first, "rules stay without an agent"
    cluster.start_ours("node-1")
    assert (await seen(cluster, "client", where))[1] == first
