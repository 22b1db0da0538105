"""What objects are found by in a Collection: their namespace, owner, node, labels..."""

from collections.abc import Hashable, Iterator
from typing import Protocol

from mockcloud.controllers.objects.metadata import Meta
from mockcloud.controllers.objects.pods import Pod
from mockcloud.controllers.objects.services import SERVICE_NAME, Service


class HasMeta(Protocol):
    """Any parsed object."""

    @property
    def meta(self) -> Meta:
        """Its identity."""


def by_namespace(view: HasMeta) -> Iterator[Hashable]:
    """("namespace", its name)."""
    yield "namespace", view.meta.namespace


def by_owner(view: HasMeta) -> Iterator[Hashable]:
    """("owner", uid of the controlling owner), or ("orphans", namespace) where there is none."""
    meta = view.meta
    yield ("owner", meta.controller) if meta.controller else ("orphans", meta.namespace)


def by_namespace_and_owner(view: HasMeta) -> Iterator[Hashable]:
    """Both."""
    yield from by_namespace(view)
    yield from by_owner(view)


def candidate_keys(owner: Meta) -> tuple[Hashable, Hashable]:
    """Where `by_owner` finds what an owner has, and what it may adopt."""
    return ("owner", owner.uid), ("orphans", owner.namespace)


def of_pod(view: Pod) -> Iterator[Hashable]:
    """By owner, ("node", name), ("claim", namespace, name) of volumes, ("label", namespace, key, value)."""
    yield from by_owner(view)
    yield "node", view.node
    for claim in view.claims:
        yield "claim", view.meta.namespace, claim
    for key, value in view.meta.labels.items():
        yield "label", view.meta.namespace, key, value


def of_service(view: Service) -> Iterator[Hashable]:
    """("picks", namespace, key, value) of one pair of its selector: whoever has a pod tries each label."""
    if view.selector:
        yield "picks", view.meta.namespace, *view.selector[0]


def of_slice(view: Meta) -> Iterator[Hashable]:
    """("service", key of the Service that the EndpointSlice is of)."""
    yield "service", (view.namespace, view.labels.get(SERVICE_NAME))
