"""The embedded API as a process, the cloud's controllers in the test's loop with an identity of their own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from mockcloud.ccm.manager import Cloud, run_controllers
from mockcloud.client.errors import ApiError
from mockcloud.client.informer import Informer
from mockcloud.client.resources import EVENTS, NAMESPACES, NODES, SERVICES, Resource
from mockcloud.client.rest import Client, Object
from testkit import objects
from testkit.api import AuditedApi
from tests.mockcloud.ccm.fakes import FakeBalancers, FakeInstances

PATIENCE = 60.0  # for what never comes: on a busy machine anything may take a while


@dataclass
class Cluster:
    """An admin's client, with informers on what tests wait for; these and the fakes set `changed`."""

    client: Client
    namespace: str
    informers: dict[Resource, Informer] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.balancers, self.instances = FakeBalancers(self.changed), FakeInstances(self.changed)

    async def until(self, question: Callable[[], object], what: str = "") -> None:
        """Wait, by events, until the question is answered with yes."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not question():
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            msg = f"not within {PATIENCE} s: {what or question}; events: {self.reasons()}"
            raise AssertionError(msg) from None

    def one(self, resource: Resource, name: str) -> Object | None:
        namespace = self.namespace if resource.namespaced else ""
        return self.informers[resource].items.get((namespace, name))

    def service(self, name: str = "web") -> Object | None:
        return self.one(SERVICES, name)

    def ingress(self, name: str = "web") -> list[Object]:
        found = self.service(name) or {}
        return ((found.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []

    def events(self, name: str = "web") -> list[Object]:
        """Events about the object, in the order in which they first were."""
        found = [
            obj for obj in self.informers[EVENTS].items.values() if obj["involvedObject"]["name"] == name
        ]
        return sorted(found, key=lambda obj: int(obj["metadata"]["name"].rpartition(".")[2], 16))

    def reasons(self, name: str = "web") -> list[str]:
        return [obj["reason"] for obj in self.events(name)]

    async def create(self, name: str = "web", **spec: object) -> Object:
        metadata = spec.pop("metadata", {})
        body = objects.service(
            name, namespace=self.namespace, metadata=metadata, **{"type": "LoadBalancer", **spec}
        )
        return await self.client.create(SERVICES, body)

    async def patch(self, patch: Object, name: str = "web") -> None:
        await self.client.patch(SERVICES, name, patch, namespace=self.namespace)

    async def delete(self, name: str = "web") -> None:
        await self.client.delete(SERVICES, name, namespace=self.namespace)

    async def add_node(self, name: str, **spec: object) -> None:
        ready, state = str(spec.pop("ready", "True")), str(spec.pop("state", "running"))
        metadata = spec.pop("metadata", {})
        body = objects.node(name, metadata=metadata, **spec)
        body.pop("status")
        if state:
            self.instances.states[name] = state
        await self.client.create(NODES, body)
        await self.set_ready(name, ready)

    async def set_ready(self, name: str, ready: str) -> None:
        status = {"conditions": [{"type": "Ready", "status": ready}]}
        await self.client.patch(NODES, name, {"status": status}, subresource="status")


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditedApi]:
    """The controllers have an identity of their own there, as in a lab: what they may not ends each test."""
    process = AuditedApi(tmp_path_factory.mktemp("ccm"), "system:cloud-controller-manager")
    process.start()
    yield process
    process.kill()


@asynccontextmanager
async def controllers(api: AuditedApi, cloud: Cloud) -> AsyncIterator[None]:
    """The cloud controller manager's controllers, as their own user; refused nothing."""
    async with Client.from_kubeconfig(str(api.identity)) as client, asyncio.TaskGroup() as group:
        task = group.create_task(run_controllers(client, cloud))
        try:
            yield
        finally:
            task.cancel()
    assert api.refused() == []


@pytest.fixture
async def bare_cluster(api: AuditedApi, request: pytest.FixtureRequest) -> AsyncIterator[Cluster]:
    """A namespace of its own, no nodes, no controllers; afterwards nothing is left in either."""
    name = request.node.name.lower().replace("_", "-").replace("[", "-").replace("]", "")[-50:].strip("-")
    async with Client.from_kubeconfig(str(api.kubeconfig)) as client, asyncio.TaskGroup() as group:
        await client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        cluster = Cluster(client, name)
        tasks = []
        for resource in (SERVICES, NODES, EVENTS):
            cluster.informers[resource] = Informer(
                client, resource, namespace=name if resource == SERVICES else None
            )
            changed = cluster.changed
            tasks.append(
                group.create_task(cluster.informers[resource].run(lambda *_: changed.set()))  # noqa: B023
            )
        for informer in cluster.informers.values():
            await informer.synced.wait()
        try:
            yield cluster
        finally:
            await clear(cluster)
            for task in tasks:
                task.cancel()


async def clear(cluster: Cluster) -> None:
    """Leave nothing for the next test's controllers."""
    client = cluster.client
    for obj in (await client.list(SERVICES, namespace=cluster.namespace))["items"]:
        name = obj["metadata"]["name"]
        try:
            patch = {"metadata": {"finalizers": None}}
            await client.patch(SERVICES, name, patch, namespace=cluster.namespace)
        except ApiError as error:
            if error.status != 404:
                raise
        await client.delete(SERVICES, name, namespace=cluster.namespace)
    for obj in (await client.list(NODES))["items"]:
        await client.delete(NODES, obj["metadata"]["name"])
    for obj in (await client.list(EVENTS))["items"]:
        await client.delete(EVENTS, obj["metadata"]["name"], namespace=obj["metadata"]["namespace"])


@pytest.fixture
async def cluster(api: AuditedApi, bare_cluster: Cluster) -> AsyncIterator[Cluster]:
    """Two nodes, and the controllers at work."""
    for name in ("node-1", "node-2"):
        await bare_cluster.add_node(name)
    async with controllers(api, Cloud(bare_cluster.balancers, bare_cluster.instances)):
        yield bare_cluster
