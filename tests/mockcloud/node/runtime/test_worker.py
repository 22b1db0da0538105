"""A pod's worker hears of the world before it has begun: nothing of that is lost, and nothing breaks."""

import asyncio
import time
from types import SimpleNamespace

import pytest

from mockcloud.client.errors import ApiError
from mockcloud.node.pods.container import CONFIG_ERROR
from mockcloud.node.pods.convert import pod_spec
from mockcloud.node.pods.files.sources import Kind
from mockcloud.node.pods.machine import PodMachine
from mockcloud.node.runtime.worker import PodWorker
from mockcloud.node.sandbox.maker import SandboxError
from testkit import objects


class Services:
    """What a worker asks of its node; no sandbox can be made."""

    def __init__(self, folder):
        self.told = asyncio.Queue()
        self.clock = time.time
        self.client = SimpleNamespace(patch=self.refuse, delete=self.refuse)
        self.recorder = SimpleNamespace(record=lambda _obj, reason, *_, **__: self.told.put_nowait(reason))
        self.sandboxes = SimpleNamespace(folder=lambda _key: folder, make=self.make, forget=lambda _key: None)
        self.objects = SimpleNamespace(ready=self.ready, finder=lambda _namespace: self.find)
        self.catalogue = SimpleNamespace(find=lambda _image: SimpleNamespace(binary=()))
        self.host_ports = SimpleNamespace(open=lambda *_: None, close=lambda _uid: None)
        self.policies = SimpleNamespace(end=lambda _uid: None)
        self.setting = SimpleNamespace(
            claims=folder,
            ids=None,
            host=None,
            memory=None,
            node_name="n",
            node_ips=("192.0.2.1",),
            capacity={},
            cluster_dns=SimpleNamespace(domain="cluster.local"),
        )

    async def refuse(self, *_, **__):
        raise ApiError(404, "NotFound", "not here")

    async def make(self, _wish, _now):
        msg = "no room"
        raise SandboxError(msg)

    async def ready(self, *, files):
        assert files

    def find(self, _kind, _name):
        return None


@pytest.fixture
def worker(tmp_path):
    """Of a pod with a variable from a ConfigMap."""
    source = {"configMapKeyRef": {"name": "conf", "key": "k", "optional": True}}
    main = objects.container("main", env=[{"name": "A", "valueFrom": source}])
    obj = objects.pod("web", main, metadata={"uid": "u"})
    services = Services(tmp_path)
    return PodWorker(services, obj, PodMachine.create(pod_spec(obj), services.clock())), services


async def test_a_configmap_that_changes_before_the_worker_has_begun_is_taken_in_when_it_does(worker):
    """The agent sees the pod and the ConfigMap in one breath: the worker's task may not have run yet."""
    pod, services = worker
    pod.concern(Kind.CONFIG_MAP, "conf")
    running = asyncio.create_task(pod.run())
    assert await asyncio.wait_for(services.told.get(), 60) == "FailedCreatePodSandBox"
    running.cancel()


async def test_a_pod_that_is_gone_before_the_worker_has_begun_ends(worker):
    """Deleted by force in the same breath in which it was bound."""
    pod, _ = worker
    pod.gone()
    await asyncio.wait_for(pod.run(), 60)


async def test_what_failed_for_a_label_is_tried_again_when_that_changes(worker):
    """A variable, or the path of a volume, may be made from it; nothing waits for the back-off."""
    pod, services = worker
    main = pod._machine.main[0]
    main.reason, main.start_at = CONFIG_ERROR, services.clock() + 1000
    same = dict(pod.object)
    pod.update(same, None)
    assert main.start_at > services.clock() + 900
    pod.update({**same, "metadata": {**same["metadata"], "labels": {"a": "b"}}}, None)
    assert main.start_at <= services.clock()
