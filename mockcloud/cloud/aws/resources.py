"""The core's resources by AWS' ids. What is not found is None: each service has its own word for that."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from mockcloud.cloud.aws import ids
from mockcloud.cloud.core.security_values import SecurityGroup
from mockcloud.cloud.core.values import Address, Instance, Network, Subnet, Use

if TYPE_CHECKING:
    from mockcloud.cloud.core.state import State


def instance_id(number: int) -> str:
    """Of an instance by the core's id."""
    return ids.make("i", number)


def find_instance(state: State, text: str) -> Instance | None:
    """One that is there; those that are gone are Terminated."""
    number = ids.number("i", text)
    return None if number is None else state.find(Instance, number)


def vpc_id(network: int) -> str:
    """Of a network by the core's id."""
    return ids.make("vpc", network)


def find_vpc(state: State, text: str) -> Network | None:
    """A network."""
    number = ids.number("vpc", text)
    return None if number is None else state.find(Network, number)


def subnet_id(network: int, whole: IPv4Network) -> str:
    """Of a network's part."""
    return ids.make("subnet", ids.pair(network, int(whole.network_address)))


def find_subnet(state: State, text: str) -> tuple[Network, Subnet] | None:
    """A part, and of which network it is one."""
    number = ids.number("subnet", text)
    if number is None:
        return None
    owner, first = ids.parts(number)
    network = state.find(Network, owner)
    parts = network.subnets if network is not None else ()
    found = next((each for each in parts if each.range.network_address == IPv4Address(first)), None)
    return None if network is None or found is None else (network, found)


def subnet_at(network: Network, ip: IPv4Address) -> Subnet | None:
    """The part in which an address is."""
    return next((each for each in network.subnets if ip in each.range), None)


def group_id(number: int) -> str:
    """Of a security group by the core's id."""
    return ids.make("sg", number)


def find_group(state: State, text: str) -> SecurityGroup | None:
    """A security group."""
    number = ids.number("sg", text)
    return None if number is None else state.find(SecurityGroup, number)


def allocation_id(number: int) -> str:
    """Of an elastic address by the core's id."""
    return ids.make("eipalloc", number)


def find_address(state: State, text: str) -> Address | None:
    """An elastic address."""
    number = ids.number("eipalloc", text)
    found = None if number is None else state.find(Address, number)
    return found if found is not None and found.use is Use.FLOATING else None


def interface_id(instance: int, network: int) -> str:
    """Of an instance's interface in a network."""
    return ids.make("eni", ids.pair(instance, network))
