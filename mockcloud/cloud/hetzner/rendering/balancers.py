"""Balancers, with the health of their targets."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Network
from typing import TYPE_CHECKING

from mockcloud.cloud.core.addresses import reverse_name
from mockcloud.cloud.core.values import (
    Address,
    Balancer,
    Family,
    Instance,
    InstanceTarget,
    IPTarget,
    SelectorTarget,
)
from mockcloud.cloud.hetzner.rendering import elastic
from mockcloud.cloud.hetzner.rendering.offers import TRAFFIC, balancer_type, location, time
from mockcloud.cloud.hetzner.selecting import selected

if TYPE_CHECKING:
    from mockcloud.cloud.core.values import HealthCheck, HttpOptions, Listener, Target
    from mockcloud.cloud.hetzner.replies import Json
    from mockcloud.cloud.service import CloudService


def balancer(cloud: CloudService, each: Balancer) -> Json:
    """A balancer, with the health of its targets."""
    catalogue = cloud.catalogue
    held = cloud.state.addresses_of(each)
    return {
        "id": each.id,
        "name": each.name,
        "public_net": {
            "enabled": each.public,
            "ipv4": _balancer_address(held.get(Family.V4)),
            "ipv6": _balancer_address(held.get(Family.V6)),
        },
        "private_net": [{"network": inside.network, "ip": str(inside.ip)} for inside in each.attachments],
        "location": location(catalogue.zone(each.zone)),
        "load_balancer_type": balancer_type(catalogue.any_balancer_size(each.size), catalogue),
        "protection": {"delete": each.protected},
        "labels": each.labels,
        "created": time(each.created),
        "services": elastic.services(cloud, each)
        if each.kind.has_groups
        else [service(listener) for listener in each.listeners],
        "targets": elastic.targets(cloud, each)
        if each.kind.has_groups
        else [_target(cloud, each, target) for target in each.targets],
        "algorithm": {"type": each.algorithm.value},
        "included_traffic": TRAFFIC,
        "outgoing_traffic": 0,
        "ingoing_traffic": 0,
    }


def _balancer_address(address: Address | None) -> Json:
    if address is None:  # of AWS' balancers
        return {"ip": None, "dns_ptr": None}
    ip = address.ip.network_address + 1 if isinstance(address.ip, IPv6Network) else address.ip
    name = address.names.get(str(ip)) or ("" if ip.version == 6 else reverse_name(address))
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
        return found.at(each.network) if each.network is not None else None
    address = cloud.state.addresses_of(found).get(Family.V4)
    return address.ip if address is not None and isinstance(address.ip, IPv4Address) else None


def _health(cloud: CloudService, each: Balancer, ip: object) -> list[Json]:
    return [
        elastic.health_status(listener.port, cloud.health(each.id, ip, listener.port))  # type: ignore[arg-type]
        for listener in each.listeners
    ]
