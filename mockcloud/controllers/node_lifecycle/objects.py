"""A node's Lease as the node lifecycle controller sees it."""

from dataclasses import dataclass

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, parse_meta


@dataclass(frozen=True, slots=True)
class Lease:
    """A node's sign of life."""

    meta: Meta
    renewed: str  # as the API writes it: it is compared, never read as a time (clocks differ)
    seconds: float


def parse_lease(obj: Object) -> Lease:
    """From a coordination.k8s.io/v1 Lease; without a duration it is Kubernetes' own 40 s."""
    spec = obj.get("spec") or {}
    return Lease(parse_meta(obj), spec.get("renewTime") or "", float(spec.get("leaseDurationSeconds") or 40))
