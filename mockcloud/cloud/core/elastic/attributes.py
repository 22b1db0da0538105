"""Attributes of AWS' balancers, listeners and target groups: names, defaults, what they may be.

They are those of botocore's model (elasticloadbalancingv2, 2015-12-01).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core.elastic_values import BalancerKind, Protocol, TargetType
from mockcloud.cloud.core.numbers import number_within
from mockcloud.cloud.core.refusal import Refusal, Why

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockcloud.cloud.core.elastic_values import Frontend, TargetGroup
    from mockcloud.cloud.core.values import Balancer

PROTECTION: Final = "deletion_protection.enabled"
CROSS_ZONE: Final = "load_balancing.cross_zone.enabled"
IDLE_TIMEOUT: Final = "idle_timeout.timeout_seconds"
TCP_IDLE_TIMEOUT: Final = "tcp.idle_timeout.seconds"
KEEPS_CLIENT: Final = "preserve_client_ip.enabled"
PROXY_PROTOCOL: Final = "proxy_protocol_v2.enabled"
DELAY: Final = "deregistration_delay.timeout_seconds"
ENDS_CONNECTIONS: Final = "deregistration_delay.connection_termination.enabled"
STICKY: Final = "stickiness.enabled"
AS_BALANCER: Final = "use_load_balancer_configuration"
# Of a classic balancer, which has a structure where others have names.
DRAINING: Final = "connection_draining.enabled"
DRAINING_SECONDS: Final = "connection_draining.timeout_seconds"


@dataclass(frozen=True, slots=True)
class Attribute:
    """`values`: what it may be; without them a number from `least` to `most`, or with neither any text."""

    default: str
    values: tuple[str, ...] = ()
    least: int | None = None
    most: int = 0

    def allows(self, value: str) -> bool:
        """Whether it may be this."""
        if value in self.values:
            return True
        if self.least is not None:
            return number_within(value, self.least, self.most) is not None
        return not self.values

    @property
    def expected(self) -> str:
        """In words."""
        said = [", ".join(self.values)] if self.values else []
        if self.least is not None:
            said.append(f"a number from {self.least} to {self.most}")
        return " or ".join(said) or "text"


Table = dict[str, Attribute]


def _flag(default: str) -> Attribute:
    return Attribute(default, ("true", "false"))


def _number(default: int, least: int, most: int, *values: str) -> Attribute:
    return Attribute(str(default), values, least, most)


_DAY, _WEEK = 86_400, 604_800
_LOGS: Final = {
    f"{{}}.s3.{name}": kind
    for name, kind in (("enabled", _flag("false")), ("bucket", Attribute("")), ("prefix", Attribute("")))
}


def _logs(what: str) -> Table:
    return {name.format(what): kind for name, kind in _LOGS.items()}


_BALANCER: Final[Table] = {
    **_logs("access_logs"),
    PROTECTION: _flag("false"),
    "ipv6.deny_all_igw_traffic": _flag("false"),
    "zonal_shift.config.enabled": _flag("false"),
}
BALANCER_ATTRIBUTES: Final[dict[BalancerKind, Table]] = {
    BalancerKind.NETWORK: {
        **_BALANCER,
        CROSS_ZONE: _flag("false"),
        "dns_record.client_routing_policy": Attribute(
            "any_availability_zone",
            ("availability_zone_affinity", "partial_availability_zone_affinity", "any_availability_zone"),
        ),
        "secondary_ips.auto_assigned.per_subnet": _number(0, 0, 7),
    },
    BalancerKind.APPLICATION: {
        **_BALANCER,
        **_logs("connection_logs"),
        **_logs("health_check_logs"),
        CROSS_ZONE: Attribute("true", ("true",)),
        IDLE_TIMEOUT: _number(60, 1, 4000),
        "client_keep_alive.seconds": _number(3600, 60, _WEEK),
        "routing.http.desync_mitigation_mode": Attribute("defensive", ("monitor", "defensive", "strictest")),
        "routing.http.drop_invalid_header_fields.enabled": _flag("false"),
        "routing.http.preserve_host_header.enabled": _flag("false"),
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": _flag("false"),
        "routing.http.xff_client_port.enabled": _flag("false"),
        "routing.http.xff_header_processing.mode": Attribute("append", ("append", "preserve", "remove")),
        "routing.http2.enabled": _flag("true"),
        "waf.fail_open.enabled": _flag("false"),
    },
    BalancerKind.CLASSIC: {
        CROSS_ZONE: _flag("false"),
        "access_logs.s3.enabled": _flag("false"),
        "access_logs.s3.bucket": Attribute(""),
        "access_logs.s3.prefix": Attribute(""),
        "access_logs.emit_interval": Attribute("60", ("5", "60")),
        DRAINING: _flag("false"),
        DRAINING_SECONDS: _number(300, 1, 3600),
        IDLE_TIMEOUT: _number(60, 1, 4000),
        "elb.http.desyncmitigationmode": Attribute("defensive", ("monitor", "defensive", "strictest")),
    },
    BalancerKind.PROXY: {},
}

_GROUP: Final[Table] = {
    STICKY: _flag("false"),
    DELAY: _number(300, 0, 3600),
    CROSS_ZONE: Attribute(AS_BALANCER, ("true", "false", AS_BALANCER)),
    "target_group_health.dns_failover.minimum_healthy_targets.count": _number(1, 1, 1000, "off"),
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": Attribute("off", ("off",), 1, 100),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": _number(1, 1, 1000),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": Attribute(
        "off", ("off",), 1, 100
    ),
}
_CONNECTION_GROUP: Final[Table] = {
    **_GROUP,
    "stickiness.type": Attribute("source_ip", ("source_ip",)),
    ENDS_CONNECTIONS: _flag("false"),
    KEEPS_CLIENT: _flag("true"),
    PROXY_PROTOCOL: _flag("false"),
    "target_health_state.unhealthy.connection_termination.enabled": _flag("true"),
    "target_health_state.unhealthy.draining_interval_seconds": _number(0, 0, 360_000),
}
_REQUEST_GROUP: Final[Table] = {
    **_GROUP,
    "stickiness.type": Attribute("lb_cookie", ("lb_cookie", "app_cookie")),
    "stickiness.lb_cookie.duration_seconds": _number(_DAY, 1, _WEEK),
    "stickiness.app_cookie.cookie_name": Attribute(""),
    "stickiness.app_cookie.duration_seconds": _number(_DAY, 1, _WEEK),
    "load_balancing.algorithm.type": Attribute(
        "round_robin", ("round_robin", "least_outstanding_requests", "weighted_random")
    ),
    "load_balancing.algorithm.anomaly_mitigation": Attribute("off", ("on", "off")),
    "slow_start.duration_seconds": Attribute("0", ("0",), 30, 900),
}
_DATAGRAMS: Final = (Protocol.UDP, Protocol.TCP_UDP)

_HEADERS: Final = (
    "request.x_amzn_mtls_clientcert_serial_number.header_name",
    "request.x_amzn_mtls_clientcert_issuer.header_name",
    "request.x_amzn_mtls_clientcert_subject.header_name",
    "request.x_amzn_mtls_clientcert_validity.header_name",
    "request.x_amzn_mtls_clientcert_leaf.header_name",
    "request.x_amzn_mtls_clientcert.header_name",
    "request.x_amzn_tls_version.header_name",
    "request.x_amzn_tls_cipher_suite.header_name",
    "response.strict_transport_security.header_value",
    "response.access_control_allow_origin.header_value",
    "response.access_control_allow_methods.header_value",
    "response.access_control_allow_headers.header_value",
    "response.access_control_allow_credentials.header_value",
    "response.access_control_expose_headers.header_value",
    "response.access_control_max_age.header_value",
    "response.content_security_policy.header_value",
    "response.x_content_type_options.header_value",
    "response.x_frame_options.header_value",
)
_REQUEST_LISTENER: Final[Table] = {
    "routing.http.response.server.enabled": _flag("true"),
    **{f"routing.http.{name}": Attribute("") for name in _HEADERS},
}


def of_group(protocol: Protocol, target_type: TargetType) -> Table:
    """What a group of this protocol and type has."""
    if protocol.is_http:
        return _REQUEST_GROUP
    if protocol in _DATAGRAMS:
        # UDP: the address of the client cannot be given up, and a new group ends connections.
        return {
            **_CONNECTION_GROUP,
            KEEPS_CLIENT: Attribute("true", ("true",)),
            ENDS_CONNECTIONS: _flag("true"),
            "target_health_state.unhealthy.connection_termination.enabled": Attribute("false", ("false",)),
        }
    kept = "false" if target_type is TargetType.IP else "true"
    return {**_CONNECTION_GROUP, KEEPS_CLIENT: _flag(kept)}


def of_frontend(protocol: Protocol) -> Table:
    """What a listener of this protocol has."""
    if protocol.is_http:
        return _REQUEST_LISTENER
    if protocol in (Protocol.TCP, Protocol.TCP_UDP, Protocol.TLS):
        return {TCP_IDLE_TIMEOUT: _number(350, 60, 6000)}
    return {}


def all_of(table: Table, own: Mapping[str, str]) -> dict[str, str]:
    """Every attribute, be it as it is by default."""
    return {name: own.get(name, each.default) for name, each in table.items()}


def group_attributes(group: TargetGroup) -> dict[str, str]:
    """All of a group."""
    return all_of(of_group(group.protocol, group.target_type), group.attributes)


def frontend_attributes(frontend: Frontend) -> dict[str, str]:
    """All of a listener."""
    return all_of(of_frontend(frontend.protocol), frontend.attributes)


def balancer_attributes(balancer: Balancer) -> dict[str, str]:
    """All of a balancer; whether it is protected is the same in whichever cloud's words."""
    found = all_of(BALANCER_ATTRIBUTES[balancer.kind], balancer.attributes)
    if PROTECTION in found:
        found[PROTECTION] = "true" if balancer.protected else "false"
    return found


def changed(table: Table, before: Mapping[str, str], given: Mapping[str, str], what: str) -> dict[str, str]:
    """What is not as it is by default, after `given`; Refusal UNKNOWN_ATTRIBUTE, INVALID."""
    after = dict(before)
    for name, value in given.items():
        attribute = table.get(name)
        if attribute is None:
            raise Refusal(Why.UNKNOWN_ATTRIBUTE, f"{what} attribute key '{name}' is not recognized", name)
        if not attribute.allows(value):
            message = f"The value of '{name}' cannot be '{value}': expected {attribute.expected}"
            raise Refusal(Why.INVALID, message, name)
        after[name] = value
    return {name: value for name, value in after.items() if value != table[name].default}
