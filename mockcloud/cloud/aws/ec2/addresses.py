"""Elastic addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws import ids, resources
from mockcloud.cloud.aws.account import ACCOUNT, AREA
from mockcloud.cloud.aws.ec2 import lookup
from mockcloud.cloud.aws.ec2.listing import chosen, tags, tags_for
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core import addresses
from mockcloud.cloud.core.addresses import NewAddress
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.values import Address, Family, HolderKind, Instance, Use
from mockcloud.cloud.environment import REGION

if TYPE_CHECKING:
    from mockcloud.cloud.core.state import Draft
    from mockcloud.cloud.service import CloudService

Row = dict[str, Any]
FIELDS: Final = {
    "allocation-id": "AllocationId",
    "association-id": "AssociationId",
    "domain": "Domain",
    "instance-id": "InstanceId",
    "network-border-group": "NetworkBorderGroup",
    "network-interface-id": "NetworkInterfaceId",
    "network-interface-owner-id": "NetworkInterfaceOwnerId",
    "private-ip-address": "PrivateIpAddress",
    "public-ip": "PublicIp",
}


def describe(cloud: CloudService, wanted: Row) -> Row:
    """DescribeAddresses."""
    state = cloud.state
    found = [each for each in state.all(Address) if each.use is Use.FLOATING and each.family is Family.V4]
    if "AllocationIds" in wanted or "PublicIps" in wanted:
        found = [lookup.address(state, text, None) for text in wanted.get("AllocationIds", ())]
        found += [lookup.address(state, None, text) for text in wanted.get("PublicIps", ())]
    return {"Addresses": chosen(wanted, [_shown(cloud, each) for each in found], FIELDS)}


def _shown(cloud: CloudService, each: Address) -> Row:
    row: Row = {
        "AllocationId": resources.allocation_id(each.id),
        "PublicIp": str(each.ip),
        "Domain": "vpc",
        "PublicIpv4Pool": "amazon",
        "NetworkBorderGroup": REGION,
        "Tags": tags(each.labels),
    }
    if each.holder is None:
        return row
    row["AssociationId"] = association_id(each)
    if each.holder.kind is HolderKind.INSTANCE:
        row |= _with_instance(cloud.state.get(Instance, each.holder.id))
    return row


def _with_instance(instance: Instance) -> Row:
    row: Row = {"InstanceId": resources.instance_id(instance.id), "NetworkInterfaceOwnerId": ACCOUNT}
    if instance.private:
        first = instance.private[0]
        row["NetworkInterfaceId"] = resources.interface_id(instance.id, first.network)
        row["PrivateIpAddress"] = str(first.ip)
    return row


def association_id(each: Address) -> str:
    """Of an address with whoever has it."""
    return ids.derived("eipassoc", each.id, each.holder)


def allocate(cloud: CloudService, wanted: Row) -> Row:
    """AllocateAddress: the next that is free."""
    zone = cloud.catalogue.first_zone_in(AREA).name
    fresh = NewAddress(Use.FLOATING, Family.V4, zone, labels=tags_for(wanted, "elastic-ip"))
    try:
        made = cloud.run(lambda draft: addresses.allocate(draft, fresh, cloud.catalogue))
    except Refusal as refusal:
        if refusal.why is Why.QUOTA:
            said = "The maximum number of addresses has been reached."
            raise AwsError("AddressLimitExceeded", said) from refusal
        raise
    row = _shown(cloud, made)
    return {key: value for key, value in row.items() if key != "Tags"}


def release(cloud: CloudService, wanted: Row) -> Row:
    """ReleaseAddress: of nobody."""
    found = lookup.address(cloud.state, wanted.get("AllocationId"), wanted.get("PublicIp"))
    if found.holder is not None:
        raise AwsError("InvalidIPAddress.InUse", f"Address {found.ip} is in use.")
    cloud.run(lambda draft: addresses.release(draft, found))
    return {}


def associate(cloud: CloudService, wanted: Row) -> Row:
    """AssociateAddress: with an instance, from whoever has it where that is allowed."""
    found = lookup.address(cloud.state, wanted.get("AllocationId"), wanted.get("PublicIp"))
    if "NetworkInterfaceId" in wanted:
        holder, _ = lookup.interface(cloud, wanted["NetworkInterfaceId"])
    elif "InstanceId" in wanted:
        holder = lookup.instance(cloud, wanted["InstanceId"])
    else:
        raise AwsError("MissingParameter", "Either 'networkInterfaceId' or 'instanceId' must be specified")
    if found.holder is not None and not wanted.get("AllowReassociation", True):
        said = f"resource {resources.allocation_id(found.id)} is already associated"
        raise AwsError("Resource.AlreadyAssociated", said)

    def command(draft: Draft) -> Address:
        addresses.unassign(draft, found)
        addresses.give(draft, draft.state.get(Address, found.id), holder)
        return draft.state.get(Address, found.id)

    return {"AssociationId": association_id(cloud.run(command))}


def disassociate(cloud: CloudService, wanted: Row) -> Row:
    """DisassociateAddress."""
    text = wanted.get("AssociationId") or wanted.get("PublicIp")
    held = (each for each in cloud.state.all(Address) if each.holder is not None)
    found = next((each for each in held if text in (association_id(each), str(each.ip))), None)
    if found is None:
        raise AwsError("InvalidAssociationID.NotFound", f"The association ID '{text}' does not exist")
    cloud.run(lambda draft: addresses.unassign(draft, found))
    return {}
