"""Where each Service port is reachable, and how: the table's own answers against what Kubernetes says."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockcloud.proxy.decide.choice import choose
from mockcloud.proxy.decide.evaluate import Connection, Fate, Outcome, Table
from mockcloud.proxy.decide.ledger import Ledger
from mockcloud.proxy.decide.rules import service_rules
from mockcloud.proxy.decide.ruleset import Address
from mockcloud.proxy.decide.views import (
    EndpointView,
    Family,
    NodeView,
    PortView,
    Protocol,
    ServiceKey,
    ServiceView,
    Target,
)

NODE = NodeView(
    name="node-1",
    ips=(ip_address("192.168.10.11"), ip_address("fd00:10::11")),
    pod_cidrs=(ip_network("10.244.1.0/24"), ip_network("fd00:10:244:1::/64")),
    cluster_cidrs=(ip_network("10.244.0.0/16"), ip_network("fd00:10:244::/48")),
    node_port_ips=(ip_address("192.168.10.11"), ip_address("fd00:10::11")),
    service_cidrs=(ip_network("10.96.0.0/16"), ip_network("fd00:10:96::/112")),
)
CLUSTER_IP = ip_address("10.96.0.10")
VIP = ip_address("192.168.10.200")
EXTERNAL_IP = ip_address("203.0.113.9")
PORT = PortView("http", Protocol.TCP, 80, 30080)
KEY = ServiceKey("default", "web")
CLIENT, POD, HOST = "192.168.10.100", "10.244.2.9", "192.168.10.11"
HERE, THERE = Target("10.244.1.5", 8080), Target("10.244.2.6", 8080)
INTERNAL = Address(str(CLUSTER_IP), Protocol.TCP, 80)
EXTERNAL = {
    "vip": Address(str(VIP), Protocol.TCP, 80),
    "external-ip": Address(str(EXTERNAL_IP), Protocol.TCP, 80),
    "node-port": Address("192.168.10.11", Protocol.TCP, 30080),
}


def service(**kwargs):
    return ServiceView(
        KEY, (CLUSTER_IP,), (PORT,), **{"vips": (VIP,), "external_ips": (EXTERNAL_IP,), **kwargs}
    )


def endpoint(target, *, ready=True, serving=True, terminating=False):
    node = "node-1" if target.ip.startswith("10.244.1.") else "node-2"
    return EndpointView(target, ready, serving, terminating, node)


def outcome(view, endpoints, source, to):
    table = Table(NODE, Family.IPV4)
    table.apply(Ledger().put(KEY, service_rules(view, [(PORT, endpoints)], NODE, Family.IPV4)))
    return table.outcome(Connection(source, to))


def delivered(*targets, masqueraded):
    return Outcome(Fate.DELIVERED, frozenset(targets), masqueraded)


BOTH = [endpoint(HERE), endpoint(THERE)]


@pytest.mark.parametrize(
    ("source", "masqueraded"),
    [
        pytest.param(POD, False, id="a-pod-keeps-its-address"),
        pytest.param(CLIENT, True, id="others-are-masqueraded"),
        pytest.param(HOST, True, id="the-node-itself-is-masqueraded"),
    ],
)
def test_cluster_ip_reaches_all_endpoints(source, masqueraded):
    """A ClusterIP goes to any ready endpoint, wherever it is."""
    assert outcome(service(), BOTH, source, INTERNAL) == delivered(HERE, THERE, masqueraded=masqueraded)


@pytest.mark.parametrize("to", EXTERNAL.values(), ids=EXTERNAL.keys())
@pytest.mark.parametrize("source", [CLIENT, POD, HOST])
def test_external_addresses_hide_the_client_under_policy_cluster(to, source):
    """VIP, externalIP and NodePort alike: any endpoint, source hidden."""
    assert outcome(service(), BOTH, source, to) == delivered(HERE, THERE, masqueraded=True)


@pytest.mark.parametrize("to", EXTERNAL.values(), ids=EXTERNAL.keys())
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(CLIENT, delivered(HERE, masqueraded=False), id="from-outside-only-here-and-unhidden"),
        pytest.param(POD, delivered(HERE, THERE, masqueraded=False), id="pods-see-all-endpoints"),
        pytest.param(HOST, delivered(HERE, THERE, masqueraded=True), id="the-node-sees-all-endpoints"),
    ],
)
def test_external_policy_local(to, source, expected):
    """externalTrafficPolicy Local keeps the client's address and stays on the node, for outsiders."""
    assert outcome(service(external_local=True), BOTH, source, to) == expected


@pytest.mark.parametrize("to", [INTERNAL, *EXTERNAL.values()], ids=["cluster-ip", *EXTERNAL])
@pytest.mark.parametrize("local", [True, False])
def test_without_any_endpoint_everything_is_refused(to, local):
    """No endpoint anywhere: refused at once, never dropped, whatever the policies."""
    view = service(external_local=local, internal_local=local)
    assert outcome(view, [], CLIENT, to) == Outcome(Fate.REFUSED)
    assert outcome(view, [endpoint(HERE, ready=False, serving=False)], CLIENT, to) == Outcome(Fate.REFUSED)


def test_policy_local_without_a_local_endpoint_drops_only_that_kind_of_traffic():
    """The node must not answer for others; the other kind of traffic goes on."""
    far = [endpoint(THERE)]
    view = service(external_local=True)
    assert outcome(view, far, CLIENT, EXTERNAL["vip"]) == Outcome(Fate.DROPPED)
    assert outcome(view, far, POD, EXTERNAL["vip"]) == delivered(THERE, masqueraded=False)
    assert outcome(view, far, POD, INTERNAL) == delivered(THERE, masqueraded=False)
    inside = service(internal_local=True)
    assert outcome(inside, far, POD, INTERNAL) == Outcome(Fate.DROPPED)
    assert outcome(inside, far, CLIENT, EXTERNAL["vip"]) == delivered(THERE, masqueraded=True)


def test_a_cluster_ip_refuses_ports_it_does_not_have():
    """Such a packet would wander off; so would one to an address of no Service, which is dropped."""
    wrong = Address(str(CLUSTER_IP), Protocol.TCP, 81)
    assert outcome(service(), BOTH, POD, wrong) == Outcome(Fate.REFUSED)
    assert outcome(service(), BOTH, POD, Address("10.96.9.9", Protocol.TCP, 80)) == Outcome(Fate.DROPPED)
    assert outcome(service(), BOTH, POD, Address("10.9.9.9", Protocol.TCP, 80)) == Outcome(Fate.UNTOUCHED)


def test_a_pod_that_reaches_itself_is_masqueraded():
    """Hairpin: else the pod would answer itself directly, and the connection would never come to be."""
    assert outcome(service(), [endpoint(HERE)], HERE.ip, INTERNAL) == delivered(HERE, masqueraded=True)


@pytest.mark.parametrize(
    ("ranges", "source", "fate"),
    [
        pytest.param(("192.168.10.0/24",), CLIENT, Fate.DELIVERED, id="inside"),
        pytest.param(("198.51.100.0/24",), CLIENT, Fate.DROPPED, id="outside"),
        pytest.param(("198.51.100.0/24", "0.0.0.0/0"), CLIENT, Fate.DELIVERED, id="zero-length-allows-all"),
        pytest.param(("2001:db8::/32",), CLIENT, Fate.DELIVERED, id="other-family-says-nothing"),
        pytest.param(("192.168.10.0/24", "192.168.10.100/32"), CLIENT, Fate.DELIVERED, id="overlapping"),
        pytest.param(("192.168.10.11/32",), str(VIP), Fate.DELIVERED, id="the-nodes-own-packets"),
    ],
)
def test_source_ranges_guard_load_balancer_addresses(ranges, source, fate):
    """loadBalancerSourceRanges hold for VIPs, and for nothing else."""
    view = service(source_ranges=tuple(ip_network(text) for text in ranges))
    assert outcome(view, BOTH, source, EXTERNAL["vip"]).fate is fate
    assert outcome(view, BOTH, CLIENT, EXTERNAL["node-port"]).fate is Fate.DELIVERED
    assert outcome(view, BOTH, CLIENT, INTERNAL).fate is Fate.DELIVERED


def test_terminating_endpoints_are_a_last_resort():
    """Those that still serve are used only where nothing is ready, apart for the cluster and for the node."""
    leaving = endpoint(HERE, ready=False, terminating=True)
    gone = endpoint(HERE, ready=False, serving=False, terminating=True)
    assert choose([leaving, endpoint(THERE)], NODE).cluster == (THERE,)
    assert choose([leaving, endpoint(THERE)], NODE).local == (HERE,)
    assert choose([leaving], NODE).cluster == (HERE,)
    assert choose([gone], NODE).cluster == ()


def test_affinity_goes_the_same_ways():
    """sessionAffinity changes who is chosen, not who may be."""
    view = service(affinity_seconds=60, external_local=True)
    assert outcome(view, BOTH, POD, INTERNAL) == delivered(HERE, THERE, masqueraded=False)
    assert outcome(view, BOTH, CLIENT, EXTERNAL["vip"]) == delivered(HERE, masqueraded=False)
    assert outcome(view, [], CLIENT, EXTERNAL["vip"]) == Outcome(Fate.REFUSED)


def test_a_family_without_cluster_ip_has_no_rules():
    """A single-stack IPv4 Service adds nothing to the IPv6 table, NodePorts included."""
    assert service_rules(service(), [(PORT, BOTH)], NODE, Family.IPV6) == {}


targets = st.builds(
    Target,
    st.builds(lambda node, pod: f"10.244.{node}.{pod}", st.integers(1, 3), st.integers(2, 30)),
    st.sampled_from([80, 8080]),
)
endpoints = st.lists(
    st.builds(endpoint, targets, ready=st.booleans(), serving=st.booleans(), terminating=st.booleans()),
    max_size=6,
)
views = st.builds(
    service,
    external_local=st.booleans(),
    internal_local=st.booleans(),
    affinity_seconds=st.sampled_from([0, 60]),
)


@given(views, endpoints, st.sampled_from([CLIENT, POD, HOST]))
@settings(max_examples=150)
def test_every_port_is_reachable_exactly_where_kubernetes_says(view, found, source):
    """The table delivers to all usable endpoints of the policy's scope, and refuses or drops otherwise."""
    choice = choose(found, NODE)
    inside = choice.local if view.internal_local else choice.cluster
    kept = view.external_local and source == CLIENT
    outside = choice.local if kept else choice.cluster
    for to, wanted in [(INTERNAL, inside), *((to, outside) for to in EXTERNAL.values())]:
        result = outcome(view, found, source, to)
        if wanted:
            assert (result.fate, result.targets) == (Fate.DELIVERED, frozenset(wanted))
        else:
            assert result.fate is (Fate.DROPPED if choice.cluster else Fate.REFUSED)


@given(st.lists(st.tuples(views, endpoints), min_size=1, max_size=6))
@settings(max_examples=100)
def test_changes_lead_to_the_same_table_as_a_fresh_load(steps):
    """However a Service came to be what it is, its table is the one that a new agent would load."""
    ledger, followed = Ledger(), Table(NODE, Family.IPV4)
    for view, found in steps:
        followed.apply(ledger.put(KEY, service_rules(view, [(PORT, found)], NODE, Family.IPV4)))
    fresh = Table(NODE, Family.IPV4)
    fresh.apply(ledger.contents())
    assert {slot: held for slot, held in followed.elements.items() if held} == fresh.elements
    followed.apply(ledger.put(KEY, {}))
    assert not any(followed.elements.values())
