"""Whose cloud it is, and where: account, region, zones, and the names that are made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.cloud.environment import REGION

if TYPE_CHECKING:
    from mockcloud.cloud.core.catalogue import Catalogue, Zone

ACCOUNT: Final = "123456789012"
AREA: Final = "eu-central"  # the core's; its zones are the region's
PARTITION: Final = "aws"


def zones(catalogue: Catalogue) -> dict[str, Zone]:
    """The region's zones, by AWS' name: the core's first is eu-central-1a, and so on."""
    here = [each for each in catalogue.zones if each.area == AREA]
    return {f"{REGION}{letter}": zone for letter, zone in zip("abcdef", here, strict=False)}


def zone_name(catalogue: Catalogue, core: str) -> str | None:
    """AWS' name of one of the core's zones; None where it is another region's."""
    return next((name for name, zone in zones(catalogue).items() if zone.name == core), None)


def is_here(catalogue: Catalogue, zone: str) -> bool:
    """Whether one of the core's zones is in the region: what is elsewhere is not seen in AWS' dialect."""
    return zone_name(catalogue, zone) is not None


def zone_id(name: str) -> str:
    """The id of a zone, which is the same in all accounts: euc1-az1."""
    return f"euc1-az{'abcdef'.index(name[-1]) + 1}"


def arn(service: str, rest: str) -> str:
    """Names a resource: arn:aws:elasticloadbalancing:REGION:ACCOUNT:REST."""
    return f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:{rest}"
