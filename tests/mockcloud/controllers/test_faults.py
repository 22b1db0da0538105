"""The API dies and comes back, the controllers die and come back: nothing is lost, nothing is made twice."""

import asyncio

from mockcloud.client.resources import DEPLOYMENTS, ENDPOINT_SLICES, PODS, REPLICA_SETS, SERVICES


def endpoints(lab):
    return {e["addresses"][0] for s in lab.of(ENDPOINT_SLICES) for e in s.get("endpoints") or ()}


def addresses(lab):
    return {pod["status"].get("podIP") for pod in lab.pods()}


async def test_an_api_that_is_killed_amid_a_rollout_delays_it_only(api, lab, make_deployment):
    """SIGKILL, then the same data again: the rollout ends with exactly its pods and endpoints."""
    await lab.client.create(DEPLOYMENTS, make_deployment(replicas=6))
    service = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    meta = {"namespace": lab.namespace, "name": "web"}
    await lab.client.create(
        SERVICES, {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": service}
    )
    await lab.until(lambda: len(endpoints(lab)) == 6)
    change = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "v2"}]}}}}
    await lab.patch(DEPLOYMENTS, "web", change)
    await lab.until(lambda: len(lab.of(REPLICA_SETS)) == 2)
    api.kill()
    await asyncio.to_thread(api.start)

    def done():
        images = [pod["spec"]["containers"][0]["image"] for pod in lab.of(PODS)]
        return images == ["v2"] * 6 and endpoints(lab) == addresses(lab)

    await lab.until(done)
    assert len(lab.pods_ever) <= 12


async def test_controllers_that_come_late_do_what_was_missed(bare_lab, start_controllers, make_deployment):
    """Everything is derived from the API: a new process takes up where the old one was killed."""
    await bare_lab.add_nodes("node-1")
    await bare_lab.client.create(DEPLOYMENTS, make_deployment(replicas=3))
    async with start_controllers():
        await bare_lab.until(lambda: bare_lab.pods())
    await bare_lab.patch(DEPLOYMENTS, "web", {"spec": {"replicas": 2}})
    async with start_controllers():
        await bare_lab.until(lambda: len(bare_lab.of(PODS)) == 2)
    async with start_controllers():
        await bare_lab.until(lambda: bare_lab.one(DEPLOYMENTS, "web")["status"].get("availableReplicas") == 2)
        await bare_lab.becomes(lambda: len(bare_lab.of(PODS)), 2)
