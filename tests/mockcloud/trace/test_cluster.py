"""What the API lists, as facts for a trace."""

import copy
import logging

import pytest
from hypothesis import given, settings

from mockcloud.trace.cluster import cluster_facts
from mockcloud.trace.model import Protocol, ServicePort
from tests.fakes.odd_objects import odd_objects

SERVICE = {
    "metadata": {"namespace": "default", "name": "web"},
    "spec": {"type": "ClusterIP", "clusterIPs": ["10.96.0.9"], "ports": [{"name": "http", "port": 80}]},
}
SLICE = {
    "metadata": {
        "namespace": "default", "name": "web-1", "labels": {"kubernetes.io/service-name": "web"},
    },
    "ports": [{"name": "http", "port": 8080}],
    "endpoints": [
        {"addresses": ["10.244.1.2"], "nodeName": "node-1", "conditions": {"ready": True}},
        {"addresses": ["10.244.2.2"], "conditions": {"serving": False}},
    ],
}  # fmt: skip
POD = {
    "metadata": {"namespace": "default", "name": "web-1"},
    "spec": {"nodeName": "node-1"},
    "status": {"podIPs": [{"ip": "10.244.1.2"}]},
}
NODE = {
    "metadata": {"name": "node-1"},
    "status": {"addresses": [{"type": "InternalIP", "address": "192.168.10.11"}]},
}
ALL = {"Service": [SERVICE], "EndpointSlice": [SLICE], "Pod": [POD], "Node": [NODE]}
LISTS = ("Service", "EndpointSlice", "Pod", "Node")


def test_service_has_the_serving_endpoints_of_its_slices():
    """Of a port of that name; whose pod and node are known by address."""
    facts = cluster_facts(*ALL.values())
    assert [each.ports for each in facts.services] == [
        (ServicePort(80, Protocol.TCP, 0, ("10.244.1.2",), ("node-1",)),)
    ]
    assert facts.pods == {"10.244.1.2": ("default/web-1", "node-1")}
    assert facts.nodes == {"192.168.10.11": "node-1"}


def test_a_pod_in_its_nodes_network_is_not_known_by_address():
    """What comes to the node's address is any program's there."""
    speaker = {**POD, "spec": {"nodeName": "node-1", "hostNetwork": True}}
    assert cluster_facts([], [], [speaker], []).pods == {}


@pytest.mark.parametrize("kind", LISTS)
def test_odd_object_takes_no_other_along(kind, caplog):
    """Whatever stands in it, all that is told of the others stays."""
    caplog.set_level(logging.CRITICAL)

    @settings(max_examples=50)
    @given(odd_objects(kind))
    def fuzz(odd):
        odd = copy.deepcopy(odd)
        odd["metadata"] |= {"namespace": "odd", "name": "odd"}
        facts = cluster_facts(*(([odd] if kind == each else []) + ALL[each] for each in LISTS))
        expected = cluster_facts(*ALL.values())
        assert facts.services[-1] == expected.services[0]
        assert facts.pods.items() >= expected.pods.items()
        assert facts.nodes.items() >= expected.nodes.items()

    fuzz()


def test_odd_object_is_named(caplog):
    """On stderr, beside the trace."""
    odd = {**NODE, "metadata": {"name": "odd"}, "status": {"addresses": [7]}}
    cluster_facts([], [], [], [odd])
    assert "Node odd is left out" in caplog.text
