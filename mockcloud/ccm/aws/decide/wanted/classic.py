"""A classic balancer as a Service wants it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockcloud.ccm.aws.decide.seen import ClassicListener, Rule
from mockcloud.ccm.aws.decide.wanted import names, spec
from mockcloud.ccm.aws.decide.wanted.annotations import PREFIX, Annotations
from mockcloud.ccm.aws.decide.wanted.refusal import Refused
from mockcloud.ccm.objects.services import Port, Service

SECURE: Final = {"https": "https", "http": "https", "ssl": "ssl", "tcp": "ssl"}
"""What a listener with a certificate speaks, by what is spoken to the nodes."""
THRESHOLDS: Final = (
    ("HealthyThreshold", "healthcheck-healthy-threshold", 2, 2),
    ("UnhealthyThreshold", "healthcheck-unhealthy-threshold", 6, 2),
    ("Timeout", "healthcheck-timeout", 5, 2),
    ("Interval", "healthcheck-interval", 10, 5),
)
"""Of a health check: AWS' name, the annotation, the default, the least."""


@dataclass(frozen=True, slots=True)
class ClassicWanted:
    """All of it, but for what depends on the cloud: subnets, instances, ids of groups."""

    name: str
    service: str
    listeners: tuple[ClassicListener, ...]
    internal: bool
    tags: Mapping[str, str]
    further_tags: Mapping[str, str]
    proxy_protocol: bool
    attributes: Mapping[str, Mapping[str, Any]]
    check: Mapping[str, Any]
    tls_policy: str | None
    groups: tuple[str, ...]  # instead of the balancer's own
    further_groups: tuple[str, ...]
    rules: frozenset[Rule]  # of the balancer's own group

    @property
    def own_group(self) -> bool:
        """Whether the balancer has a security group of its own."""
        return not self.groups


def classic_wanted(service: Service, given: Annotations, cluster: str) -> ClassicWanted:
    """Refused where it cannot be had."""
    spec.check(service, given)
    listeners = tuple(_listener(port, given) for port in service.ports if port.node_port)
    further = given.pairs("additional-resource-tags")
    return ClassicWanted(
        name=names.balancer_name(service.meta.uid),
        service=service.path,
        listeners=listeners,
        internal=given.internal,
        tags=names.tags(cluster, service.path, further),
        further_tags=further,
        proxy_protocol=_proxy_protocol(given),
        attributes=_attributes(given),
        check=_check(service, given, listeners),
        tls_policy=given.values.get("ssl-negotiation-policy"),
        groups=tuple(given.listed("security-groups")),
        further_groups=tuple(given.listed("extra-security-groups")),
        rules=_rules(service),
    )


def _listener(port: Port, given: Annotations) -> ClassicListener:
    protocol = node_protocol = port.protocol.lower()
    certificate = ""
    spoken = given.text("backend-protocol")
    if spec.secure(port, given, port.name.lower()):
        certificate = given.text("ssl-cert")
        node_protocol = spoken or "tcp"
        if node_protocol not in SECURE:
            msg = f"Invalid backend protocol {spoken} for {certificate} in {PREFIX}backend-protocol"
            raise Refused(msg)
        protocol = SECURE[node_protocol]
    elif spoken == "http":
        protocol = node_protocol = "http"
    return ClassicListener(port.port, protocol.upper(), port.node_port, node_protocol.upper(), certificate)


def _proxy_protocol(given: Annotations) -> bool:
    value = given.text("proxy-protocol")
    if value not in ("", "*"):
        text = f'annotation "{PREFIX}proxy-protocol"="{value}" detected'
        msg = f"{text}, but the only value supported currently is '*'"
        raise Refused(msg)
    return bool(value)


def _attributes(given: Annotations) -> dict[str, dict[str, Any]]:
    logs = {
        "Enabled": given.truth("access-log-enabled") or False,
        "EmitInterval": given.number("access-log-emit-interval"),
        "S3BucketName": given.text("access-log-s3-bucket-name") or None,
        "S3BucketPrefix": given.text("access-log-s3-bucket-prefix") or None,
    }
    draining = {
        "Enabled": given.truth("connection-draining-enabled") or False,
        "Timeout": given.number("connection-draining-timeout"),
    }
    idle = given.number("connection-idle-timeout")
    return {
        "AccessLog": _given(logs),
        "ConnectionDraining": _given(draining),
        "ConnectionSettings": {"IdleTimeout": 60 if idle is None else idle},
        "CrossZoneLoadBalancing": {"Enabled": given.truth("cross-zone-load-balancing-enabled") or False},
    }


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _check(service: Service, given: Annotations, listeners: tuple[ClassicListener, ...]) -> Mapping[str, Any]:
    """On the first port; with policy Local, where kube-proxy says whether a node has pods."""
    port = listeners[0].node_port if listeners else 0
    protocol, path = "SSL" if given.text("backend-protocol").lower() in ("https", "ssl") else "TCP", ""
    wanted_port = given.text("healthcheck-port")
    if service.local and service.health_check_node_port:
        protocol, path = "HTTP", "/healthz"
        port = port if wanted_port == "traffic-port" else service.health_check_node_port
    protocol = given.text("healthcheck-protocol", protocol)
    if "healthcheck-port" in given.values and wanted_port != "traffic-port":
        port = _number("healthcheck-port", wanted_port)
    path = (given.text("healthcheck-path") or path or "/") if protocol.upper() in ("HTTP", "HTTPS") else ""
    told = {name: _number(key, given.text(key, str(default))) for name, key, default, _ in THRESHOLDS}
    low = [f"{name} must be at least {least}" for name, _, _, least in THRESHOLDS if told[name] < least]
    if low:
        words = f"HealthCheck validation errors: {'; '.join(low)}"
        msg = f"some of the load balancer health check parameters are invalid: {words}"
        raise Refused(msg)
    return {"Target": f"{protocol}:{port}{path}", **told}


def _number(name: str, text: str) -> int:
    if not text.removeprefix("-").isdecimal():
        msg = f"failed parsing health check annotation value: {PREFIX}{name}={text}"
        raise Refused(msg)
    return int(text)


def _rules(service: Service) -> frozenset[Rule]:
    """Each port, and ICMP for path MTU discovery, from where people may come."""
    ports = {(each.protocol.lower(), each.port, each.port) for each in service.ports} | {("icmp", 3, 4)}
    ranges = spec.source_ranges(service)
    return frozenset(Rule(*each, cidr=cidr) for each in ports for cidr in ranges)
