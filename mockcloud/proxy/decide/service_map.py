"""Services and EndpointSlices as last seen, joined; pure. It says which Service a change concerns."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mockcloud.proxy.decide.views import (
    EndpointView,
    Family,
    NodeView,
    PortView,
    ServiceKey,
    ServiceView,
    SliceView,
    family_of,
)

SliceKey = tuple[str, str]  # namespace, name


@dataclass(slots=True)
class ServiceMap:
    """Mutable: the shell feeds it one change at a time."""

    services: dict[ServiceKey, ServiceView] = field(default_factory=dict)
    _slices: dict[SliceKey, SliceView] = field(default_factory=dict)
    _of: dict[ServiceKey, dict[SliceKey, SliceView]] = field(default_factory=dict)

    def put_service(self, key: ServiceKey, view: ServiceView | None) -> set[ServiceKey]:
        """The Service is now this (None: gone, or without rules); the Services whose rules may change."""
        old = self.services.pop(key, None)
        if view is not None:
            self.services[key] = view
        return {key} if old != view else set()

    def put_slice(self, key: SliceKey, view: SliceView | None) -> set[ServiceKey]:
        """The slice is now this; a relabelled one concerns two Services."""
        old = self._slices.pop(key, None)
        if old == view:
            if view is not None:
                self._slices[key] = view
            return set()
        if old is not None:
            self._of[old.service].pop(key)
        if view is not None:
            self._slices[key] = view
            self._of.setdefault(view.service, {})[key] = view
        return {found.service for found in (old, view) if found is not None}

    def health(self, key: ServiceKey, node: NodeView) -> dict[tuple[Family, int], int]:
        """(family, port) where balancers ask for the Service's health -> its ready pods on the node."""
        service = self.services.get(key)
        if service is None or not service.health_port:
            return {}
        families = {family_of(ip) for ip in service.cluster_ips} & set(node.families)
        return {(family, service.health_port): self._ready_pods(key, family, node) for family in families}

    def _ready_pods(self, key: ServiceKey, family: Family, node: NodeView) -> int:
        found = (one for _, ones in self.endpoints(key, family) for one in ones)
        return len({one.target.ip for one in found if one.ready and one.node == node.name})

    def endpoints(self, key: ServiceKey, family: Family) -> Iterable[tuple[PortView, list[EndpointView]]]:
        """Each port of the Service with its endpoints in that family, from all its slices."""
        slices = [found for found in self._of.get(key, {}).values() if found.family is family]
        for port in self.services[key].ports:
            wanted = (port.name, port.protocol)
            found = [
                one for part in slices for name, ones in part.endpoints if name == wanted for one in ones
            ]
            yield port, found
