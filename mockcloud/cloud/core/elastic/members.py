"""Targets of groups: registered, deregistered, drained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core.elastic.attributes import DELAY, group_attributes
from mockcloud.cloud.core.elastic.lookup import groups_of, user_of
from mockcloud.cloud.core.elastic_values import Member, TargetGroup, TargetType
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.values import Instance, Network, Power

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.core.state import Draft, State

# Besides the group's own network (RFC 1918, RFC 6598).
_PRIVATE: Final = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))


@dataclass(frozen=True, slots=True)
class MemberWish:
    """Who is meant: an instance's id or an address. Without a port it is the group's."""

    who: int | IPv4Address | IPv6Address
    port: int | None = None
    zone: str = ""


def register(
    draft: Draft, group: TargetGroup, wanted: Sequence[MemberWish], catalogue: Catalogue
) -> TargetGroup:
    """All of them, or none; who is there already stays, who drains comes back. Refusal BAD_TARGET, QUOTA."""
    members = {each.gist: each for each in group.present(draft.now)}
    for wish in wanted:
        _check(draft.state, group, wish)
        made = _member(group, wish, draft.now)
        before = members.get(made.gist)
        if before is None or before.leaves is not None:
            members[made.gist] = made
    changed = replace(group, members=tuple(members.values()))
    _check_room(draft, changed, catalogue)
    return draft.put(changed)


def deregister(draft: Draft, group: TargetGroup, wanted: Sequence[MemberWish]) -> TargetGroup:
    """Each drains for as long as the group says, where a balancer uses it; strangers are passed over."""
    leaving = {_member(group, wish, draft.now).gist for wish in wanted}
    delay = float(group_attributes(group)[DELAY]) if user_of(draft.state, group.id) is not None else 0.0
    members = []
    for each in group.present(draft.now):
        if each.gist not in leaving or each.leaves is not None:
            members.append(each)
        elif delay > 0:
            members.append(replace(each, leaves=draft.now + delay))
    return draft.put(replace(group, members=tuple(members)))


def _member(group: TargetGroup, wish: MemberWish, now: float) -> Member:
    port = wish.port or group.port
    if isinstance(wish.who, int):
        return Member(wish.who, None, port, now)
    return Member(None, wish.who, port, now, wish.zone)


def _check(state: State, group: TargetGroup, wish: MemberWish) -> None:
    if isinstance(wish.who, int) is not (group.target_type is TargetType.INSTANCE):
        message = f"The target '{wish.who}' is not valid for a target group of type '{group.target_type}'"
        raise Refusal(Why.BAD_TARGET, message, "targets")
    if isinstance(wish.who, int):
        _check_instance(state, group, wish.who)
    elif not _is_reachable(state, group, wish.who):
        message = f"The IP address '{wish.who}' is not within the VPC or a private range (RFC 1918, RFC 6598)"
        raise Refusal(Why.BAD_TARGET, message, "targets")


def _check_instance(state: State, group: TargetGroup, number: int) -> None:
    instance = state.find(Instance, number)
    if instance is None:
        raise Refusal(Why.BAD_TARGET, f"Instance ID '{number}' is not valid", "targets")
    if instance.at(group.network) is None:
        message = f"The instance '{instance.name}' is not in the network of the target group '{group.name}'"
        raise Refusal(Why.BAD_TARGET, message, "targets")
    if instance.power is not Power.RUNNING:
        message = f"The instance '{instance.name}' is not in a running state and cannot be registered"
        raise Refusal(Why.BAD_TARGET, message, "targets")


def _is_reachable(state: State, group: TargetGroup, ip: IPv4Address | IPv6Address) -> bool:
    return ip in state.get(Network, group.network).range or any(ip in each for each in _PRIVATE)


def _check_room(draft: Draft, changed: TargetGroup, catalogue: Catalogue) -> None:
    if len(changed.members) > catalogue.group_targets:
        raise Refusal(Why.QUOTA, f"a target group has at most {catalogue.group_targets} targets", "targets")
    user = user_of(draft.state, changed.id)
    if user is None:
        return
    others = [each for each in groups_of(draft.state, user.id) if each.id != changed.id]
    check_balancer_targets(catalogue, user.size, [changed, *others], draft.now)


def check_balancer_targets(
    catalogue: Catalogue, size: str, groups: Sequence[TargetGroup], now: float
) -> None:
    """Refusal QUOTA (field `targets`) where a balancer of this size would have more than it may."""
    most = catalogue.any_balancer_size(size).targets
    if sum(len(each.present(now)) for each in groups) > most:
        raise Refusal(Why.QUOTA, f"a {size} load balancer has at most {most} targets", "targets")
