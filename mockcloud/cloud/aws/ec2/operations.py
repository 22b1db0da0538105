"""What is served of ec2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.cloud.aws.ec2 import (
    addresses,
    instances,
    interfaces,
    launching,
    networks,
    routes,
    security_groups,
    tagging,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockcloud.cloud.aws.handling import Handler

OPERATIONS: Final[Mapping[str, Handler]] = {
    "AllocateAddress": addresses.allocate,
    "AssociateAddress": addresses.associate,
    "AuthorizeSecurityGroupEgress": security_groups.authorize_egress,
    "AuthorizeSecurityGroupIngress": security_groups.authorize_ingress,
    "CreateRoute": routes.create,
    "CreateSecurityGroup": security_groups.create,
    "CreateTags": tagging.create,
    "DeleteRoute": routes.delete,
    "DeleteSecurityGroup": security_groups.delete,
    "DeleteTags": tagging.delete,
    "DescribeAddresses": addresses.describe,
    "DescribeAvailabilityZones": networks.describe_zones,
    "DescribeInstanceStatus": instances.describe_status,
    "DescribeInstanceTopology": instances.describe_topology,
    "DescribeInstances": instances.describe,
    "DescribeNetworkInterfaces": interfaces.describe,
    "DescribeRegions": networks.describe_regions,
    "DescribeRouteTables": routes.describe,
    "DescribeSecurityGroups": security_groups.describe,
    "DescribeSubnets": networks.describe_subnets,
    "DescribeVpcs": networks.describe_vpcs,
    "DisassociateAddress": addresses.disassociate,
    "ModifyInstanceAttribute": instances.modify_attribute,
    "RebootInstances": instances.reboot,
    "ReleaseAddress": addresses.release,
    "RevokeSecurityGroupEgress": security_groups.revoke_egress,
    "RevokeSecurityGroupIngress": security_groups.revoke_ingress,
    "RunInstances": launching.run,
    "StartInstances": instances.start,
    "StopInstances": instances.stop,
    "TerminateInstances": instances.terminate,
}
