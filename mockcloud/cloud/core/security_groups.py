"""Security groups: made, opened, closed, gone; and what they let through to an instance."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, Final, TypeAlias

from mockcloud.cloud.core.catalogue import GROUP_RULES
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.resources import check_room
from mockcloud.cloud.core.security_values import ANY_PROTOCOL, SecurityGroup, SecurityRule
from mockcloud.cloud.core.values import Balancer, Instance, Labels, ResourceKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.core.state import Draft, State

DEFAULT_NAME: Final = "default"
EVERYWHERE: Final = (IPv4Network("0.0.0.0/0"),)
Range: TypeAlias = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class NewGroup:
    """What somebody asks for."""

    name: str
    description: str
    network: int
    labels: Labels = field(default_factory=dict)


def create(draft: Draft, wanted: NewGroup, catalogue: Catalogue) -> SecurityGroup:
    """A group that lets nothing in and all out; Refusal NOT_UNIQUE in its network, QUOTA."""
    check_room(draft.state, catalogue, ResourceKind.SECURITY_GROUP)
    if named(draft.state, wanted.network, wanted.name) is not None:
        raise Refusal(Why.NOT_UNIQUE, f"the security group '{wanted.name}' already exists", "name")
    made = SecurityGroup(
        draft.new_id(ResourceKind.SECURITY_GROUP),
        wanted.name,
        draft.now,
        wanted.network,
        wanted.description,
        egress=tuple(SecurityRule(ANY_PROTOCOL, cidr=each) for each in EVERYWHERE),
        labels=dict(wanted.labels),
    )
    return draft.put(made)


def create_default(draft: Draft, network: int, catalogue: Catalogue) -> SecurityGroup:
    """A network's default group: its members reach each other."""
    made = create(draft, NewGroup(DEFAULT_NAME, "default VPC security group", network), catalogue)
    return draft.put(replace(made, ingress=(SecurityRule(ANY_PROTOCOL, group=made.id),)))


def named(state: State, network: int, name: str) -> SecurityGroup | None:
    """The one of this name in a network."""
    return next(
        (each for each in state.all(SecurityGroup) if (each.network, each.name) == (network, name)), None
    )


def authorize(
    draft: Draft,
    group: SecurityGroup,
    rules: Sequence[SecurityRule],
    *,
    most: int = GROUP_RULES,
    egress: bool = False,
) -> SecurityGroup:
    """Let more through, `most` rules each way.

    Refusal RULE_EXISTS, QUOTA, NOT_FOUND for a group that is no peer.
    """
    had = group.egress if egress else group.ingress
    there = {each.gist for each in had}
    for rule in rules:
        if rule.gist in there:
            raise Refusal(Why.RULE_EXISTS, f'the specified rule "{described(rule)}" already exists')
        there.add(rule.gist)
        if rule.group is not None:
            draft.state.get(SecurityGroup, rule.group)
    if len(had) + len(rules) > most:
        raise Refusal(Why.QUOTA, f"a security group has {most} rules at most")
    return draft.put(_with(group, (*had, *rules), egress=egress))


def revoke(
    draft: Draft, group: SecurityGroup, rules: Sequence[SecurityRule], *, egress: bool = False
) -> SecurityGroup:
    """Let less through; Refusal NO_RULE where one of them is not there. Descriptions do not count."""
    had = group.egress if egress else group.ingress
    gone = {each.gist for each in rules}
    missing = gone - {each.gist for each in had}
    if missing:
        raise Refusal(Why.NO_RULE, "The specified rule does not exist in this security group.")
    return draft.put(_with(group, tuple(each for each in had if each.gist not in gone), egress=egress))


def delete(draft: Draft, group: SecurityGroup) -> None:
    """It is gone; Refusal IS_DEFAULT, IN_USE by who is in it, or by another group's rules."""
    if group.name == DEFAULT_NAME:
        raise Refusal(Why.IS_DEFAULT, "a network's default group cannot be deleted by a user")
    if is_used(draft.state, group.id):
        raise Refusal(Why.IN_USE, "a dependent object")
    draft.drop(group)


def is_used(state: State, number: int) -> bool:
    """Whether somebody is in a group, or another group's rules name it."""
    if any(number in each.security_groups for each in state.all(Instance)):
        return True
    if any(number in each.security_groups for each in state.all(Balancer)):
        return True
    others = (each for each in state.all(SecurityGroup) if each.id != number)
    return any(rule.group == number for each in others for rule in (*each.ingress, *each.egress))


def described(rule: SecurityRule) -> str:
    """For an error."""
    peer = rule.cidr if rule.group is None else f"group {rule.group}"
    ports = "ALL" if rule.from_port is None else f"from port: {rule.from_port}, to port: {rule.to_port}"
    protocol = "ALL" if rule.protocol == ANY_PROTOCOL else rule.protocol.upper()
    return f"peer: {peer}, {protocol}, {ports}, ALLOW"


@dataclass(frozen=True, slots=True)
class Opening:
    """Packets that come in. `ports`: from, to (of icmp: type, code; -1 any); None: whatever it has there."""

    protocol: str
    ports: tuple[int, int] | None
    sources: tuple[Range, ...]


def openings(state: State, who: Instance | Balancer) -> tuple[Opening, ...] | None:
    """All that is let in to an instance or balancer; None: it is in no group, and everything is."""
    if not who.security_groups:
        return None
    groups = (state.find(SecurityGroup, number) for number in who.security_groups)
    return tuple(_opening(state, rule) for group in groups if group is not None for rule in group.ingress)


def _opening(state: State, rule: SecurityRule) -> Opening:
    ports = None
    if rule.from_port is not None and rule.to_port is not None:
        ports = (rule.from_port, rule.to_port)
    sources = (rule.cidr,) if rule.cidr is not None else _members(state, rule.group)
    return Opening(rule.protocol, ports, sources)


def _members(state: State, number: int | None) -> tuple[Range, ...]:
    """By their private addresses."""
    instances = (each.private for each in state.all(Instance) if number in each.security_groups)
    balancers = (each.attachments for each in state.all(Balancer) if number in each.security_groups)
    return tuple(ip_network(place.ip) for places in (*instances, *balancers) for place in places)


def _with(group: SecurityGroup, rules: tuple[SecurityRule, ...], *, egress: bool) -> SecurityGroup:
    return replace(group, egress=rules) if egress else replace(group, ingress=rules)
