"""What is served of elbv2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.cloud.aws.elbv2 import balancers, groups, listeners, tags, targets
from mockcloud.cloud.aws.elbv2.errors import ERRORS
from mockcloud.cloud.aws.refusals import served

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockcloud.cloud.aws.handling import Handler

OPERATIONS: Final[Mapping[str, Handler]] = served(
    {
        "AddTags": tags.add,
        "CreateListener": listeners.create,
        "CreateLoadBalancer": balancers.create,
        "CreateTargetGroup": groups.create,
        "DeleteListener": listeners.delete,
        "DeleteLoadBalancer": balancers.delete,
        "DeleteTargetGroup": groups.delete,
        "DeregisterTargets": targets.deregister,
        "DescribeAccountLimits": tags.describe_limits,
        "DescribeListenerAttributes": listeners.describe_attributes,
        "DescribeListeners": listeners.describe,
        "DescribeLoadBalancerAttributes": balancers.describe_attributes,
        "DescribeLoadBalancers": balancers.describe,
        "DescribeTags": tags.describe,
        "DescribeTargetGroupAttributes": groups.describe_attributes,
        "DescribeTargetGroups": groups.describe,
        "DescribeTargetHealth": targets.describe_health,
        "ModifyListener": listeners.modify,
        "ModifyListenerAttributes": listeners.modify_attributes,
        "ModifyLoadBalancerAttributes": balancers.modify_attributes,
        "ModifyTargetGroup": groups.modify,
        "ModifyTargetGroupAttributes": groups.modify_attributes,
        "RegisterTargets": targets.register,
        "RemoveTags": tags.remove,
        "SetSecurityGroups": balancers.set_security_groups,
        "SetSubnets": balancers.set_subnets,
    },
    ERRORS,
)
