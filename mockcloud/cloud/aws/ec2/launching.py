"""RunInstances."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws import ids
from mockcloud.cloud.aws.account import zones
from mockcloud.cloud.aws.ec2 import lookup
from mockcloud.cloud.aws.ec2.instance_view import Sight, image_id, private_name, reservations, shown_state
from mockcloud.cloud.aws.ec2.instance_view import instance as shown
from mockcloud.cloud.aws.ec2.listing import tags_for
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.aws.resources import group_id
from mockcloud.cloud.core import addresses, instances, security_groups
from mockcloud.cloud.core.addresses import NewAddress
from mockcloud.cloud.core.instances import NewInstance
from mockcloud.cloud.core.values import Family, Instance, Network, ResourceKind, Subnet, Use

if TYPE_CHECKING:
    from mockcloud.cloud.core.state import Draft
    from mockcloud.cloud.service import CloudService

Row = dict[str, Any]
DEFAULT_TYPE: Final = "t3.micro"
MOST: Final = 100  # by one request


@dataclass(frozen=True, slots=True)
class _Launch:
    """What one request asks for, read."""

    image: str
    size: str
    network: Network
    subnet: Subnet
    groups: tuple[int, ...]
    public: bool
    ip: IPv4Address | None
    labels: dict[str, str]
    protected: bool
    token: str
    digest: str


def run(cloud: CloudService, wanted: Row) -> Row:
    """As many as can be had: MaxCount of them, all or none.

    The same ClientToken gives the same instances; with other parameters it is refused.
    """
    least, most = wanted["MinCount"], wanted["MaxCount"]
    if not 1 <= least <= most <= MOST:
        said = f"Invalid value '{most}' for maxCount: expected minCount ({least}) to {MOST}"
        raise AwsError("InvalidParameterValue", said)
    launch = _read(cloud, wanted)
    if launch.ip is not None and most > 1:
        raise AwsError("InvalidParameterCombination", "privateIpAddress can be used with one instance only")
    made = _made_before(cloud, launch) or cloud.run(lambda draft: _make(draft, cloud, launch, most))
    sight = Sight(cloud)
    (found,) = reservations([{**shown(sight, each), "State": shown_state("pending")} for each in made])
    return found


def _made_before(cloud: CloudService, launch: _Launch) -> list[Instance]:
    found = [each for each in cloud.state.all(Instance) if launch.token and each.token == launch.token]
    if any(each.asked not in ("", launch.digest) for each in found):  # empty: kept by an older release
        said = f"The client token '{launch.token}' was used by a request with other parameters."
        raise AwsError("IdempotentParameterMismatch", said)
    return found


def _digest(wanted: Row) -> str:
    told = {key: value for key, value in wanted.items() if key != "ClientToken"}
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def _make(draft: Draft, cloud: CloudService, launch: _Launch, count: int) -> list[Instance]:
    made: list[Instance] = []
    for _ in range(count):
        made.append(_make_one(draft, cloud, launch, made[0].launch if made else ""))
    return made


def _make_one(draft: Draft, cloud: CloudService, launch: _Launch, reservation: str) -> Instance:
    number = draft.new_id(ResourceKind.INSTANCE)
    zone = launch.subnet.zone or cloud.catalogue.first_zone_in(launch.subnet.area).name
    wanted = NewInstance(
        f"launch-{number}", launch.size, launch.image, zone, public={}, security_groups=launch.groups
    )
    made, _, _ = instances.create(draft, wanted, cloud.catalogue)
    placed = instances.put_into(draft, made, launch.network, launch.ip, launch.subnet.range)
    if launch.public:
        fresh = NewAddress(Use.PRIMARY, Family.V4, zone, auto_delete=True)
        addresses.give(draft, addresses.allocate(draft, fresh, cloud.catalogue), placed)
    name = private_name(placed.private[0].ip)
    return draft.put(
        replace(
            draft.state.get(Instance, number),
            name=name if draft.state.named(Instance, name) is None else f"{name}-{number}",
            labels=launch.labels,
            launch=reservation or ids.make("r", number),
            protected=launch.protected,
            token=launch.token,
            asked=launch.digest if launch.token else "",
        )
    )


def _read(cloud: CloudService, wanted: Row) -> _Launch:
    card = _first_card(wanted)
    network, subnet = _where(cloud, wanted, card)
    ip = wanted.get("PrivateIpAddress") or card.get("PrivateIpAddress")
    return _Launch(
        image=_image(cloud, wanted.get("ImageId")),
        size=_size(cloud, wanted.get("InstanceType", DEFAULT_TYPE)),
        network=network,
        subnet=subnet,
        groups=_groups(cloud, wanted, card, network),
        public=card.get("AssociatePublicIpAddress", network.is_default),
        ip=_address(ip) if ip is not None else None,
        labels=tags_for(wanted, "instance"),
        protected=wanted.get("DisableApiTermination", False),
        token=wanted.get("ClientToken", ""),
        digest=_digest(wanted),
    )


def _first_card(wanted: Row) -> Row:
    cards: list[Row] = wanted.get("NetworkInterfaces", [])
    if len(cards) > 1:
        raise AwsError("UnsupportedOperation", "this cloud gives an instance one network interface")
    if cards and ("SubnetId" in wanted or "SecurityGroupIds" in wanted or "SecurityGroups" in wanted):
        said = "Network interfaces and an instance-level subnet ID or security groups may not be specified"
        raise AwsError("InvalidParameterCombination", f"{said} on the same request")
    return cards[0] if cards else {}


def _image(cloud: CloudService, text: str | None) -> str:
    """A name of the catalogue's, or anybody's AMI as it is called."""
    if text is None:
        raise AwsError("MissingParameter", "The request must contain the parameter ImageId")
    named = next((name for name in cloud.catalogue.images if image_id(name) == text), None)
    if named is None and ids.number("ami", text) is None:
        raise AwsError("InvalidAMIID.Malformed", f'Invalid id: "{text}" (expecting "ami-...")')
    return named or text


def _size(cloud: CloudService, name: str) -> str:
    known = [each.name for each in cloud.catalogue.aws_instance_sizes]
    if name not in known:
        said = f"The instance type '{name}' is not available. This cloud has {', '.join(known)}."
        raise AwsError("Unsupported", said)
    return name


def _where(cloud: CloudService, wanted: Row, card: Row) -> tuple[Network, Subnet]:
    """The subnet that is named, else the default VPC's in the zone that is named, else its first."""
    text = wanted.get("SubnetId") or card.get("SubnetId")
    if text is not None:
        return lookup.subnet(cloud.state, text)
    network = lookup.default_vpc(cloud.state)
    zone = wanted.get("Placement", {}).get("AvailabilityZone")
    known = zones(cloud.catalogue)
    if zone is not None and zone not in known:
        said = f"Invalid availability zone: [{zone}]. This cloud has {', '.join(known)}"
        raise AwsError("InvalidParameterValue", said)
    core = known[zone].name if zone is not None else None
    found = next((each for each in network.subnets if core in (None, each.zone)), None)
    if found is None:
        raise AwsError("MissingInput", "No subnets found for the default VPC. Please specify a subnet.")
    return network, found


def _groups(cloud: CloudService, wanted: Row, card: Row, network: Network) -> tuple[int, ...]:
    """Those that are named, else the VPC's default one."""
    texts = wanted.get("SecurityGroupIds") or card.get("Groups") or []
    found = [lookup.security_group(cloud.state, text) for text in texts]
    found += [lookup.group_named(cloud.state, network, name) for name in wanted.get("SecurityGroups", [])]
    for each in found:
        if each.network != network.id:
            said = f"Security group {group_id(each.id)} and subnet belong to different networks."
            raise AwsError("InvalidParameter", said)
    if not found:
        default = security_groups.named(cloud.state, network.id, security_groups.DEFAULT_NAME)
        found = [default] if default is not None else []
    return tuple(each.id for each in found)


def _address(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except AddressValueError as error:
        raise AwsError("InvalidParameterValue", f"Invalid IPv4 address: {text}") from error
