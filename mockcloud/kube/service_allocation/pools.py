"""Ranges to allocate from; the lower part is kept for those who ask for a value (KEP-3070, KEP-3668)."""

import itertools
import random
from collections.abc import Container
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from mockcloud.kube.resources.validation.formats import parsed_address

MISMATCHED = "the provided network does not match the current range"
FIRST_NODE_PORT = 30000
LAST_NODE_PORT = 32767


class RangeFullError(Exception):
    """Nothing is left to allocate."""

    def __init__(self) -> None:
        super().__init__("range is full")


@dataclass(frozen=True, slots=True)
class Band:
    """Integers from `first` to `last`; those below `dynamic` go on request, or when all else is gone."""

    first: int
    dynamic: int
    last: int

    def pick(self, taken: Container[int], rng: random.Random) -> int:
        """A free value, at random; RangeFullError where there is none."""
        for low, high in ((self.dynamic, self.last), (self.first, self.dynamic - 1)):
            if low > high:
                continue
            start = rng.randint(low, high)
            for value in itertools.chain(range(start, high + 1), range(low, start)):
                if value not in taken:
                    return value
        raise RangeFullError


NODE_PORTS = Band(FIRST_NODE_PORT, FIRST_NODE_PORT + 86, LAST_NODE_PORT)
"""min(max(16, 2768 / 32), 128) = 86 ports are kept."""


@dataclass(frozen=True, slots=True)
class AddressRange:
    """A service CIDR."""

    cidr: str
    family: str
    network: int
    band: Band

    @classmethod
    def parse(cls, cidr: str) -> "AddressRange":
        """The range of a CIDR without its network address and, in IPv4, its broadcast address."""
        network = ip_network(cidr)
        first, last = int(network.network_address), int(network.broadcast_address)
        size = last - first + 1
        kept = min(max(16, size // 16), 256) if size >= 16 else 0
        usable_last = last - 1 if network.version == 4 else last
        band = Band(first + 1, min(max(first + kept, first + 1), usable_last + 1), usable_last)
        return cls(str(network), f"IPv{network.version}", first, band)

    def pick(self, taken: Container[int], rng: random.Random) -> str:
        """A free address, at random."""
        return self.text(self.band.pick(taken, rng))

    def text(self, number: int) -> str:
        """The address of that number in this range's family."""
        return str(ip_address(number.to_bytes(4 if self.family == "IPv4" else 16, "big")))

    def placeholder(self) -> str:
        """What a dry run shows as the address."""
        return self.text(self.network)

    def why_not(self, address: str) -> str | None:
        """Why the address cannot be asked for here, or None."""
        parsed = parsed_address(address)
        assert parsed is not None, address  # validated before
        if parsed not in ip_network(self.cidr):
            return MISMATCHED
        if not self.band.first <= int(parsed) <= self.band.last:
            where = f"not in the valid range. The range of valid IPs is {self.cidr}"
            return f"the provided IP ({address}) is {where}"
        return None


@dataclass(frozen=True, slots=True)
class AddressRanges:
    """All service CIDRs of one family from which addresses are given; the first is the cluster's own."""

    ranges: tuple[AddressRange, ...]

    def pick(self, taken: Container[int], rng: random.Random) -> str:
        """A free address, from the first range that has one."""
        for each in self.ranges:
            try:
                return each.pick(taken, rng)
            except RangeFullError:
                continue
        raise RangeFullError

    def placeholder(self) -> str:
        """What a dry run shows as the address; RangeFullError where there is no range."""
        if not self.ranges:
            raise RangeFullError
        return self.ranges[0].placeholder()

    def why_not(self, address: str) -> str | None:
        """Why the address cannot be asked for, or None."""
        reasons = [each.why_not(address) for each in self.ranges]
        if None in reasons:
            return None
        return next((why for why in reasons if why and why != MISMATCHED), MISMATCHED)


def address_number(address: str) -> int:
    """The address as an integer."""
    parsed = parsed_address(address)
    assert parsed is not None, address  # validated before
    return int(parsed)
