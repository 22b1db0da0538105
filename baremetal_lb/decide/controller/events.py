"""What a controller's machine is told. Each event is a fact; what follows from it is the machine's matter.

Until ClusterListed they say what is there; afterwards, what changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from baremetal_lb.decide.timers import Tick

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baremetal_lb.model.addresses import AddressRange
    from baremetal_lb.model.errors import ConfigRejected
    from baremetal_lb.model.node_interfaces import NodeInterfaces
    from baremetal_lb.model.nodes import NodeFacts
    from baremetal_lb.model.objects import ObjectKey, Subject
    from baremetal_lb.model.pools import PoolConfig
    from baremetal_lb.model.reports import Report
    from baremetal_lb.model.services import ServiceView


@dataclass(frozen=True, slots=True)
class ClusterListed:
    """All of the cluster was listed once: Services, Namespaces, Nodes, Service ranges and the ConfigMap."""


@dataclass(frozen=True, slots=True)
class ServiceSeen:
    """A Service came (no `old`), changed or went (no `new`)."""

    old: ServiceView | None
    new: ServiceView | None


@dataclass(frozen=True, slots=True)
class NamespaceSeen:
    """A Namespace's labels; None where it is gone."""

    name: str
    labels: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class NodeSeen:
    """A Node came, changed (often nothing that matters: it renews its status) or went."""

    name: str
    facts: NodeFacts | None


@dataclass(frozen=True, slots=True)
class ServiceRangesSeen:
    """A ServiceCIDR and its ranges, or that it is gone."""

    name: str
    ranges: tuple[AddressRange, ...] | None


@dataclass(frozen=True, slots=True)
class ConfigMap:
    """The pools' ConfigMap. `text` None: it has no such key. `verdict`: what it says that we said of it."""

    subject: Subject
    text: str | None
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class ConfigMapSeen:
    """The ConfigMap as it is now; None where there is none."""

    found: ConfigMap | None


@dataclass(frozen=True, slots=True)
class ConfigJudged:
    """What came of JudgeConfig."""

    result: PoolConfig | ConfigRejected


@dataclass(frozen=True, slots=True)
class ReportSeen:
    """A speaker reports, with something new or as a sign of life; `heard_at` by the clock of time awake."""

    report: Report
    heard_at: float


@dataclass(frozen=True, slots=True)
class ReportLost:
    """A speaker's report is gone."""

    node: str


@dataclass(frozen=True, slots=True)
class NodeInterfacesSeen:
    """A speaker tells of its node's interfaces, or tells nothing any more."""

    node: str
    interfaces: NodeInterfaces | None


@dataclass(frozen=True, slots=True)
class ReportsListed:
    """Every report that was there before us was told."""


@dataclass(frozen=True, slots=True)
class StatusWritten:
    """What WriteStatus asked for is written; the Service as it then is was told before."""

    key: ObjectKey


@dataclass(frozen=True, slots=True)
class StatusRefused:
    """It could not be written and never will be: the Service is gone, or the API does not accept it."""

    key: ObjectKey


@dataclass(frozen=True, slots=True)
class RetryDue:
    """It could not be written for now, and it was waited for as long as is polite."""

    key: ObjectKey


@dataclass(frozen=True, slots=True)
class TermEnded:
    """This one leads no more: whatever it would decide now is somebody else's to decide."""


Event: TypeAlias = (
    ClusterListed
    | ServiceSeen
    | NamespaceSeen
    | NodeSeen
    | ServiceRangesSeen
    | ConfigMapSeen
    | ConfigJudged
    | ReportSeen
    | ReportLost
    | NodeInterfacesSeen
    | ReportsListed
    | StatusWritten
    | StatusRefused
    | RetryDue
    | Tick
    | TermEnded
)
