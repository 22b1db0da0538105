import pytest

from mockcloud.ccm.manager import Cloud
from mockcloud.ccm.objects.services import FINALIZER
from mockcloud.ccm.provider import ProviderError, RetryAfter
from mockcloud.ccm.services import controller
from mockcloud.ccm.services.plan import EXCLUDED
from mockcloud.client.resources import NODES
from tests.mockcloud.ccm.conftest import controllers

ENSURED = ["EnsuringLoadBalancer", "EnsuredLoadBalancer"]


def uid(cluster, name="web"):
    return cluster.service(name)["metadata"]["uid"]


async def ensured(cluster, name="web", **spec):
    await cluster.create(name, **spec)
    await cluster.until(lambda: cluster.ingress(name) and "EnsuredLoadBalancer" in cluster.reasons(name))


async def test_a_service_gets_a_balancer_over_all_nodes_and_says_where_it_is(cluster):
    """Finalizer, Events with upstream's words and source, status by host name."""
    await ensured(cluster)
    assert cluster.service()["metadata"]["finalizers"] == [FINALIZER]
    assert cluster.ingress() == [{"hostname": "web.cloud.test"}]
    assert cluster.balancers.led == {uid(cluster): ["node-1", "node-2"]}
    told = [(e["type"], e["reason"], e["message"], e["source"]) for e in cluster.events()]
    source = {"component": "service-controller"}
    assert told == [
        ("Normal", "EnsuringLoadBalancer", "Ensuring load balancer", source),
        ("Normal", "EnsuredLoadBalancer", "Ensured load balancer", source),
    ]


async def test_a_deleted_service_goes_after_its_balancer(cluster):
    """The finalizer keeps it until then; the Events say so."""
    await ensured(cluster)
    await cluster.delete()
    await cluster.until(lambda: cluster.service() is None)
    await cluster.until(lambda: cluster.reasons()[2:] == ["DeletingLoadBalancer", "DeletedLoadBalancer"])
    assert cluster.balancers.led == {}


async def test_a_service_that_becomes_a_cluster_ip_loses_its_balancer_and_its_status(cluster):
    """And gets one again when it changes back."""
    await ensured(cluster)
    await cluster.patch({"spec": {"type": "ClusterIP"}})
    await cluster.until(lambda: not cluster.service()["metadata"].get("finalizers"))
    assert cluster.balancers.led == {}
    await cluster.until(lambda: cluster.ingress() == [])
    await cluster.patch({"spec": {"type": "LoadBalancer"}})
    await cluster.until(cluster.ingress)
    assert list(cluster.balancers.led) == [uid(cluster)]
    assert cluster.service()["metadata"]["finalizers"] == [FINALIZER]


async def test_another_class_is_left_alone(cluster):
    """No finalizer, no Event, no status."""
    await cluster.create("theirs", loadBalancerClass="else.where/x")
    await ensured(cluster, "ours")
    assert cluster.reasons("theirs") == []
    assert "finalizers" not in cluster.service("theirs")["metadata"]


async def test_what_another_controller_implements_stays_without_status(cluster):
    """A provider's ImplementedElsewhere ends the sync in silence."""
    await cluster.create(metadata={"annotations": {"type": "elsewhere"}})
    await cluster.until(lambda: cluster.balancers.count("ensure web"))
    await ensured(cluster, "other")
    assert cluster.reasons() == ["EnsuringLoadBalancer"]
    assert cluster.ingress() == []


async def test_a_failure_is_an_event_and_is_tried_again(cluster, monkeypatch):
    """With the provider's words behind upstream's."""
    cluster.balancers.failures = [RetryAfter("the cloud is painting", 0.05), ProviderError("quota exceeded")]
    monkeypatch.setattr(controller.Backoff, "failed", lambda *_: 0.05)
    await ensured(cluster)
    warnings = {e["message"]: e["reason"] for e in cluster.events() if e["type"] == "Warning"}
    head = "Error syncing load balancer: failed to ensure load balancer: "
    reason = "SyncLoadBalancerFailed"
    assert warnings == {f"{head}the cloud is painting": reason, f"{head}quota exceeded": reason}


async def test_a_balancer_that_cannot_be_deleted_keeps_its_service(cluster, monkeypatch):
    """Nothing is forgotten: the finalizer goes last."""
    monkeypatch.setattr(controller.Backoff, "failed", lambda *_: 0.05)
    await ensured(cluster)
    cluster.balancers.failures = [ProviderError("in use")]
    await cluster.delete()
    await cluster.until(lambda: cluster.service() is None)
    words = "Error syncing load balancer: failed to delete load balancer: in use"
    await cluster.until(lambda: words in [e["message"] for e in cluster.events()])


async def test_the_set_of_nodes_is_followed(cluster):
    """A new node, the label that excludes one and a node that goes are updates; readiness is none."""
    await ensured(cluster)
    led = cluster.balancers.led
    await cluster.add_node("node-3")
    await cluster.until(lambda: led == {uid(cluster): ["node-1", "node-2", "node-3"]})
    await cluster.client.patch(NODES, "node-2", {"metadata": {"labels": {EXCLUDED: "true"}}})
    await cluster.until(lambda: led == {uid(cluster): ["node-1", "node-3"]})
    await cluster.set_ready("node-1", "False")
    await cluster.client.delete(NODES, "node-3")
    await cluster.until(lambda: led == {uid(cluster): ["node-1"]})
    assert cluster.balancers.count("update web") == 3
    assert cluster.balancers.count("ensure web") == 1
    await cluster.until(lambda: cluster.reasons() == [*ENSURED, "UpdatedLoadBalancer"])
    await cluster.until(lambda: cluster.events()[2]["count"] == 3)


async def test_without_nodes_it_is_made_and_says_that_nobody_can_answer(bare_cluster, api):
    """Upstream's warning, at the making and when the last node has gone."""
    async with controllers(api, Cloud(bare_cluster.balancers, bare_cluster.instances)):
        await ensured(bare_cluster)
        assert bare_cluster.reasons() == [ENSURED[0], "UnAvailableLoadBalancer", ENSURED[1]]
        await bare_cluster.add_node("node-1")
        await bare_cluster.until(lambda: bare_cluster.balancers.led == {uid(bare_cluster): ["node-1"]})
        await bare_cluster.client.delete(NODES, "node-1")
        await bare_cluster.until(lambda: bare_cluster.balancers.led == {uid(bare_cluster): []})
        await bare_cluster.until(lambda: bare_cluster.events()[1]["count"] == 2)


async def test_an_update_that_fails_is_an_event_and_is_made_good(cluster, monkeypatch):
    """By a whole sync, from the Service's queue."""
    monkeypatch.setattr(controller.Backoff, "failed", lambda *_: 0.05)
    await ensured(cluster)
    cluster.balancers.failures = [ProviderError("throttled")]
    await cluster.add_node("node-3")
    await cluster.until(lambda: len(cluster.balancers.led[uid(cluster)]) == 3)
    words = (
        "Error updating load balancer with new hosts [node-1 node-2 node-3]"
        " [node names limited, total number of nodes: 3], error: throttled"
    )
    await cluster.until(lambda: words in [e["message"] for e in cluster.events()])


async def test_a_change_during_the_work_is_not_lost(cluster):
    """What comes while a balancer is being made is done after it."""
    cluster.balancers.gate.clear()
    await cluster.create()
    await cluster.until(lambda: cluster.balancers.count("ensure web"))
    await cluster.patch({"metadata": {"annotations": {"a": "b"}}})
    cluster.balancers.gate.set()
    await cluster.until(lambda: (cluster.events() or [{}])[-1].get("count") == 2)
    assert cluster.balancers.count("ensure web") == 2


async def test_annotations_in_vain_are_reported(cluster):
    """On the Service, where whoever wrote them looks."""
    cluster.balancers.complaints = ("annotation x is not known",)
    await ensured(cluster)
    found = [(e["type"], e["message"]) for e in cluster.events() if e["reason"] == "UnsupportedAnnotation"]
    assert found == [("Warning", "annotation x is not known")]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_controller_that_is_killed_leaves_nothing_behind(bare_cluster, api, when):
    """Deleted while nobody works: the next one finds the finalizer, and cleans up."""
    balancers = bare_cluster.balancers
    balancers.gate.clear()
    async with controllers(api, Cloud(balancers, bare_cluster.instances)):
        await bare_cluster.create()
        await bare_cluster.until(lambda: balancers.count("ensure web"))
        if when == "after":
            balancers.gate.set()
            await bare_cluster.until(lambda: balancers.led)
    await bare_cluster.delete()
    balancers.gate.set()
    async with controllers(api, Cloud(balancers, bare_cluster.instances)):
        await bare_cluster.until(lambda: bare_cluster.service() is None)
    assert balancers.led == {}


async def test_a_finalizer_taken_by_force_does_not_leave_a_balancer(cluster):
    """Somebody removes it by hand: while the controller lives, it remembers what it has made."""
    await ensured(cluster)
    await cluster.patch({"metadata": {"finalizers": None}})
    await cluster.delete()
    await cluster.until(lambda: not cluster.balancers.led)
