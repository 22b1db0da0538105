"""The core's values in elb's shapes. Every field that AWS fills is there: clients read them unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mockcloud.cloud.aws import places, resources
from mockcloud.cloud.aws.account import ACCOUNT
from mockcloud.cloud.aws.certificates import certificate_arn
from mockcloud.cloud.aws.elb.checks import shown_check
from mockcloud.cloud.aws.elb.protocols import shown_protocol
from mockcloud.cloud.aws.wire.writing import moment
from mockcloud.cloud.core.elastic import policies
from mockcloud.cloud.core.elastic.attributes import (
    CROSS_ZONE,
    DRAINING,
    DRAINING_SECONDS,
    IDLE_TIMEOUT,
    balancer_attributes,
)
from mockcloud.cloud.core.elastic.classic import check_of, instances_of, spoken_with_targets
from mockcloud.cloud.core.elastic.names import host_name
from mockcloud.cloud.core.security_values import SecurityGroup
from mockcloud.cloud.environment import REGION

if TYPE_CHECKING:
    from mockcloud.cloud.core.elastic_values import Policy
    from mockcloud.cloud.core.values import Balancer, Listener
    from mockcloud.cloud.service import CloudService

Shape: TypeAlias = dict[str, Any]
HOSTED_ZONE: Final = "Z215JYRZR1TBD5"  # of eu-central-1, as AWS has it
LOGS: Final = {
    "S3BucketName": "access_logs.s3.bucket",
    "EmitInterval": "access_logs.emit_interval",
    "S3BucketPrefix": "access_logs.s3.prefix",
}
LOGGING: Final = "access_logs.s3.enabled"
DESYNC: Final = "elb.http.desyncmitigationmode"


def balancer(cloud: CloudService, each: Balancer) -> Shape:
    """LoadBalancerDescription."""
    name = host_name(each, REGION)
    return {
        "LoadBalancerName": each.name,
        "DNSName": name,
        "CanonicalHostedZoneName": name if each.public else None,
        "CanonicalHostedZoneNameID": HOSTED_ZONE,
        "ListenerDescriptions": [_listener(listener) for listener in each.listeners],
        "Policies": _policies(each),
        "BackendServerDescriptions": [
            {"InstancePort": port, "PolicyNames": list(names)}
            for port, names in sorted(each.port_policies.items())
        ],
        "AvailabilityZones": [places.zone_name(cloud, place) for place in each.places],
        "Subnets": [places.subnet_id(place) for place in each.places],
        "VPCId": resources.vpc_id(each.network) if each.network is not None else None,
        "Instances": instances(each),
        "HealthCheck": shown_check(check_of(each)),
        "SourceSecurityGroup": _source(cloud, each),
        "SecurityGroups": [resources.group_id(number) for number in each.security_groups],
        "CreatedTime": moment(each.created),
        "Scheme": "internet-facing" if each.public else "internal",
    }


def instances(each: Balancer) -> list[Shape]:
    """Instances."""
    return [{"InstanceId": resources.instance_id(number)} for number in instances_of(each)]


def policy(each: Policy) -> Shape:
    """PolicyDescription."""
    return {
        "PolicyName": each.name,
        "PolicyTypeName": each.type,
        "PolicyAttributeDescriptions": [
            {"AttributeName": name, "AttributeValue": value} for name, value in each.attributes
        ],
    }


def attributes(each: Balancer) -> Shape:
    """LoadBalancerAttributes."""
    found = balancer_attributes(each)
    logs: Shape = {"Enabled": found.get(LOGGING) == "true"}
    if logs["Enabled"]:
        logs |= {name: found[key] for name, key in LOGS.items()}
        logs["EmitInterval"] = int(logs["EmitInterval"])
    return {
        "CrossZoneLoadBalancing": {"Enabled": found.get(CROSS_ZONE) == "true"},
        "AccessLog": logs,
        "ConnectionDraining": {
            "Enabled": found.get(DRAINING) == "true",
            "Timeout": int(found.get(DRAINING_SECONDS, "300")),
        },
        "ConnectionSettings": {"IdleTimeout": int(found.get(IDLE_TIMEOUT, "60"))},
        "AdditionalAttributes": [{"Key": DESYNC, "Value": found.get(DESYNC, "defensive")}],
    }


def _listener(listener: Listener) -> Shape:
    certificates = listener.http.certificates if listener.http is not None else ()
    return {
        "Listener": {
            "Protocol": shown_protocol(listener.protocol),
            "LoadBalancerPort": listener.port,
            "InstanceProtocol": shown_protocol(spoken_with_targets(listener)),
            "InstancePort": listener.destination_port,
            "SSLCertificateId": certificate_arn(certificates[0]) if certificates else None,
        },
        "PolicyNames": list(listener.policies),
    }


def _policies(each: Balancer) -> Shape:
    return {
        "AppCookieStickinessPolicies": [],
        "LBCookieStickinessPolicies": [
            {"PolicyName": one.name, "CookieExpirationPeriod": policies.cookie_seconds(one)}
            for one in each.policies
            if one.type == policies.COOKIE
        ],
        "OtherPolicies": [one.name for one in each.policies if one.type != policies.COOKIE],
    }


def _source(cloud: CloudService, each: Balancer) -> Shape | None:
    found = cloud.state.find(SecurityGroup, each.security_groups[0]) if each.security_groups else None
    return {"OwnerAlias": ACCOUNT, "GroupName": found.name} if found is not None else None
