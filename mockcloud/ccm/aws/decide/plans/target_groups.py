"""An NLB's target groups: made, led to the nodes, and kept as they are wanted."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from mockcloud.ccm.aws.decide.calls import NETWORK, Call, Made, tag_list
from mockcloud.ccm.aws.decide.plans.place import Place
from mockcloud.ccm.aws.decide.seen import TargetGroup
from mockcloud.ccm.aws.decide.wanted.network import Mapped, NetworkWanted, check_params

CHUNK: Final = 100
"""Targets a call."""
CHANGEABLE: Final = ("HealthCheckPort", "HealthyThresholdCount", "UnhealthyThresholdCount", "HealthCheckPath")

Arn = str | Made


def ensure_group(
    mapped: Mapped, group: TargetGroup | None, wanted: NetworkWanted, place: Place
) -> tuple[list[Call], Arn]:
    """The calls, and the group's ARN."""
    targets = frozenset((each, mapped.node_port) for each in place.instances)
    if group is None:
        arn = Made(mapped.group_name, ("TargetGroups", 0, "TargetGroupArn"))
        attributes = wanted.group_attributes or {}
        return [
            _creation(mapped, wanted, place.vpc),
            *_registered("register_targets", arn, targets),
            *_attributes(arn, attributes),
        ], arn
    checked = check_params(mapped.check)
    differing: dict[str, Any] = {
        key: checked[key] for key in CHANGEABLE if key in checked and group.check.get(key) != checked[key]
    }
    calls = [
        *_registered("deregister_targets", group.arn, group.targets - targets),
        *_registered("register_targets", group.arn, targets - group.targets),
    ]
    if differing:
        calls.append(
            Call(NETWORK, "modify_target_group", {"TargetGroupArn": group.arn, **_whole(differing, checked)})
        )
    missing = {
        key: value
        for key, value in (wanted.group_attributes or {}).items()
        if group.attributes.get(key) != value
    }
    return [*calls, *_attributes(group.arn, missing)], group.arn


def _whole(differing: Mapping[str, Any], checked: Mapping[str, Any]) -> dict[str, Any]:
    """Thresholds go together: AWS wants an NLB's to be equal."""
    thresholds = CHANGEABLE[1:3]
    if any(key in differing for key in thresholds):
        return {**differing, **{key: checked[key] for key in thresholds}}
    return dict(differing)


def _creation(mapped: Mapped, wanted: NetworkWanted, vpc: str) -> Call:
    params = {
        "Name": mapped.group_name,
        "VpcId": vpc,
        "Port": mapped.node_port,
        "Protocol": mapped.node_protocol,
        "TargetType": "instance",
        "Tags": tag_list(wanted.tags),
        **check_params(mapped.check),
    }
    return Call(NETWORK, "create_target_group", params, mapped.group_name)


def _registered(operation: str, arn: Arn, targets: Collection[tuple[str, int]]) -> list[Call]:
    told = [{"Id": instance, "Port": port} for instance, port in sorted(targets)]
    return [
        Call(NETWORK, operation, {"TargetGroupArn": arn, "Targets": told[start : start + CHUNK]})
        for start in range(0, len(told), CHUNK)
    ]


def _attributes(arn: Arn, attributes: Mapping[str, str]) -> list[Call]:
    if not attributes:
        return []
    told = [{"Key": key, "Value": value} for key, value in sorted(attributes.items())]
    return [Call(NETWORK, "modify_target_group_attributes", {"TargetGroupArn": arn, "Attributes": told})]


def deletion(groups: Collection[TargetGroup]) -> list[Call]:
    """Nothing may lead to them any more."""
    return [Call(NETWORK, "delete_target_group", {"TargetGroupArn": each.arn}) for each in groups]
