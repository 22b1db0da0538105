"""The cluster's own objects come back, and Events go, in a real process."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.registry import Registry
from mockcloud.kube.serving import cluster
from mockcloud.kube.serving.upkeep import expiry as serving_expiry
from mockcloud.kube.serving.upkeep import looking, own
from mockcloud.kube.storage.journal import Journal
from mockcloud.kube.storage.store import Change, Reach, Verb
from mockcloud.kube.times import rfc3339
from mockcloud.kube.writes import expiry
from mockcloud.kube.writes.refusals import bad_request

ADVERTISED = "192.168.10.10"
SLICE = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes"
SERVICE = "/api/v1/namespaces/default/services/kubernetes"
ENDPOINTS = "/api/v1/namespaces/default/endpoints/kubernetes"


@pytest.fixture(scope="module")
def api(kube_api_factory):
    return kube_api_factory("--advertise-address", ADVERTISED)


def until(question: Callable[[], object]) -> object:
    """The answer, once it is not empty; within 10 s, as kube-apiserver has it."""
    end = time.monotonic() + 60
    while not (found := question()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def get(api, path: str) -> dict:
    done = api.kubectl("get", "--raw", path, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else {}


@pytest.mark.kubectl
def test_kubectl_delete_all(api):
    """The end of many guides: Service `kubernetes` is there again, with its address and its endpoints."""
    before = get(api, SERVICE)
    api.kubectl("delete", "all", "--all")
    api.kubectl("delete", "endpoints,endpointslices", "--all")
    after = until(lambda: get(api, SERVICE))
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert after["spec"] == before["spec"]
    assert after["spec"]["clusterIP"] == "10.96.0.1"
    found = until(lambda: get(api, SLICE))
    assert found["endpoints"][0]["addresses"] == [ADVERTISED]
    assert until(lambda: get(api, ENDPOINTS))["subsets"][0]["addresses"] == [{"ip": ADVERTISED}]


@pytest.mark.kubectl
def test_what_leads_to_the_api_is_mended_and_all_else_is_left(api):
    """Ports and type of the Service, addresses of its endpoints; labels of somebody else stay."""
    patch = {"spec": {"type": "NodePort", "ports": [{"port": 443, "targetPort": 1}]}}
    api.kubectl("label", "service", "kubernetes", "mine=yes")
    api.kubectl("patch", "service", "kubernetes", "-p", json.dumps(patch))
    until(lambda: get(api, SERVICE)["spec"]["type"] == "ClusterIP")
    service = get(api, SERVICE)
    assert [port["targetPort"] for port in service["spec"]["ports"]] == [api.port]
    assert service["metadata"]["labels"]["mine"] == "yes"
    api.kubectl(
        "patch",
        "endpointslice",
        "kubernetes",
        "-p",
        json.dumps({"endpoints": [], "metadata": {"labels": {"a": "b"}}}),
    )
    until(lambda: get(api, SLICE).get("endpoints"))
    assert get(api, SLICE)["metadata"]["labels"] == {"a": "b", "kubernetes.io/service-name": "kubernetes"}
    versions = {path: get(api, path)["metadata"]["resourceVersion"] for path in (SERVICE, SLICE, ENDPOINTS)}
    api.kubectl("label", "service", "kubernetes", "mine-")
    time.sleep(1.2)  # a look that found something to mend would have changed it by now
    assert {path: get(api, path)["metadata"]["resourceVersion"] for path in (SLICE, ENDPOINTS)} == {
        path: versions[path] for path in (SLICE, ENDPOINTS)
    }


async def test_what_cannot_be_made_right_is_tried_again(tmp_path, monkeypatch, caplog):
    """Somebody may have taken the address: the log says so, and that is looked at again after a time."""
    monkeypatch.setattr(looking, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(looking, "PAUSE_SECONDS", 0.01)
    tried: asyncio.Queue[int] = asyncio.Queue()
    refusals = [bad_request(f"address {number} is allocated") for number in range(2)]

    async def begin() -> None:
        tried.put_nowait(len(refusals))
        if refusals:
            raise refusals.pop()

    with closing(Journal(tmp_path / "journal")) as journal:
        registry = cluster.open_registry(Policy(journal.load(Reach(), lambda: 0.0)), ("10.96.0.0/16",))
        await cluster.begin(registry, ("10.96.0.0/16",), 6443, None)
        async with asyncio.TaskGroup() as group, asyncio.timeout(60):
            task = group.create_task(own.keep_own(registry, begin))
            await asyncio.sleep(0)
            registry.store.delete("services", ("default", "kubernetes"))
            assert [await tried.get() for _ in range(3)] == [2, 1, 0]
            task.cancel()
    assert caplog.text.count("could not restore an object of the cluster itself: address") == 2


async def test_expired_events_are_deleted_for_watchers(tmp_path, monkeypatch):
    """Those of an earlier life are as old as they say; too many go at once."""
    monkeypatch.setattr(expiry, "MOST_EVENTS", 4)
    with closing(Journal(tmp_path / "journal")) as journal:
        registry = cluster.open_registry(Policy(journal.load(Reach(), lambda: 0.0)), ("10.96.0.0/16",))
        deleted: asyncio.Queue[str] = asyncio.Queue()

        def see(change: Change) -> None:
            if change.verb is Verb.DELETED:
                deleted.put_nowait(change.key[1])

        registry.store.subscribe("events", see)
        put(registry, "ancient", "2001-01-01T00:00:00Z")
        put(registry, "odd", "yesterday")
        async with asyncio.TaskGroup() as group, asyncio.timeout(60):
            monkeypatch.setattr(serving_expiry, "LOOK_SECONDS", 0.01)
            task = group.create_task(serving_expiry.expire_events(registry))
            assert await deleted.get() == "ancient"
            monkeypatch.setattr(serving_expiry, "LOOK_SECONDS", 30)
            for number in range(4):
                put(registry, f"e-{number}", rfc3339(registry.clock()))
            assert [await deleted.get(), await deleted.get()] == ["odd", "e-0"]
            task.cancel()


def put(registry: Registry, name: str, created: str) -> None:
    body = {"metadata": {"name": name, "namespace": "default", "creationTimestamp": created}}
    registry.store.put("events", ("default", name), body)
