import pytest

from mockcloud.ccm import manager
from mockcloud.ccm.manager import Cloud
from mockcloud.ccm.nodes import initialization
from mockcloud.ccm.nodes.plan import SHUTDOWN
from mockcloud.ccm.objects.nodes import Address
from mockcloud.client.resources import NODES
from mockcloud.cluster_defaults import UNINITIALIZED
from tests.mockcloud.ccm.conftest import controllers

TAINT = {"key": UNINITIALIZED, "value": "true", "effect": "NoSchedule"}


def taints(cluster, name="node-1"):
    found = cluster.one(NODES, name) or {"spec": {"taints": [TAINT]}}
    return [each["key"] for each in found["spec"].get("taints") or ()]


@pytest.fixture
async def watched(bare_cluster, api, monkeypatch):
    """The controllers, looking after nodes ten times a second."""
    monkeypatch.setattr(manager, "MONITOR_SECONDS", 0.1)
    monkeypatch.setattr(initialization, "FIRST_RETRY", 0.05)
    async with controllers(api, Cloud(bare_cluster.balancers, bare_cluster.instances)):
        yield bare_cluster


async def test_a_registered_node_becomes_one_of_the_clouds(watched):
    """providerID, labels, addresses; then its taint goes, and an Event says so."""
    watched.instances.addresses["node-1"] = (Address("InternalIP", "10.0.0.1"), Address("Hostname", "node-1"))
    annotations = {"alpha.kubernetes.io/provided-node-ip": "10.0.0.1"}
    await watched.add_node("node-1", taints=[TAINT], metadata={"annotations": annotations})
    await watched.until(
        lambda: taints(watched) == [] and watched.one(NODES, "node-1")["status"].get("addresses")
    )
    found = watched.one(NODES, "node-1")
    assert found["spec"]["providerID"] == "fake:///zone-a/node-1"
    labels = found["metadata"]["labels"]
    assert (
        labels["topology.kubernetes.io/zone"] == labels["failure-domain.beta.kubernetes.io/zone"] == "zone-a"
    )
    assert labels["topology.kubernetes.io/region"] == "region-1"
    assert labels["node.kubernetes.io/instance-type"] == "t3.small"
    assert labels["topology.fake/rack"] == "7"
    assert "evil.kubernetes.io/x" not in labels
    assert found["status"]["addresses"] == [
        {"type": "InternalIP", "address": "10.0.0.1"},
        {"type": "Hostname", "address": "node-1"},
    ]
    await watched.until(lambda: watched.reasons("node-1") == ["Synced"])


async def test_a_node_without_an_instance_waits_for_it(watched):
    """Its taint stays until the cloud knows it; a Node that never had an instance is nobody's to delete."""
    await watched.add_node("node-1", state="", taints=[TAINT], ready="Unknown")
    asked = watched.instances.calls
    await watched.until(lambda: min(asked.count("facts"), asked.count("exists")) >= 2)
    assert taints(watched) == [UNINITIALIZED]
    watched.instances.states["node-1"] = "running"
    await watched.until(lambda: taints(watched) == [])


async def test_a_node_whose_instance_is_gone_is_deleted(watched):
    """Once it is not ready: while it answers, the cloud is not asked."""
    await watched.add_node("node-1", providerID="fake:///zone-a/node-1")
    await watched.until(lambda: watched.one(NODES, "node-1"))
    del watched.instances.states["node-1"]
    await watched.set_ready("node-1", "Unknown")
    await watched.until(lambda: watched.one(NODES, "node-1") is None)
    await watched.until(lambda: watched.reasons("node-1"))
    told = watched.events("node-1")[0]
    assert told["message"] == "Deleting node node-1 because it does not exist in the cloud provider"
    assert (told["reason"], told["source"]["component"]) == (
        "DeletingNode",
        "cloud-node-lifecycle-controller",
    )


async def test_a_node_whose_instance_was_stopped_is_tainted_until_it_is_ready(watched):
    """With node.cloudprovider.kubernetes.io/shutdown, NoSchedule."""
    await watched.add_node("node-1")
    watched.instances.states["node-1"] = "stopped"
    await watched.set_ready("node-1", "Unknown")
    await watched.until(lambda: taints(watched) == [SHUTDOWN])
    watched.instances.states["node-1"] = "running"
    await watched.set_ready("node-1", "True")
    await watched.until(lambda: taints(watched) == [])
