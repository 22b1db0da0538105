"""Inbound rules of security groups: which differ, and how AWS is told of them.

Two rules that differ in their description only are one to AWS, and to upstream.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from mockcloud.ccm.aws.decide.calls import EC2, Call, Made
from mockcloud.ccm.aws.decide.seen import Rule

GRANT: Final = "authorize_security_group_ingress"
REVOKE: Final = "revoke_security_group_ingress"
Gist = tuple[str, int | None, int | None, str, str]


def same(rule: Rule) -> Gist:
    """What makes a rule the same: all but its description."""
    return rule.protocol, rule.first, rule.last, rule.cidr, rule.group


def lacking(wanted: Iterable[Rule], present: Iterable[Rule]) -> list[Rule]:
    """Those of `wanted` that are not there, in a fixed order."""
    there = {same(each) for each in present}
    return sorted((each for each in wanted if same(each) not in there), key=_order)


def _order(rule: Rule) -> tuple[str, ...]:
    return (rule.protocol, f"{rule.first or 0:05}", rule.cidr, rule.group, rule.description)


Group = str | Made
"""Its id, or the answer that will have it."""


def grant(group: Group, rules: Collection[Rule]) -> list[Call]:
    """At most one call."""
    return _change(GRANT, group, rules)


def revoke(group: Group, rules: Collection[Rule]) -> list[Call]:
    """At most one call."""
    return _change(REVOKE, group, rules)


def _change(operation: str, group: Group, rules: Collection[Rule]) -> list[Call]:
    permissions = [_permission(each) for each in rules]
    return [Call(EC2, operation, {"GroupId": group, "IpPermissions": permissions})] if rules else []


def _permission(rule: Rule) -> dict[str, Any]:
    told: dict[str, Any] = {"IpProtocol": rule.protocol}
    if rule.first is not None:
        told |= {"FromPort": rule.first, "ToPort": rule.last}
    described = {"Description": rule.description} if rule.description else {}
    if rule.group:
        return {**told, "UserIdGroupPairs": [{"GroupId": rule.group, **described}]}
    return {**told, "IpRanges": [{"CidrIp": rule.cidr, **described}]}


def rules_of(permission: Mapping[str, Any]) -> Iterator[Rule]:
    """The way back: EC2 groups what differs in its source only."""
    head = (permission["IpProtocol"], permission.get("FromPort"), permission.get("ToPort"))
    for each in permission.get("IpRanges") or ():
        yield Rule(*head, cidr=each["CidrIp"], description=each.get("Description") or "")
    for each in permission.get("UserIdGroupPairs") or ():
        yield Rule(*head, group=each["GroupId"], description=each.get("Description") or "")


def ruled(rules: frozenset[Rule], call: Call) -> frozenset[Rule]:
    """What a group's rules are after a call of `grant` or `revoke`."""
    told = frozenset(rule for each in call.params["IpPermissions"] for rule in rules_of(each))
    if call.operation == GRANT:
        return rules | told
    gone = {same(each) for each in told}
    return frozenset(each for each in rules if same(each) not in gone)
