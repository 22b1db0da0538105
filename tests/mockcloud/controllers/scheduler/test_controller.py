"""The scheduler on the real embedded API."""

import pytest

from mockcloud.client.resources import DEPLOYMENTS, EVENTS, NODES, PODS
from testkit import objects

GONE = {"metadata": {"deletionTimestamp": "long ago"}}


def pod(namespace, name="p", **spec):
    return objects.pod(name, namespace=namespace, **spec)


def placed(lab, name="p"):
    return lambda: (lab.one(PODS, name) or {"spec": {}})["spec"].get("nodeName")


def nodes(lab):
    return lab.informers[NODES].items.values()


def refusal(lab, name="p"):
    """The message of the PodScheduled condition, while it is False."""
    conditions = ((lab.one(PODS, name) or {}).get("status") or {}).get("conditions") or ()
    told = [each for each in conditions if (each["type"], each["status"]) == ("PodScheduled", "False")]
    return told[0]["message"] if told else None


async def test_pods_are_spread_evenly(lab, make_deployment):
    """Seven pods on three nodes: two or three each."""
    await lab.client.create(DEPLOYMENTS, make_deployment(replicas=7))
    await lab.until(lambda: sum(bool(each["spec"].get("nodeName")) for each in lab.pods()) == 7)
    nodes = [each["spec"]["nodeName"] for each in lab.pods()]
    assert sorted(nodes.count(name) for name in set(nodes)) == [2, 2, 3]


@pytest.mark.parametrize(
    ("spec", "node_patch", "reason"),
    [
        pytest.param(
            {"nodeSelector": {"disk": "ssd"}},
            {"metadata": {"labels": {"disk": "ssd"}}},
            "3 node(s) didn't match Pod's node affinity/selector",
            id="node-selector",
        ),
        pytest.param(
            {},
            {"spec": {"unschedulable": False, "taints": None}},
            "3 node(s) were unschedulable",
            id="cordoned",
        ),
    ],
)
async def test_a_pod_that_fits_nowhere_says_why_and_goes_once_it_fits(lab, spec, node_patch, reason):
    """In upstream's words, as Event and condition; a change of a node is enough to try again."""
    if not spec:
        for name in ("node-1", "node-2", "node-3"):
            await lab.client.patch(NODES, name, {"spec": {"unschedulable": True}})
        await lab.until(lambda: sum("taints" in node.get("spec", {}) for node in nodes(lab)) == 3)
    await lab.client.create(PODS, pod(lab.namespace, **spec))
    tail = "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
    await lab.becomes(lambda: refusal(lab), f"0/3 nodes are available: {reason}. {tail}")
    await lab.becomes(lambda: [each["reason"] for each in lab.of(EVENTS)], ["FailedScheduling"])
    await lab.client.patch(NODES, "node-2", node_patch)
    await lab.until(placed(lab))
    assert placed(lab)() == "node-2"


async def test_a_pod_with_a_node_name_is_left_alone(lab):
    """nodeName given: no binding, no Scheduled event."""
    await lab.client.create(PODS, pod(lab.namespace, nodeName="node-3"))
    await lab.until(lambda: (lab.one(PODS, "p") or {}).get("status", {}).get("podIP"))
    assert lab.of(EVENTS) == []


async def test_a_critical_pod_takes_the_place_of_another(lab):
    """It is nominated, the other is told why it goes, and then it goes there."""
    things = {"example.com/thing": "1"}
    for name in ("node-1", "node-2", "node-3"):
        room = things if name == "node-1" else {"example.com/thing": "0"}
        await lab.client.patch(NODES, name, {"status": {"allocatable": room}}, subresource="status")
    asks = objects.container("c", resources={"requests": things, "limits": things})
    await lab.client.create(PODS, objects.pod("low", asks, namespace=lab.namespace))
    await lab.becomes(placed(lab, "low"), "node-1")
    critical = {"priorityClassName": "system-cluster-critical"}
    await lab.client.create(PODS, objects.pod("high", asks, namespace=lab.namespace, **critical))
    await lab.becomes(placed(lab, "high"), "node-1")
    await lab.until(lambda: "deletionTimestamp" in (lab.one(PODS, "low") or GONE)["metadata"])
    await lab.until(lambda: "Preempted" in {each["reason"] for each in lab.of(EVENTS)})
