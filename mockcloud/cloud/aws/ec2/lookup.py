"""Resources by what requests call them, with EC2's words for those that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from mockcloud.cloud.aws import ids, resources
from mockcloud.cloud.aws.account import is_here
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core import default_network, security_groups
from mockcloud.cloud.core.instances import is_remembered
from mockcloud.cloud.core.values import Address, Instance, Network, Terminated, Use

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockcloud.cloud.core.security_values import SecurityGroup
    from mockcloud.cloud.core.state import State
    from mockcloud.cloud.core.values import Subnet
    from mockcloud.cloud.service import CloudService

T = TypeVar("T")


def _found(found: T | None, prefix: str, code: str, kind: str, text: str) -> T:
    if found is not None:
        return found
    if ids.number(prefix, text) is None:
        raise AwsError(f"{code}.Malformed", f'Invalid id: "{text}" (expecting "{prefix}-...")')
    raise AwsError(f"{code}.NotFound", f"The {kind} ID '{text}' does not exist")


def present(cloud: CloudService) -> list[Instance]:
    """The region's instances."""
    return [each for each in cloud.state.all(Instance) if is_here(cloud.catalogue, each.zone)]


def remembered(cloud: CloudService) -> list[Terminated]:
    """The region's instances that are gone and still shown."""
    now = cloud.clock.now()
    return [
        each
        for each in cloud.state.all(Terminated)
        if is_remembered(each, now) and is_here(cloud.catalogue, each.instance.zone)
    ]


def instances(cloud: CloudService, wanted: Sequence[str]) -> list[Instance | Terminated]:
    """Each of these, those that are gone and still shown, too; AwsError names all that there are not."""
    gone = {each.id: each for each in remembered(cloud)}
    found, missing = [], []
    for text in dict.fromkeys(wanted):
        number = ids.number("i", text)
        if number is None:
            raise AwsError("InvalidInstanceID.Malformed", f'Invalid id: "{text}"')
        each = cloud.state.find(Instance, number) or gone.get(number)
        if each is None or (isinstance(each, Instance) and not is_here(cloud.catalogue, each.zone)):
            missing.append(text)
        else:
            found.append(each)
    if missing:
        said = f"ID '{missing[0]}' does" if len(missing) == 1 else f"IDs '{', '.join(missing)}' do"
        raise AwsError("InvalidInstanceID.NotFound", f"The instance {said} not exist")
    return found


def instance(cloud: CloudService, text: str) -> Instance:
    """One that is there; of one that is gone as if it were not."""
    (found,) = instances(cloud, [text])
    if isinstance(found, Terminated):
        raise AwsError("InvalidInstanceID.NotFound", f"The instance ID '{text}' does not exist")
    return found


def vpc(state: State, text: str) -> Network:
    """A network."""
    return _found(resources.find_vpc(state, text), "vpc", "InvalidVpcID", "vpc", text)


def default_vpc(state: State) -> Network:
    """Where things go whose VPC nobody names."""
    found = default_network.find(state)
    if found is None:
        raise AwsError("VPCIdNotSpecified", "No default VPC for this user")
    return found


def subnet(state: State, text: str) -> tuple[Network, Subnet]:
    """A part of a network, and the network."""
    return _found(resources.find_subnet(state, text), "subnet", "InvalidSubnetID", "subnet", text)


def route_table(state: State, text: str) -> Network:
    """The network whose main table it is."""
    number = ids.number("rtb", text)
    found = None if number is None else state.find(Network, number)
    return _found(found, "rtb", "InvalidRouteTableID", "routeTable", text)


def interface_of(known: Mapping[str, T], text: str) -> T:
    """One of those that are known by their ids."""
    return _found(known.get(text), "eni", "InvalidNetworkInterfaceID", "networkInterface", text)


def interface(cloud: CloudService, text: str) -> tuple[Instance, Network]:
    """Whose it is, and where."""
    number = ids.number("eni", text)
    owner, place = (0, 0) if number is None else ids.parts(number)
    holder, network = cloud.state.find(Instance, owner), cloud.state.find(Network, place)
    there = holder is not None and network is not None and holder.at(network.id) is not None
    found = (holder, network) if there else None
    return _found(found, "eni", "InvalidNetworkInterfaceID", "networkInterface", text)  # type: ignore[return-value]


def security_group(state: State, text: str) -> SecurityGroup:
    """By its id."""
    found = resources.find_group(state, text)
    if found is None and ids.number("sg", text) is not None:
        raise AwsError("InvalidGroup.NotFound", f"The security group '{text}' does not exist")
    return _found(found, "sg", "InvalidGroupId", "security group", text)


def group_named(state: State, network: Network, name: str) -> SecurityGroup:
    """By its name in a network."""
    found = security_groups.named(state, network.id, name)
    if found is None:
        where = f"in VPC '{resources.vpc_id(network.id)}'"
        raise AwsError("InvalidGroup.NotFound", f"The security group '{name}' does not exist {where}")
    return found


def address(state: State, allocation: str | None, public_ip: str | None) -> Address:
    """An elastic address, by either."""
    if allocation is not None:
        found = resources.find_address(state, allocation)
        return _found(found, "eipalloc", "InvalidAllocationID", "allocation", allocation)
    if public_ip is None:
        raise AwsError("MissingParameter", "The request must contain the parameter AllocationId")
    for each in state.all(Address):
        if each.use is Use.FLOATING and str(each.ip) == public_ip:
            return each
    raise AwsError("InvalidAddress.NotFound", f"Address '{public_ip}' not found.")
