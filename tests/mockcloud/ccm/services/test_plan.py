from dataclasses import replace

import pytest

from mockcloud.ccm.objects.nodes import parse_node
from mockcloud.ccm.objects.services import parse_service
from mockcloud.ccm.services import plan
from testkit import objects

PORT = {"name": "http", "protocol": "TCP", "port": 80, "nodePort": 30080, "targetPort": 8080}
FINALIZER = "service.kubernetes.io/load-balancer-cleanup"


def service(metadata=None, **spec):
    metadata = {"uid": "u-1", **(metadata or {})}
    given = {"type": "LoadBalancer", "ports": [PORT], "ipFamilies": ["IPv4"], **spec}
    return parse_service(objects.service(metadata=metadata, **given))


def node(name="node-1", metadata=None, **spec):
    return parse_node(objects.node(name, metadata={"uid": name, **(metadata or {})}, **spec))


CHANGES = [
    pytest.param({"loadBalancerSourceRanges": ["10.0.0.0/8"]}, True, id="source ranges"),
    pytest.param({"ports": [{**PORT, "port": 81}]}, True, id="port"),
    pytest.param({"ports": [{**PORT, "nodePort": 30081}]}, True, id="node port"),
    pytest.param({"ports": [{**PORT, "targetPort": "web"}]}, True, id="target port"),
    pytest.param({"ports": [{**PORT, "name": "web"}]}, True, id="name of a port"),
    pytest.param({"ports": [{**PORT, "appProtocol": "h2c"}]}, True, id="application protocol"),
    pytest.param({"sessionAffinity": "ClientIP"}, True, id="affinity"),
    pytest.param({"loadBalancerIP": "192.0.2.1"}, True, id="wanted address"),
    pytest.param({"externalIPs": ["192.0.2.1"]}, True, id="external addresses"),
    pytest.param({"externalTrafficPolicy": "Local"}, True, id="policy"),
    pytest.param({"healthCheckNodePort": 30099}, True, id="health check's port"),
    pytest.param({"ipFamilies": ["IPv4", "IPv6"]}, True, id="number of families"),
    pytest.param({"metadata": {"annotations": {"any": "thing"}}}, True, id="any annotation"),
    pytest.param({"metadata": {"uid": "u-2"}}, True, id="another of the same name"),
    pytest.param({"type": "ClusterIP"}, True, id="type off"),
    pytest.param({"loadBalancerClass": "else.where/x"}, True, id="class on"),
    pytest.param({"selector": {"app": "other"}}, False, id="selector"),
    pytest.param({"metadata": {"labels": {"a": "b"}}}, False, id="labels"),
    pytest.param({"internalTrafficPolicy": "Local"}, False, id="internal policy"),
    pytest.param({"metadata": {"finalizers": [FINALIZER]}}, False, id="its finalizer"),
]


@pytest.mark.parametrize(("change", "matters"), CHANGES)
def test_which_changes_of_a_service_matter(change, matters):
    """Each that may change a load balancer, and no other: upstream's needsUpdate."""
    change = dict(change)
    metadata = change.pop("metadata", None)
    assert plan.needs_sync(service(), service(metadata, **change)) is matters


@pytest.mark.parametrize(
    ("metadata", "spec", "matters"),
    [
        pytest.param({}, {}, True, id="wants one"),
        pytest.param({}, {"type": "ClusterIP"}, False, id="wants none"),
        pytest.param({}, {"loadBalancerClass": "else.where/x"}, False, id="somebody else's"),
        pytest.param({"finalizers": [FINALIZER]}, {"type": "ClusterIP"}, True, id="has one left over"),
        pytest.param({"deletionTimestamp": "x", "finalizers": [FINALIZER]}, {}, True, id="is being deleted"),
    ],
)
def test_which_services_are_looked_at_when_first_seen(metadata, spec, matters):
    """After a restart, too: what the one before had begun is not forgotten."""
    assert plan.needs_sync(None, service(metadata, **spec)) is matters


@pytest.mark.parametrize(
    ("value", "included"),
    [
        (None, True),
        ("false", True),
        ("0", True),
        ("true", False),
        ("", False),
        ("junk", False),
        ("no", False),
    ],
)
def test_the_label_that_excludes_a_node(value, included):
    """Its value is read as Go reads a truth value; what is none excludes."""
    labels = {} if value is None else {plan.EXCLUDED: value}
    assert plan.included(node(metadata={"labels": labels})) is included


def test_a_load_balancer_leads_to_nodes_whether_ready_or_not():
    """Readiness is for health checks; nodes on their way out, and excluded ones, are no hosts."""
    taint = {"key": plan.GOING, "effect": "NoSchedule"}
    nodes = [
        node("d", ready="False"),
        node("c", metadata={"deletionTimestamp": "x"}),
        node("b", taints=[taint]),
        node("a"),
        node("e", metadata={"labels": {plan.EXCLUDED: "true"}}),
    ]
    assert [each.meta.name for each in plan.hosts(nodes)] == ["a", "d"]


def test_which_changes_of_a_node_matter():
    """Coming, going, the label, the instance; neither readiness nor taints."""
    before = node()
    assert plan.node_matters(None, before)
    assert plan.node_matters(before, None)
    assert plan.node_matters(before, replace(before, provider_id="aws:///z/i-1"))
    assert plan.node_matters(before, node(metadata={"labels": {plan.EXCLUDED: ""}}))
    assert not plan.node_matters(before, node(ready="False"))
    assert not plan.node_matters(before, node(taints=[{"key": plan.GOING, "effect": "NoSchedule"}]))


def test_an_event_names_twenty_nodes_at_most():
    """And says how many there are more."""
    names = [f"n{number:02}" for number in range(22)]
    assert plan.host_names([node(each) for each in names[:2]]) == "[n00 n01]"
    assert plan.host_names([node(each) for each in names]) == f"[{' '.join(names[:20])} <2 more>]"
