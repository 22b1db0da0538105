"""Servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockcloud.cloud.core.instances import power
from mockcloud.cloud.core.values import (
    Address,
    Balancer,
    Family,
    Instance,
    InstanceTarget,
    Ref,
    ResourceKind,
    SelectorTarget,
    Use,
)
from mockcloud.cloud.hetzner.rendering.addresses import public_v4, public_v6
from mockcloud.cloud.hetzner.rendering.offers import TRAFFIC, datacenter, image, location, server_type, time
from mockcloud.cloud.hetzner.selecting import selected

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Address

    from mockcloud.cloud.core.values import Target
    from mockcloud.cloud.hetzner.replies import Json
    from mockcloud.cloud.service import CloudService


def server(cloud: CloudService, instance: Instance) -> Json:
    """A server."""
    state, catalogue = cloud.state, cloud.catalogue
    zone, size = catalogue.zone(instance.zone), catalogue.any_instance_size(instance.size)
    last = state.last_operation.get(Ref(ResourceKind.INSTANCE, instance.id))
    now = cloud.clock.now()
    held = state.addresses_of(instance)
    floating = [
        each.id
        for each in state.all(Address)
        if each.use is Use.FLOATING and each.holder is not None and each.holder.id == instance.id
    ]
    return {
        "id": instance.id,
        "name": instance.name,
        "status": power(instance, last, now).value,
        "created": time(instance.created),
        "public_net": {
            "ipv4": public_v4(held.get(Family.V4)),
            "ipv6": public_v6(held.get(Family.V6)),
            "floating_ips": floating,
            "firewalls": [],
        },
        "private_net": [
            {
                "network": each.network,
                "ip": str(each.ip),
                "alias_ips": [],
                "mac_address": _mac(each.ip),
            }
            for each in instance.private
        ],
        "server_type": server_type(size, catalogue),
        "location": location(zone),
        "datacenter": datacenter(zone, catalogue),
        "image": _image(instance.image, catalogue.images),
        "included_traffic": TRAFFIC,
        "outgoing_traffic": 0,
        "ingoing_traffic": 0,
        "backup_window": None,
        "rescue_enabled": False,
        "iso": None,
        "locked": last is not None and last.is_running(now),
        "protection": {"delete": instance.protected, "rebuild": instance.protected},
        "labels": instance.labels,
        "volumes": [],
        "primary_disk_size": size.disk,
        "placement_group": None,
        "load_balancers": [
            each.id
            for each in state.all(Balancer)
            if any(_names(target, instance) for target in each.targets)
        ],
    }


def _image(name: str, known: Sequence[str]) -> Json | None:
    """None for AWS' own, which this API cannot say."""
    return image(name, known.index(name) + 1) if name in known else None


def _names(target: Target, instance: Instance) -> bool:
    match target:
        case InstanceTarget(number, _):
            return number == instance.id
        case SelectorTarget(selector, _):
            return bool(selected(selector, [instance]))
        case _:
            return False


def _mac(ip: IPv4Address) -> str:
    return "86:00:" + ":".join(f"{each:02x}" for each in ip.packed)
