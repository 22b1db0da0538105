"""The core's values in elbv2's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mockcloud.cloud.aws import places, resources
from mockcloud.cloud.aws.certificates import certificate_arn
from mockcloud.cloud.aws.elbv2 import arns
from mockcloud.cloud.aws.wire.writing import moment
from mockcloud.cloud.core.elastic.health import is_being_made
from mockcloud.cloud.core.elastic.names import host_name
from mockcloud.cloud.core.elastic_values import (
    TRAFFIC_PORT,
    BalancerKind,
    Frontend,
    Place,
    Routing,
    TargetGroup,
)
from mockcloud.cloud.core.state import ref_to
from mockcloud.cloud.core.values import Address, Balancer, Use
from mockcloud.cloud.environment import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockcloud.cloud.core.elastic_values import Action
    from mockcloud.cloud.service import CloudService

Shape: TypeAlias = dict[str, Any]

# Of eu-central-1, as AWS has them: who makes alias records asks for them.
HOSTED_ZONES: Final = {BalancerKind.NETWORK: "Z3F0SRJ5LGBH90", BalancerKind.APPLICATION: "Z215JYRZR1TBD5"}


def balancer(cloud: CloudService, each: Balancer) -> Shape:
    """LoadBalancer."""
    has_rules = each.kind is BalancerKind.NETWORK and each.security_groups
    return {
        "LoadBalancerArn": arns.balancer_arn(each),
        "DNSName": host_name(each, REGION),
        "CanonicalHostedZoneId": HOSTED_ZONES[each.kind],
        "CreatedTime": moment(each.created),
        "LoadBalancerName": each.name,
        "Scheme": "internet-facing" if each.public else "internal",
        "VpcId": resources.vpc_id(each.network or 0),
        "State": _state(cloud, each),
        "Type": each.kind.value,
        "AvailabilityZones": zones(cloud, each.places),
        "SecurityGroups": [resources.group_id(number) for number in each.security_groups],
        "IpAddressType": "ipv4",
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": "on" if has_rules else None,
    }


def _state(cloud: CloudService, each: Balancer) -> Shape:
    if is_being_made(cloud.state, each, cloud.clock.now()):
        return {"Code": "provisioning"}
    last = cloud.state.last_operation.get(ref_to(each))
    if last is not None and last.command == "create_load_balancer" and last.failure is not None:
        return {"Code": "failed", "Reason": last.failure.message}
    return {"Code": "active"}


def zones(cloud: CloudService, where: Sequence[Place]) -> list[Shape]:
    """AvailabilityZones; only elastic addresses are named, as AWS does."""
    return [
        {
            "ZoneName": places.zone_name(cloud, each),
            "SubnetId": places.subnet_id(each),
            "LoadBalancerAddresses": _elastic(cloud, each),
        }
        for each in where
    ]


def _elastic(cloud: CloudService, place: Place) -> list[Shape]:
    found = cloud.state.find(Address, place.address) if place.address is not None else None
    if found is None or found.use is not Use.FLOATING:
        return []
    return [{"IpAddress": str(found.ip), "AllocationId": resources.allocation_id(found.id)}]


def group(each: TargetGroup, users: Sequence[Balancer]) -> Shape:
    """TargetGroup; `users`: the balancers that forward to it."""
    check = each.check
    return {
        "TargetGroupArn": arns.group_arn(each),
        "TargetGroupName": each.name,
        "Protocol": each.protocol.upper(),
        "Port": each.port,
        "VpcId": resources.vpc_id(each.network),
        "HealthCheckProtocol": check.protocol.upper(),
        "HealthCheckPort": "traffic-port" if check.port == TRAFFIC_PORT else str(check.port),
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": check.interval,
        "HealthCheckTimeoutSeconds": check.timeout,
        "HealthyThresholdCount": check.healthy_threshold,
        "UnhealthyThresholdCount": check.unhealthy_threshold,
        "HealthCheckPath": check.path or None,
        "Matcher": {"HttpCode": check.codes} if check.codes else None,
        "LoadBalancerArns": [arns.balancer_arn(user) for user in users],
        "TargetType": each.target_type.value,
        "ProtocolVersion": each.protocol_version or None,
        "IpAddressType": "ipv4",
    }


def listener(cloud: CloudService, owner: Balancer, each: Frontend) -> Shape:
    """Listener."""
    certificate = each.certificate
    return {
        "ListenerArn": arns.listener_arn(owner, each),
        "LoadBalancerArn": arns.balancer_arn(owner),
        "Port": each.port,
        "Protocol": each.protocol.upper(),
        "Certificates": [{"CertificateArn": certificate_arn(certificate)}] if certificate else None,
        "SslPolicy": each.tls_policy or None,
        "DefaultActions": [_action(cloud, each.action)],
        "AlpnPolicy": [each.alpn] if each.alpn else None,
    }


def _action(cloud: CloudService, action: Action) -> Shape:
    match action.routing:
        case Routing.REDIRECT:
            return {"Type": action.routing.value, "RedirectConfig": dict(action.options)}
        case Routing.FIXED_RESPONSE:
            return {"Type": action.routing.value, "FixedResponseConfig": dict(action.options)}
    targets = [
        {
            "TargetGroupArn": arns.group_arn(cloud.state.get(TargetGroup, each.group)),
            "Weight": each.weight,
        }
        for each in action.forwards
    ]
    sticky: Shape = {"Enabled": action.sticky_seconds > 0, "DurationSeconds": action.sticky_seconds or None}
    return {
        "Type": action.routing.value,
        "TargetGroupArn": targets[0]["TargetGroupArn"] if len(targets) == 1 else None,
        "ForwardConfig": {"TargetGroups": targets, "TargetGroupStickinessConfig": sticky},
    }


def attributes(found: Mapping[str, str]) -> Shape:
    """Attributes of whatever has some."""
    return {"Attributes": [{"Key": name, "Value": value} for name, value in found.items()]}
