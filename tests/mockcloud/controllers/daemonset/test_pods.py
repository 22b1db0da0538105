"""The pods that a DaemonSet makes, and the nodes that it makes them for."""

import pytest

from mockcloud.controllers.daemonset.pods import Place, place, pod
from mockcloud.controllers.objects.affinity import parse_node_affinity

SSD = {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def test_a_pod_is_bound_by_the_name_of_its_node(make):
    """In place of what the template requires; what it prefers, and what it says of other pods, stays."""
    preferred = [{"weight": 1, "preference": SSD}]
    affinity = {
        "nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [SSD]}, PREFERRED: preferred},
        "podAntiAffinity": {"x": 1},
    }
    found = pod(make.set(pod_spec={"affinity": affinity}), "h", "node-1")
    node_affinity = found["spec"]["affinity"]["nodeAffinity"]
    assert parse_node_affinity(found["spec"]).admits("node-1", {})
    assert (node_affinity[PREFERRED], found["spec"]["affinity"]["podAntiAffinity"]) == (preferred, {"x": 1})
    meta = found["metadata"]
    assert (meta["generateName"], meta["labels"]) == (
        "agent-",
        {"app": "agent", "controller-revision-hash": "h"},
    )
    assert meta["ownerReferences"][0]["kind"] == "DaemonSet"


def test_a_pod_outlives_the_troubles_of_its_node(make):
    """Upstream's tolerations, once each; a daemon of the node's network does not wait for the network."""
    stated = {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}
    own = {"key": "dedicated", "operator": "Exists"}
    found = pod(make.set(pod_spec={"tolerations": [own, stated], "hostNetwork": True}), "h", "n")["spec"]
    keys = [each["key"].removeprefix("node.kubernetes.io/") for each in found["tolerations"]]
    assert keys == [
        *("dedicated", "not-ready", "unreachable", "disk-pressure", "memory-pressure", "pid-pressure"),
        *("unschedulable", "network-unavailable"),
    ]
    plain = pod(make.set(), "h", "n")["spec"]["tolerations"]
    assert "node.kubernetes.io/network-unavailable" not in [each["key"] for each in plain]


@pytest.mark.parametrize(
    ("spec", "labels", "taints", "expected"),
    [
        pytest.param({}, {}, [], Place(wanted=True, kept=True), id="any-node"),
        pytest.param(
            {},
            {},
            ["node.kubernetes.io/unschedulable=NoSchedule", "node.kubernetes.io/unreachable=NoExecute"],
            Place(wanted=True, kept=True),
            id="cordoned-or-lost",
        ),
        pytest.param({}, {}, ["gpu=NoSchedule"], Place(wanted=False, kept=True), id="tainted"),
        pytest.param({}, {}, ["gpu=NoExecute"], Place(wanted=False, kept=False), id="driven-out"),
        pytest.param({}, {}, ["gpu=PreferNoSchedule"], Place(wanted=True, kept=True), id="a-mere-preference"),
        pytest.param(
            {"tolerations": [{"operator": "Exists"}]},
            {},
            ["gpu=NoExecute"],
            Place(wanted=True, kept=True),
            id="tolerates-all",
        ),
        pytest.param(
            {"nodeSelector": {"a": "b"}}, {"a": "c"}, [], Place(wanted=False, kept=False), id="selector"
        ),
        pytest.param({"nodeName": "other"}, {}, [], Place(wanted=False, kept=False), id="another-node's"),
        pytest.param(
            {"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [SSD]}}}},
            {"disk": "hdd"},
            [],
            Place(wanted=False, kept=False),
            id="affinity",
        ),
    ],
)
def test_place(make, spec, labels, taints, expected):
    """Each row: a template, a node, and whether it is to have a pod, and may keep one."""
    assert place(make.set(pod_spec=spec), make.node("n", labels, taints)) == expected
