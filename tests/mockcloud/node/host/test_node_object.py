"""The Node object and when it must be written anew."""

from dataclasses import replace

import pytest

from mockcloud.node.host.node_object import (
    Machine,
    NodeFacts,
    lease_spec,
    needs_registration,
    new_lease,
    new_node,
    node_status,
    own_spec,
)

MACHINE = Machine("amd64", "6.18.0", "Debian", "8d085e4a-fdcd-4477-828e-06dcbd487c31", 2, 1024, 2048)
FACTS = NodeFacts(
    "node-1", ("192.168.10.11", "fd00:10::11"), ("10.244.1.0/24", "fd00:10:244:1::/64"), MACHINE
)
NOW, BEFORE = "2026-11-21T12:00:00Z", "2026-11-20T12:00:00Z"


def test_a_node_names_itself_and_its_pod_ranges():
    """Labels as a kubelet sets them; no zone is claimed."""
    node = new_node(FACTS)
    assert node["spec"] == {
        "podCIDR": "10.244.1.0/24",
        "podCIDRs": ["10.244.1.0/24", "fd00:10:244:1::/64"],
    }
    assert node["metadata"]["labels"]["kubernetes.io/hostname"] == "node-1"
    assert "topology.kubernetes.io/zone" not in node["metadata"]["labels"]


def test_the_status_says_ready_and_where():
    """Both addresses, capacity, and a version that says what it is."""
    status = node_status(FACTS, {}, NOW)
    assert [found["address"] for found in status["addresses"]] == ["192.168.10.11", "fd00:10::11", "node-1"]
    assert status["capacity"]["memory"] == "1024Ki"
    assert status["nodeInfo"]["kubeletVersion"].endswith("-mockcloud")
    ready = status["conditions"][-1]
    assert (ready["type"], ready["status"], ready["lastTransitionTime"]) == ("Ready", "True", NOW)


def test_a_condition_that_did_not_turn_keeps_its_time():
    """lastTransitionTime moves only when the status does."""
    kept, turned = (
        node_status(
            FACTS,
            {"conditions": [{"type": "Ready", "status": status, "lastTransitionTime": BEFORE}]},
            NOW,
        )
        for status in ("True", "Unknown")
    )
    assert kept["conditions"][-1]["lastTransitionTime"] == BEFORE
    assert turned["conditions"][-1]["lastTransitionTime"] == NOW


def test_in_a_cloud_a_node_waits_for_its_controller():
    """Nothing is scheduled there before it has been, and it finds out which instance has that address."""
    node = new_node(replace(FACTS, in_a_cloud=True))
    assert node["spec"]["taints"] == [
        {"key": "node.cloudprovider.kubernetes.io/uninitialized", "value": "true", "effect": "NoSchedule"}
    ]
    assert node["metadata"]["annotations"] == {
        "alpha.kubernetes.io/provided-node-ip": "192.168.10.11,fd00:10::11"
    }
    assert "taints" not in own_spec(replace(FACTS, in_a_cloud=True)), "a later start would bring it back"


@pytest.mark.parametrize(
    ("in_a_cloud", "said", "kept"),
    [
        pytest.param(True, [{"type": "ExternalIP", "address": "198.18.0.1"}], True, id="a-controller-spoke"),
        pytest.param(True, [], False, id="no-controller-yet"),
        pytest.param(False, [{"type": "InternalIP", "address": "192.168.10.99"}], False, id="no-cloud"),
    ],
)
def test_what_a_cloud_says_of_addresses_stays(in_a_cloud, said, kept):
    """An agent that registers again says its own addresses only where no cloud's controller has spoken."""
    status = node_status(replace(FACTS, in_a_cloud=in_a_cloud), {"addresses": said}, NOW)
    own = [*({"type": "InternalIP", "address": ip} for ip in FACTS.ips)]
    assert status["addresses"] == (said if kept else [*own, {"type": "Hostname", "address": "node-1"}])


@pytest.mark.parametrize(
    ("node", "needed"),
    [
        pytest.param(None, True, id="gone"),
        pytest.param({"status": {}}, True, id="no-condition"),
        pytest.param(
            {"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}, True, id="given-up"
        ),
        pytest.param({"status": {"conditions": [{"type": "Ready", "status": "True"}]}}, False, id="ready"),
    ],
)
def test_the_agent_speaks_up_when_it_was_given_up(node, needed):
    """A node that others took for dead says that it is not."""
    assert needs_registration(node) is needed


def test_the_lease_belongs_to_the_node():
    """It is collected with its Node, and lasts four renewals."""
    lease = new_lease({"metadata": {"name": "node-1", "uid": "u"}}, NOW)
    assert lease["metadata"]["ownerReferences"][0]["uid"] == "u"
    assert lease["spec"] == lease_spec("node-1", NOW)
    assert lease["spec"]["leaseDurationSeconds"] == 8
