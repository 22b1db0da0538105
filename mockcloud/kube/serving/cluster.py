"""From a data directory to a registry that holds what a cluster starts with."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Coroutine, Sequence
from random import SystemRandom

from mockcloud.kube.admission import built_in
from mockcloud.kube.admission.policies import AdmissionPolicies
from mockcloud.kube.admission.webhooks.dispatch import Call, Webhooks
from mockcloud.kube.auth.rbac.defaults import default_objects
from mockcloud.kube.auth.rbac.lab import lab_objects
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.metrics.kinds import NODE_METRICS, POD_METRICS, reader_role
from mockcloud.kube.registry import ITSELF, Place, Registry
from mockcloud.kube.resources.apiregistration import API_SERVICE
from mockcloud.kube.resources.built_in import BUILT_IN
from mockcloud.kube.resources.core.endpoints import ENDPOINTS
from mockcloud.kube.resources.core.namespace import NAMESPACE
from mockcloud.kube.resources.discovery import ENDPOINT_SLICE
from mockcloud.kube.resources.ipaddresses import IP_ADDRESS, SERVICE_CIDR
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.rbac import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from mockcloud.kube.resources.scheduling import PRIORITY_CLASS, SYSTEM
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.resources.services.service import SERVICE
from mockcloud.kube.service_allocation.allocator import ServiceAllocator
from mockcloud.kube.storage.store import Change, Verb
from mockcloud.kube.writes import api_services, bootstrap, flow_control
from mockcloud.kube.writes.bootstrap import Advertised
from mockcloud.kube.writes.refusals import Refusal

log = logging.getLogger(__name__)


def wall_clock() -> float:
    """Seconds since the epoch: the only place of this program that reads the clock for objects."""
    return time.clock_gettime(time.CLOCK_REALTIME)


def open_registry(policy: Policy, service_cidrs: tuple[str, ...]) -> Registry:
    """The registry over the policy's store."""
    store = policy.store
    rng = SystemRandom()
    existing = (stored.object for stored in store.objects(SERVICE.storage))
    allocator = ServiceAllocator(service_cidrs, existing, rng)
    for stored in store.objects(IP_ADDRESS.storage):
        allocator.name(stored.object["metadata"]["name"])
    store.subscribe(IP_ADDRESS.storage, _naming(allocator))
    scheme, admission = Scheme(BUILT_IN), built_in.chain(policy, rng, asyncio.sleep)
    return Registry(store, scheme, admission, allocator, wall_clock, lambda: str(uuid.uuid4()), rng)


def _naming(allocator: ServiceAllocator) -> Callable[[Change], None]:
    def see(change: Change) -> None:
        if change.verb is Verb.DELETED:
            allocator.forget(change.key[1])
        else:
            allocator.name(change.key[1])

    return see


async def begin(
    registry: Registry, service_cidrs: tuple[str, ...], port: int, advertised: Advertised | None
) -> None:
    """Create what a cluster starts with and this one lacks; lead Service `kubernetes` to this process."""
    for name in bootstrap.NAMESPACES:
        await _ensure(registry, NAMESPACE, bootstrap.namespace(name))
    for name in SYSTEM:
        await _ensure(registry, PRIORITY_CLASS, bootstrap.priority_class(name))
    await _ensure(registry, SERVICE_CIDR, bootstrap.service_cidr(service_cidrs))
    for kind, body in flow_control.objects():
        await _ensure(registry, kind, body, flow_control.revised)
    await _ensure(registry, SERVICE, bootstrap.service(service_cidrs[0], port), bootstrap.mended)
    if advertised is not None:
        await _ensure(registry, ENDPOINTS, bootstrap.endpoints(advertised), bootstrap.mended)
        await _ensure(registry, ENDPOINT_SLICE, bootstrap.endpoint_slice(advertised), bootstrap.mended)


async def begin_metrics(registry: Registry) -> None:
    """Serve metrics.k8s.io, for an API that reaches nodes; who may read it is a role as metrics-server's."""
    for kind in (NODE_METRICS, POD_METRICS):
        registry.scheme.register(kind)
    await _ensure(registry, CLUSTER_ROLE, reader_role())
    await _ensure(registry, API_SERVICE, api_services.measured())


async def begin_api_services(registry: Registry) -> None:
    """Create the APIServices of what is built in; who deletes one is without it until the next start."""
    for body in api_services.built_in():
        await _ensure(registry, API_SERVICE, body)


def ask_policies_and_webhooks(registry: Registry, policy: Policy, call: Call) -> None:
    """Ask both about each write from now on: after all that is built in, as upstream."""
    webhooks = Webhooks(policy, registry.scheme, call, registry.new_uid, _together, log.warning)
    registry.admission.mutating.append(webhooks.mutate)
    policies = AdmissionPolicies(policy, registry.scheme)
    registry.admission.validating += [policies.validate, webhooks.validate]


async def _together(calls: Sequence[Coroutine[object, object, object]]) -> None:
    """Wait for all at once; the first refusal ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            for call in calls:
                group.create_task(call)
    except* Refusal as refusals:
        first: BaseException = refusals
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None


async def begin_access(registry: Registry) -> None:
    """Create the roles and bindings that every cluster starts with and this one lacks."""
    kinds = {kind.kind: kind for kind in (ROLE, CLUSTER_ROLE, ROLE_BINDING, CLUSTER_ROLE_BINDING)}
    for body in (*default_objects(), *lab_objects()):
        await _ensure(registry, kinds[body["kind"]], body)


async def _ensure(
    registry: Registry,
    kind: Kind,
    body: JsonObject,
    mended: Callable[[JsonObject, JsonObject], JsonObject] | None = None,
) -> None:
    metadata = body["metadata"]
    place = Place(kind, metadata.get("namespace") or "", metadata["name"])
    if registry.store.get(kind.storage, place.key) is None:
        await registry.create(place, body, ITSELF)
    elif mended is not None:
        await registry.update(place, lambda present: mended(present, body), ITSELF)
