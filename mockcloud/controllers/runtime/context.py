"""What every controller is given: the client, what several controllers read, and a recorder for its name."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from mockcloud.client.events import EventRecorder
from mockcloud.client.objects import Object
from mockcloud.client.resources import (
    ENDPOINT_SLICES,
    ENDPOINTS,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    REPLICA_SETS,
    SERVICES,
    Resource,
)
from mockcloud.client.rest import Client
from mockcloud.controllers.objects.metadata import Meta, parse_meta
from mockcloud.controllers.objects.nodes import Node, parse_node
from mockcloud.controllers.objects.pods import Pod, parse_pod
from mockcloud.controllers.objects.replica_sets import ReplicaSet, parse_replica_set
from mockcloud.controllers.objects.services import Service, parse_service
from mockcloud.controllers.objects.volume_claims import VolumeClaim, parse_volume_claim
from mockcloud.controllers.runtime.indexes import by_namespace_and_owner, of_pod, of_service, of_slice
from mockcloud.controllers.runtime.informers import Collection, SharedInformer, not_indexed

View = TypeVar("View")


@dataclass(slots=True)
class ControllerContext:
    """One for the whole process. A kind that one controller alone reads is a `collection` of its own."""

    client: Client
    informers: dict[Resource, SharedInformer]
    pods: Collection[Pod]
    nodes: Collection[Node]
    services: Collection[Service]
    namespaces: Collection[Meta]
    replica_sets: Collection[ReplicaSet]
    slices: Collection[Meta]
    endpoints: Collection[Meta]
    claims: Collection[VolumeClaim]
    recorders: dict[str, EventRecorder] = field(default_factory=dict)

    def informer(self, resource: Resource) -> SharedInformer:
        """The one informer of the kind; to be asked for before the informers run."""
        if resource not in self.informers:
            self.informers[resource] = SharedInformer(self.client, resource)
        return self.informers[resource]

    def collection(
        self,
        resource: Resource,
        parse: Callable[[Object], View],
        index: Callable[[View], Iterable[Hashable]] = not_indexed,
    ) -> Collection[View]:
        """A controller's own view of a kind, found by `index`; to be asked for before the informers run."""
        return Collection(self.informer(resource), parse, index)

    def recorder(self, component: str) -> EventRecorder:
        """The recorder whose events say that they come from `component`."""
        return self.recorders.setdefault(component, EventRecorder(self.client, component))


def open_context(client: Client, resources: Iterable[Resource]) -> ControllerContext:
    """The shared collections, over one informer for each kind: theirs, and those of `resources`."""
    shared = (
        ENDPOINT_SLICES,
        ENDPOINTS,
        NAMESPACES,
        NODES,
        PERSISTENT_VOLUME_CLAIMS,
        PODS,
        REPLICA_SETS,
        SERVICES,
    )
    informers = {each: SharedInformer(client, each) for each in dict.fromkeys([*shared, *resources])}
    return ControllerContext(
        client=client,
        informers=informers,
        pods=Collection(informers[PODS], parse_pod, of_pod),
        nodes=Collection(informers[NODES], parse_node),
        services=Collection(informers[SERVICES], parse_service, of_service),
        namespaces=Collection(informers[NAMESPACES], parse_meta),
        replica_sets=Collection(informers[REPLICA_SETS], parse_replica_set, by_namespace_and_owner),
        slices=Collection(informers[ENDPOINT_SLICES], parse_meta, of_slice),
        endpoints=Collection(informers[ENDPOINTS], parse_meta),
        claims=Collection(informers[PERSISTENT_VOLUME_CLAIMS], parse_volume_claim),
    )
