"""The instance metadata service: what an instance is told of itself, as a tree of texts.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mockcloud.cloud.aws import resources
from mockcloud.cloud.aws.account import ACCOUNT, PARTITION, zone_id
from mockcloud.cloud.aws.ec2.instance_view import Sight
from mockcloud.cloud.aws.ec2.instance_view import instance as shown
from mockcloud.cloud.aws.wire.writing import moment
from mockcloud.cloud.core.values import Address, HolderKind, Instance
from mockcloud.cloud.environment import REGION

if TYPE_CHECKING:
    from mockcloud.cloud.keys import KeyPair
    from mockcloud.cloud.service import CloudService

Tree: TypeAlias = "dict[str, str | Tree]"
ROLE: Final = "mockcloud"
LONGEST: Final = 21_600  # seconds, of a token: six hours


def who_has(cloud: CloudService, ip: str) -> Instance | None:
    """The instance of an address, private or public."""
    for each in cloud.state.all(Instance):
        if any(str(there.ip) == ip for there in each.private):
            return each
    for address in cloud.state.all(Address):
        holder = address.holder
        if holder is not None and holder.kind is HolderKind.INSTANCE and str(address.ip) == ip:
            return cloud.state.find(Instance, holder.id)
    return None


def look_up(tree: Tree, path: str) -> str | None:
    """What is at a path: a text, or the names there, one a line; None for nothing."""
    found: str | Tree = tree
    for part in filter(None, path.split("/")):
        if isinstance(found, str) or part not in found:
            return None
        found = found[part]
    if isinstance(found, str):
        return found
    return "\n".join(name if isinstance(below, str) else f"{name}/" for name, below in sorted(found.items()))


def metadata(cloud: CloudService, instance: Instance, keys: KeyPair) -> Tree:
    """All that is below a version, such as /latest."""
    row = shown(Sight(cloud), instance)
    return {
        "meta-data": _meta_data(cloud, row, keys),
        "dynamic": {"instance-identity": {"document": _document(row)}},
    }


def _meta_data(cloud: CloudService, row: dict[str, Any], keys: KeyPair) -> Tree:
    zone = row["Placement"]["AvailabilityZone"]
    groups = "\n".join(each["GroupName"] for each in row["SecurityGroups"])
    found: Tree = {
        "ami-id": row["ImageId"],
        "ami-launch-index": "0",
        "hostname": row["PrivateDnsName"],
        "iam": _roles(cloud, keys),
        "instance-id": row["InstanceId"],
        "instance-life-cycle": "on-demand",
        "instance-type": row["InstanceType"],
        "local-hostname": row["PrivateDnsName"],
        "placement": {"availability-zone": zone, "availability-zone-id": zone_id(zone), "region": REGION},
        "reservation-id": row["ReservationId"],
        "security-groups": groups,
        "services": {"domain": "amazonaws.com", "partition": PARTITION},
    }
    cards = row["NetworkInterfaces"]
    if cards:
        found["local-ipv4"] = row["PrivateIpAddress"]
        found["mac"] = cards[0]["MacAddress"]
        macs: Tree = {each["MacAddress"]: _interface(cloud, each) for each in cards}
        found["network"] = {"interfaces": {"macs": macs}}
    if "PublicIpAddress" in row:
        found |= {"public-ipv4": row["PublicIpAddress"], "public-hostname": row["PublicDnsName"]}
    return found


def _interface(cloud: CloudService, card: dict[str, Any]) -> Tree:
    found: Tree = {
        "device-number": str(card["Attachment"]["DeviceIndex"]),
        "interface-id": card["NetworkInterfaceId"],
        "local-hostname": card["PrivateDnsName"],
        "local-ipv4s": card["PrivateIpAddress"],
        "mac": card["MacAddress"],
        "owner-id": ACCOUNT,
        "security-group-ids": "\n".join(each["GroupId"] for each in card["Groups"]),
        "security-groups": "\n".join(each["GroupName"] for each in card["Groups"]),
        "vpc-id": card["VpcId"],
        **_ranges(cloud, card),
    }
    if card["SubnetId"] is not None:
        found["subnet-id"] = card["SubnetId"]
    if card["Association"] is not None:
        found["public-ipv4s"] = card["Association"]["PublicIp"]
        found["public-hostname"] = card["Association"]["PublicDnsName"]
    return found


def _ranges(cloud: CloudService, card: dict[str, Any]) -> Tree:
    network = resources.find_vpc(cloud.state, card["VpcId"])
    found: Tree = {}
    if network is not None:
        found |= {"vpc-ipv4-cidr-block": str(network.range), "vpc-ipv4-cidr-blocks": str(network.range)}
    part = resources.find_subnet(cloud.state, card["SubnetId"] or "")
    if part is not None:
        found["subnet-ipv4-cidr-block"] = str(part[1].range)
    return found


def _roles(cloud: CloudService, keys: KeyPair) -> Tree:
    """The one role, whose credentials are the cloud's own key pair, and need no session token."""
    now = cloud.clock.now()
    credentials = {
        "Code": "Success",
        "LastUpdated": _time(now),
        "Type": "AWS-HMAC",
        "AccessKeyId": keys.id,
        "SecretAccessKey": keys.secret,
        "Token": "",
        "Expiration": _time(now + LONGEST),
    }
    return {"security-credentials": {ROLE: json.dumps(credentials, indent=2)}}


def _document(row: dict[str, Any]) -> str:
    document = {
        "accountId": ACCOUNT,
        "architecture": row["Architecture"],
        "availabilityZone": row["Placement"]["AvailabilityZone"],
        "imageId": row["ImageId"],
        "instanceId": row["InstanceId"],
        "instanceType": row["InstanceType"],
        "pendingTime": f"{row['LaunchTime']:%Y-%m-%dT%H:%M:%SZ}",
        "privateIp": row.get("PrivateIpAddress"),
        "region": REGION,
        "version": "2017-09-30",
    }
    return json.dumps(document, indent=2)


def _time(seconds: float) -> str:
    return f"{moment(seconds):%Y-%m-%dT%H:%M:%SZ}"


class Tokens:
    """Of IMDSv2: good for one instance and a while, known by a secret; nothing is kept of them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, instance: int, seconds: int, now: float) -> str:
        """Another one."""
        said = f"{instance}:{now + seconds:.3f}".encode()
        return base64.urlsafe_b64encode(hmac.digest(self._secret, said, "sha256") + said).decode()

    def left(self, token: str, instance: int, now: float) -> int:
        """For how many seconds it is good yet; 0: it is not."""
        try:
            whole = base64.urlsafe_b64decode(token)
        except (binascii.Error, ValueError):
            return 0
        mark, said = whole[:32], whole[32:]
        if not hmac.compare_digest(mark, hmac.digest(self._secret, said, "sha256")):
            return 0
        owner, _, until = said.decode().partition(":")
        return max(0, int(float(until) - now)) if owner == str(instance) else 0
