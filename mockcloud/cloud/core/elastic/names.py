"""Host names of AWS' balancers: under a domain of tests in place of amazonaws.com, which is AWS' to serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockcloud.cloud.core.elastic_values import BalancerKind
from mockcloud.cloud.core.names import DOMAIN

if TYPE_CHECKING:
    from mockcloud.cloud.core.values import Balancer


def hexadecimal(number: int) -> str:
    """An id, as AWS has them in names: 16 digits."""
    return f"{number:016x}"


def host_name(balancer: Balancer, region: str) -> str:
    """NAME-ID.elb.REGION of a network one, else NAME-ID.REGION.elb, with `internal-` where it is that."""
    if balancer.kind is BalancerKind.NETWORK:
        return f"{balancer.name}-{hexadecimal(balancer.id)}.elb.{region}.{DOMAIN}"
    scheme = "" if balancer.public else "internal-"
    return f"{scheme}{balancer.name}-{balancer.id}.{region}.elb.{DOMAIN}".lower()
