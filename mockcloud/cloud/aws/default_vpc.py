"""The default VPC: there from the first look on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockcloud.cloud.aws import resources
from mockcloud.cloud.aws.account import AREA
from mockcloud.cloud.core import default_network, security_groups
from mockcloud.cloud.environment import VPC_ID

if TYPE_CHECKING:
    from mockcloud.cloud.core.values import Network
    from mockcloud.cloud.service import CloudService


def default_vpc(cloud: CloudService) -> Network:
    """The one that there is, or a new one; JournalError."""
    found = default_network.find(cloud.state)
    if found is not None:
        return found
    return cloud.run(lambda draft: default_network.ensure(draft, cloud.catalogue, AREA))


def default_ids(cloud: CloudService) -> dict[str, str]:
    """Its ids in both dialects, by the names of the variables that clients find them in."""
    network = default_vpc(cloud)
    group = security_groups.named(cloud.state, network.id, security_groups.DEFAULT_NAME)
    subnets = (resources.subnet_id(network.id, each.range) for each in network.subnets if each.area == AREA)
    found = {
        "MOCKCLOUD_NETWORK_ID": str(network.id),
        VPC_ID: resources.vpc_id(network.id),
        "MOCKCLOUD_SUBNET_IDS": ",".join(subnets),
    }
    if group is not None:
        found["MOCKCLOUD_SECURITY_GROUP_ID"] = resources.group_id(group.id)
    return found
