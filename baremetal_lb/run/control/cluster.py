"""A live copy of what the controller looks at: Services, Namespaces, Nodes, and the pools' ConfigMap."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from baremetal_lb.decide.pools.overlaps import Claimed
from baremetal_lb.kube import convert
from baremetal_lb.kube.resources import CONFIG_MAPS, NAMESPACES, NODES, SERVICES
from baremetal_lb.kube.watch import Informer, Scope

if TYPE_CHECKING:
    from baremetal_lb.kube.client import Client, JsonObject
    from baremetal_lb.kube.watch import Change
    from baremetal_lb.model.addresses import AddressRange, IPAddress
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.services import ServiceView


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a Node says that matters to pools."""

    addresses: tuple[IPAddress, ...]
    pod_ranges: tuple[AddressRange, ...]

    @classmethod
    def read(cls, raw: JsonObject) -> NodeFacts:
        """From a v1 Node."""
        return cls(convert.node_addresses(raw), convert.pod_ranges(raw))


class Listener(Protocol):
    """Whoever is told of changes, one at a time."""

    def on_service(self, change: Change[ServiceView]) -> None:
        """A Service has changed."""

    def on_namespace(self, change: Change[dict[str, str]]) -> None:
        """A Namespace's labels may have changed."""

    def on_node(self, change: Change[NodeFacts]) -> None:
        """A Node has changed, often only by its heartbeat."""

    def on_config_map(self) -> None:
        """The ConfigMap has changed, come or gone."""


class Cluster:
    """The copy. `listener` is told what changes after it has been set."""

    def __init__(self, client: Client, config_key: ObjectKey) -> None:
        self.listener: Listener | None = None
        self.config_key = config_key
        self.services = Informer(client, SERVICES, convert.service)
        self.namespaces = Informer(client, NAMESPACES, convert.labels)
        self._nodes = Informer(client, NODES, NodeFacts.read)
        scope = Scope(config_key.namespace, f"metadata.name={config_key.name}")
        self._config_maps: Informer[JsonObject] = Informer(client, CONFIG_MAPS, _as_it_is, scope)

    async def run(self) -> None:
        """Stay fresh until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.services.run(self._on_service), name="watch services")
            group.create_task(self.namespaces.run(self._on_namespace), name="watch namespaces")
            group.create_task(self._nodes.run(self._on_node), name="watch nodes")
            group.create_task(self._config_maps.run(self._on_config_map), name="watch the ConfigMap")

    async def complete(self) -> None:
        """Return when everything has been listed once."""
        for informer in (self.services, self.namespaces, self._nodes, self._config_maps):
            await informer.synced.wait()

    def config_map(self) -> JsonObject | None:
        """The ConfigMap as it is."""
        return self._config_maps.get(self.config_key)

    def node_addresses(self) -> dict[IPAddress, str]:
        """Each address that a Node has, with its owner in words."""
        return {
            address: f"node {key.name}" for key, facts in self._nodes.items() for address in facts.addresses
        }

    def pod_ranges(self) -> list[Claimed]:
        """The ranges of the pods of all Nodes."""
        return [
            Claimed(f"the pods of node {key.name}", each)
            for key, facts in self._nodes.items()
            for each in facts.pod_ranges
        ]

    def _on_service(self, change: Change[ServiceView]) -> None:
        if self.listener is not None:
            self.listener.on_service(change)

    def _on_namespace(self, change: Change[dict[str, str]]) -> None:
        if self.listener is not None:
            self.listener.on_namespace(change)

    def _on_node(self, change: Change[NodeFacts]) -> None:
        if self.listener is not None:
            self.listener.on_node(change)

    def _on_config_map(self, _change: Change[JsonObject]) -> None:
        if self.listener is not None:
            self.listener.on_config_map()


def _as_it_is(raw: JsonObject) -> JsonObject:
    return raw
