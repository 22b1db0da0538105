"""elb: attributes, which are a structure here and have names in the core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockcloud.cloud.aws.elb import rendering
from mockcloud.cloud.aws.elb.balancers import change
from mockcloud.cloud.aws.elb.rendering import LOGGING, LOGS
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core.elastic import balancers, classic
from mockcloud.cloud.core.elastic.attributes import (
    CROSS_ZONE,
    DRAINING,
    DRAINING_SECONDS,
    IDLE_TIMEOUT,
    balancer_attributes,
)

if TYPE_CHECKING:
    from mockcloud.cloud.service import CloudService

Shape = dict[str, Any]


def describe(cloud: CloudService, wanted: Shape) -> Shape:
    """DescribeLoadBalancerAttributes."""
    found = classic.named(cloud.state, wanted["LoadBalancerName"])
    return {"LoadBalancerAttributes": rendering.attributes(found)}


def modify(cloud: CloudService, wanted: Shape) -> Shape:
    """ModifyLoadBalancerAttributes; what is not said stays."""
    given = _named(wanted["LoadBalancerAttributes"])
    before = balancer_attributes(classic.named(cloud.state, wanted["LoadBalancerName"]))
    if {**before, **given}.get(LOGGING) == "true" and not {**before, **given}[LOGS["S3BucketName"]]:
        raise AwsError("InvalidConfigurationRequest", "Access logs need the name of a bucket", 409)
    changed = change(cloud, wanted, lambda draft, b: balancers.change_attributes(draft, b, given))
    return {
        "LoadBalancerName": changed.name,
        "LoadBalancerAttributes": rendering.attributes(changed),
    }


def _named(given: Shape) -> dict[str, str]:
    logs = given.get("AccessLog", {})
    draining = given.get("ConnectionDraining", {})
    found: dict[str, Any] = {
        CROSS_ZONE: given.get("CrossZoneLoadBalancing", {}).get("Enabled"),
        LOGGING: logs.get("Enabled"),
        **{key: logs.get(name) for name, key in LOGS.items()},
        DRAINING: draining.get("Enabled"),
        DRAINING_SECONDS: draining.get("Timeout"),
        IDLE_TIMEOUT: given.get("ConnectionSettings", {}).get("IdleTimeout"),
    }
    for each in given.get("AdditionalAttributes", []):
        found[each.get("Key", "")] = each.get("Value")
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in found.items()
        if value is not None
    }
