"""Node affinity: what selects a node, and how much one is preferred."""

import pytest

from mockcloud.controllers.objects.affinity import NodeAffinity, only, parse_node_affinity

LABELS = {"disk": "ssd", "cpus": "8", "zone": "a"}


def required(*terms):
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}


def expressions(*parts):
    return {
        "matchExpressions": [{"key": key, "operator": how, "values": values} for key, how, values in parts]
    }


def named(how, name):
    return {"matchFields": [{"key": "metadata.name", "operator": how, "values": [name]}]}


def parsed(affinity):
    return parse_node_affinity({"affinity": {"nodeAffinity": affinity}})


@pytest.mark.parametrize(
    ("terms", "admitted"),
    [
        pytest.param([], False, id="no-term-selects-nothing"),
        pytest.param([{}], False, id="nor-does-an-empty-one"),
        pytest.param([expressions(("disk", "In", ["ssd", "nvme"]))], True, id="in"),
        pytest.param([expressions(("disk", "NotIn", ["ssd"]))], False, id="not-in"),
        pytest.param([expressions(("gpu", "DoesNotExist", []), ("zone", "Exists", []))], True, id="both"),
        pytest.param([expressions(("disk", "In", ["ssd"]), ("gpu", "Exists", []))], False, id="one-of-two"),
        pytest.param([expressions(("gpu", "Exists", [])), expressions(("zone", "In", ["a"]))], True, id="or"),
        pytest.param([expressions(("cpus", "Gt", ["4"]))], True, id="greater"),
        pytest.param([expressions(("cpus", "Lt", ["8"]))], False, id="less"),
        pytest.param([expressions(("disk", "Gt", ["4"]))], False, id="no-number"),
        pytest.param([expressions(("gpu", "Lt", ["4"]))], False, id="absent"),
        pytest.param([named("In", "n")], True, id="name"),
        pytest.param([named("NotIn", "n")], False, id="not-name"),
    ],
)
def test_required(terms, admitted):
    """Terms are alternatives; what is in one holds together."""
    assert parsed(required(*terms)).admits("n", LABELS) is admitted


def test_nothing_required_admits_every_node():
    """No affinity at all, or only one between pods."""
    assert parse_node_affinity({}) == NodeAffinity()
    assert parse_node_affinity({"affinity": {"podAffinity": {}}}).admits("n", {})


def test_only_selects_one_node():
    """By its name, whatever labels it bears."""
    assert parsed(only("n")).admits("n", {})
    assert not parsed(only("n")).admits("m", {"kubernetes.io/hostname": "n"})


def test_weights_add_up():
    """Of each preferred term that selects the node."""
    preferred = [
        {"weight": 10, "preference": expressions(("disk", "In", ["ssd"]))},
        {"weight": 5, "preference": expressions(("zone", "In", ["a"]))},
        {"weight": 80, "preference": expressions(("gpu", "Exists", []))},
    ]
    found = parsed({"preferredDuringSchedulingIgnoredDuringExecution": preferred})
    assert (found.weight("n", LABELS), found.weight("m", {}), found.admits("m", {})) == (15, 0, True)
