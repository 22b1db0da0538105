"""Public addresses: by themselves, and as a server shows its own."""

from __future__ import annotations

from ipaddress import IPv6Network
from typing import TYPE_CHECKING

from mockcloud.cloud.core.addresses import reverse_name
from mockcloud.cloud.core.values import (
    Address,
    HolderKind,
)
from mockcloud.cloud.hetzner.rendering.offers import datacenter, location, time

if TYPE_CHECKING:
    from mockcloud.cloud.hetzner.replies import Json
    from mockcloud.cloud.service import CloudService


def public_v4(address: Address | None) -> Json | None:
    if address is None:
        return None
    return {
        "id": address.id,
        "ip": str(address.ip),
        "blocked": False,
        "dns_ptr": reverse_name(address),
    }


def public_v6(address: Address | None) -> Json | None:
    if address is None:
        return None
    return {"id": address.id, "ip": str(address.ip), "blocked": False, "dns_ptr": names_of(address)}


def names_of(address: Address) -> list[Json]:
    named = dict(address.names)
    if not isinstance(address.ip, IPv6Network):
        named.setdefault(str(address.ip), reverse_name(address))
    return [{"ip": ip, "dns_ptr": name} for ip, name in named.items()]


def floating_ip(cloud: CloudService, address: Address) -> Json:
    """A floating address."""
    return {
        "id": address.id,
        "name": address.name,
        "description": address.description or None,
        "created": time(address.created),
        "ip": str(address.ip),
        "type": address.family.value,
        "server": address.holder.id if address.holder is not None else None,
        "dns_ptr": names_of(address),
        "home_location": location(cloud.catalogue.zone(address.zone)),
        "blocked": False,
        "protection": {"delete": address.protected},
        "labels": address.labels,
    }


def primary_ip(cloud: CloudService, address: Address) -> Json:
    """A primary address."""
    zone = cloud.catalogue.zone(address.zone)
    holder = address.holder
    is_balancers = holder is not None and holder.kind is HolderKind.BALANCER
    return {
        "id": address.id,
        "name": address.name,
        "created": time(address.created),
        "ip": str(address.ip),
        "type": address.family.value,
        "assignee_id": holder.id if holder is not None else None,
        "assignee_type": "load_balancer" if is_balancers else "server",
        "auto_delete": address.auto_delete,
        "dns_ptr": names_of(address),
        "blocked": False,
        "location": location(zone),
        "datacenter": datacenter(zone, cloud.catalogue),
        "protection": {"delete": address.protected},
        "labels": address.labels,
    }
