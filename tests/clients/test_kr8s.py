"""kr8s in a lab: objects, custom kinds, waiting, watches, and streams into pods."""

from __future__ import annotations

import asyncio
import gc
from contextlib import aclosing

import httpx
import kr8s
import pytest
from kr8s.asyncio.objects import ConfigMap, Deployment, Pod, Service, new_class

pytestmark = [
    pytest.mark.netns,
    pytest.mark.kubectl,
    # It leaves generators of its HTTP client open where it stops reading.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PATIENCE = 90
Widget = new_class("Widget", "clients.example/v1", namespaced=True, scalable=True)


@pytest.fixture(autouse=True)
def _collected():
    yield
    gc.collect()


@pytest.fixture
async def api(place):
    """kr8s' own client, in the module's namespace."""
    return await kr8s.asyncio.api(kubeconfig=place.kubeconfig, namespace=place.namespace)


async def test_an_object_by_any_name_of_its_kind(api, place):
    """Created, patched, labelled, found by kind in all spellings and by label, and deleted."""
    metadata = {"name": "c", "namespace": place.namespace}
    config = await ConfigMap({"metadata": metadata, "data": {"a": "b"}}, api=api)
    await config.create()
    await config.patch({"data": {"a": None, "c": "d"}})
    await config.label(tier="gold")
    for kind in ("cm", "configmap", "ConfigMap", "configmaps.v1"):
        found = [each async for each in api.get(kind, label_selector={"tier": "gold"})]
        assert [(each.name, each.data) for each in found] == [("c", {"c": "d"})], kind
    await config.delete()
    await config.wait("delete", timeout=PATIENCE)
    assert not await config.exists()


async def test_a_custom_kind_is_watched_and_scaled(api, place, widgets):
    """By a class made of its name; the watch tells what came, in order."""
    widget = await Widget({"metadata": {"name": "w", "namespace": place.namespace}, "spec": {}}, api=api)
    await widget.create()
    seen = []

    async def watch():
        async with aclosing(api.watch("widgets.clients.example")) as events:
            async for event, one in events:
                seen.append((event, one.spec.replicas))
                if event == "DELETED":
                    return

    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        watching = group.create_task(watch())
        while not seen and not watching.done():  # noqa: ASYNC110 - the first is the object as it was
            await asyncio.sleep(0.01)
        await widget.scale(3)
        await widget.delete()
    assert seen == [("ADDED", 1), ("MODIFIED", 3), ("DELETED", 3)]


async def test_a_deployment_is_scaled_and_waited_for(api, place):
    """By a condition; its pods are found."""
    made = await Deployment(
        {
            "metadata": {"name": "d", "namespace": place.namespace},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": {"app": "d"}},
                "template": {
                    "metadata": {"labels": {"app": "d"}},
                    "spec": {"containers": [{"name": "d", "image": "traefik/whoami"}]},
                },
            },
        },
        api=api,
    )
    await made.create()
    await made.wait("condition=Available", timeout=PATIENCE)
    assert [each.status.phase for each in await made.pods()] == ["Running"]
    await made.scale(0)
    await made.wait("jsonpath='{.status.observedGeneration}'=2", timeout=PATIENCE)
    assert made.spec.replicas == 0
    await made.delete()


async def test_streams_into_a_pod(api, place, web):
    """A command, ports of a pod and of a Service (its WebSocket names no subprotocol), and the pod's log."""
    pod = await Pod.get(web, namespace=place.namespace, api=api)
    done = await pod.exec(["sh", "-c", "echo out; echo err >&2; exit 3"], check=False)
    assert (done.stdout, done.stderr, done.returncode) == (b"out\n", b"err\n", 3)
    service = await Service.get(web, namespace=place.namespace, api=api)
    for number, way in enumerate((pod, service)):
        async with (
            way.portforward(80, local_port="auto") as port,
            httpx.AsyncClient(timeout=PATIENCE) as client,
        ):
            answer = await client.get(f"http://127.0.0.1:{port}/{number}")
        assert f"pod: {web}" in answer.text
    log = [line async for line in pod.logs()]
    assert ["GET /0" in log[-2], "GET /1" in log[-1]] == [True, True], log
