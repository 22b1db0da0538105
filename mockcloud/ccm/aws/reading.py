"""AWS' answers, as botocore parses them, to values. No I/O."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from mockcloud.ccm.aws.decide.plans.rules import rules_of
from mockcloud.ccm.aws.decide.seen import (
    ClassicBalancer,
    ClassicListener,
    Instance,
    Listener,
    NetworkBalancer,
    SecurityGroup,
    Subnet,
    TargetGroup,
)
from mockcloud.ccm.objects.nodes import Address

Row = Mapping[str, Any]

DRAINING: Final = "Target.DeregistrationInProgress"
CHECK: Final = ("HealthCheckPort", "HealthCheckPath", "HealthyThresholdCount", "UnhealthyThresholdCount")
"""What can be changed of a target group's health check."""


def tags(rows: Iterable[Row] | None) -> dict[str, str]:
    """A list of tags as a mapping."""
    return {each["Key"]: each.get("Value") or "" for each in rows or ()}


def security_group(row: Row) -> SecurityGroup:
    """From DescribeSecurityGroups."""
    rules = frozenset(rule for each in row.get("IpPermissions") or () for rule in rules_of(each))
    return SecurityGroup(row["GroupId"], row.get("GroupName") or "", tags(row.get("Tags")), rules)


def instance(row: Row) -> Instance:
    """From DescribeInstances."""
    groups = tuple(each["GroupId"] for each in row.get("SecurityGroups") or ())
    return Instance(row["InstanceId"], groups, (row.get("State") or {}).get("Name", ""))


def subnets(rows: Iterable[Row], tables: Sequence[Row], zones: Iterable[Row]) -> list[Subnet]:
    """With what route tables and zones say of them."""
    irregular = {
        each["ZoneName"] for each in zones if each.get("ZoneType", "availability-zone") != "availability-zone"
    }
    return [
        Subnet(
            row["SubnetId"],
            row["AvailabilityZone"],
            row["CidrBlock"],
            _public(row["SubnetId"], tables),
            row["AvailabilityZone"] not in irregular,
            tags(row.get("Tags")),
        )
        for row in rows
    ]


def _public(subnet: str, tables: Sequence[Row]) -> bool | None:
    """Whether its route table, else the VPC's main one, leads to an internet gateway."""
    own = [
        each for each in tables if any(a.get("SubnetId") == subnet for a in each.get("Associations") or ())
    ]
    main = [each for each in tables if any(a.get("Main") for a in each.get("Associations") or ())]
    table = next(iter([*own, *main]), None)
    if table is None:
        return None
    return any((each.get("GatewayId") or "").startswith("igw") for each in table.get("Routes") or ())


def network_balancer(row: Row, attributes: Iterable[Row], listeners: Iterable[Row]) -> NetworkBalancer:
    """From three describing operations. A host name only where it is in service or about to be."""
    serving = (row.get("State") or {}).get("Code") in ("active", "provisioning")
    return NetworkBalancer(
        row["LoadBalancerArn"],
        (row.get("DNSName") or "") if serving else "",
        tuple(each["SubnetId"] for each in row.get("AvailabilityZones") or ()),
        {each["Key"]: each.get("Value") or "" for each in attributes},
        tuple(_listener(each) for each in listeners),
    )


def _listener(row: Row) -> Listener:
    action: Row = next(iter(row.get("DefaultActions") or ()), {})
    certificate: Row = next(iter(row.get("Certificates") or ()), {})
    return Listener(
        row["ListenerArn"],
        row["Port"],
        row["Protocol"],
        action.get("TargetGroupArn") or "",
        certificate.get("CertificateArn") or "",
        row.get("SslPolicy") or "",
    )


def target_group(row: Row, health: Iterable[Row], attributes: Iterable[Row]) -> TargetGroup:
    """From three describing operations; a target that is being let go is none any more."""
    registered = frozenset(
        (each["Target"]["Id"], each["Target"]["Port"])
        for each in health
        if (each.get("TargetHealth") or {}).get("Reason") != DRAINING
    )
    return TargetGroup(
        row["TargetGroupArn"],
        row["TargetGroupName"],
        row["Protocol"],
        row["Port"],
        {key: row.get(key) for key in CHECK},
        bool(row.get("LoadBalancerArns")),
        registered,
        {each["Key"]: each.get("Value") or "" for each in attributes},
    )


def classic_balancer(row: Row, attributes: Row) -> ClassicBalancer:
    """From two describing operations."""
    policies = row.get("Policies") or {}
    return ClassicBalancer(
        host_name=row.get("DNSName") or "",
        subnets=frozenset(row.get("Subnets") or ()),
        groups=tuple(row.get("SecurityGroups") or ()),
        listeners={
            _classic_listener(each["Listener"]): tuple(each.get("PolicyNames") or ())
            for each in row.get("ListenerDescriptions") or ()
        },
        check=row.get("HealthCheck") or {},
        attributes=attributes,
        instances=frozenset(each["InstanceId"] for each in row.get("Instances") or ()),
        policies=frozenset(each for names in policies.values() for each in _policy_names(names)),
        node_policies={
            each["InstancePort"]: tuple(each.get("PolicyNames") or ())
            for each in row.get("BackendServerDescriptions") or ()
        },
    )


def _policy_names(listed: Iterable[Any]) -> Iterable[str]:
    """Those of stickiness are objects, the others plain names."""
    return [each if isinstance(each, str) else each["PolicyName"] for each in listed]


def _classic_listener(row: Row) -> ClassicListener:
    return ClassicListener(
        row["LoadBalancerPort"],
        row["Protocol"].upper(),
        row["InstancePort"],
        (row.get("InstanceProtocol") or row["Protocol"]).upper(),
        row.get("SSLCertificateId") or "",
    )


def addresses(row: Row) -> tuple[Address, ...]:
    """An instance's, in upstream's order: inside (the first interface's first), outside, then names."""
    interfaces = sorted(
        (each for each in row.get("NetworkInterfaces") or () if each.get("Status", "in-use") == "in-use"),
        key=lambda each: (each.get("Attachment") or {}).get("DeviceIndex", 1 << 16),
    )
    inside = [
        ("InternalIP", address.get("PrivateIpAddress"))
        for each in interfaces
        for address in each.get("PrivateIpAddresses") or ()
    ]
    private, public = row.get("PrivateDnsName"), row.get("PublicDnsName")
    told = [
        *inside,
        ("ExternalIP", row.get("PublicIpAddress")),
        ("InternalDNS", private),
        ("Hostname", private),
        ("ExternalDNS", public),
    ]
    return tuple(Address(kind, address) for kind, address in told if address)
