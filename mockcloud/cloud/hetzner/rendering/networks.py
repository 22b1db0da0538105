"""Networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockcloud.cloud.core import networks
from mockcloud.cloud.core.values import (
    Balancer,
    Instance,
    Network,
)
from mockcloud.cloud.hetzner.rendering.offers import time

if TYPE_CHECKING:
    from mockcloud.cloud.hetzner.replies import Json
    from mockcloud.cloud.service import CloudService


def network(cloud: CloudService, each: Network) -> Json:
    """A network."""
    state = cloud.state
    return {
        "id": each.id,
        "name": each.name,
        "created": time(each.created),
        "ip_range": str(each.range),
        "subnets": [
            {
                "type": part.kind,
                "ip_range": str(part.range),
                "network_zone": part.area,
                "gateway": str(networks.gateway(part.range)),
                "vswitch_id": part.vswitch,
            }
            for part in each.subnets
        ],
        "routes": [
            {"destination": str(route.destination), "gateway": str(route.gateway)} for route in each.routes
        ],
        "servers": [one.id for one in state.all(Instance) if one.at(each.id) is not None],
        "load_balancers": [
            one.id
            for one in state.all(Balancer)
            if one.private is not None and one.private.network == each.id
        ],
        "protection": {"delete": each.protected},
        "labels": each.labels,
        "expose_routes_to_vswitch": each.exposes_routes,
    }
