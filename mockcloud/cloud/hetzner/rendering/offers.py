"""What can be had, and what it costs."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core.catalogue import ADDRESS_PRICE

if TYPE_CHECKING:
    from mockcloud.cloud.core.catalogue import BalancerSize, Catalogue, InstanceSize, Zone
    from mockcloud.cloud.hetzner.replies import Json


HOURS: Final = 730  # of a month, as bills have it
VAT: Final = Decimal("0.19")
TRAFFIC: Final = 21_990_232_555_520  # bytes that a month includes: 20 TB


def time(seconds: float) -> str:
    """RFC 3339, whole seconds."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()


def location(zone: Zone) -> Json:
    """A location."""
    return {
        "id": zone.id,
        "name": zone.name,
        "description": f"{zone.city} DC Park 1",
        "country": zone.country,
        "city": zone.city,
        "latitude": zone.latitude,
        "longitude": zone.longitude,
        "network_zone": zone.area,
    }


def datacenter(zone: Zone, catalogue: Catalogue) -> Json:
    """The one of a location."""
    all_sizes = [each.id for each in catalogue.instance_sizes]
    return {
        "id": zone.id,
        "name": f"{zone.name}-dc1",
        "description": f"{zone.city} virtual DC 1",
        "location": location(zone),
        "server_types": {
            "supported": all_sizes,
            "available": all_sizes,
            "available_for_migration": all_sizes,
        },
    }


def price(net: Decimal) -> Json:
    """With and without tax, as text."""
    return {"net": f"{net:.10f}", "gross": f"{net * (1 + VAT):.10f}"}


def prices(hourly: Decimal, catalogue: Catalogue) -> list[Json]:
    """In each location."""
    return [
        {
            "location": zone.name,
            "price_hourly": price(hourly),
            "price_monthly": price(hourly * HOURS),
            "included_traffic": TRAFFIC,
            "price_per_tb_traffic": price(Decimal(1)),
        }
        for zone in catalogue.zones
    ]


def server_type(size: InstanceSize, catalogue: Catalogue) -> Json:
    """A type of server."""
    return {
        "id": size.id,
        "name": size.name,
        "description": size.description,
        "category": "Shared vCPU",
        "cores": size.cores,
        "memory": size.memory,
        "disk": size.disk,
        "storage_type": "local",
        "cpu_type": "shared",
        "architecture": "x86",
        "included_traffic": TRAFFIC,
        "prices": prices(size.price, catalogue),
        "deprecated": False,
        "deprecation": None,
        "locations": [
            {"id": zone.id, "name": zone.name, "recommended": True, "available": True, "deprecation": None}
            for zone in catalogue.zones
        ],
    }


def balancer_type(size: BalancerSize, catalogue: Catalogue) -> Json:
    """A type of balancer."""
    return {
        "id": size.id,
        "name": size.name,
        "description": size.description,
        "max_connections": size.connections,
        "max_services": size.listeners,
        "max_targets": size.targets,
        "max_assigned_certificates": size.certificates,
        "prices": prices(size.price, catalogue),
        "deprecated": None,
        "deprecation": None,
    }


def image(name: str, number: int) -> Json:
    """A system image, by which servers are made."""
    flavor, _, version = name.partition("-")
    return {
        "id": number,
        "type": "system",
        "status": "available",
        "name": name,
        "description": f"{flavor.title()} {version}",
        "image_size": None,
        "disk_size": 5,
        "created": time(0),
        "created_from": None,
        "bound_to": None,
        "os_flavor": flavor,
        "os_version": version,
        "architecture": "x86",
        "rapid_deploy": True,
        "protection": {"delete": False},
        "deprecated": None,
        "deleted": None,
        "labels": {},
    }


def pricing(catalogue: Catalogue) -> Json:
    """What everything costs."""
    nothing = price(Decimal(0))
    by_type = {"ipv4": ADDRESS_PRICE, "ipv6": Decimal(0)}
    return {
        "currency": "EUR",
        "vat_rate": f"{VAT * 100:.6f}",
        "image": {"price_per_gb_month": nothing},
        "floating_ip": {"price_monthly": price(ADDRESS_PRICE * HOURS)},
        "floating_ips": [
            {
                "type": family,
                "prices": [
                    {"location": zone.name, "price_monthly": price(net * HOURS)} for zone in catalogue.zones
                ],
            }
            for family, net in by_type.items()
        ],
        "primary_ips": [
            {
                "type": family,
                "prices": [
                    {
                        "location": zone.name,
                        "price_hourly": price(net),
                        "price_monthly": price(net * HOURS),
                    }
                    for zone in catalogue.zones
                ],
            }
            for family, net in by_type.items()
        ],
        "traffic": {"price_per_tb": price(Decimal(1))},
        "server_backup": {"percentage": "20.0000000000"},
        "server_types": [
            {"id": each.id, "name": each.name, "prices": prices(each.price, catalogue)}
            for each in catalogue.instance_sizes
        ],
        "load_balancer_types": [
            {"id": each.id, "name": each.name, "prices": prices(each.price, catalogue)}
            for each in catalogue.balancer_sizes
        ],
        "volume": {"price_per_gb_month": nothing},
    }
