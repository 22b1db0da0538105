"""Fuzz: one odd object of any watched kind stops nobody who reads all of them, and hides no other object."""

import copy
import ipaddress
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockcloud.client.odd import MALFORMED, skipping
from mockcloud.client.resources import (
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    ENDPOINTS,
    LEASES,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    REPLICA_SETS,
    SERVICE_ACCOUNTS,
    SERVICES,
    STATEFUL_SETS,
)
from mockcloud.controllers.deployment.objects import parse_deployment
from mockcloud.controllers.history.objects import parse_revision
from mockcloud.controllers.node_lifecycle.objects import parse_lease
from mockcloud.controllers.runtime.context import open_context
from mockcloud.controllers.runtime.indexes import by_namespace, by_owner
from mockcloud.controllers.statefulset.objects import parse_stateful_set
from mockcloud.dns.daemon import _Daemon as DnsDaemon
from mockcloud.dns.settings import parse as dns_settings
from mockcloud.node.host.routes import routes_to
from mockcloud.node.pods.convert import deletion_grace, pod_spec
from mockcloud.node.pods.machine import PodMachine
from mockcloud.proxy.decide.service_map import ServiceMap
from mockcloud.proxy.decide.views import NodeView, ServiceKey
from mockcloud.proxy.proxy import ServiceProxy
from tests.fakes.odd_objects import EXAMPLES, odd_objects

QUICK = settings(max_examples=40)
CONTROLLED = {
    "Pod": (PODS, lambda context: context.pods),
    "Node": (NODES, lambda context: context.nodes),
    "Service": (SERVICES, lambda context: context.services),
    "EndpointSlice": (ENDPOINT_SLICES, lambda context: context.slices),
    "Endpoints": (ENDPOINTS, lambda context: context.endpoints),
    "Deployment": (
        DEPLOYMENTS,
        lambda context: context.collection(DEPLOYMENTS, parse_deployment, by_namespace),
    ),
    "ReplicaSet": (REPLICA_SETS, lambda context: context.replica_sets),
    "StatefulSet": (
        STATEFUL_SETS,
        lambda context: context.collection(STATEFUL_SETS, parse_stateful_set, by_namespace),
    ),
    "ControllerRevision": (
        CONTROLLER_REVISIONS,
        lambda context: context.collection(CONTROLLER_REVISIONS, parse_revision, by_owner),
    ),
    "PersistentVolumeClaim": (PERSISTENT_VOLUME_CLAIMS, lambda context: context.claims),
    "Lease": (LEASES, lambda context: context.collection(LEASES, parse_lease)),
    "Namespace": (NAMESPACES, lambda context: context.namespaces),
    "ServiceAccount": (SERVICE_ACCOUNTS, lambda _context: None),
}
NODE = NodeView(
    name="node-1",
    ips=(ipaddress.ip_address("192.168.10.11"), ipaddress.ip_address("fd00:10::11")),
    pod_cidrs=(ipaddress.ip_network("10.244.1.0/24"), ipaddress.ip_network("fd00:10:244:1::/64")),
    cluster_cidrs=(ipaddress.ip_network("10.244.0.0/16"), ipaddress.ip_network("fd00:10:244::/48")),
    node_port_ips=(ipaddress.ip_address("192.168.10.11"),),
    service_cidrs=(ipaddress.ip_network("10.96.0.0/16"), ipaddress.ip_network("fd00:10:96::/112")),
)


@pytest.fixture(autouse=True)
def _quiet(caplog):
    caplog.set_level(logging.CRITICAL)


def good(kind: str) -> dict:
    obj = copy.deepcopy(EXAMPLES[kind])
    obj["metadata"] |= {"name": "good", "uid": "u-9"}
    return obj


def key(obj: dict) -> tuple[str, str]:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]


@pytest.mark.parametrize("kind", CONTROLLED)
def test_controllers(kind):
    """Whatever stands in an object, its informer goes on: the next is seen, and the odd one's end."""
    resource, open_collection = CONTROLLED[kind]

    @QUICK
    @given(st.lists(odd_objects(kind), min_size=1, max_size=3))
    def fuzz(odd):
        context = open_context(None, [])
        collection = open_collection(context)
        informer, old = context.informer(resource), None
        for each in odd:
            informer._notify(key(each), old, each)
            old = each
        fine = good(kind)
        informer._notify(key(fine), None, fine)
        informer._notify(key(odd[-1]), odd[-1], None)
        if collection is not None:
            names = [view.name if hasattr(view, "name") else view.meta.name for view in collection.all()]
            assert names == ["good"]
            assert all(keys == {key(fine): None} for keys in collection._indexed.values())

    fuzz()


class _Nobody:
    """Is told of health and of work to do."""

    def queued(self, _families):
        pass

    def set(self):
        pass


def _proxy():
    """A node's rules without a kernel."""
    proxy = ServiceProxy.__new__(ServiceProxy)
    proxy._node, proxy._witness, proxy._wake = NODE, _Nobody(), _Nobody()
    proxy._world, proxy._dirty = ServiceMap(), set()
    return proxy


def _feed(reader, objects):
    """Have each object told as its informer would, which goes on whatever comes of it."""
    for each in objects:
        put = reader._on_service if "spec" in each else reader._on_slice
        with skipping("object", key(each)):
            put(key(each), None, each)


def _fine():
    service, part = good("Service"), good("EndpointSlice")
    part["metadata"]["labels"]["kubernetes.io/service-name"] = "good"
    return [service, part]


SERVICE_SIDE = st.lists(st.one_of(odd_objects("Service"), odd_objects("EndpointSlice")), max_size=4)


@QUICK
@given(SERVICE_SIDE)
def test_service_rules(odd):
    """The node's rules: an odd Service has none, or poor ones; the good one has its own."""
    proxy, alone = _proxy(), _proxy()
    _feed(proxy, [*odd, *_fine()])
    _feed(alone, _fine())
    for family in NODE.families:
        rules = {dirty: proxy._rules(dirty, family) for dirty in proxy._dirty}
        fine = ServiceKey("default", "good")
        assert rules[fine]
        assert rules[fine] == alone._rules(fine, family)


@QUICK
@given(odd_objects("Node"))
def test_routes(odd):
    """A node whose address or range is none has no route by it; the reason names the value."""
    try:
        found = routes_to(odd, "eth0", NODE.cluster_cidrs)
    except MALFORMED:
        return  # the agent leaves out the whole node, with the reason
    for route in found.routes:
        ipaddress.ip_address(route.gateway)
        network = ipaddress.ip_network(route.destination)
        assert any(network.version == each.version and network.subnet_of(each) for each in NODE.cluster_cidrs)


def test_a_node_called_localhost_says_why_it_has_no_route():
    """The one that stopped every agent."""
    odd = copy.deepcopy(EXAMPLES["Node"])
    odd["status"]["addresses"] = [{"type": "InternalIP", "address": "localhost"}]
    odd["spec"]["podCIDRs"] = ["10.244.2.0/24", "0.0.0.0/0"]
    found = routes_to(odd, "eth0", NODE.cluster_cidrs)
    assert found.routes == frozenset()
    assert found.left_out == (
        "InternalIP 'localhost': expected an IP address",
        "podCIDR '0.0.0.0/0': expected a range of addresses inside 10.244.0.0/16, fd00:10:244::/48",
    )


@QUICK
@given(odd_objects("Pod"))
def test_pods_of_a_node(odd):
    """A pod that cannot be read fails in a way that its agent is prepared for."""
    try:
        deletion_grace(odd)
        PodMachine.create(pod_spec(odd), 0.0).hurry(1.0)
    except MALFORMED:
        pass


@QUICK
@given(SERVICE_SIDE)
def test_dns(odd):
    """The zone: an odd object has no records, or poor ones; the good one has its own."""
    daemon, alone = _dns(), _dns()
    _feed(daemon, [*odd, *_fine()])
    _feed(alone, _fine())
    mine = ("service", "default", "good")
    assert alone._zone._owned[mine]
    assert daemon._zone._owned[mine] == alone._zone._owned[mine]


def _dns():
    arguments = ["--node-name", "node-1", "--node-ip", "127.0.0.1", "--kubeconfig", "/nowhere"]
    return DnsDaemon(dns_settings(arguments), None)
