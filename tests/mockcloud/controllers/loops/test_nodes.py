"""Nodes that go silent, on the real embedded API, with leases of one second."""

import asyncio

import pytest

from mockcloud.client.resources import DEPLOYMENTS, NODES, PODS


def ready(lab, name):
    conditions = (lab.one(NODES, name) or {}).get("status", {}).get("conditions") or ()
    return next((each["status"] for each in conditions if each["type"] == "Ready"), None)


def taints(lab, name):
    found = (lab.one(NODES, name) or {}).get("spec", {}).get("taints") or ()
    return {(each["key"].partition("/")[2], each["effect"]) for each in found}


def on(lab, node):
    return [pod for pod in lab.pods() if pod["spec"].get("nodeName") == node]


def pod_ready(pod):
    return next(each["status"] for each in pod["status"]["conditions"] if each["type"] == "Ready")


@pytest.fixture
async def watched(api, bare_lab, start_controllers, make_deployment):
    """Two nodes with leases, and a Deployment of two pods; pods of a lost node go after half a second."""
    async with start_controllers(eviction_timeout=0.5), asyncio.TaskGroup() as group:
        await bare_lab.add_nodes("node-1", "node-2")
        for name in ("node-1", "node-2"):
            group.create_task(bare_lab.renew(name))
        await bare_lab.client.create(DEPLOYMENTS, make_deployment(replicas=2))
        await bare_lab.until(lambda: on(bare_lab, "node-1") and on(bare_lab, "node-2"))
        await bare_lab.until(lambda: all(pod["status"].get("podIP") for pod in bare_lab.pods()))
        yield bare_lab
        bare_lab.renewing.clear()


async def test_a_silent_node_is_lost_and_its_pods_move(watched):
    """Ready=Unknown, taints, pods not ready, then deleted and replaced on the other node."""
    (pod,) = on(watched, "node-2")
    watched.renewing.discard("node-2")
    await watched.until(lambda: ready(watched, "node-2") == "Unknown")
    lost = {("unreachable", "NoSchedule"), ("unreachable", "NoExecute")}
    await watched.until(lambda: taints(watched, "node-2") == lost)
    await watched.until(lambda: len(on(watched, "node-1")) == 2, "replaced on the other node")
    assert ready(watched, "node-1") == "True"
    found = watched.one(PODS, pod["metadata"]["name"])
    assert found is None or pod_ready(found) == "False"


async def test_a_node_that_speaks_again_is_back_with_its_pods(watched, api, make_deployment):
    """Before the eviction: Ready again, no taint, the same pod in service."""
    lab = watched
    tolerant = {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"}
    body = make_deployment(name="loyal", replicas=1)
    body["spec"]["template"]["spec"].update(tolerations=[tolerant], nodeSelector={"kubernetes.io/x": "2"})
    await lab.client.patch(NODES, "node-2", {"metadata": {"labels": {"kubernetes.io/x": "2"}}})
    await lab.client.create(DEPLOYMENTS, body)
    await lab.until(lambda: lab.pods(app="loyal") and lab.pods(app="loyal")[0]["status"].get("podIP"))
    (loyal,) = lab.pods(app="loyal")
    lab.renewing.discard("node-2")
    await lab.until(lambda: pod_ready(lab.pods(app="loyal")[0]) == "False")
    lab.renewing.add("node-2")
    await lab.client.delete(*lease("node-2"), namespace="kube-node-lease")
    async with asyncio.TaskGroup() as group:
        renewal = group.create_task(lab.renew("node-2"))
        await lab.until(lambda: ready(lab, "node-2") == "True" and not taints(lab, "node-2"))
        await lab.until(lambda: pod_ready(lab.pods(app="loyal")[0]) == "True")
        renewal.cancel()
    assert lab.pods(app="loyal")[0]["metadata"]["uid"] == loyal["metadata"]["uid"]


def lease(name):
    from mockcloud.client.resources import LEASES

    return LEASES, name
