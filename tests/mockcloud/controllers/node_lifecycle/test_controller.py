"""Nodes that go silent, on the real embedded API, with leases of one second."""

import asyncio
import os
import signal

import pytest

from mockcloud.client.clock import micros_text, utc_now
from mockcloud.client.resources import DEPLOYMENTS, LEASES, NODES, PODS
from mockcloud.controllers.node_lifecycle.plan import MAX_API_SILENCE_SECONDS


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
    await bare_lab.add_nodes("node-1", "node-2")
    async with start_controllers(eviction_timeout=0.5), asyncio.TaskGroup() as group:
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


async def renewed(lab, name):
    """Wait until the node's Lease changes."""
    found = await lab.client.get(*lease(name), namespace="kube-node-lease")
    since = {"resourceVersion": found["metadata"]["resourceVersion"]}
    async with lab.client.watch(LEASES, since, namespace="kube-node-lease") as batches, asyncio.timeout(60):
        async for batch in batches:
            if any(event["object"]["metadata"]["name"] == name for event in batch):
                return


async def renew_again(lab, name):
    """As `lab.renew`, over the Lease that is there."""
    while True:
        patch = {"spec": {"renewTime": micros_text(utc_now())}}
        await lab.client.patch(*lease(name), patch, namespace="kube-node-lease")
        await asyncio.sleep(0.2)


def kept(lab, before):
    return before == {pod["metadata"]["uid"] for pod in lab.pods()} <= lab.pods_ever == before


async def test_an_api_that_stood_still_costs_no_pod(watched, api):
    """All leases are old when it answers again; nobody is lost, nobody evicted."""
    before = {pod["metadata"]["uid"] for pod in watched.pods()}
    changes = {name: watched.one(NODES, name)["metadata"]["resourceVersion"] for name in ("node-1", "node-2")}
    os.kill(api.process.pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(MAX_API_SILENCE_SECONDS + 2)  # the fault is a time
    finally:
        os.kill(api.process.pid, signal.SIGCONT)
    for name, version in changes.items():
        for _ in range(8):
            await renewed(watched, name)
        assert (ready(watched, name), taints(watched, name)) == ("True", set())
        assert watched.one(NODES, name)["metadata"]["resourceVersion"] == version, "was lost for a while"
    assert kept(watched, before)


async def test_when_all_nodes_fall_silent_nobody_is_evicted(watched):
    """Full disruption: nodes are shown as lost, their pods stay; one that is back ends it for the other."""
    before = {pod["metadata"]["uid"] for pod in watched.pods()}
    (pod,) = on(watched, "node-1")
    watched.renewing.clear()
    silent = {("unreachable", "NoSchedule")}
    for name in ("node-1", "node-2"):
        await watched.until(lambda name=name: ready(watched, name) == "Unknown", f"{name} lost")
        await watched.until(lambda name=name: taints(watched, name) == silent, f"{name} tainted")
    await asyncio.sleep(1)  # twice the time after which pods of a lost node go
    assert kept(watched, before)
    async with asyncio.TaskGroup() as group:
        renewal = group.create_task(renew_again(watched, "node-1"))
        await watched.until(lambda: ready(watched, "node-1") == "True")
        await watched.until(lambda: len(on(watched, "node-1")) == 2, "replaced on the node that is back")
        renewal.cancel()
    assert pod["metadata"]["uid"] in {each["metadata"]["uid"] for each in on(watched, "node-1")}


async def test_without_the_option_pods_stay_as_long_as_they_tolerate(
    bare_lab, start_controllers, make_deployment
):
    """300 s by default, as the API wrote into each pod; one that says 0 goes at once."""
    lab = bare_lab
    await lab.add_nodes("node-1", "node-2")
    async with start_controllers(eviction_timeout=None), asyncio.TaskGroup() as group:
        for name in ("node-1", "node-2"):
            group.create_task(lab.renew(name))
        hasty = {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"}
        body = make_deployment(name="hasty", replicas=2)
        body["spec"]["template"]["spec"]["tolerations"] = [{**hasty, "tolerationSeconds": 0}]
        await lab.client.create(DEPLOYMENTS, make_deployment(name="usual", replicas=2))
        await lab.client.create(DEPLOYMENTS, body)
        await lab.until(lambda: len(on(lab, "node-1")) == len(on(lab, "node-2")) == 2)
        await lab.until(lambda: all(pod["status"].get("podIP") for pod in lab.pods()))
        usual = {pod["metadata"]["uid"] for pod in lab.pods(app="usual")}
        lab.renewing.discard("node-2")
        await lab.until(lambda: len([p for p in on(lab, "node-1") if p in lab.pods(app="hasty")]) == 2)
        assert {pod["metadata"]["uid"] for pod in lab.pods(app="usual")} == usual
        lab.renewing.clear()


def lease(name):
    return LEASES, name
