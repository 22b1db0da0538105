"""A live copy of what the controller looks at: Services, Namespaces, Nodes, and the pools' ConfigMap."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from baremetal_lb.decide.controller.events import (
    ConfigMap,
    ConfigMapSeen,
    Event,
    NamespaceSeen,
    NodeSeen,
    ServiceRangesSeen,
    ServiceSeen,
)
from baremetal_lb.kube import convert
from baremetal_lb.kube.resources import CONFIG_MAPS, NAMESPACES, NODES, SERVICE_CIDRS, SERVICES
from baremetal_lb.kube.topology import node_facts
from baremetal_lb.kube.watch import Change, Informer, Scope
from baremetal_lb.model.api_names import VERDICT
from baremetal_lb.model.objects import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.kube.client import Client, JsonObject
    from baremetal_lb.model.addresses import AddressRange
    from baremetal_lb.model.nodes import NodeFacts
    from baremetal_lb.model.services import ServiceView
    from baremetal_lb.settings import Settings

Feed: TypeAlias = Callable[[Event], None]
T = TypeVar("T")


class Cluster:
    """The copy. `feed` is told what changes after it has been set."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self.feed: Feed | None = None
        config_key = settings.config_key
        self.services = Informer(client, SERVICES, convert.service)
        self._namespaces = Informer(client, NAMESPACES, convert.labels)
        self._nodes = Informer(client, NODES, node_facts)
        self._service_ranges = Informer(client, SERVICE_CIDRS, convert.service_ranges)
        scope = Scope(config_key.namespace, f"metadata.name={config_key.name}")
        self._config_maps = Informer(client, CONFIG_MAPS, config_map, scope)
        self._config_key = config_key

    async def run(self) -> None:
        """Stay fresh until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.services.run(self._telling(_service)), name="watch services")
            group.create_task(self._namespaces.run(self._telling(_namespace)), name="watch namespaces")
            group.create_task(self._nodes.run(self._telling(_node)), name="watch nodes")
            ranges = self._service_ranges.run_where_served(self._telling(_ranges))
            group.create_task(ranges, name="watch Service ranges")
            group.create_task(self._config_maps.run(self._telling(_config_map)), name="watch the ConfigMap")

    async def complete(self) -> None:
        """Return when everything has been listed once."""
        for synced in (
            self.services.synced,
            self._namespaces.synced,
            self._nodes.synced,
            self._service_ranges.synced,
            self._config_maps.synced,
        ):
            await synced.wait()

    def config_map(self) -> ConfigMap | None:
        """The pools' ConfigMap as it is now."""
        return self._config_maps.get(self._config_key)

    def snapshot(self) -> Iterator[Event]:
        """All that there is now."""
        yield from (NamespaceSeen(key.name, labels) for key, labels in self._namespaces.items())
        yield from (ServiceSeen(None, view) for view in self.services.values())
        yield from (NodeSeen(key.name, facts) for key, facts in self._nodes.items())
        yield from (ServiceRangesSeen(key.name, ranges) for key, ranges in self._service_ranges.items())
        yield ConfigMapSeen(self._config_maps.get(self._config_key))

    def _telling(self, event_of: Callable[[Change[T]], Event]) -> Callable[[Change[T]], None]:
        def tell(change: Change[T]) -> None:
            if self.feed is not None:
                self.feed(event_of(change))

        return tell


def config_map(raw: JsonObject) -> ConfigMap:
    """The pools' ConfigMap."""
    metadata, key = raw["metadata"], convert.object_key(raw)
    subject = Subject("ConfigMap", key, metadata.get("uid", ""), metadata["resourceVersion"])
    verdict = (metadata.get("annotations") or {}).get(VERDICT)
    return ConfigMap(subject, convert.config_text(raw), verdict)


def _service(change: Change[ServiceView]) -> Event:
    return ServiceSeen(change.old, change.new)


def _namespace(change: Change[dict[str, str]]) -> Event:
    return NamespaceSeen(change.key.name, change.new)


def _node(change: Change[NodeFacts]) -> Event:
    return NodeSeen(change.key.name, change.new)


def _ranges(change: Change[tuple[AddressRange, ...]]) -> Event:
    return ServiceRangesSeen(change.key.name, change.new)


def _config_map(change: Change[ConfigMap]) -> Event:
    return ConfigMapSeen(change.new)
