"""Where a balancer is made, and what it leads to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Subnets are empty where they do not matter (an NLB's cannot be changed)."""

    vpc: str
    subnets: tuple[str, ...]
    instances: tuple[str, ...]
