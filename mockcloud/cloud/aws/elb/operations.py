"""What is served of elb."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.cloud.aws.elb import attributes, balancers, instances, listeners, policies
from mockcloud.cloud.aws.elb.errors import ERRORS
from mockcloud.cloud.aws.refusals import served

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockcloud.cloud.aws.handling import Handler

OPERATIONS: Final[Mapping[str, Handler]] = served(
    {
        "AddTags": balancers.add_tags,
        "ApplySecurityGroupsToLoadBalancer": balancers.apply_security_groups,
        "AttachLoadBalancerToSubnets": balancers.attach_subnets,
        "ConfigureHealthCheck": balancers.configure_check,
        "CreateLoadBalancer": balancers.create,
        "CreateLoadBalancerListeners": listeners.create,
        "CreateLoadBalancerPolicy": policies.create,
        "DeleteLoadBalancer": balancers.delete,
        "DeleteLoadBalancerListeners": listeners.delete,
        "DeleteLoadBalancerPolicy": policies.delete,
        "DeregisterInstancesFromLoadBalancer": instances.deregister,
        "DescribeAccountLimits": balancers.describe_limits,
        "DescribeInstanceHealth": instances.describe_health,
        "DescribeLoadBalancerAttributes": attributes.describe,
        "DescribeLoadBalancerPolicies": policies.describe,
        "DescribeLoadBalancers": balancers.describe,
        "DescribeTags": balancers.describe_tags,
        "DetachLoadBalancerFromSubnets": balancers.detach_subnets,
        "ModifyLoadBalancerAttributes": attributes.modify,
        "RegisterInstancesWithLoadBalancer": instances.register,
        "RemoveTags": balancers.remove_tags,
        "SetLoadBalancerPoliciesForBackendServer": policies.of_backend,
        "SetLoadBalancerPoliciesOfListener": policies.of_listener,
    },
    ERRORS,
)
