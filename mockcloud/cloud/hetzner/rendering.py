"""The core's values as the API's JSON, with every field that its clients' schema has."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Network
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core import addresses, networks
from mockcloud.cloud.core.balancers import certificates_in_use
from mockcloud.cloud.core.catalogue import ADDRESS_PRICE
from mockcloud.cloud.core.instances import power
from mockcloud.cloud.core.values import (
    Address,
    Balancer,
    Certificate,
    Family,
    HolderKind,
    Instance,
    InstanceTarget,
    IPTarget,
    Network,
    Operation,
    Ref,
    ResourceKind,
    SelectorTarget,
    Use,
)
from mockcloud.cloud.hetzner.selecting import selected
from mockcloud.cloud.service import HealthStatus

if TYPE_CHECKING:
    from mockcloud.cloud.core.catalogue import BalancerSize, Catalogue, InstanceSize, Zone
    from mockcloud.cloud.core.values import HealthCheck, HttpOptions, Listener, Target
    from mockcloud.cloud.hetzner.replies import Json
    from mockcloud.cloud.service import CloudService

HOURS: Final = 730  # of a month, as bills have it
VAT: Final = Decimal("0.19")
TRAFFIC: Final = 21_990_232_555_520  # bytes that a month includes: 20 TB
_TYPES: Final = {
    ResourceKind.INSTANCE: "server",
    ResourceKind.BALANCER: "load_balancer",
    ResourceKind.NETWORK: "network",
    ResourceKind.CERTIFICATE: "certificate",
}


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


def action(cloud: CloudService, operation: Operation) -> Json:
    """An action, as far as it has got by now."""
    now = cloud.clock.now()
    running = operation.is_running(now)
    failure = operation.failure
    error = (
        {"code": failure.code, "message": failure.message} if failure is not None and not running else None
    )
    return {
        "id": operation.id,
        "command": operation.command,
        "status": "running" if running else "error" if error else "success",
        "progress": operation.progress(now),
        "started": time(operation.started),
        "finished": None if running else time(operation.ends),
        "resources": [{"id": each.id, "type": _type(cloud, each)} for each in operation.resources],
        "error": error,
    }


def _type(cloud: CloudService, ref: Ref) -> str:
    found = cloud.state.find(Address, ref.id) if ref.kind is ResourceKind.ADDRESS else None
    if ref.kind is ResourceKind.ADDRESS:
        return "floating_ip" if found is not None and found.use is Use.FLOATING else "primary_ip"
    return _TYPES[ref.kind]


def server(cloud: CloudService, instance: Instance) -> Json:
    """A server."""
    state, catalogue = cloud.state, cloud.catalogue
    zone, size = catalogue.zone(instance.zone), catalogue.instance_size(instance.size)
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
            "ipv4": _public_v4(held.get(Family.V4)),
            "ipv6": _public_v6(held.get(Family.V6)),
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
        "image": image(instance.image, catalogue.images.index(instance.image) + 1),
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


def _public_v4(address: Address | None) -> Json | None:
    if address is None:
        return None
    return {
        "id": address.id,
        "ip": str(address.ip),
        "blocked": False,
        "dns_ptr": addresses.reverse_name(address),
    }


def _public_v6(address: Address | None) -> Json | None:
    if address is None:
        return None
    return {"id": address.id, "ip": str(address.ip), "blocked": False, "dns_ptr": _names_of(address)}


def _names_of(address: Address) -> list[Json]:
    named = dict(address.names)
    if not isinstance(address.ip, IPv6Network):
        named.setdefault(str(address.ip), addresses.reverse_name(address))
    return [{"ip": ip, "dns_ptr": name} for ip, name in named.items()]


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


def balancer(cloud: CloudService, each: Balancer) -> Json:
    """A balancer, with the health of its targets."""
    catalogue = cloud.catalogue
    held = cloud.state.addresses_of(each)
    return {
        "id": each.id,
        "name": each.name,
        "public_net": {
            "enabled": each.public,
            "ipv4": _balancer_address(held[Family.V4]),
            "ipv6": _balancer_address(held[Family.V6]),
        },
        "private_net": [{"network": each.private.network, "ip": str(each.private.ip)}]
        if each.private
        else [],
        "location": location(catalogue.zone(each.zone)),
        "load_balancer_type": balancer_type(catalogue.balancer_size(each.size), catalogue),
        "protection": {"delete": each.protected},
        "labels": each.labels,
        "created": time(each.created),
        "services": [service(listener) for listener in each.listeners],
        "targets": [_target(cloud, each, target) for target in each.targets],
        "algorithm": {"type": each.algorithm.value},
        "included_traffic": TRAFFIC,
        "outgoing_traffic": 0,
        "ingoing_traffic": 0,
    }


def _balancer_address(address: Address) -> Json:
    ip = address.ip.network_address + 1 if isinstance(address.ip, IPv6Network) else address.ip
    name = address.names.get(str(ip)) or ("" if ip.version == 6 else addresses.reverse_name(address))
    return {"id": address.id, "ip": str(ip), "blocked": False, "dns_ptr": name}


def service(listener: Listener) -> Json:
    """A service of a balancer."""
    made: Json = {
        "protocol": listener.protocol.value,
        "listen_port": listener.port,
        "destination_port": listener.destination_port,
        "proxyprotocol": listener.proxy_protocol,
        "health_check": _check(listener.check),
    }
    if listener.http is not None:
        made["http"] = _http(listener.http)
    return made


def _http(options: HttpOptions) -> Json:
    return {
        "cookie_name": options.cookie_name,
        "cookie_lifetime": options.cookie_lifetime,
        "certificates": list(options.certificates),
        "redirect_http": options.redirect_http,
        "sticky_sessions": options.sticky_sessions,
        "timeout_idle": options.timeout_idle,
    }


def _check(check: HealthCheck) -> Json:
    made: Json = {
        "protocol": check.protocol.value,
        "port": check.port,
        "interval": check.interval,
        "timeout": check.timeout,
        "retries": check.retries,
    }
    if check.http is not None:
        made["http"] = {
            "domain": check.http.domain,
            "path": check.http.path,
            "response": check.http.response,
            "status_codes": list(check.http.status_codes),
            "tls": check.http.tls,
        }
    return made


def _target(cloud: CloudService, each: Balancer, target: Target) -> Json:
    match target:
        case InstanceTarget(number, private):
            found = cloud.state.find(Instance, number)
            return {
                "type": "server",
                "server": {"id": number},
                "use_private_ip": private,
                "health_status": _health(cloud, each, reached_at(cloud, each, found, private=private)),
            }
        case SelectorTarget(selector, private):
            members = selected(selector, cloud.state.all(Instance))
            inner = [_target(cloud, each, InstanceTarget(member.id, private)) for member in members]
            return {
                "type": "label_selector",
                "label_selector": {"selector": selector},
                "use_private_ip": private,
                "targets": inner,
            }
        case IPTarget(ip):
            return {"type": "ip", "ip": {"ip": str(ip)}, "health_status": _health(cloud, each, ip)}


def reached_at(
    cloud: CloudService, each: Balancer, found: Instance | None, *, private: bool
) -> IPv4Address | None:
    """The address by which a balancer reaches an instance."""
    if found is None:
        return None
    if private:
        return found.at(each.private.network) if each.private is not None else None
    address = cloud.state.addresses_of(found).get(Family.V4)
    return address.ip if address is not None and isinstance(address.ip, IPv4Address) else None


def _health(cloud: CloudService, each: Balancer, ip: object) -> list[Json]:
    found = []
    for listener in each.listeners:
        health = cloud.health(each.id, ip, listener.port)  # type: ignore[arg-type]
        said: Json = {"listen_port": listener.port, "status": health.status.value}
        if health.status is HealthStatus.UNHEALTHY:
            said |= {"detail": health.detail or "unspecified", "http_status_code": health.http_status}
        found.append(said)
    return found


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
        "dns_ptr": _names_of(address),
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
        "dns_ptr": _names_of(address),
        "blocked": False,
        "location": location(zone),
        "datacenter": datacenter(zone, cloud.catalogue),
        "protection": {"delete": address.protected},
        "labels": address.labels,
    }


def certificate(cloud: CloudService, each: Certificate) -> Json:
    """A certificate; how far the cloud is with one that it gets itself."""
    status = None
    if each.kind == "managed":
        last = cloud.state.last_operation.get(Ref(ResourceKind.CERTIFICATE, each.id))
        pending = last is not None and last.is_running(cloud.clock.now())
        status = {"issuance": "pending" if pending else "completed", "renewal": "unavailable", "error": None}
    users = certificates_in_use(cloud.state).get(each.id, [])
    return {
        "id": each.id,
        "name": each.name,
        "labels": each.labels,
        "type": each.kind.value,
        "certificate": each.pem,
        "created": time(each.created),
        "not_valid_before": time(each.not_before),
        "not_valid_after": time(each.not_after),
        "domain_names": list(each.domains),
        "fingerprint": each.fingerprint,
        "status": status,
        "used_by": [{"id": number, "type": "load_balancer"} for number in users],
    }
