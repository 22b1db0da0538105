"""What pools have that is somebody else's: said, since it is never given, or should not be theirs at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baremetal_lb.decide.pools.overlaps import Claimed, overlapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.pools import PoolConfig
    from baremetal_lb.model.reasons import Refusal


def reserved_in_pools(config: PoolConfig, reserved: Mapping[IPAddress, Refusal]) -> Iterator[str]:
    """The addresses of pools that nobody gets."""
    for address, refusal in reserved.items():
        pool = config.containing(address)
        if pool is not None:
            yield f'pool "{pool.name}" has {address}, which {refusal.detail}: it is never given'


def late_overlaps(config: PoolConfig, claimed: Sequence[Claimed]) -> Iterator[str]:
    """Overlaps with what has come since the configuration was accepted, such as the pods of a new node."""
    entries = [Claimed(f'pool "{pool.name}"', each) for pool in config for each in pool.ranges]
    everything = [*claimed, *entries]
    for one, other in overlapping(everything):
        if one < len(claimed) <= other:
            theirs, ours = everything[one], everything[other]
            yield (
                f"{ours.owner}: {ours.range} overlaps with {theirs.range} of {theirs.owner}; "
                "a new version of this configuration, or a restart, would be refused"
            )
