"""An NLB as a Service wants it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockcloud.ccm.aws.decide.wanted import names, spec
from mockcloud.ccm.aws.decide.wanted.annotations import PREFIX, Annotations
from mockcloud.ccm.aws.decide.wanted.refusal import Refused
from mockcloud.ccm.objects.services import Port, Service

TRAFFIC_PORT: Final = "traffic-port"
CROSS_ZONE: Final = "load_balancing.cross_zone.enabled"
LOGS: Final = "access_logs.s3.enabled"
LOGS_BUCKET: Final = "access_logs.s3.bucket"
LOGS_PREFIX: Final = "access_logs.s3.prefix"
DEFAULT_ATTRIBUTES: Final[Mapping[str, str]] = {CROSS_ZONE: "false", LOGS: "false"}
"""Of an NLB that was just made."""


@dataclass(frozen=True, slots=True)
class Check:
    """How a target group's targets are looked at. A timeout is not among what upstream sets."""

    port: str
    path: str
    protocol: str
    interval: int
    healthy: int
    unhealthy: int


@dataclass(frozen=True, slots=True)
class Mapped:
    """One port of the Service: a listener and the target group behind it."""

    port: int
    protocol: str
    node_port: int
    node_protocol: str
    group_name: str
    check: Check
    certificate: str = ""
    policy: str = ""

    @property
    def check_port(self) -> int:
        """The port of each node that is looked at."""
        return self.node_port if self.check.port == TRAFFIC_PORT else int(self.check.port)


@dataclass(frozen=True, slots=True)
class NetworkWanted:
    """All of it, but for what depends on the cloud: subnets and instances."""

    name: str
    mappings: tuple[Mapped, ...]
    internal: bool
    tags: Mapping[str, str]
    attributes: Mapping[str, str]
    group_attributes: Mapping[str, str] | None  # None: whatever they are
    addresses: tuple[str, ...]  # allocations, one a subnet
    source_ranges: tuple[str, ...]


def network_wanted(service: Service, given: Annotations, cluster: str) -> NetworkWanted:
    """Refused where it cannot be had."""
    spec.check(service, given)
    check = _check(service, given)
    ports = [port for port in service.ports if port.node_port]
    return NetworkWanted(
        name=names.balancer_name(service.meta.uid),
        mappings=tuple(_mapped(service, port, given, check, cluster) for port in ports),
        internal=given.internal,
        tags=names.tags(cluster, service.path, given.pairs("additional-resource-tags")),
        attributes=_attributes(given),
        group_attributes=given.pairs(spec.GROUP_ATTRIBUTES)
        if spec.GROUP_ATTRIBUTES in given.values
        else None,
        addresses=tuple(given.text("eip-allocations").split(","))
        if "eip-allocations" in given.values
        else (),
        source_ranges=spec.source_ranges(service),
    )


def _mapped(service: Service, port: Port, given: Annotations, check: Check, cluster: str) -> Mapped:
    secure = port.protocol != "UDP" and spec.secure(port, given, port.name)
    node_protocol = "TLS" if secure and given.text("backend-protocol") == "ssl" else port.protocol
    meta = service.meta
    unchangeable = (cluster, meta.namespace, meta.name, port.port, port.node_port, node_protocol, "instance")
    return Mapped(
        port=port.port,
        protocol="TLS" if secure else port.protocol,
        node_port=port.node_port,
        node_protocol=node_protocol,
        group_name=names.target_group_name(
            meta.namespace, meta.name, *unchangeable, check.protocol, check.interval
        ),
        check=check,
        certificate=given.text("ssl-cert") if secure else "",
        policy=given.text("ssl-negotiation-policy") if secure else "",
    )


def _check(service: Service, given: Annotations) -> Check:
    """TCP on the traffic's port; with policy Local, HTTP where kube-proxy says whether a node has pods."""
    local = service.local and service.health_check_node_port
    port = str(service.health_check_node_port) if local else TRAFFIC_PORT
    protocol = given.text("healthcheck-protocol", "HTTP" if service.local else "TCP").upper()
    if protocol not in ("TCP", "HTTP", "HTTPS"):
        msg = f"Unsupported health check protocol {protocol}"
        raise Refused(msg)
    port = given.text("healthcheck-port", port)
    if port != TRAFFIC_PORT and not port.isdecimal():
        msg = f"Invalid health check port '{port}'"
        raise Refused(msg)
    path = "" if protocol == "TCP" else given.text("healthcheck-path", "/healthz" if service.local else "/")
    threshold = 2 if service.local else 3
    return Check(
        port=port,
        path=path,
        protocol=protocol,
        interval=_number(given, "healthcheck-interval", 10 if service.local else 30),
        healthy=_number(given, "healthcheck-healthy-threshold", threshold),
        unhealthy=_number(given, "healthcheck-unhealthy-threshold", threshold),
    )


def _number(given: Annotations, name: str, default: int) -> int:
    text = given.text(name, str(default))
    if not text.removeprefix("-").isdecimal():
        msg = f"failed to parse annotation {PREFIX}{name}={text}"
        raise Refused(msg)
    return int(text)


def _attributes(given: Annotations) -> dict[str, str]:
    """Where logs are off, where they would go is left alone: AWS takes no empty bucket."""
    told = {
        CROSS_ZONE: "true" if given.truth("cross-zone-load-balancing-enabled") else "false",
        LOGS: "true" if given.truth("access-log-enabled") else "false",
    }
    if told[LOGS] == "true":
        told[LOGS_BUCKET] = given.text("access-log-s3-bucket-name")
        told[LOGS_PREFIX] = given.text("access-log-s3-bucket-prefix")
    return told


def check_params(check: Check) -> dict[str, Any]:
    """What CreateTargetGroup is told of it."""
    told: dict[str, Any] = {
        "HealthCheckIntervalSeconds": check.interval,
        "HealthCheckPort": check.port,
        "HealthCheckProtocol": check.protocol,
        "HealthyThresholdCount": check.healthy,
        "UnhealthyThresholdCount": check.unhealthy,
    }
    return told | ({"HealthCheckPath": check.path} if check.protocol != "TCP" else {})
