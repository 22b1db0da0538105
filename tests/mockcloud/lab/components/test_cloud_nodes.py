"""When Nodes are as in a cloud; that `up` waits for it: tests/e2e/test_guides_cloud.py."""

from __future__ import annotations

import pytest

from mockcloud.cluster_defaults import UNINITIALIZED
from mockcloud.lab.components.cloud_nodes import waits_for
from testkit import objects

PUBLIC = {"type": "ExternalIP", "address": "198.18.0.1"}
PRIVATE = {"type": "InternalIP", "address": "10.0.1.11"}
TAINT = {"key": UNINITIALIZED, "effect": "NoSchedule"}
OTHER = {"key": "dedicated", "effect": "NoSchedule"}


def node(name, *addresses, taints=()):
    return objects.node(name, taints=list(taints), status={"addresses": list(addresses)})


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        pytest.param([], "", id="no nodes"),
        pytest.param([node("b", PRIVATE, PUBLIC, taints=[OTHER])], "", id="another taint"),
        pytest.param([node("b", PRIVATE, PUBLIC, taints=[TAINT])], "b", id="the taint"),
        pytest.param([node("b", PRIVATE)], "b", id="addresses come after the taint has gone"),
        pytest.param([node("b", PRIVATE), node("a"), node("c", PUBLIC)], "a, b", id="in order"),
    ],
)
def test_which_nodes_are_waited_for(nodes, said):
    """Those with the taint, and those without a public address."""
    assert waits_for(nodes) == (f"the cloud controller manager has not initialized {said}" if said else "")
