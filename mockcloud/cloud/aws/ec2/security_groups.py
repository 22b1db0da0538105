"""Security groups."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws.account import ACCOUNT, arn
from mockcloud.cloud.aws.ec2 import lookup, permissions
from mockcloud.cloud.aws.ec2.listing import chosen, listed, tags, tags_for
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.aws.resources import group_id, vpc_id
from mockcloud.cloud.core import security_groups
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.security_groups import NewGroup
from mockcloud.cloud.core.security_values import SecurityGroup
from mockcloud.cloud.core.values import Network

if TYPE_CHECKING:
    from mockcloud.cloud.core.security_values import SecurityRule
    from mockcloud.cloud.service import CloudService

Row = dict[str, Any]
FIELDS: Final = {
    "description": "Description",
    "group-id": "GroupId",
    "group-name": "GroupName",
    "owner-id": "OwnerId",
    "vpc-id": "VpcId",
    **{
        f"{prefix}.{name}": f"{where}.{path}"
        for prefix, where in (
            ("ip-permission", "IpPermissions"),
            ("egress.ip-permission", "IpPermissionsEgress"),
        )
        for name, path in (
            ("cidr", "IpRanges.CidrIp"),
            ("ipv6-cidr", "Ipv6Ranges.CidrIpv6"),
            ("from-port", "FromPort"),
            ("to-port", "ToPort"),
            ("protocol", "IpProtocol"),
            ("group-id", "UserIdGroupPairs.GroupId"),
        )
    },
}


def _shown(each: SecurityGroup) -> Row:
    number = group_id(each.id)
    return {
        "GroupId": number,
        "GroupName": each.name,
        "Description": each.description,
        "OwnerId": ACCOUNT,
        "VpcId": vpc_id(each.network),
        "SecurityGroupArn": arn("ec2", f"security-group/{number}"),
        "IpPermissions": permissions.shown(each.ingress),
        "IpPermissionsEgress": permissions.shown(each.egress),
        "Tags": tags(each.labels),
    }


def describe(cloud: CloudService, wanted: Row) -> Row:
    """DescribeSecurityGroups; by name in the default VPC."""
    found = cloud.state.all(SecurityGroup)
    if "GroupIds" in wanted or "GroupNames" in wanted:
        found = [lookup.security_group(cloud.state, text) for text in wanted.get("GroupIds", ())]
        names = wanted.get("GroupNames", ())
        found += [lookup.group_named(cloud.state, lookup.default_vpc(cloud.state), name) for name in names]
    return listed(wanted, "SecurityGroups", chosen(wanted, [_shown(each) for each in found], FIELDS))


def create(cloud: CloudService, wanted: Row) -> Row:
    """CreateSecurityGroup."""
    state, name = cloud.state, wanted["GroupName"]
    network = lookup.vpc(state, wanted["VpcId"]) if "VpcId" in wanted else lookup.default_vpc(state)
    if name.startswith("sg-") or name.lower() == security_groups.DEFAULT_NAME:
        said = f"Invalid value '{name}' for groupName: such names are the cloud's own"
        raise AwsError("InvalidParameterValue", said)
    if security_groups.named(state, network.id, name) is not None:
        said = f"The security group '{name}' already exists for VPC '{vpc_id(network.id)}'"
        raise AwsError("InvalidGroup.Duplicate", said)
    labels = tags_for(wanted, "security-group")
    group = NewGroup(name, wanted["Description"], network.id, labels)
    made = cloud.run(lambda draft: security_groups.create(draft, group, cloud.catalogue))
    number = group_id(made.id)
    return {
        "GroupId": number,
        "Tags": tags(labels),
        "SecurityGroupArn": arn("ec2", f"security-group/{number}"),
    }


def delete(cloud: CloudService, wanted: Row) -> Row:
    """DeleteSecurityGroup."""
    group = _named(cloud, wanted)
    number = group_id(group.id)
    try:
        cloud.run(lambda draft: security_groups.delete(draft, group))
    except Refusal as refusal:
        match refusal.why:
            case Why.IS_DEFAULT:
                said = f'the specified group: "{number}" name: "{group.name}" cannot be deleted by a user'
                raise AwsError("CannotDelete", said) from refusal
            case Why.IN_USE:
                said = f"resource {number} has a dependent object"
                raise AwsError("DependencyViolation", said) from refusal
        raise
    return {"Return": True, "GroupId": number}


def _named(cloud: CloudService, wanted: Row) -> SecurityGroup:
    if "GroupId" in wanted:
        return lookup.security_group(cloud.state, wanted["GroupId"])
    if "GroupName" in wanted:
        return lookup.group_named(cloud.state, lookup.default_vpc(cloud.state), wanted["GroupName"])
    raise AwsError("MissingParameter", "The request must contain the parameter groupName or groupId")


def _authorize(cloud: CloudService, wanted: Row, *, egress: bool) -> Row:
    group = _named(cloud, wanted)
    rules = permissions.read(cloud.state, cloud.state.get(Network, group.network), wanted)
    try:
        most = cloud.catalogue.group_rules
        cloud.run(lambda draft: security_groups.authorize(draft, group, rules, most=most, egress=egress))
    except Refusal as refusal:
        match refusal.why:
            case Why.RULE_EXISTS:
                said = f'the specified rule "{_first_twice(group, rules, egress=egress)}" already exists'
                raise AwsError("InvalidPermission.Duplicate", said) from refusal
            case Why.QUOTA:
                said = "The maximum number of rules per security group has been reached."
                raise AwsError("RulesPerSecurityGroupLimitExceeded", said) from refusal
        raise
    rows = [permissions.rule_row(group, each, egress=egress) for each in rules]
    return {"Return": True, "SecurityGroupRules": rows}


def _first_twice(group: SecurityGroup, rules: list[SecurityRule], *, egress: bool) -> str:
    seen = {each.gist for each in (group.egress if egress else group.ingress)}
    for rule in rules:
        if rule.gist in seen:
            return permissions.described(rule)
        seen.add(rule.gist)
    return ""


def _revoke(cloud: CloudService, wanted: Row, *, egress: bool) -> Row:
    group = _named(cloud, wanted)
    rules = _to_revoke(cloud, group, wanted, egress=egress)
    try:
        cloud.run(lambda draft: security_groups.revoke(draft, group, rules, egress=egress))
    except Refusal as refusal:
        if refusal.why is Why.NO_RULE:
            raise AwsError("InvalidPermission.NotFound", refusal.message) from refusal
        raise
    rows = [permissions.revoked_row(group, each, egress=egress) for each in rules]
    return {"Return": True, "RevokedSecurityGroupRules": rows}


def _to_revoke(cloud: CloudService, group: SecurityGroup, wanted: Row, *, egress: bool) -> list[SecurityRule]:
    if "SecurityGroupRuleIds" not in wanted:
        return permissions.read(cloud.state, cloud.state.get(Network, group.network), wanted)
    had = group.egress if egress else group.ingress
    by_id = {permissions.rule_id(group, each, egress=egress): each for each in had}
    found = []
    for text in wanted["SecurityGroupRuleIds"]:
        if text not in by_id:
            said = f"The security group rule ID '{text}' does not exist"
            raise AwsError("InvalidSecurityGroupRuleId.NotFound", said)
        found.append(by_id[text])
    return found


authorize_ingress = partial(_authorize, egress=False)
authorize_egress = partial(_authorize, egress=True)
revoke_ingress = partial(_revoke, egress=False)
revoke_egress = partial(_revoke, egress=True)
