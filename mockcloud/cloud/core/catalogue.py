"""What can be had: places, sizes, what each costs, and how much of it one project gets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeVar

from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.values import ResourceKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Zone:
    """A place where things are; places of one `area` share networks."""

    id: int
    name: str
    area: str
    city: str
    country: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class InstanceSize:
    """Memory in GB, disk in GB; the price is per hour, without tax.

    `at_aws`: the type of AWS' that has as many cores and as much memory, where it is not one itself.
    """

    id: int
    name: str
    description: str
    cores: int
    memory: float
    disk: int
    price: Decimal
    at_aws: str = ""


@dataclass(frozen=True, slots=True)
class BalancerSize:
    """What a balancer of this size can do; the price is per hour, without tax."""

    id: int
    name: str
    description: str
    connections: int
    listeners: int
    targets: int
    certificates: int
    price: Decimal


T = TypeVar("T")
_AMI: Final = re.compile("ami-[0-9a-f]{8,17}")

ZONES: Final = (
    Zone(1, "fsn1", "eu-central", "Falkenstein", "DE", 50.47612, 12.370071),
    Zone(2, "nbg1", "eu-central", "Nuremberg", "DE", 49.452102, 11.076665),
    Zone(3, "hel1", "eu-central", "Helsinki", "FI", 60.169855, 24.938379),
    Zone(4, "ash", "us-east", "Ashburn, VA", "US", 39.045821, -77.487073),
    Zone(5, "hil", "us-west", "Hillsboro, OR", "US", 45.54222, -122.951924),
)
INSTANCE_SIZES: Final = (
    InstanceSize(1, "cx22", "CX22", 2, 4.0, 40, Decimal("0.0060"), at_aws="t3.medium"),
    InstanceSize(2, "cx32", "CX32", 4, 8.0, 80, Decimal("0.0110"), at_aws="c5.xlarge"),
    InstanceSize(3, "cx42", "CX42", 8, 16.0, 160, Decimal("0.0270"), at_aws="c5.2xlarge"),
)
BALANCER_SIZES: Final = (
    BalancerSize(1, "lb11", "LB11", 10_000, 5, 25, 10, Decimal("0.0088")),
    BalancerSize(2, "lb21", "LB21", 20_000, 15, 75, 25, Decimal("0.0265")),
    BalancerSize(3, "lb31", "LB31", 40_000, 30, 150, 50, Decimal("0.0530")),
)
# AWS' kinds (BalancerKind), with its quotas and its prices, which are dollars: they stand for euros here.
ELASTIC_SIZES: Final = (
    BalancerSize(101, "network", "Network Load Balancer", 100_000, 50, 3_000, 25, Decimal("0.0225")),
    BalancerSize(102, "application", "Application Load Balancer", 100_000, 50, 1_000, 25, Decimal("0.0225")),
    BalancerSize(103, "classic", "Classic Load Balancer", 20_000, 100, 1_000, 25, Decimal("0.0250")),
)
# AWS' names for some of what it has, at its prices there, which are dollars: they stand for euros here.
AWS_INSTANCE_SIZES: Final = (
    InstanceSize(101, "t2.micro", "t2.micro", 1, 1.0, 8, Decimal("0.0134")),
    InstanceSize(102, "t3.nano", "t3.nano", 2, 0.5, 8, Decimal("0.0060")),
    InstanceSize(103, "t3.micro", "t3.micro", 2, 1.0, 8, Decimal("0.0120")),
    InstanceSize(104, "t3.small", "t3.small", 2, 2.0, 8, Decimal("0.0240")),
    InstanceSize(105, "t3.medium", "t3.medium", 2, 4.0, 8, Decimal("0.0480")),
    InstanceSize(106, "t3.large", "t3.large", 2, 8.0, 8, Decimal("0.0960")),
    InstanceSize(107, "t3.xlarge", "t3.xlarge", 4, 16.0, 8, Decimal("0.1920")),
    InstanceSize(108, "m5.large", "m5.large", 2, 8.0, 8, Decimal("0.1150")),
    InstanceSize(109, "m5.xlarge", "m5.xlarge", 4, 16.0, 8, Decimal("0.2300")),
    InstanceSize(110, "c5.large", "c5.large", 2, 4.0, 8, Decimal("0.0970")),
    InstanceSize(111, "c5.xlarge", "c5.xlarge", 4, 8.0, 8, Decimal("0.1940")),
    InstanceSize(112, "c5.2xlarge", "c5.2xlarge", 8, 16.0, 8, Decimal("0.3880")),
)
IMAGES: Final = ("debian-12", "ubuntu-24.04")
ADDRESS_PRICE: Final = Decimal("0.0008")  # an IPv4 address, per hour
GROUP_RULES: Final = 60  # of a security group, each way
QUOTAS: Final[Mapping[ResourceKind, int]] = {
    ResourceKind.INSTANCE: 1_000,
    ResourceKind.BALANCER: 1_000,
    ResourceKind.NETWORK: 100,
    ResourceKind.ADDRESS: 4_000,
    ResourceKind.CERTIFICATE: 200,
    ResourceKind.TARGET_GROUP: 3_000,
    ResourceKind.SECURITY_GROUP: 2_500,
}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The offer of one cloud."""

    zones: Sequence[Zone] = ZONES
    instance_sizes: Sequence[InstanceSize] = INSTANCE_SIZES
    balancer_sizes: Sequence[BalancerSize] = BALANCER_SIZES
    elastic_sizes: Sequence[BalancerSize] = ELASTIC_SIZES
    group_targets: int = 1_000
    group_rules: int = GROUP_RULES
    aws_instance_sizes: Sequence[InstanceSize] = AWS_INSTANCE_SIZES
    images: Sequence[str] = IMAGES
    quotas: Mapping[ResourceKind, int] = field(default_factory=lambda: dict(QUOTAS))

    def zone(self, name: str, *, of: str = "location") -> Zone:
        """By name or id; Refusal INVALID where there is none, which names the field `of`."""
        found = next((each for each in self.zones if name in (each.name, str(each.id))), None)
        return _or_refuse(found, of, name, [each.name for each in self.zones])

    def first_zone_in(self, area: str) -> Zone:
        """A place in an area."""
        found = next((each for each in self.zones if each.area == area), None)
        return _or_refuse(found, "network_zone", area, sorted({each.area for each in self.zones}))

    def instance_size(self, name: str) -> InstanceSize:
        """By name or id."""
        found = next((each for each in self.instance_sizes if name in (each.name, str(each.id))), None)
        return _or_refuse(found, "server_type", name, [each.name for each in self.instance_sizes])

    def any_instance_size(self, name: str) -> InstanceSize:
        """Of an instance, in whichever cloud's words."""
        found = next((each for each in self.aws_instance_sizes if each.name == name), None)
        return found or self.instance_size(name)

    def image(self, name: str) -> str:
        """One that instances are made of, or anybody's of AWS; Refusal INVALID."""
        if name not in self.images and not _AMI.fullmatch(name):
            known = ", ".join(self.images)
            raise Refusal(Why.INVALID, f"image '{name}' is not known; there are {known}", "image")
        return name

    def balancer_size(self, name: str) -> BalancerSize:
        """By name or id."""
        found = next((each for each in self.balancer_sizes if name in (each.name, str(each.id))), None)
        return _or_refuse(found, "load_balancer_type", name, [each.name for each in self.balancer_sizes])

    def any_balancer_size(self, name: str) -> BalancerSize:
        """Of a balancer that there is, which nobody may ask for by this name where it is AWS'."""
        found = next((each for each in self.elastic_sizes if each.name == name), None)
        return found or self.balancer_size(name)


def _or_refuse(found: T | None, field: str, name: str, known: list[str]) -> T:
    if found is None:
        raise Refusal(Why.INVALID, f"{field} '{name}' is not known; there are {', '.join(known)}", field)
    return found
