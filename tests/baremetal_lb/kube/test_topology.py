"""Nodes and EndpointSlices of the API as values."""

from ipaddress import ip_address

import pytest

from baremetal_lb.kube.topology import node_view, slice_view
from baremetal_lb.model.nodes import NOWHERE, NodeView, SliceView
from baremetal_lb.model.objects import ObjectKey
from testkit import objects


def node(*conditions: tuple[str, str], **fields) -> dict:
    status = {"conditions": [{"type": kind, "status": value} for kind, value in conditions]}
    return objects.node("n", metadata=fields, status=status)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(node(("Ready", "True")), NodeView("n"), id="ready"),
        pytest.param(node(("Ready", "False")), NodeView("n", ready=False), id="not-ready"),
        pytest.param(node(("Ready", "Unknown")), NodeView("n", ready=False), id="kubelet-silent"),
        pytest.param(node(), NodeView("n", ready=False), id="no-condition-yet"),
        pytest.param({"metadata": {"name": "n"}}, NodeView("n", ready=False), id="no-status"),
        pytest.param(
            node(("Ready", "True"), ("NetworkUnavailable", "True")),
            NodeView("n", network_unavailable=True),
            id="no-network",
        ),
        pytest.param(
            node(("Ready", "True"), ("NetworkUnavailable", "Unknown")), NodeView("n"), id="network-unknown"
        ),
        pytest.param(
            node(("Ready", "True")) | {"spec": {"unschedulable": True}},
            NodeView("n", cordoned=True),
            id="cordoned",
        ),
        pytest.param(
            node(("Ready", "True"), labels={"a": "b"}), NodeView("n", labels={"a": "b"}), id="labels"
        ),
    ],
)
def test_node_is_judged_by_its_conditions(raw: dict, expected: NodeView) -> None:
    """Ready must be True; NetworkUnavailable counts only where it is."""
    assert node_view(raw) == expected


def test_node_addresses_are_those_that_are_addresses() -> None:
    """Names, and what does not parse, are left out."""
    listed = [
        ("InternalIP", "192.0.2.11"),
        ("Hostname", "n"),
        ("InternalIP", "2001:db8::11"),
        ("ExternalIP", "nonsense"),
    ]
    status = {"addresses": [{"type": kind, "address": address} for kind, address in listed]}
    assert node_view({"metadata": {"name": "n"}, "status": status}).addresses == (
        ip_address("192.0.2.11"),
        ip_address("2001:db8::11"),
    )


def endpoint_slice(*endpoints: dict, ports=({"name": "", "protocol": "TCP", "port": 80},)) -> SliceView:
    metadata = {"namespace": "d"}
    return slice_view(objects.endpoint_slice("s", *endpoints, name="s-1", ports=ports, metadata=metadata))


@pytest.mark.parametrize(
    ("conditions", "serves"),
    [
        pytest.param({}, True, id="nothing-said"),
        pytest.param({"ready": None}, True, id="ready-null"),
        pytest.param({"ready": True}, True, id="ready"),
        pytest.param({"ready": False}, False, id="not-ready"),
        pytest.param({"ready": True, "serving": False}, True, id="publishNotReadyAddresses"),
        pytest.param({"ready": False, "serving": True, "terminating": True}, True, id="terminating-serving"),
        pytest.param({"ready": False, "serving": False, "terminating": True}, False, id="terminating"),
    ],
)
def test_endpoint_serves_unless_it_says_no(conditions: dict, serves: bool) -> None:
    """As discovery/v1 defines it; one that terminates but serves counts."""
    seen = endpoint_slice({"addresses": ["10.0.0.1"], "nodeName": "n", "conditions": conditions})
    assert seen.serving == (frozenset({"n"}) if serves else frozenset())


def test_slice_names_the_nodes_that_serve() -> None:
    """Each node once, and NOWHERE for an endpoint without one."""
    seen = endpoint_slice({"nodeName": "a"}, {"nodeName": "a"}, {"nodeName": "b"}, {})
    assert seen.service == ObjectKey("d", "s")
    assert seen.serving == frozenset({"a", "b", NOWHERE})


def test_slice_without_endpoints_or_service_is_poor_but_no_error() -> None:
    """`endpoints: null` is what a Go client writes for none."""
    raw = {"metadata": {"name": "x", "namespace": "d"}, "endpoints": None}
    assert slice_view(raw) == SliceView(ObjectKey("d", "x"), None, ports=frozenset())


@pytest.mark.parametrize(
    ("ports", "found"),
    [
        pytest.param([{"name": "web", "protocol": "TCP", "port": 80}], {("web", "TCP")}, id="named"),
        pytest.param([{"port": 80}], {("", "TCP")}, id="defaults"),
        pytest.param([{"name": None, "protocol": "UDP", "port": 53}], {("", "UDP")}, id="udp"),
        pytest.param([{"name": "web", "protocol": "TCP", "port": None}], set(), id="no-number"),
        pytest.param([], set(), id="none"),
    ],
)
def test_ports_of_a_slice_are_those_that_kube_proxy_uses(ports: list, found: set) -> None:
    """By name and protocol; one without a number is none."""
    assert endpoint_slice({"nodeName": "a"}, ports=ports).ports == found
