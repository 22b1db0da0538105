"""Nodes of a lab, by what was asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mockcloud.lab.components import registry
from mockcloud.lab.errors import LabError, UsageError
from mockcloud.lab.plan import NodeWish, Plan
from mockcloud.lab.preflight import check
from mockcloud.lab.state import LabFolder
from mockcloud.labels import ZONE
from mockcloud.testing import lab


@pytest.mark.parametrize("zone", ["", "a b", "-a", "a" * 64])
def test_a_zone_is_the_value_of_a_label(zone):
    """Else the API would refuse each node, one after the other."""
    with pytest.raises(UsageError, match=f"zone {zone!r}: expected the value of a label"):
        Plan(zones=("a", zone))


def test_a_clouds_nodes_have_the_clouds_zones():
    """Whoever names others is told so."""
    try:
        check(Plan(provider="cloud"))
    except LabError as error:
        pytest.skip(str(error))
    with pytest.raises(UsageError, match="--zones: with --provider cloud the zones are the cloud's"):
        check(Plan(provider="cloud", zones=("a",)))
    with pytest.raises(UsageError, match="the zones are the cloud's"):
        check(Plan(provider="cloud", wishes=(NodeWish((f"{ZONE}=a",)),)))


def test_an_agent_is_told_what_its_node_is_to_say():
    """Each its own; one that came later says nothing of it."""
    wishes = (NodeWish(("disk=ssd", "tier=db"), ("x=y:NoExecute", "z:NoSchedule")), NodeWish())
    asked = registry.make_lab(Plan(3, zones=("a",), wishes=wishes), LabFolder("x", Path("/x")))
    agents = {each.name: each.argv for each in registry.daemons(asked)}

    def told(node: str, option: str) -> str:
        argv = agents[node]
        return argv[argv.index(option) + 1] if option in argv else ""

    assert told("node-1", "--node-labels") == f"{ZONE}=a,disk=ssd,tier=db"
    assert told("node-1", "--register-with-taints") == "x=y:NoExecute,z:NoSchedule"
    assert [told(f"node-{number}", "--node-labels") for number in (2, 3)] == [f"{ZONE}=a"] * 2
    assert not told("node-2", "--register-with-taints")


@pytest.mark.netns
@pytest.mark.kubectl
def test_nodes_are_in_zones_and_pods_are_spread_over_them(tmp_path):
    """One after the other, and from the first again; the scheduler knows."""
    with lab(
        options=("--nodes", "3", "--zones", "a,b", "--provider", "none"), state=tmp_path / "state"
    ) as mine:
        nodes = mine.get("nodes")["items"]
        zones = {
            each["metadata"]["name"]: each["metadata"]["labels"]["topology.kubernetes.io/zone"]
            for each in nodes
        }
        assert zones == {"node-1": "a", "node-2": "b", "node-3": "a"}
        spread = {
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "web"}},
        }
        mine.kubectl("create", "deployment", "web", "--image=nginx", "--replicas=0")
        patch = {"spec": {"replicas": 4, "template": {"spec": {"topologySpreadConstraints": [spread]}}}}
        mine.kubectl("patch", "deployment", "web", "-p", json.dumps(patch))
        mine.wait_rolled_out("deployment/web")
        pods = [each for each in mine.get("pods")["items"] if "deletionTimestamp" not in each["metadata"]]
        assert sorted(zones[each["spec"]["nodeName"]] for each in pods) == ["a", "a", "b", "b"]
