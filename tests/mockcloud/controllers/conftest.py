"""The embedded API as a process, the controllers in the test's loop, and nodes of a few lines."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from mockcloud.client.clock import micros_text, seconds_text, utc_now
from mockcloud.client.errors import ApiError, ApiUnreachable
from mockcloud.client.informer import Informer, Key
from mockcloud.client.resources import (
    LEASES,
    NAMESPACES,
    NODES,
    PODS,
    REPLICA_SETS,
    SERVICE_ACCOUNTS,
    Resource,
)
from mockcloud.client.rest import Client, Object
from mockcloud.controllers.manager import run_controllers
from testkit import objects
from testkit.api import AuditedApi

PATIENCE = 60.0  # for what never comes: on a busy machine anything may take a while


@dataclass
class Lab:
    """A client with informers on everything that tests wait for, and agents for the nodes."""

    client: Client
    namespace: str
    informers: dict[Resource, Informer] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    ready: bool = True  # whether new pods become ready
    alive: set[str] = field(default_factory=set)  # nodes whose agents run
    renewing: set[str] = field(default_factory=set)  # nodes whose leases are renewed
    most_pods: int = 0  # active pods of the namespace at one time, the highest seen
    most_wanted: int = 0  # replicas that its ReplicaSets were to have at one time, the highest seen
    pods_ever: set[str] = field(default_factory=set)  # the uids of all that were seen
    _attended: set[str] = field(default_factory=set)  # uids of pods that agents gave an address

    async def until(self, question: Callable[[], object], what: str = "") -> None:
        """Wait, by events, until the question is answered with yes."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not question():
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            msg = f"not within {PATIENCE} s: {what or question}"
            raise AssertionError(msg) from None

    async def becomes(self, question: Callable[[], object], wanted: object) -> None:
        """Wait until this is the answer: each informer is as late as it likes, so what one shows is awaited.

        A question about what is not there yet may fail, as answers do that are not there either.
        """
        seen: list[object] = []

        def answered() -> bool:
            with suppress(LookupError, TypeError):
                seen[:] = [question()]
                return seen == [wanted]
            return False

        try:
            await self.until(answered)
        except AssertionError:
            assert seen == [wanted], f"not within {PATIENCE} s"

    def of(self, resource: Resource) -> list[Object]:
        """This test's objects of the kind."""
        return [obj for key, obj in self.informers[resource].items.items() if key[0] == self.namespace]

    def one(self, resource: Resource, name: str) -> Object | None:
        """One of them, or a cluster-wide object, by name."""
        namespace = self.namespace if resource.namespaced else ""
        return self.informers[resource].items.get((namespace, name))

    def pods(self, **labels: str) -> list[Object]:
        """Pods that have not been told to go, with these labels."""
        return [
            pod
            for pod in self.of(PODS)
            if "deletionTimestamp" not in pod["metadata"]
            and labels.items() <= (pod["metadata"].get("labels") or {}).items()
        ]

    async def patch(self, resource: Resource, name: str, patch: Object) -> None:
        """Patch one of this test's objects, and wait until the lab's own view shows it."""
        answer = await self.client.patch(resource, name, patch, namespace=self.namespace)
        version = int(answer["metadata"]["resourceVersion"])
        await self.until(lambda: self.informers[resource].version >= version)

    async def add_nodes(self, *names: str) -> None:
        for name in names:
            self.alive.add(name)
            node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
            await self.client.create(NODES, node)
            status = {"conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}]}
            await self.client.patch(NODES, name, {"status": status}, subresource="status")

    async def renew(self, name: str, seconds: int = 1) -> None:
        """Renew a node's lease, as its agent would, until the node is taken out of `renewing`."""
        self.renewing.add(name)
        spec = {"holderIdentity": name, "leaseDurationSeconds": seconds}
        lease = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"namespace": "kube-node-lease", "name": name},
            "spec": {**spec, "renewTime": micros_text(utc_now())},
        }
        await self.client.create(LEASES, lease)
        while name in self.renewing:
            await asyncio.sleep(0.2)
            patch = {"spec": {"renewTime": micros_text(utc_now())}}
            await self.client.patch(LEASES, name, patch, namespace="kube-node-lease")

    async def clear(self) -> None:
        """Leave nothing for the next test's controllers to do; informers may not know of all there is."""
        for resource in [each for each in self.informers if each.namespaced]:
            found = await self.client.list(resource, namespace=self.namespace)
            for meta in [obj["metadata"] for obj in found["items"]]:
                if "finalizers" in meta:
                    patch = {"metadata": {"finalizers": None}}
                    await self.client.patch(resource, meta["name"], patch, namespace=self.namespace)
                options = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}
                await self.client.delete_with(resource, meta["name"], options, namespace=self.namespace)

    async def set_ready(self, pod: Object, ready: bool) -> None:
        """What an agent reports after a probe."""
        status = pod_status(pod, pod["status"]["podIP"], ready=ready)
        await self.client.patch(
            PODS,
            pod["metadata"]["name"],
            {"status": status},
            namespace=self.namespace,
            subresource="status",
        )

    async def agents(self, work: "asyncio.Queue[Object]") -> None:
        """Run the pods that are bound to live nodes: they get an address, and end when told to."""
        while True:
            pod = await work.get()
            if pod["spec"].get("nodeName") not in self.alive:
                continue
            try:
                await self._attend(pod)
            except ApiError as error:
                if error.status not in (404, 409):
                    raise
            except ApiUnreachable:
                await asyncio.sleep(0.05)
                work.put_nowait(pod)

    async def _attend(self, pod: Object) -> None:
        meta = pod["metadata"]
        if "deletionTimestamp" in meta:
            await self.client.delete(
                PODS, meta["name"], namespace=meta["namespace"], uid=meta["uid"], grace_seconds=0
            )
        elif meta["uid"] not in self._attended:
            status = pod_status(pod, f"10.244.0.{len(self._attended) + 1}", ready=self.ready)
            await self.client.patch(
                PODS, meta["name"], {"status": status}, namespace=meta["namespace"], subresource="status"
            )
            self._attended.add(meta["uid"])

    def note(self, key: Key, new: Object | None) -> None:
        if key[0] == self.namespace:
            self.most_pods = max(self.most_pods, len(self.pods()))
            wanted = sum(each["spec"]["replicas"] for each in self.of(REPLICA_SETS))
            self.most_wanted = max(self.most_wanted, wanted)
            self.pods_ever.update(pod["metadata"]["uid"] for pod in self.of(PODS))
        self.changed.set()


def pod_status(pod: Object, address: str, *, ready: bool) -> Object:
    """The status of a pod that runs."""
    now = seconds_text(utc_now())
    states = {"Ready": ready, "ContainersReady": ready}
    conditions = [
        {"type": kind, "status": str(state), "lastTransitionTime": now} for kind, state in states.items()
    ]
    return {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": conditions}


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditedApi]:
    """The controllers have an identity of their own there, as in a lab: what they may not ends each test."""
    process = AuditedApi(tmp_path_factory.mktemp("controllers"), "system:controllers")
    process.start()
    yield process
    process.kill()


@asynccontextmanager
async def running(api: AuditedApi, namespace: str) -> AsyncIterator[Lab]:
    async with Client.from_kubeconfig(str(api.kubeconfig)) as client, asyncio.TaskGroup() as group:
        lab = Lab(client, namespace)
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        await client.create(NAMESPACES, body)
        work: asyncio.Queue[Object] = asyncio.Queue()

        def on_change(resource: Resource) -> Callable[[Key, Object | None, Object | None], None]:
            def changed(key: Key, _old: Object | None, new: Object | None) -> None:
                lab.note(key, new)
                if resource == PODS and new:
                    work.put_nowait(new)

            return changed

        from mockcloud.client import resources

        kinds = (
            NODES, NAMESPACES, PODS, REPLICA_SETS, resources.DEPLOYMENTS, resources.SERVICES,
            resources.ENDPOINTS, resources.ENDPOINT_SLICES, resources.CONFIG_MAPS, resources.EVENTS,
            SERVICE_ACCOUNTS, resources.STATEFUL_SETS, resources.CONTROLLER_REVISIONS,
            resources.PERSISTENT_VOLUME_CLAIMS, resources.DAEMON_SETS, resources.POD_DISRUPTION_BUDGETS,
            resources.HORIZONTAL_POD_AUTOSCALERS,
            resources.CLUSTER_ROLES, resources.REPLICATION_CONTROLLERS, resources.JOBS,
            resources.CRON_JOBS, resources.RESOURCE_QUOTAS, resources.INGRESS_CLASSES,
            resources.PERSISTENT_VOLUMES,
        )  # fmt: skip
        tasks = [group.create_task(lab.agents(work))]
        for resource in kinds:
            lab.informers[resource] = Informer(client, resource)
            tasks.append(group.create_task(lab.informers[resource].run(on_change(resource))))
        try:
            yield lab
        finally:
            lab.renewing.clear()
            for name in [node["metadata"]["name"] for node in (await client.list(NODES))["items"]]:
                await client.delete(NODES, name)
                await client.delete(LEASES, name, namespace="kube-node-lease")
            await lab.clear()
            for task in tasks:
                task.cancel()


@pytest.fixture
async def bare_lab(api: AuditedApi, request: pytest.FixtureRequest) -> AsyncIterator[Lab]:
    """A lab without nodes and without controllers."""
    name = request.node.name.lower().replace("_", "-").replace("[", "-").replace("]", "")[-50:].lstrip("-")
    async with running(api, name) as lab:
        yield lab


@asynccontextmanager
async def controllers(api: AuditedApi, eviction_timeout: float = 0.5) -> AsyncIterator[None]:
    """The controller manager, with a client and an identity of its own."""
    kubeconfig = str(api.identity)
    async with Client.from_kubeconfig(kubeconfig) as client, asyncio.TaskGroup() as group:
        volumes = api.kubeconfig.parent / "claims"
        task = group.create_task(
            run_controllers(client, eviction_timeout=eviction_timeout, ingress=True, volumes=volumes)
        )
        try:
            yield
        finally:
            task.cancel()
    assert api.refused() == []


@pytest.fixture
async def lab(api: AuditedApi, bare_lab: Lab) -> AsyncIterator[Lab]:
    """A lab with three nodes and the controllers running, which know the nodes from their first moment.

    The account that pods of the namespace run as is there.
    """
    await bare_lab.add_nodes("node-1", "node-2", "node-3")
    async with controllers(api):
        await bare_lab.until(lambda: bare_lab.one(SERVICE_ACCOUNTS, "default"))
        yield bare_lab


@pytest.fixture
def start_controllers(api: AuditedApi) -> Callable[..., object]:
    """For tests that start and stop the controllers themselves."""
    return lambda **options: controllers(api, **options)


def deployment(
    namespace: str, name: str = "web", replicas: int = 3, image: str = "v1", **spec: object
) -> Object:
    main = objects.container(image=image, ports=[{"name": "http", "containerPort": 8080}])
    return objects.deployment(name, namespace=namespace, containers=[main], replicas=replicas, **spec)


@pytest.fixture
def make_deployment(bare_lab: Lab) -> Callable[..., Object]:
    """A Deployment's body in the test's namespace."""
    return lambda **options: deployment(bare_lab.namespace, **options)
