"""elbv2: tags, and the account's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws.elbv2 import arns
from mockcloud.cloud.aws.tagging import read_tags, tag_list
from mockcloud.cloud.core.elastic.tags import tag, untag
from mockcloud.cloud.core.values import ResourceKind

if TYPE_CHECKING:
    from mockcloud.cloud.core.state import Draft
    from mockcloud.cloud.service import CloudService

Shape = dict[str, Any]
MOST: Final = 50


def add(cloud: CloudService, wanted: Shape) -> Shape:
    """AddTags: to all of them, or none."""
    found = [arns.resource_of(cloud.state, text) for text in wanted["ResourceArns"]]
    tags = read_tags(wanted["Tags"])

    def command(draft: Draft) -> None:
        for each in found:
            tag(draft, each, tags, MOST)

    cloud.run(command)
    return {}


def remove(cloud: CloudService, wanted: Shape) -> Shape:
    """RemoveTags."""
    found = [arns.resource_of(cloud.state, text) for text in wanted["ResourceArns"]]

    def command(draft: Draft) -> None:
        for each in found:
            untag(draft, each, wanted["TagKeys"])

    cloud.run(command)
    return {}


def describe(cloud: CloudService, wanted: Shape) -> Shape:
    """DescribeTags."""
    return {
        "TagDescriptions": [
            {"ResourceArn": text, "Tags": tag_list(arns.resource_of(cloud.state, text).labels)}
            for text in wanted["ResourceArns"]
        ]
    }


def describe_limits(cloud: CloudService, _wanted: Shape) -> Shape:
    """DescribeAccountLimits."""
    catalogue = cloud.catalogue
    limits = {
        "target-groups": catalogue.quotas.get(ResourceKind.TARGET_GROUP),
        "targets-per-target-group": catalogue.group_targets,
    }
    for kind in ("network", "application"):
        size = catalogue.any_balancer_size(kind)
        limits |= {
            f"{kind}-load-balancers": catalogue.quotas.get(ResourceKind.BALANCER),
            f"listeners-per-{kind}-load-balancer": size.listeners,
            f"targets-per-{kind}-load-balancer": size.targets,
        }
    return {"Limits": [{"Name": name, "Max": str(most)} for name, most in limits.items() if most is not None]}
