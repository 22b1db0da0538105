"""What a Service gets: families, cluster IPs and node ports, all or nothing."""

import random
from collections.abc import Iterable, Sequence

from mockcloud.kube.field_errors import Invalid
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.services.carry_over import carried_over
from mockcloud.kube.service_allocation.allocation import Allocation
from mockcloud.kube.service_allocation.allocations import Allocations, allocations_of
from mockcloud.kube.service_allocation.families import with_families
from mockcloud.kube.service_allocation.pools import AddressRange


class ServiceAllocator:
    """Remembers what is taken: the only state here, changed by `allocate` and `release`."""

    def __init__(
        self, service_cidrs: Sequence[str], existing: Iterable[JsonObject], rng: random.Random
    ) -> None:
        """`service_cidrs`: one a family, the default family first; `existing`: the stored Services."""
        self._ranges = {each.family: each for each in map(AddressRange.parse, service_cidrs)}
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
        allocation = Allocation(
            self._ranges, self._taken, held, self._rng, creating=old is None, dry_run=dry_run
        )
        allocated = allocation.allocated(service)
        if not dry_run:
            self._taken.remove(held)
            self._taken.add(allocations_of(allocated))
        return allocated

    def release(self, obj: JsonObject) -> None:
        """Give back what a removed Service had."""
        self._taken.remove(allocations_of(obj))
