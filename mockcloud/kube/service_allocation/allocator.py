"""What a Service gets: families, cluster IPs and node ports, all or nothing."""

import random
from collections.abc import Iterable, Sequence

from mockcloud.kube.field_errors import Invalid
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.services.carry_over import carried_over
from mockcloud.kube.resources.validation.formats import family_of, parsed_address
from mockcloud.kube.service_allocation.allocation import Allocation
from mockcloud.kube.service_allocation.allocations import Allocations, allocations_of
from mockcloud.kube.service_allocation.families import with_families
from mockcloud.kube.service_allocation.pools import AddressRange, AddressRanges


class ServiceAllocator:
    """Remembers what is taken: the only state here, changed by `allocate` and `release`."""

    def __init__(
        self, service_cidrs: Sequence[str], existing: Iterable[JsonObject], rng: random.Random
    ) -> None:
        """`service_cidrs`: one a family, the default family first; `existing`: the stored Services."""
        own = tuple(map(AddressRange.parse, service_cidrs))
        self._own = {each.family: each for each in own}
        self._ranges = {each.family: AddressRanges((each,)) for each in own}
        self._named = Allocations()
        self._rng = rng
        self._taken = Allocations()
        for service in existing:
            self._taken.add(allocations_of(service))

    def allocate(self, new: JsonObject, old: JsonObject | None, *, dry_run: bool = False) -> JsonObject:
        """The Service as it is to be stored, or Invalid; then, as in a dry run, nothing is taken.

        `new` has its defaults and breaks no rule.
        """
        service, causes = with_families(carried_over(new, old), old, tuple(self._ranges))
        if causes:
            raise Invalid(causes)
        held = Allocations() if old is None else allocations_of(old)
        allocation = Allocation(self._ranges, self._taken, held, self._rng, old is None, dry_run, self._named)
        allocated = allocation.allocated(service)
        if not dry_run:
            self._taken.remove(held)
            self._taken.add(allocations_of(allocated))
        return allocated

    def offer(self, cidrs: Iterable[str]) -> None:
        """Give addresses from these ranges alone from now on: the cluster's own before others."""
        offered = sorted({AddressRange.parse(each) for each in cidrs}, key=self._preference)
        for family in self._ranges:
            self._ranges[family] = AddressRanges(tuple(each for each in offered if each.family == family))

    def _preference(self, ranges: AddressRange) -> tuple[bool, str]:
        return ranges != self._own.get(ranges.family), ranges.cidr

    def name(self, address: str) -> None:
        """An IPAddress of this name is there: whoever's it is, no other Service gets the address."""
        number = parsed_address(address)
        if number is not None:
            self._named.addresses[family_of(address)].add(int(number))

    def forget(self, address: str) -> None:
        """The IPAddress of this name is gone."""
        number = parsed_address(address)
        if number is not None:
            self._named.addresses[family_of(address)].discard(int(number))

    def release(self, obj: JsonObject) -> None:
        """Give back what a removed Service had."""
        self._taken.remove(allocations_of(obj))
