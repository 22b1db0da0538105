"""Address pools, as an admin's ConfigMap defines them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

from baremetal_lb.model.addresses import AddressRange, Family, IPAddress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from baremetal_lb.model.name_patterns import NamePattern


class Protocol(StrEnum):
    """How a pool's addresses are announced."""

    LAYER2 = "layer2"
    BGP = "bgp"


class OnRemoval(StrEnum):
    """What happens to an address in use when no pool has it any more."""

    REASSIGN = "reassign"
    KEEP = "keep"


class Operator(StrEnum):
    """Of a label requirement, as in Kubernetes' LabelSelector."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of match-expressions."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet it; a missing key meets NotIn, as in Kubernetes."""
        match self.operator:
            case Operator.IN:
                return labels.get(self.key) in self.values
            case Operator.NOT_IN:
                return self.key not in labels or labels[self.key] not in self.values
            case Operator.EXISTS:
                return self.key in labels
            case Operator.DOES_NOT_EXIST:
                return self.key not in labels


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """All of `match_labels` and all of `match_expressions`."""

    match_labels: tuple[tuple[str, str], ...] = ()
    match_expressions: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet every line; an empty selector matches everything."""
        return all(labels.get(key) == value for key, value in self.match_labels) and all(
            requirement.holds(labels) for requirement in self.match_expressions
        )


@dataclass(frozen=True, slots=True)
class ServiceAllocation:
    """Which Services a pinned pool is for: (namespaces or namespace selectors) and service selectors."""

    priority: int = 0  # 1 is best; 0 means none, which comes last
    namespaces: frozenset[str] = frozenset()
    namespace_selectors: tuple[LabelSelector, ...] = ()
    service_selectors: tuple[LabelSelector, ...] = ()

    def admits_namespace(self, name: str, labels: Mapping[str, str]) -> bool:
        """By name or by labels; where neither is given, every namespace."""
        if not self.namespaces and not self.namespace_selectors:
            return True
        return name in self.namespaces or any(each.matches(labels) for each in self.namespace_selectors)

    def admits_service(self, labels: Mapping[str, str]) -> bool:
        """By labels; where no selector is given, every Service."""
        return not self.service_selectors or any(each.matches(labels) for each in self.service_selectors)


@dataclass(frozen=True, slots=True)
class Preference:
    """How much nodes that match are preferred to others: 1 to 100."""

    weight: int
    selector: LabelSelector


@dataclass(frozen=True, slots=True)
class Placement:
    """Which nodes announce a pool's addresses, on which interfaces, and which nodes rather than others."""

    node_selectors: tuple[LabelSelector, ...] = ()
    interfaces: tuple[NamePattern, ...] = ()
    preferences: tuple[Preference, ...] = ()

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether a node with these labels may announce; where no selector is given, every node."""
        return not self.node_selectors or any(each.matches(labels) for each in self.node_selectors)

    def reaches(self, interface: str) -> bool:
        """Whether an interface is one to announce on, by its name or as a whole by a regular expression."""
        return not self.interfaces or any(each.matches(interface) for each in self.interfaces)

    def weight(self, labels: Mapping[str, str]) -> int:
        """The sum of the weights of all preferences that a node meets, as in Kubernetes."""
        return sum(each.weight for each in self.preferences if each.selector.matches(labels))


ANYWHERE: Final = Placement()


@dataclass(frozen=True, slots=True)
class Pool:
    """One entry of `address-pools`."""

    name: str
    ranges: tuple[AddressRange, ...]
    protocol: Protocol = Protocol.LAYER2
    auto_assign: bool = True
    avoid_buggy_ips: bool = False
    skip_network_broadcast: bool = True
    allocation: ServiceAllocation | None = None
    placement: Placement = ANYWHERE
    cooldown: float = 0.0  # seconds a freed address rests
    on_removal: OnRemoval = OnRemoval.REASSIGN
    description: str = ""

    def families(self) -> frozenset[Family]:
        """The families it has addresses of."""
        return frozenset(entry.family for entry in self.ranges)


@dataclass(frozen=True)
class PoolConfig:
    """All pools of one accepted configuration, in its order. No two entries overlap."""

    pools: tuple[Pool, ...] = ()
    warnings: tuple[str, ...] = field(default=(), compare=False)

    def __iter__(self) -> Iterator[Pool]:
        return iter(self.pools)

    def named(self, name: str) -> Pool | None:
        """The pool of that name."""
        return self._by_name.get(name)

    def containing(self, address: IPAddress) -> Pool | None:
        """The pool that has the address; O(log n) in the number of entries."""
        found = self.entry_with(address)
        return found[1] if found else None

    def entry_with(self, address: IPAddress) -> tuple[AddressRange, Pool] | None:
        """The entry that has the address, and its pool."""
        starts, entries = self._by_start[address.version]
        number = int(address)
        at = bisect_right(starts, number) - 1
        if at < 0 or number > int(entries[at][0].last):
            return None
        return entries[at]

    @cached_property
    def _by_name(self) -> Mapping[str, Pool]:
        return {pool.name: pool for pool in self.pools}

    @cached_property
    def _by_start(self) -> Mapping[int, tuple[list[int], list[tuple[AddressRange, Pool]]]]:
        index: dict[int, tuple[list[int], list[tuple[AddressRange, Pool]]]] = {}
        for family in Family:
            entries = sorted(
                ((entry, pool) for pool in self.pools for entry in pool.ranges if entry.family is family),
                key=lambda pair: int(pair[0].first),
            )
            index[family] = ([int(entry.first) for entry, _ in entries], entries)
        return index
