"""What the balancer knows of a Service: the few fields that decide, converted once from the API's object."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from baremetal_lb.model.api_names import Reason
from baremetal_lb.model.places import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.places import Place

NOTHING: Mapping[str, str] = MappingProxyType({})


class ServicePort(NamedTuple):
    """What a Service claims of its address."""

    protocol: str
    port: int

    def __str__(self) -> str:
        return f"{self.protocol}/{self.port}"


class PortName(NamedTuple):
    """What joins a Service's port and those of its EndpointSlices."""

    name: str
    protocol: str


class FamilyPolicy(StrEnum):
    """spec.ipFamilyPolicy."""

    SINGLE = "SingleStack"
    PREFER = "PreferDualStack"
    REQUIRE = "RequireDualStack"


class TrafficPolicy(StrEnum):
    """spec.externalTrafficPolicy."""

    CLUSTER = "Cluster"
    LOCAL = "Local"


@dataclass(frozen=True, slots=True)
class Condition:
    """One of ours in status.conditions; when it changed is the writer's matter."""

    status: bool
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """What stands in a Service's status, and in the annotation that goes with it."""

    addresses: tuple[IPAddress, ...] = ()
    foreign: tuple[
        str, ...
    ] = ()  # hostnames, other ipModes and what does not parse: not ours to have written
    pool: str | None = None
    condition: Condition | None = None
    announced: Condition | None = None
    served_by: str | None = None  # the namespace of the release that gave it its addresses

    @property
    def is_vouched_for(self) -> bool:
        """Whether the controller says that it gave these addresses, and leaves them to the Service."""
        return self.condition is not None and self.condition.status

    def places(self) -> tuple[Place, ...]:
        """Where its addresses were announced when last that was written; none, where nobody did."""
        if self.announced is None or not self.announced.status:
            return ()
        return read(self.announced.message)


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A Service. `annotations` holds only those under the prefixes we read."""

    key: ObjectKey
    uid: str
    version: str
    created: str
    is_load_balancer: bool
    load_balancer_class: str | None = None
    cluster_ips: tuple[IPAddress, ...] = ()
    family_policy: FamilyPolicy = FamilyPolicy.SINGLE
    ports: tuple[ServicePort, ...] = ()
    port_names: frozenset[PortName] = frozenset()
    external_ips: tuple[IPAddress, ...] = ()  # spec.externalIPs, which kube-proxy takes for the Service
    traffic_policy: TrafficPolicy = TrafficPolicy.CLUSTER
    selector: tuple[tuple[str, str], ...] = ()
    labels: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    annotations: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    load_balancer_ip: str | None = None
    status: ServiceStatus = field(default_factory=ServiceStatus)

    @property
    def number(self) -> int:
        """Its version as a number: of two versions of Services the greater is the newer one (KEP-5504)."""
        return int(self.version) if self.version.isdecimal() else 0

    @property
    def age_order(self) -> tuple[str, ObjectKey]:
        """Sorts the oldest first; the same on every replica and after every restart."""
        return (self.created, self.key)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the allocator decided for one Service: the whole of what its status should say."""

    key: ObjectKey
    addresses: tuple[IPAddress, ...]
    pool: str | None
    reason: Reason
    message: str

    @property
    def condition(self) -> Condition:
        """As the condition that tells it."""
        is_ours = bool(self.addresses) and self.reason is not Reason.SERVED_BY_METALLB
        return Condition(is_ours, self.reason, self.message)
