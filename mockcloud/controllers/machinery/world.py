"""What every control loop is given: the client, the collections, and a recorder for its name."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from mockcloud.client.events import EventRecorder
from mockcloud.client.resources import (
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    ENDPOINTS,
    LEASES,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    REPLICA_SETS,
    SERVICE_ACCOUNTS,
    SERVICES,
    STATEFUL_SETS,
    Resource,
)
from mockcloud.client.rest import Client
from mockcloud.controllers.machinery.feeds import Collection, Feed
from mockcloud.controllers.model.metadata import Meta, parse_meta
from mockcloud.controllers.model.nodes import Lease, Node, parse_lease, parse_node
from mockcloud.controllers.model.pods import Pod, parse_pod
from mockcloud.controllers.model.services import Service, parse_service
from mockcloud.controllers.model.stateful import (
    Revision,
    StatefulSet,
    VolumeClaim,
    parse_revision,
    parse_stateful_set,
    parse_volume_claim,
)
from mockcloud.controllers.model.workloads import (
    Deployment,
    ReplicaSet,
    parse_deployment,
    parse_replica_set,
)

SERVICE_NAME = "kubernetes.io/service-name"


@dataclass(slots=True)
class World:
    """One for the whole process; collections are read by all, each kind is written by few."""

    client: Client
    feeds: dict[Resource, Feed]
    pods: Collection[Pod]
    nodes: Collection[Node]
    leases: Collection[Lease]
    services: Collection[Service]
    namespaces: Collection[Meta]
    deployments: Collection[Deployment]
    replica_sets: Collection[ReplicaSet]
    slices: Collection[Meta]
    endpoints: Collection[Meta]
    stateful_sets: Collection[StatefulSet]
    revisions: Collection[Revision]
    claims: Collection[VolumeClaim]
    recorders: dict[str, EventRecorder] = field(default_factory=dict)

    def recorder(self, component: str) -> EventRecorder:
        """The recorder whose events say that they come from `component`."""
        return self.recorders.setdefault(component, EventRecorder(self.client, component))


def open_world(client: Client, resources: list[Resource]) -> World:
    """The collections over one feed for each of the resources, and for those that the loops need."""
    needed = (
        CONTROLLER_REVISIONS,
        DEPLOYMENTS,
        ENDPOINT_SLICES,
        ENDPOINTS,
        LEASES,
        NAMESPACES,
        NODES,
        PERSISTENT_VOLUME_CLAIMS,
        PODS,
        REPLICA_SETS,
        SERVICE_ACCOUNTS,
        SERVICES,
        STATEFUL_SETS,
    )
    feeds = {each: Feed(client, each) for each in dict.fromkeys([*needed, *resources])}
    return World(
        client=client,
        feeds=feeds,
        pods=Collection(feeds[PODS], parse_pod, _pod_marks),
        nodes=Collection(feeds[NODES], parse_node),
        leases=Collection(feeds[LEASES], parse_lease),
        services=Collection(feeds[SERVICES], parse_service, _service_marks),
        namespaces=Collection(feeds[NAMESPACES], parse_meta),
        deployments=Collection(feeds[DEPLOYMENTS], parse_deployment, _namespace_mark),
        replica_sets=Collection(feeds[REPLICA_SETS], parse_replica_set, _workload_marks),
        slices=Collection(feeds[ENDPOINT_SLICES], parse_meta, _slice_marks),
        endpoints=Collection(feeds[ENDPOINTS], parse_meta),
        stateful_sets=Collection(feeds[STATEFUL_SETS], parse_stateful_set, _namespace_mark),
        revisions=Collection(feeds[CONTROLLER_REVISIONS], parse_revision, _owned_marks),
        claims=Collection(feeds[PERSISTENT_VOLUME_CLAIMS], parse_volume_claim),
    )


def _namespace_mark(view: Deployment | StatefulSet) -> Iterator[Hashable]:
    yield "namespace", view.meta.namespace


def _owned_marks(view: Revision) -> Iterator[Hashable]:
    yield _owner_mark(view.meta)


def _workload_marks(view: ReplicaSet) -> Iterator[Hashable]:
    yield "namespace", view.meta.namespace
    yield _owner_mark(view.meta)


def _owner_mark(meta: Meta) -> Hashable:
    return ("owner", meta.controller) if meta.controller else ("orphans", meta.namespace)


def _pod_marks(view: Pod) -> Iterator[Hashable]:
    yield _owner_mark(view.meta)
    yield "node", view.node
    for claim in view.claims:
        yield "claim", view.meta.namespace, claim
    for key, value in view.meta.labels.items():
        yield "label", view.meta.namespace, key, value


def _service_marks(view: Service) -> Iterator[Hashable]:
    # By one pair of the selector: whoever looks for a pod's Services tries each of its labels.
    if view.selector:
        yield "picks", view.meta.namespace, *view.selector[0]


def _slice_marks(view: Meta) -> Iterator[Hashable]:
    yield "service", (view.namespace, view.labels.get(SERVICE_NAME))
