"""How EC2 shows an instance and its interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws import ids, resources
from mockcloud.cloud.aws.account import ACCOUNT, zones
from mockcloud.cloud.aws.ec2.listing import tags
from mockcloud.cloud.aws.wire.writing import moment
from mockcloud.cloud.core.instances import power
from mockcloud.cloud.core.security_values import SecurityGroup
from mockcloud.cloud.core.state import ref_to
from mockcloud.cloud.core.values import (
    Address,
    Attachment,
    Family,
    HolderKind,
    Instance,
    Network,
    Power,
    Terminated,
    Use,
)
from mockcloud.cloud.environment import REGION

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Address

    from mockcloud.cloud.service import CloudService

Row = dict[str, Any]
CODES: Final = {
    "pending": 0,
    "running": 16,
    "shutting-down": 32,
    "terminated": 48,
    "stopping": 64,
    "stopped": 80,
}
_STATES: Final = {
    Power.INITIALIZING: "pending",
    Power.STARTING: "pending",
    Power.RUNNING: "running",
    Power.STOPPING: "stopping",
    Power.OFF: "stopped",
}
_STAYS_UP: Final = ("reboot_server", "reset_server")


def state_of(cloud: CloudService, each: Instance | Terminated) -> str:
    """Its name."""
    now = cloud.clock.now()
    if isinstance(each, Terminated):
        return "terminated" if now >= each.ended else "shutting-down"
    last = cloud.state.last_operation.get(ref_to(each))
    if last is not None and last.command in _STAYS_UP:
        return "running"
    return _STATES[power(each, last, now)]


def shown_state(name: str) -> Row:
    """With its code."""
    return {"Code": CODES[name], "Name": name}


class Sight:
    """A cloud, looked at once for all the instances of an answer."""

    def __init__(self, cloud: CloudService) -> None:
        self.cloud, self.state = cloud, cloud.state
        self.zones = {zone.name: name for name, zone in zones(cloud.catalogue).items()}
        self.elastic = {
            each.holder.id: each
            for each in cloud.state.all(Address)
            if each.use is Use.FLOATING
            and each.family is Family.V4
            and each.holder is not None
            and each.holder.kind is HolderKind.INSTANCE
        }

    def public_ip(self, own: Instance) -> Address | None:
        """An elastic one before the one that it was made with."""
        return self.elastic.get(own.id) or self.state.addresses_of(own).get(Family.V4)


def reservations(rows: list[Row]) -> list[Row]:
    """Instances, together with those that were made by the same request."""
    found: dict[str, Row] = {}
    for row in rows:
        reservation = row.pop("ReservationId")
        whole = {"ReservationId": reservation, "OwnerId": ACCOUNT, "Groups": [], "Instances": []}
        found.setdefault(reservation, whole)["Instances"].append(row)
    return list(found.values())


def instance(sight: Sight, each: Instance | Terminated) -> Row:
    """One, with the ReservationId that is not shown with it."""
    own = each.instance if isinstance(each, Terminated) else each
    state = state_of(sight.cloud, each)
    zone = sight.zones.get(own.zone, own.zone)
    size = sight.cloud.catalogue.any_instance_size(own.size)
    row: Row = {
        "ReservationId": own.launch or ids.make("r", own.id),
        "InstanceId": resources.instance_id(own.id),
        "ImageId": own.image if own.image.startswith("ami-") else image_id(own.image),
        "State": shown_state(state),
        "PrivateDnsName": own.name,
        "PublicDnsName": "",
        "StateTransitionReason": "",
        "AmiLaunchIndex": 0,
        "ProductCodes": [],
        "InstanceType": size.at_aws or size.name,
        "LaunchTime": moment(own.created),
        "Placement": {"AvailabilityZone": zone, "GroupName": "", "Tenancy": "default"},
        "Monitoring": {"State": "disabled"},
        "Architecture": "x86_64",
        "BlockDeviceMappings": [],
        "ClientToken": own.token,
        "EbsOptimized": False,
        "EnaSupport": True,
        "Hypervisor": "xen",
        "NetworkInterfaces": [],
        "RootDeviceName": "/dev/xvda",
        "RootDeviceType": "ebs",
        "SecurityGroups": [],
        "SourceDestCheck": own.checks_source,
        "Tags": tags(own.labels),
        "VirtualizationType": "hvm",
        "CpuOptions": {"CoreCount": size.cores, "ThreadsPerCore": 1},
        "MetadataOptions": {
            "State": "applied",
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": 2,
            "HttpEndpoint": "enabled",
            "HttpProtocolIpv6": "disabled",
            "InstanceMetadataTags": "disabled",
        },
    }
    if isinstance(each, Terminated):
        return {**row, "StateReason": {"Code": "Client.UserInitiatedShutdown", "Message": "User initiated"}}
    return {**row, **_placed(sight, own)}


def _placed(sight: Sight, own: Instance) -> Row:
    """Where it is, as long as it is there."""
    found: Row = {"SecurityGroups": shown_groups(sight, own.security_groups)}
    public = sight.public_ip(own)
    if public is not None:
        found |= {"PublicIpAddress": str(public.ip), "PublicDnsName": public_name(public)}
    if own.private:
        first = own.private[0]
        found |= place(sight, first)
        found |= {
            "PrivateIpAddress": str(first.ip),
            "NetworkInterfaces": [interface(sight, own, index) for index in range(len(own.private))],
        }
    return found


def place(sight: Sight, there: Attachment) -> Row:
    """The VPC and the subnet of a place in a network."""
    network = sight.state.get(Network, there.network)
    part = resources.subnet_at(network, there.ip)
    subnet = resources.subnet_id(network.id, part.range) if part is not None else None
    return {"VpcId": resources.vpc_id(network.id), "SubnetId": subnet}


def shown_groups(sight: Sight, numbers: Iterable[int]) -> list[Row]:
    """Security groups by the core's ids."""
    found = (sight.state.find(SecurityGroup, number) for number in numbers)
    return [
        {"GroupId": resources.group_id(each.id), "GroupName": each.name} for each in found if each is not None
    ]


def association(public: Address | None) -> Row | None:
    """A public address, as interfaces show it."""
    if public is None:
        return None
    return {"IpOwnerId": ACCOUNT, "PublicIp": str(public.ip), "PublicDnsName": public_name(public)}


def public_name(address: Address) -> str:
    """Under a domain of tests in place of amazonaws.com, which is AWS' to serve."""
    return f"ec2-{str(address.ip).replace('.', '-')}.{REGION}.compute.mockcloud.test"


def private_name(ip: IPv4Address) -> str:
    """Of an instance to which nobody gave a name."""
    return f"ip-{str(ip).replace('.', '-')}.{REGION}.compute.internal"


def mac(ip: IPv4Address) -> str:
    """Of an interface with this address."""
    return "0a:ff:" + ":".join(f"{each:02x}" for each in ip.packed)


def image_id(name: str) -> str:
    """Of an image that the catalogue has."""
    return ids.derived("ami", name)


def interface(sight: Sight, own: Instance, index: int) -> Row:
    """Its interface in one of its networks, as an instance shows it; the first has its public address."""
    there = own.private[index]
    shown = association(sight.public_ip(own) if index == 0 else None)
    name = own.name if index == 0 else private_name(there.ip)
    number = ids.pair(own.id, there.network)
    return {
        "NetworkInterfaceId": resources.interface_id(own.id, there.network),
        **place(sight, there),
        "OwnerId": ACCOUNT,
        "Status": "in-use",
        "Description": "",
        "InterfaceType": "interface",
        "MacAddress": mac(there.ip),
        "PrivateIpAddress": str(there.ip),
        "PrivateDnsName": name,
        "PrivateIpAddresses": [
            {
                "Primary": True,
                "PrivateIpAddress": str(there.ip),
                "PrivateDnsName": name,
                "Association": shown,
            }
        ],
        "Ipv6Addresses": [],
        "SourceDestCheck": own.checks_source,
        "Groups": shown_groups(sight, own.security_groups),
        "Association": shown,
        "Attachment": {
            "AttachmentId": ids.make("eni-attach", number),
            "AttachTime": moment(own.created),
            "DeleteOnTermination": True,
            "DeviceIndex": index,
            "Status": "attached",
        },
    }
