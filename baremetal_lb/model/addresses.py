"""Addresses and ranges of them, IPv4 and IPv6 alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

IPAddress: TypeAlias = IPv4Address | IPv6Address


class Family(IntEnum):
    """The two IP families; they sort as a Service's addresses are written: IPv4 first."""

    V4 = 4
    V6 = 6

    def __str__(self) -> str:
        return f"IPv{self.value}"

    def address(self, number: int) -> IPAddress:
        """The address of this family with that integer value."""
        return IPv4Address(number) if self is Family.V4 else IPv6Address(number)


def family_of(address: IPAddress) -> Family:
    """The family an address belongs to."""
    return Family.V4 if address.version == 4 else Family.V6


@dataclass(frozen=True, slots=True)
class AddressRange:
    """All addresses from `first` to `last`, both included, as one entry of a pool gives them.

    `prefix_length` is set where the entry was a CIDR: only those have a network and a broadcast address.
    """

    first: IPAddress
    last: IPAddress
    prefix_length: int | None = None

    @property
    def family(self) -> Family:
        """The family of both ends."""
        return family_of(self.first)

    def __contains__(self, address: IPAddress) -> bool:
        return address.version == self.first.version and int(self.first) <= int(address) <= int(self.last)

    def overlaps(self, other: AddressRange) -> bool:
        """Whether any address is in both."""
        return (
            self.family is other.family
            and int(self.first) <= int(other.last)
            and int(other.first) <= int(self.last)
        )

    def __str__(self) -> str:
        if self.prefix_length is not None:
            return f"{self.first}/{self.prefix_length}"
        if self.first == self.last:
            return str(self.first)
        return f"{self.first}-{self.last}"
