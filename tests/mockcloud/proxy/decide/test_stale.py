"""Which UDP flows are to be forgotten."""

from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockcloud.proxy.decide.evaluate import Connection, Fate, Table
from mockcloud.proxy.decide.ledger import Ledger
from mockcloud.proxy.decide.rules import service_rules
from mockcloud.proxy.decide.ruleset import Address, Servers
from mockcloud.proxy.decide.stale import Flow, changed, contradicted, everything, orphaned
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
    ips=(ip_address("192.168.10.11"),),
    pod_cidrs=(ip_network("10.244.1.0/24"),),
    cluster_cidrs=(ip_network("10.244.0.0/16"),),
    node_port_ips=(ip_address("192.168.10.11"),),
    service_cidrs=(ip_network("10.96.0.0/16"),),
)
CLIENT, POD, HOST = "192.168.10.100", "10.244.2.9", "192.168.10.11"
VIP = Target("192.168.10.200", 53)
HERE, THERE = Target("10.244.1.2", 5353), Target("10.244.2.3", 5353)
ANY = frozenset({HERE, THERE})
SERVED = Servers(ANY, ANY)
LOCAL = Servers(ANY, frozenset({HERE}), keep_source=True)
FIRST, SECOND = ServiceKey("default", "first"), ServiceKey("default", "second")


@pytest.mark.parametrize(
    ("standing", "flow", "forgotten"),
    [
        pytest.param(SERVED, Flow(CLIENT, VIP, HERE), False, id="served"),
        pytest.param(SERVED, Flow(CLIENT, VIP, Target("10.244.1.9", 5353)), True, id="its-endpoint-is-gone"),
        pytest.param(SERVED, Flow(CLIENT, VIP, VIP), True, id="never-translated"),
        pytest.param(Servers(frozenset(), frozenset()), Flow(CLIENT, VIP, VIP), True, id="refused-now"),
        pytest.param(None, Flow(CLIENT, VIP, HERE), True, id="no-service-has-it"),
        pytest.param(None, Flow(CLIENT, VIP, VIP), False, id="no-service-has-it-and-never-translated"),
        pytest.param(LOCAL, Flow(CLIENT, VIP, THERE), True, id="policy-local-and-elsewhere"),
        pytest.param(LOCAL, Flow(POD, VIP, THERE), False, id="policy-local-does-not-hold-for-pods"),
        pytest.param(LOCAL, Flow(HOST, VIP, THERE, hidden=True), False, id="nor-for-the-node-itself"),
        pytest.param(LOCAL, Flow(CLIENT, VIP, HERE, hidden=True), True, id="policy-local-shows-the-client"),
        pytest.param(SERVED, Flow(CLIENT, VIP, HERE, hidden=True), False, id="policy-cluster-need-not"),
        pytest.param(
            replace(SERVED, sources=("192.0.2.0/24",)), Flow(CLIENT, VIP, HERE), True, id="source-shut-out"
        ),
        pytest.param(
            replace(SERVED, sources=("192.0.2.0/24", "192.168.10.0/24")),
            Flow(CLIENT, VIP, HERE),
            False,
            id="source-let-in",
        ),
    ],
)
def test_flows_that_could_not_begin_as_they_are_now(standing, flow, forgotten):
    """A flow is forgotten if the rules would not let it be, and left where they would."""
    assert contradicted([flow], {VIP: standing}, NODE, Family.IPV4) == ([flow] if forgotten else [])
    assert contradicted([flow], {replace(VIP, port=54): standing}, NODE, Family.IPV4) == []


@pytest.mark.parametrize(
    ("flow", "forgotten"),
    [
        pytest.param(Flow(CLIENT, VIP, HERE), True, id="led-to-a-pod"),
        pytest.param(Flow(CLIENT, VIP, VIP), False, id="led-nowhere"),
        pytest.param(
            Flow(CLIENT, VIP, Target("192.168.10.7", 53)), False, id="led-elsewhere-by-somebody-else"
        ),
        pytest.param(Flow(CLIENT, HERE, HERE), False, id="to-the-pod-itself"),
    ],
)
def test_flows_to_pods_by_an_address_that_no_service_has(flow, forgotten):
    """Left by rules that nobody remembers: found once all addresses are known."""
    assert orphaned([flow], {}, NODE, Family.IPV4) == ([flow] if forgotten else [])
    assert orphaned([flow], {flow.to: SERVED}, NODE, Family.IPV4) == []


def view(key=FIRST, **kwargs):
    defaults = {
        "cluster_ips": (ip_address("10.96.0.10"),),
        "ports": (PortView("dns", Protocol.UDP, 53, 30053),),
    }
    return ServiceView(key, **{**defaults, **kwargs})


def endpoint(target, *, ready=True, serving=True, terminating=False):
    node = "node-1" if target.ip.startswith("10.244.1.") else "node-2"
    return EndpointView(target, ready, serving, terminating, node)


def fragment(service, endpoints):
    if service is None:
        return {}
    return service_rules(service, [(port, endpoints) for port in service.ports], NODE, Family.IPV4)


def test_terminating_endpoints_keep_the_flows_they_have():
    """Chosen for no new flow, they still serve the old ones, as for TCP."""
    ledger = Ledger()
    found = [endpoint(HERE), endpoint(THERE, ready=False, terminating=True)]
    ledger.put(FIRST, fragment(view(), found))
    to = Target("10.96.0.10", 53)
    assert contradicted([Flow(POD, to, THERE)], everything(ledger), NODE, Family.IPV4) == []


def test_only_addresses_whose_rules_changed_are_looked_at():
    """A change of one Service costs a look at its own addresses; TCP has none."""
    ledger = Ledger()
    both = (PortView("dns", Protocol.UDP, 53), PortView("dns-tcp", Protocol.TCP, 53))
    changes = ledger.put(FIRST, fragment(view(ports=both), [endpoint(HERE)]))
    to = Target("10.96.0.10", 53)
    assert changed(ledger, changes) == {to: Servers(frozenset({HERE}), frozenset({HERE}))}
    other = view(SECOND, cluster_ips=(ip_address("10.96.0.11"),), ports=both)
    assert changed(ledger, ledger.put(SECOND, fragment(other, []))).keys() == {Target("10.96.0.11", 53)}
    assert changed(ledger, ledger.put(FIRST, {})) == {to: None}
    assert changed(ledger, ledger.put(FIRST, {})) == {}


# Any sequence of changes to two Services that may want each other's addresses, with flows begun in between.
SOURCES = (CLIENT, POD, HOST)
IPS = {name: ip_address(f"192.0.2.{number}") for number, name in enumerate("abcd", 1)}
ADDRESSES = (
    *(Address(str(ip), Protocol.UDP, 53) for ip in IPS.values()),
    *(Address(f"10.96.0.{number}", Protocol.UDP, 53) for number in (10, 11)),
    *(Address(HOST, Protocol.UDP, port) for port in (30053, 30054)),
)
some_ips = st.lists(st.sampled_from(list(IPS.values())), max_size=2, unique=True).map(tuple)
services = st.builds(
    lambda number, port, **kwargs: view(
        cluster_ips=(ip_address(f"10.96.0.{number}"),),
        ports=(PortView("dns", Protocol.UDP, 53, port),),
        **kwargs,
    ),
    st.sampled_from([10, 11]),
    st.sampled_from([0, 30053, 30054]),
    external_ips=some_ips,
    vips=some_ips,
    external_local=st.booleans(),
    internal_local=st.booleans(),
    affinity_seconds=st.sampled_from([0, 60]),
    source_ranges=st.sampled_from([(), (ip_network("192.168.0.0/16"),), (ip_network("203.0.113.0/24"),)]),
)
endpoints = st.lists(
    st.builds(
        endpoint,
        st.builds(Target, st.sampled_from(["10.244.1.2", "10.244.1.3", "10.244.2.2"]), st.just(5353)),
        ready=st.booleans(),
        serving=st.booleans(),
        terminating=st.booleans(),
    ),
    max_size=3,
)
steps = st.lists(
    st.tuples(st.sampled_from([FIRST, SECOND]), st.none() | services, endpoints), min_size=1, max_size=8
)


def without_rival(service, other):
    """The Service without load-balancer addresses of the other: an allocator gives no port of one twice."""
    taken = {*other.vips, *other.external_ips} if other else set()
    return replace(service, vips=tuple(ip for ip in service.vips if ip not in taken))


@dataclass
class Play:
    """The rules of a node through changes, with its flows."""

    ledger: Ledger
    table: Table
    flows: list[Flow]
    serving: dict[ServiceKey, frozenset[Target]]
    services: dict[ServiceKey, ServiceView | None]

    def change(self, key, service, found):
        """Change one Service; the flows that are forgotten then."""
        other = self.services.get(SECOND if key == FIRST else FIRST)
        self.services[key] = service = service and without_rival(replace(service, key=key), other)
        self.serving[key] = frozenset(one.target for one in found if one.serving) if service else frozenset()
        changes = self.ledger.put(key, fragment(service, found))
        self.table.apply(changes)
        gone = contradicted(self.flows, changed(self.ledger, changes), NODE, Family.IPV4)
        self.flows = [flow for flow in self.flows if flow not in gone]
        return gone

    def begin(self):
        """Whoever can sends to every address; where chance chooses, each choice is taken."""
        for source, to in ((source, to) for source in SOURCES for to in ADDRESSES):
            outcome = self.table.outcome(Connection(source, to))
            place = Target(to.ip, to.port)
            servers = {Fate.DELIVERED: outcome.targets, Fate.UNTOUCHED: {place}}.get(outcome.fate, ())
            flows = [Flow(source, place, server, outcome.masqueraded) for server in servers]
            self.flows += [flow for flow in flows if flow not in self.flows]

    def may_be(self, flow, *, lasting):
        """Whether the rules allow the flow; `lasting`: to those who still serve, though chosen no more."""
        to = Address(flow.to.ip, Protocol.UDP, flow.to.port)
        outcome = self.table.outcome(Connection(flow.source, to))
        if outcome.fate is Fate.UNTOUCHED:
            return flow.server == flow.to
        if outcome.fate is not Fate.DELIVERED or (
            flow.hidden and not outcome.masqueraded and flow.source == CLIENT
        ):
            return False
        others = self.serving.get(FIRST, frozenset()) | self.serving.get(SECOND, frozenset())
        return flow.server in (outcome.targets | others if lasting else outcome.targets)


@given(steps)
@settings(max_examples=100)
def test_after_any_changes_no_flow_contradicts_the_rules(steps):
    """What is kept could be as it is, and what is forgotten could not begin so."""
    play = Play(Ledger(), Table(NODE, Family.IPV4), [], {}, {})
    play.begin()
    for key, service, found in steps:
        gone = play.change(key, service, found)
        assert [flow for flow in play.flows if not play.may_be(flow, lasting=True)] == []
        assert [flow for flow in gone if play.may_be(flow, lasting=False)] == []
        play.begin()
    known = everything(play.ledger)
    assert contradicted(play.flows, known, NODE, Family.IPV4) == []
    assert orphaned(play.flows, known, NODE, Family.IPV4) == []
