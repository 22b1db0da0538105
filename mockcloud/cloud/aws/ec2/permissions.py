"""Rules of security groups, as EC2 has them: many peers under one protocol and one range of ports."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws import ids
from mockcloud.cloud.aws.account import ACCOUNT, arn
from mockcloud.cloud.aws.ec2 import lookup
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.aws.resources import group_id
from mockcloud.cloud.core.numbers import number_within
from mockcloud.cloud.core.security_values import ANY_PROTOCOL, SecurityRule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockcloud.cloud.core.security_values import SecurityGroup
    from mockcloud.cloud.core.state import State
    from mockcloud.cloud.core.values import Network

Row = dict[str, Any]
_NAMES: Final = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "all": ANY_PROTOCOL}
_WITH_PORTS: Final = ("tcp", "udp")
_ICMP: Final = ("icmp", "icmpv6")
_MOST: Final = 65_535


def read(state: State, network: Network, wanted: Row) -> list[SecurityRule]:
    """What a request asks for: by IpPermissions, or by the parameters for one rule."""
    permissions = wanted.get("IpPermissions") or [_one(wanted)]
    return [rule for each in permissions for rule in _rules(state, network, each)]


def _one(wanted: Row) -> Row:
    found: Row = {key: wanted[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in wanted}
    if "CidrIp" in wanted:
        found["IpRanges"] = [{"CidrIp": wanted["CidrIp"]}]
    if "SourceSecurityGroupName" in wanted:
        found["UserIdGroupPairs"] = [{"GroupName": wanted["SourceSecurityGroupName"]}]
    return found


def _rules(state: State, network: Network, permission: Row) -> Iterator[SecurityRule]:
    protocol, ports = _protocol(permission)
    count = 0
    for each in permission.get("IpRanges", ()):
        count += 1
        yield SecurityRule(protocol, *ports, cidr=_ipv4(each.get("CidrIp", "")), description=_said(each))
    for each in permission.get("Ipv6Ranges", ()):
        count += 1
        yield SecurityRule(protocol, *ports, cidr=_ipv6(each.get("CidrIpv6", "")), description=_said(each))
    for each in permission.get("UserIdGroupPairs", ()):
        count += 1
        yield SecurityRule(protocol, *ports, group=_peer(state, network, each), description=_said(each))
    if not count:
        raise AwsError("MissingParameter", "The request must contain the parameter cidrIp or a source group")


def _said(peer: Row) -> str:
    said: str = peer.get("Description", "")
    return said


def _protocol(permission: Row) -> tuple[str, tuple[int | None, int | None]]:
    given = permission.get("IpProtocol")
    if given is None:
        raise AwsError("MissingParameter", "The request must contain the parameter ipProtocol")
    name = _NAMES.get(given.lower(), given.lower())
    first, last = permission.get("FromPort"), permission.get("ToPort")
    if name in _WITH_PORTS:
        return name, _ports(first, last)
    if name in _ICMP:
        return name, (-1 if first is None else first, -1 if last is None else last)
    if name == ANY_PROTOCOL or number_within(name, 0, 255) is not None:
        return name, (None, None)
    raise AwsError("InvalidParameterValue", f"Invalid value '{given}' for IP protocol. Unknown protocol.")


def _ports(first: int | None, last: int | None) -> tuple[int, int]:
    if first is None or last is None:
        said = "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."
        raise AwsError("InvalidParameterValue", said)
    for port in (first, last):
        if not 0 <= port <= _MOST:
            raise AwsError("InvalidParameterValue", f"TCP/UDP port ({port}) out of range")
    if first > last:
        said = f"Invalid TCP/UDP port range ({first}:{last}): it ends before it starts"
        raise AwsError("InvalidParameterValue", said)
    return first, last


def _ipv4(text: str) -> IPv4Network:
    try:
        if "/" in text:
            return IPv4Network(text, strict=False)
    except ValueError:
        pass
    raise AwsError("InvalidParameterValue", f"CIDR block {text} is malformed")


def _ipv6(text: str) -> IPv6Network:
    try:
        if "/" in text:
            return IPv6Network(text, strict=False)
    except ValueError:
        pass
    raise AwsError("InvalidParameterValue", f"CIDR block {text} is malformed")


def _peer(state: State, network: Network, pair: Row) -> int:
    if "GroupId" in pair:
        return lookup.security_group(state, pair["GroupId"]).id
    return lookup.group_named(state, network, pair.get("GroupName", "")).id


def shown(rules: Sequence[SecurityRule]) -> list[Row]:
    """IpPermissions: rules of one protocol and range of ports together."""
    found: dict[tuple[object, ...], Row] = {}
    for rule in rules:
        key = (rule.protocol, rule.from_port, rule.to_port)
        row = found.setdefault(
            key,
            {
                "IpProtocol": rule.protocol,
                "FromPort": rule.from_port,
                "ToPort": rule.to_port,
                "IpRanges": [],
                "Ipv6Ranges": [],
                "PrefixListIds": [],
                "UserIdGroupPairs": [],
            },
        )
        said = {"Description": rule.description or None}
        match rule.cidr:
            case IPv4Network():
                row["IpRanges"].append({"CidrIp": str(rule.cidr), **said})
            case IPv6Network():
                row["Ipv6Ranges"].append({"CidrIpv6": str(rule.cidr), **said})
            case None:
                peer = {"GroupId": group_id(rule.group or 0), "UserId": ACCOUNT}
                row["UserIdGroupPairs"].append({**peer, **said})
    return list(found.values())


def rule_id(group: SecurityGroup, rule: SecurityRule, *, egress: bool) -> str:
    """The same for the same rule of the same group."""
    return ids.derived("sgr", group.id, egress, *rule.gist)


def rule_row(group: SecurityGroup, rule: SecurityRule, *, egress: bool) -> Row:
    """One rule by itself."""
    number = rule_id(group, rule, egress=egress)
    row: Row = {
        "SecurityGroupRuleId": number,
        "GroupId": group_id(group.id),
        "GroupOwnerId": ACCOUNT,
        "IsEgress": egress,
        "IpProtocol": rule.protocol,
        "FromPort": -1 if rule.from_port is None else rule.from_port,
        "ToPort": -1 if rule.to_port is None else rule.to_port,
        "Description": rule.description or None,
        "Tags": [],
        "SecurityGroupRuleArn": arn("ec2", f"security-group-rule/{number}"),
    }
    match rule.cidr:
        case IPv4Network():
            row["CidrIpv4"] = str(rule.cidr)
        case IPv6Network():
            row["CidrIpv6"] = str(rule.cidr)
        case None:
            row["ReferencedGroupInfo"] = {"GroupId": group_id(rule.group or 0), "UserId": ACCOUNT}
    return row


def revoked_row(group: SecurityGroup, rule: SecurityRule, *, egress: bool) -> Row:
    """One that is gone, which is shown otherwise."""
    row = rule_row(group, rule, egress=egress)
    gone = ("GroupOwnerId", "Tags", "SecurityGroupRuleArn", "ReferencedGroupInfo")
    found = {key: value for key, value in row.items() if key not in gone}
    if "ReferencedGroupInfo" in row:
        found["ReferencedGroupId"] = row["ReferencedGroupInfo"]["GroupId"]
    return found


def described(rule: SecurityRule) -> str:
    """As EC2 names a rule in an error."""
    peer = rule.cidr if rule.group is None else group_id(rule.group)
    protocol = "ALL" if rule.protocol == ANY_PROTOCOL else rule.protocol.upper()
    ports = "ALL" if rule.from_port is None else f"from port: {rule.from_port}, to port: {rule.to_port}"
    return f"peer: {peer}, {protocol}, {ports}, ALLOW"
