"""Whatever happens, in whatever order: the promises of the allocator, by a state machine."""

from ipaddress import ip_address

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from baremetal_lb.model.services import FamilyPolicy, ServiceStatus, TrafficPolicy
from tests.baremetal_lb.fakes import promises
from tests.baremetal_lb.fakes.paper_cluster import Cluster, key

POOLS = st.sampled_from(
    [
        ["name: a, addresses: [10.0.0.1-10.0.0.3, 'fd00::1-fd00::2']"],
        ["name: a, addresses: [10.0.0.2-10.0.0.4]", "name: b, addresses: ['fd00::2-fd00::4']"],
        [
            "name: c, addresses: [10.0.0.0/29, 'fd00::/126']",
            "name: m, addresses: [10.1.0.1], auto-assign: false",
        ],
        [
            "name: p, addresses: [10.0.0.1], service-allocation: {namespaces: [x]}",
            "name: q, addresses: [10.0.0.3]",
        ],
        [
            "name: p, addresses: [10.0.0.1], service-allocation: {namespaces: [x]}",
            "name: q, addresses: [10.0.0.3], service-allocation: {namespaces: [default]}",
        ],
        [
            "name: p, addresses: [10.0.0.3], service-allocation: {namespaces: [x]}",
            "name: q, addresses: [10.0.0.1], service-allocation: {namespaces: [default]}",
        ],
        [],
    ]
)
NAMES = st.sampled_from(["a", "b", "c", "d", "x/e", "x/f", "x/g"])
ASKS = st.sampled_from(
    [
        {},
        {},
        {"allow-shared-ip": "k"},
        {"allow-shared-ip": "k", "share-with-namespaces": "x"},
        {"metallb.io/allow-shared-ip": "k"},
        {"address-pool": "m"},
        {"loadBalancerIPs": "10.0.0.2"},
        {"loadBalancerIPs": "junk"},
    ]
)
SERVICES = st.fixed_dictionaries(
    {
        "ips": st.sampled_from(["10.96.0.1", "fd00:96::1", "10.96.0.1 fd00:96::1", "fd00:96::1 10.96.0.1"]),
        "ports": st.sampled_from(["TCP/80", "TCP/443", "TCP/80 TCP/443", "UDP/80"]),
        "asks": ASKS,
        "family_policy": st.sampled_from(FamilyPolicy),
        "traffic_policy": st.sampled_from(TrafficPolicy),
        "external_ips": st.sampled_from([(), (), (ip_address("10.0.0.3"),)]),
        "load_balancer_class": st.sampled_from([None, None, None, "another.example/lb"]),
    }
)


class AnyHistory(RuleBasedStateMachine):
    """Random creates, changes, deletions, pool edits, nodes and restarts."""

    def __init__(self):
        super().__init__()
        self.cluster = Cluster(watcher=promises.nobody_gains_what_another_is_to_lose)

    @initialize(pools=POOLS, seed=st.integers(0, 99))
    def start(self, pools, seed):
        self.cluster.chance.seed(seed)
        self.cluster.pools(*pools)

    @rule(name=NAMES, fields=SERVICES)
    def create_or_replace(self, name, fields):
        if key(name) in self.cluster.services:
            self.cluster.delete(name)
        self.cluster.create(name, **fields)

    @rule(name=NAMES, fields=SERVICES)
    def change(self, name, fields):
        if key(name) in self.cluster.services:
            ips = tuple(ip_address(text) for text in fields.pop("ips").split())
            self.cluster.change(name, cluster_ips=ips, **fields)

    @rule(name=NAMES)
    def delete(self, name):
        if key(name) in self.cluster.services:
            self.cluster.delete(name)

    @rule(name=NAMES, address=st.sampled_from(["10.0.0.1", "10.0.0.2", "fd00::1"]))
    def another_controller_shows_an_address(self, name, address):
        view = self.cluster.services.get(key(name))
        if view is not None and view.load_balancer_class:
            self.cluster.change(name, status=ServiceStatus((ip_address(address),)))

    @rule(name=NAMES, is_load_balancer=st.booleans())
    def change_type(self, name, is_load_balancer):
        if key(name) in self.cluster.services:
            self.cluster.change(name, is_load_balancer=is_load_balancer)

    @rule(pools=POOLS)
    def edit_pools(self, pools):
        self.cluster.pools(*pools)

    @rule(address=st.sampled_from(["10.0.0.1", "10.0.0.4", "fd00::2"]))
    def a_node_appears(self, address):
        if ip_address(address) not in self.cluster.allocator.allocations._occupancies:
            self.cluster.own(one=address)

    @precondition(lambda self: self.cluster.services)
    @rule()
    def restart(self):
        promises.a_restart_changes_nothing(self.cluster)

    @invariant()
    def the_promises_hold(self):
        promises.all_hold(self.cluster)


AnyHistory.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
test_any_history_keeps_the_promises = AnyHistory.TestCase
