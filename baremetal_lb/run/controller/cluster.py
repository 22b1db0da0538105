"""A live copy of what the controller looks at: Services, Namespaces, Nodes, and the pools' ConfigMap."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from baremetal_lb.kube import convert
from baremetal_lb.kube.resources import CONFIG_MAPS, NAMESPACES, NODES, SERVICE_CIDRS, SERVICES
from baremetal_lb.kube.watch import Informer, Scope
from baremetal_lb.run.controller import node_facts
from baremetal_lb.run.controller.node_facts import NodeFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baremetal_lb.decide.pools.overlaps import Claimed
    from baremetal_lb.kube.client import Client, JsonObject
    from baremetal_lb.kube.watch import Change
    from baremetal_lb.model.addresses import AddressRange, IPAddress
    from baremetal_lb.model.announcements import NodeOut
    from baremetal_lb.model.node_interfaces import Holder
    from baremetal_lb.model.reasons import Refusal
    from baremetal_lb.model.services import ServiceView
    from baremetal_lb.settings import Settings


class Listener(Protocol):
    """Whoever is told of changes, one at a time."""

    def on_service(self, change: Change[ServiceView]) -> None:
        """A Service has changed."""

    def on_namespace(self, change: Change[dict[str, str]]) -> None:
        """A Namespace's labels may have changed."""

    def on_node(self, change: Change[NodeFacts]) -> None:
        """A Node has changed, often only by its heartbeat."""

    def on_service_range(self) -> None:
        """A range of the cluster's Services has come or gone."""

    def on_config_map(self) -> None:
        """The ConfigMap has changed, come or gone."""


class Cluster:
    """The copy. `listener` is told what changes after it has been set."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self.listener: Listener | None = None
        self.config_key = config_key = settings.config_key
        self._settings = settings
        self.services = Informer(client, SERVICES, convert.service)
        self.namespaces = Informer(client, NAMESPACES, convert.labels)
        self._nodes = Informer(client, NODES, NodeFacts.read)
        self._service_ranges = Informer(client, SERVICE_CIDRS, convert.service_ranges)
        scope = Scope(config_key.namespace, f"metadata.name={config_key.name}")
        self._config_maps: Informer[JsonObject] = Informer(client, CONFIG_MAPS, _as_it_is, scope)

    async def run(self) -> None:
        """Stay fresh until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.services.run(self._on_service), name="watch services")
            group.create_task(self.namespaces.run(self._on_namespace), name="watch namespaces")
            group.create_task(self._nodes.run(self._on_node), name="watch nodes")
            group.create_task(
                self._service_ranges.run_where_served(self._on_service_range), name="watch Service ranges"
            )
            group.create_task(self._config_maps.run(self._on_config_map), name="watch the ConfigMap")

    async def complete(self) -> None:
        """Return when everything has been listed once."""
        for synced in (
            self.services.synced,
            self.namespaces.synced,
            self._nodes.synced,
            self._service_ranges.synced,
            self._config_maps.synced,
        ):
            await synced.wait()

    def config_map(self) -> JsonObject | None:
        """The ConfigMap as it is."""
        return self._config_maps.get(self.config_key)

    def reserved(self, held: Mapping[IPAddress, Holder]) -> dict[IPAddress, Refusal]:
        """The addresses that are never given, each with the reason; `held`: those that nodes have."""
        return node_facts.reserved(self._settings, self._nodes.items(), held)

    def standings(self) -> list[tuple[str, NodeOut | None]]:
        """The nodes, and why each may not announce, by the cluster's word."""
        return [(key.name, facts.out) for key, facts in self._nodes.items()]

    def claimed(self) -> list[Claimed]:
        """The ranges that no pool may overlap."""
        return node_facts.claimed(self._settings, self._nodes.items(), self._service_ranges.items())

    def _on_service(self, change: Change[ServiceView]) -> None:
        if self.listener is not None:
            self.listener.on_service(change)

    def _on_namespace(self, change: Change[dict[str, str]]) -> None:
        if self.listener is not None:
            self.listener.on_namespace(change)

    def _on_node(self, change: Change[NodeFacts]) -> None:
        if self.listener is not None:
            self.listener.on_node(change)

    def _on_service_range(self, _change: Change[tuple[AddressRange, ...]]) -> None:
        if self.listener is not None:
            self.listener.on_service_range()

    def _on_config_map(self, _change: Change[JsonObject]) -> None:
        if self.listener is not None:
            self.listener.on_config_map()


def _as_it_is(raw: JsonObject) -> JsonObject:
    return raw
