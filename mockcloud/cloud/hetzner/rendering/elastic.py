"""AWS' balancers that forward to target groups, as far as this API can tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockcloud.cloud.core.elastic.attributes import PROXY_PROTOCOL, group_attributes
from mockcloud.cloud.core.elastic.groups import check_port
from mockcloud.cloud.core.elastic.health import address_of
from mockcloud.cloud.core.elastic.lookup import frontends_of
from mockcloud.cloud.core.elastic_values import TargetGroup
from mockcloud.cloud.core.health import Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockcloud.cloud.core.elastic_values import Frontend, Member
    from mockcloud.cloud.core.values import Balancer
    from mockcloud.cloud.hetzner.replies import Json
    from mockcloud.cloud.service import CloudService


def services(cloud: CloudService, each: Balancer) -> list[Json]:
    """One for each listener, with what its first group has; protocols as AWS calls them, in small letters."""
    return [_service(cloud, frontend) for frontend in frontends_of(cloud.state, each.id)]


def targets(cloud: CloudService, each: Balancer) -> list[Json]:
    """Each server and each address once, whatever its ports; health by listener."""
    found: dict[object, Json] = {}
    for frontend, group, member in _members(cloud, each):
        who: Json = (
            {"type": "ip", "ip": {"ip": str(member.ip)}}
            if member.instance is None
            else {"type": "server", "server": {"id": member.instance}, "use_private_ip": True}
        )
        shown = found.setdefault(member.instance or member.ip, {**who, "health_status": []})
        ip = address_of(cloud.state, group, member)
        health = cloud.group_health(group.id, ip, member.port) if ip is not None else Health()
        shown["health_status"].append(health_status(frontend.port, health))
    return list(found.values())


def health_status(port: int, health: Health) -> Json:
    """Of a target on a listener."""
    said: Json = {"listen_port": port, "status": health.status.value}
    if health.status is HealthStatus.UNHEALTHY:
        said |= {"detail": health.detail or "unspecified", "http_status_code": health.http_status}
    return said


def _members(cloud: CloudService, each: Balancer) -> Iterator[tuple[Frontend, TargetGroup, Member]]:
    for frontend in frontends_of(cloud.state, each.id):
        for number in frontend.groups:
            group = cloud.state.get(TargetGroup, number)
            for member in group.present(cloud.clock.now()):
                if member.leaves is None:
                    yield frontend, group, member


def _service(cloud: CloudService, frontend: Frontend) -> Json:
    made: Json = {"protocol": frontend.protocol.value, "listen_port": frontend.port}
    if not frontend.groups:
        return {**made, "destination_port": frontend.port, "proxyprotocol": False}
    group = cloud.state.get(TargetGroup, frontend.groups[0])
    check = group.check
    made |= {
        "destination_port": group.port,
        "proxyprotocol": group_attributes(group).get(PROXY_PROTOCOL) == "true",
        "health_check": {
            "protocol": check.protocol.value,
            "port": check_port(group, group.port),
            "interval": check.interval,
            "timeout": check.timeout,
            "retries": check.unhealthy_threshold,
        },
    }
    if check.protocol.is_http:
        http = {"domain": "", "path": check.path, "response": "", "status_codes": check.codes.split(",")}
        made["health_check"]["http"] = {**http, "tls": check.protocol.value == "https"}
    return made
