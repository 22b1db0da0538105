"""The service controller: each Service of type LoadBalancer has its load balancer, and it goes with it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from mockcloud.ccm.backoff import Backoff
from mockcloud.ccm.objects.nodes import Node
from mockcloud.ccm.objects.services import Ingress, Service
from mockcloud.ccm.provider import ImplementedElsewhere, LoadBalancers, ProviderError, RetryAfter
from mockcloud.ccm.services import plan
from mockcloud.ccm.services.writer import ServiceWriter
from mockcloud.client.errors import ApiError, ApiUnreachable
from mockcloud.client.events import EventRecorder
from mockcloud.client.objects import Key
from mockcloud.client.rest import Client
from mockcloud.controllers.runtime.informers import Collection
from mockcloud.controllers.runtime.workqueue import WorkQueue

COMPONENT: Final = "service-controller"
FIRST_RETRY: Final = 5.0
LONGEST_RETRY: Final = 300.0
# Upstream looks again every 30 s at what is to be cleaned up, whatever the back-off.
LONGEST_CLEANUP_RETRY: Final = 30.0
NO_NODES: Final = "There are no available nodes for LoadBalancer"
FAILURES: Final = (ProviderError, ApiError, ApiUnreachable)
LOG: Final = logging.getLogger(__name__)


class SyncFailed(Exception):
    """What was being done, and why it could not be; `seconds` where it is known when it can."""

    def __init__(self, doing: str, error: Exception) -> None:
        super().__init__(f"{doing}: {_words(error)}")
        self.seconds = error.seconds if isinstance(error, RetryAfter) else None


class ServiceController:
    """`queue.run_workers` is the controller; keys are (namespace, name).

    `workers` load balancers are worked on at a time (--concurrent-service-syncs; each by one worker only).
    """

    def __init__(
        self,
        client: Client,
        views: tuple[Collection[Service], Collection[Node]],
        balancers: LoadBalancers,
        recorder: EventRecorder,
        workers: int,
    ) -> None:
        self.queue = WorkQueue("service", self.sync_service, workers=workers)
        self._services, self._nodes = views
        self._balancers = balancers
        self._recorder = recorder
        self._writer = ServiceWriter(client)
        self._backoff = Backoff(FIRST_RETRY, LONGEST_RETRY)
        self._known: dict[Key, Service] = {}  # those that may have a load balancer, as last worked on
        self._to_sync: set[Key] = set()
        self._hosts: dict[Key, plan.Hosts] = {}  # what each load balancer was last led to
        self._services.subscribe(self._service_changed)
        self._nodes.subscribe(self._node_changed)

    async def sync_service(self, key: Key) -> float | None:
        """Do what the Service needs; seconds until the next try where it could not be done."""
        service = self._services.get(key)
        changed = key in self._to_sync
        self._to_sync.discard(key)  # before the work: a change during it must not be lost
        try:
            if service is None:
                await self._forget(key)
            elif changed:
                await self._sync(key, service)
            else:
                await self._update_hosts(key, service)
        except (SyncFailed, *FAILURES) as error:
            self._to_sync.add(key)
            return self._retry_after(key, service, error)
        self._backoff.succeeded(key)
        return None

    def _retry_after(self, key: Key, service: Service | None, error: Exception) -> float:
        """With a log line; the Service's Event has been recorded where it went wrong."""
        seconds = getattr(error, "seconds", None)
        if seconds is None:
            seconds = self._backoff.failed(key)
        if service is not None and service.needs_cleanup:
            seconds = min(seconds, LONGEST_CLEANUP_RETRY)
        LOG.warning("service %s: %s; trying again in %g s", "/".join(key), _words(error), seconds)
        return float(seconds)

    def _service_changed(self, key: Key, old: Service | None, new: Service | None) -> None:
        if new is None:
            if key in self._known:
                self.queue.add(key)
        elif plan.needs_sync(old, new):
            self._to_sync.add(key)
            self.queue.add(key)

    def _node_changed(self, _key: Key, old: Node | None, new: Node | None) -> None:
        if plan.node_matters(old, new):
            for key in self._known:
                self.queue.add(key)

    async def _sync(self, key: Key, service: Service) -> None:
        before = self._known.get(key)
        if before is not None and before.meta.uid != service.meta.uid:
            await self._delete_vanished(key, before)
        self._known[key] = service
        try:
            if service.wants_balancer and not service.needs_cleanup:
                await self._ensure(key, service)
            else:
                await self._clean_up(service)
                self._drop(key)
        except SyncFailed as failed:
            self._warn(service, "SyncLoadBalancerFailed", f"Error syncing load balancer: {failed}")
            raise

    async def _ensure(self, key: Key, service: Service) -> None:
        self._tell(service, "EnsuringLoadBalancer", "Ensuring load balancer")
        for words in self._balancers.warnings(service):
            self._warn(service, "UnsupportedAnnotation", words)
        with _doing("failed to add load balancer cleanup finalizer"):
            service = self._known[key] = await self._writer.add_finalizer(service)
        if service.needs_cleanup or not service.wants_balancer:
            return  # it has changed meanwhile: its event is on the way
        nodes = plan.hosts(self._nodes.all())
        if not nodes:
            self._warn(service, "UnAvailableLoadBalancer", NO_NODES)
        self._hosts[key] = plan.host_set(nodes)
        try:
            with _doing("failed to ensure load balancer"):
                ingress = await self._balancers.ensure(service, nodes)
        except ImplementedElsewhere:
            return
        self._tell(service, "EnsuredLoadBalancer", "Ensured load balancer")
        where = ", ".join(each.hostname or each.ip for each in ingress) or "nowhere yet"
        LOG.info(
            "service %s: its load balancer leads to %d nodes, and is at %s", service.path, len(nodes), where
        )
        await self._write_ingress(service, ingress)

    async def _clean_up(self, service: Service) -> None:
        with _doing("failed to check if load balancer exists before cleanup"):
            exists = await self._balancers.exists(service)
        if exists:
            self._tell(service, "DeletingLoadBalancer", "Deleting load balancer")
            with _doing("failed to delete load balancer"):
                await self._balancers.delete(service)
        with _doing("failed to remove load balancer cleanup finalizer", gone_is_fine=True):
            service = await self._writer.remove_finalizer(service)
        self._tell(service, "DeletedLoadBalancer", "Deleted load balancer")
        LOG.info("service %s: nothing is left of its load balancer", service.path)
        await self._write_ingress(service, ())

    async def _write_ingress(self, service: Service, ingress: tuple[Ingress, ...]) -> None:
        with _doing("failed to update load balancer status", gone_is_fine=True):
            await self._writer.write_ingress(service, ingress)

    async def _update_hosts(self, key: Key, service: Service) -> None:
        """Nodes have changed: lead the load balancer to them, where its own have."""
        nodes = plan.hosts(self._nodes.all())
        wanted = plan.host_set(nodes)
        if not service.wants_balancer or service.needs_cleanup or self._hosts.get(key) == wanted:
            return
        self._hosts[key] = wanted
        try:
            await self._balancers.update(service, nodes)
        except ImplementedElsewhere:
            return
        except FAILURES as error:
            if await self._balancers.exists(service):  # else it is being deleted, or was by hand
                count = f"[node names limited, total number of nodes: {len(nodes)}]"
                head = "Error updating load balancer with new hosts"
                names = plan.host_names(nodes)
                words = f"{head} {names} {count}, error: {_words(error)}"
                self._warn(service, "UpdateLoadBalancerFailed", words)
                raise
            return
        if nodes:
            self._tell(service, "UpdatedLoadBalancer", "Updated load balancer with new hosts")
        else:
            self._warn(service, "UnAvailableLoadBalancer", NO_NODES)

    async def _forget(self, key: Key) -> None:
        """The Service vanished: without our finalizer, its load balancer may still be there."""
        if (before := self._known.get(key)) is not None:
            await self._delete_vanished(key, before)
        self._drop(key)

    async def _delete_vanished(self, key: Key, service: Service) -> None:
        if service.wants_balancer:
            self._tell(service, "DeletingLoadBalancer", "Deleting load balancer")
            try:
                await self._balancers.delete(service)
            except FAILURES as error:
                self._warn(
                    service, "DeleteLoadBalancerFailed", f"Error deleting load balancer: {_words(error)}"
                )
                raise
            self._tell(service, "DeletedLoadBalancer", "Deleted load balancer")
        self._drop(key)

    def _drop(self, key: Key) -> None:
        self._known.pop(key, None)
        self._hosts.pop(key, None)

    def _tell(self, service: Service, reason: str, message: str) -> None:
        self._recorder.record(_reference(service), reason, message)

    def _warn(self, service: Service, reason: str, message: str) -> None:
        self._recorder.record(_reference(service), reason, message, warning=True)


def _reference(service: Service) -> dict[str, object]:
    meta = service.meta
    named = {"name": meta.name, "namespace": meta.namespace, "uid": meta.uid}
    return {"apiVersion": "v1", "kind": "Service", "metadata": named}


@contextmanager
def _doing(failed: str, *, gone_is_fine: bool = False) -> Iterator[None]:
    """What fails in here is a SyncFailed of these words."""
    try:
        yield
    except FAILURES as error:
        gone = isinstance(error, ApiError) and error.status == 404
        if not (gone and gone_is_fine):
            raise SyncFailed(failed, error) from error


def _words(error: Exception) -> str:
    """The API's own message without its number, as upstream's client has it."""
    return error.message if isinstance(error, ApiError) else str(error)
