"""DaemonSets on the real embedded API: a pod a node, rolling updates, revisions."""

import pytest

from mockcloud.client.resources import CONTROLLER_REVISIONS, DAEMON_SETS, EVENTS, NODES, PODS
from testkit import objects


def daemon_set(lab, **spec):
    containers = [objects.container(image="agent:1")]
    return objects.daemon_set("agent", namespace=lab.namespace, containers=containers, **spec)


def status(lab):
    found = lab.one(DAEMON_SETS, "agent")
    return found["status"] if found else {}


def where(lab):
    return sorted(pod["spec"].get("nodeName", "") for pod in lab.pods())


def images(lab):
    return {pod["spec"].get("nodeName"): pod["spec"]["containers"][0]["image"] for pod in lab.pods()}


def new_image(image):
    return {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}}}


def marks(lab):
    return {pod["metadata"]["labels"]["controller-revision-hash"] for pod in lab.pods()}


def revisions(lab):
    return {each["metadata"]["labels"]["controller-revision-hash"] for each in lab.of(CONTROLLER_REVISIONS)}


async def started(lab, **spec):
    """Create the set and wait until it serves on all three nodes, and its pods are seen there."""
    await lab.client.create(DAEMON_SETS, daemon_set(lab, **spec))
    await lab.until(lambda: status(lab).get("numberAvailable") == 3)
    await lab.becomes(lambda: where(lab), ["node-1", "node-2", "node-3"])


async def test_a_pod_on_each_node_also_on_one_that_comes_later(lab):
    """The scheduler binds each to its own; the status counts nodes."""
    await started(lab)
    await lab.until(lambda: len(marks(lab)) == 1 and marks(lab) == revisions(lab))
    wanted = {
        "desiredNumberScheduled": 3,
        "currentNumberScheduled": 3,
        "numberMisscheduled": 0,
        "numberReady": 3,
        "numberAvailable": 3,
        "updatedNumberScheduled": 3,
        "observedGeneration": 1,
    }
    await lab.becomes(lambda: status(lab), wanted)
    await lab.add_nodes("node-4")
    await lab.until(lambda: status(lab).get("numberAvailable") == 4)
    await lab.becomes(lambda: where(lab), ["node-1", "node-2", "node-3", "node-4"])


async def test_a_pod_that_is_deleted_or_fails_comes_again_on_its_node(lab):
    """And an Event says why."""
    await started(lab)
    first = next(pod for pod in lab.pods() if pod["spec"]["nodeName"] == "node-1")
    await lab.client.delete(PODS, first["metadata"]["name"], namespace=lab.namespace)
    await lab.until(lambda: len(lab.pods_ever) == 4 and where(lab) == ["node-1", "node-2", "node-3"])

    second = next(pod for pod in lab.pods() if pod["spec"]["nodeName"] == "node-2")
    await lab.client.patch(
        PODS,
        second["metadata"]["name"],
        {"status": {"phase": "Failed"}},
        namespace=lab.namespace,
        subresource="status",
    )
    await lab.until(lambda: len(lab.pods_ever) == 5 and where(lab) == ["node-1", "node-2", "node-3"])
    await lab.until(lambda: all(pod["status"].get("phase") == "Running" for pod in lab.pods()))
    await lab.becomes(lambda: status(lab)["numberAvailable"], 3)
    await lab.until(lambda: any(event["reason"] == "FailedDaemonPod" for event in lab.of(EVENTS)))


async def test_a_cordoned_node_keeps_its_pod_and_a_tainted_one_loses_it(lab):
    """Daemons tolerate a cordon; NoExecute drives them out."""
    await started(lab)
    await lab.client.patch(NODES, "node-1", {"spec": {"unschedulable": True}})
    taint = {"key": "gone", "effect": "NoExecute"}
    await lab.client.patch(NODES, "node-2", {"spec": {"taints": [taint]}})
    await lab.becomes(lambda: (status(lab)["desiredNumberScheduled"], where(lab)), (2, ["node-1", "node-3"]))


@pytest.mark.parametrize(
    ("rolling", "most"),
    [
        pytest.param({"maxUnavailable": 1}, 3, id="one-after-the-other"),
        pytest.param({"maxUnavailable": 0, "maxSurge": 1}, 4, id="surge"),
    ],
)
async def test_a_new_template_is_rolled_out_and_taken_back(lab, rolling, most):
    """Within the bounds; an older template wanted again gets its revision a new number."""
    await started(lab, updateStrategy={"type": "RollingUpdate", "rollingUpdate": rolling})

    def rolled_out(image):
        seen, generation = status(lab), lab.one(DAEMON_SETS, "agent")["metadata"]["generation"]
        return (
            images(lab) == dict.fromkeys(("node-1", "node-2", "node-3"), image)
            and (seen.get("updatedNumberScheduled"), seen.get("numberAvailable")) == (3, 3)
            and (seen["observedGeneration"], len(lab.pods())) == (generation, 3)
        )

    await lab.patch(DAEMON_SETS, "agent", new_image("agent:2"))
    await lab.until(lambda: rolled_out("agent:2"))
    await lab.patch(DAEMON_SETS, "agent", new_image("agent:1"))
    await lab.until(lambda: rolled_out("agent:1"))

    assert lab.most_pods == most
    await lab.becomes(lambda: sorted(each["revision"] for each in lab.of(CONTROLLER_REVISIONS)), [2, 3])


async def test_an_update_waits_where_the_new_pod_does_not_serve(lab):
    """The other nodes keep their old pods."""
    await started(lab)
    lab.ready = False
    await lab.patch(DAEMON_SETS, "agent", new_image("agent:2"))
    await lab.until(lambda: sorted(images(lab).values()) == ["agent:1", "agent:1", "agent:2"])
    await lab.until(lambda: status(lab).get("numberUnavailable") == 1)
    new = next(pod for pod in lab.pods() if pod["spec"]["containers"][0]["image"] == "agent:2")
    await lab.until(lambda: lab.one(PODS, new["metadata"]["name"])["status"].get("podIP"))
    lab.ready = True
    await lab.set_ready(lab.one(PODS, new["metadata"]["name"]), True)
    await lab.until(lambda: set(images(lab).values()) == {"agent:2"})
