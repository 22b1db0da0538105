"""Target groups: made, changed, gone, and how their targets are looked at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core.elastic import attributes
from mockcloud.cloud.core.elastic.lookup import user_of
from mockcloud.cloud.core.elastic.tags import check_name, check_tags
from mockcloud.cloud.core.elastic_values import (
    TRAFFIC_PORT,
    GroupCheck,
    Protocol,
    TargetGroup,
    TargetType,
)
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.resources import check_room
from mockcloud.cloud.core.values import Labels, Network, ResourceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.core.state import Draft

MOST_TAGS: Final = 50
_CHECKS: Final = (Protocol.TCP, Protocol.HTTP, Protocol.HTTPS)
_HTTP_TIMEOUT, _TIMEOUT = 6, 10  # seconds


@dataclass(frozen=True, slots=True)
class CheckWish:
    """What somebody says of a check; None: as it was, or by default."""

    protocol: Protocol | None = None
    port: int | None = None
    interval: int | None = None
    timeout: int | None = None
    healthy_threshold: int | None = None
    unhealthy_threshold: int | None = None
    path: str | None = None
    codes: str | None = None


@dataclass(frozen=True, slots=True)
class NewGroup:
    """What somebody asks for."""

    name: str
    protocol: Protocol
    port: int
    network: int
    target_type: TargetType = TargetType.INSTANCE
    check: CheckWish = CheckWish()
    protocol_version: str = ""
    labels: Labels = field(default_factory=dict)


def create(draft: Draft, wanted: NewGroup, catalogue: Catalogue) -> TargetGroup:
    """A group, or the one that is like it; Refusal NOT_UNIQUE (another of this name), INVALID, QUOTA."""
    draft.state.get(Network, wanted.network)
    number = draft.new_id(ResourceKind.TARGET_GROUP)
    made = TargetGroup(
        number,
        check_name(wanted.name, "Target group"),
        draft.now,
        wanted.protocol,
        wanted.port,
        wanted.network,
        wanted.target_type,
        first_check(wanted.protocol, wanted.check),
        wanted.protocol_version or ("HTTP1" if wanted.protocol.is_http else ""),
        labels=check_tags(wanted.labels, MOST_TAGS),
    )
    other = draft.state.named(TargetGroup, wanted.name)
    if other is None:
        check_room(draft.state, catalogue, ResourceKind.TARGET_GROUP)
        return draft.put(made)
    if _settings(other) != _settings(made):
        message = f"A target group with the same name '{wanted.name}' exists, but with different settings"
        raise Refusal(Why.NOT_UNIQUE, message, ResourceKind.TARGET_GROUP)
    return other


def _settings(group: TargetGroup) -> TargetGroup:
    return replace(group, id=0, created=0.0, members=(), attributes={})


def first_check(protocol: Protocol, wish: CheckWish) -> GroupCheck:
    """A new group's check: what is not said is as AWS has it for the group's protocol."""
    spoken = wish.protocol or (Protocol.HTTP if protocol.is_http else Protocol.TCP)
    timeout = _HTTP_TIMEOUT if spoken is Protocol.HTTP and protocol is not Protocol.HTTPS else _TIMEOUT
    interval = wish.interval or GroupCheck(spoken).interval
    return _changed(GroupCheck(spoken, interval=interval, timeout=min(timeout, interval)), wish, protocol)


def modify_check(draft: Draft, group: TargetGroup, wish: CheckWish) -> TargetGroup:
    """Look at its targets in another way; Refusal CONFIGURATION, INVALID."""
    return draft.put(replace(group, check=_changed(group.check, wish, group.protocol)))


def _changed(before: GroupCheck, wish: CheckWish, protocol: Protocol) -> GroupCheck:
    spoken = wish.protocol or before.protocol
    if spoken not in _CHECKS or (protocol.is_http and not spoken.is_http):
        message = (
            f"Health check protocol '{spoken.upper()}' is not supported "
            f"for target groups with the protocol '{protocol.upper()}'"
        )
        raise Refusal(Why.CONFIGURATION, message, "health_check_protocol")
    if not spoken.is_http and (wish.path or wish.codes):
        message = (
            f"Health check path and matcher are not supported with health check protocol '{spoken.upper()}'"
        )
        raise Refusal(Why.CONFIGURATION, message, "health_check_path")
    codes = "200" if protocol.is_http else "200-399"
    check = GroupCheck(
        spoken,
        before.port if wish.port is None else wish.port,
        wish.interval or before.interval,
        wish.timeout or before.timeout,
        wish.healthy_threshold or before.healthy_threshold,
        wish.unhealthy_threshold or before.unhealthy_threshold,
        (wish.path or before.path or "/") if spoken.is_http else "",
        (wish.codes or before.codes or codes) if spoken.is_http else "",
    )
    if check.timeout > check.interval:
        message = (
            f"Health check timeout '{check.timeout}' must be smaller than or equal to "
            f"the interval '{check.interval}'"
        )
        raise Refusal(Why.INVALID, message, "health_check_timeout")
    return check


def change_attributes(draft: Draft, group: TargetGroup, given: Mapping[str, str]) -> TargetGroup:
    """Refusal UNKNOWN_ATTRIBUTE, INVALID."""
    table = attributes.of_group(group.protocol, group.target_type)
    return draft.put(
        replace(group, attributes=attributes.changed(table, group.attributes, given, "Target group"))
    )


def delete(draft: Draft, group: TargetGroup) -> None:
    """It is gone, with its targets; Refusal IN_USE while a listener forwards to it."""
    if user_of(draft.state, group.id) is not None:
        raise Refusal(Why.IN_USE, f"target group {group.name} is in use by a listener", "target_group")
    draft.drop(group)


def check_port(group: TargetGroup, port: int) -> int:
    """The port on which a target is looked at that gets its traffic on `port`."""
    return port if group.check.port == TRAFFIC_PORT else group.check.port
