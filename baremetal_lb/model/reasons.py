"""Why something was decided: one enum feeds Events, the condition, metrics, the CLI's text and the tests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a Service stands as it does, or why a pool or address was refused; spelled as conditions want."""

    ALLOCATED = "Allocated"
    OUTSIDE_POOLS = "OutsidePools"  # held, in no pool any more, kept by `on-removal: keep`
    REQUEST_REFUSED = "RequestRefused"  # held, but a later wish could not be met
    NO_POOLS = "NoPools"
    NO_SUITABLE_POOL = "NoSuitablePool"
    EXHAUSTED = "Exhausted"
    NOT_AUTO_ASSIGN = "NotAutoAssign"
    PINNED_ELSEWHERE = "PinnedElsewhere"
    WRONG_FAMILY = "WrongFamily"
    SHARING_REFUSED = "SharingRefused"
    COOLING_DOWN = "CoolingDown"
    UNKNOWN_POOL = "UnknownPool"
    NOT_IN_POOL = "NotInPool"
    IN_USE = "InUse"
    ADDRESS_IN_USE = "AddressInUse"  # by somebody outside of the cluster
    NODE_ADDRESS = "NodeAddress"
    RESERVED = "Reserved"  # ruled out by --never-give
    NETWORK_OR_BROADCAST = "NetworkOrBroadcast"
    BUGGY_ADDRESS = "BuggyAddress"
    INVALID_REQUEST = "InvalidRequest"
    NO_CLUSTER_IP = "NoClusterIP"
    NOT_DUAL_STACK = "NotDualStack"


class EventReason(StrEnum):
    """The `reason` of the Events we write; the first ones are MetalLB's own words."""

    IP_ALLOCATED = "IPAllocated"
    ALLOCATION_FAILED = "AllocationFailed"
    CLEAR_ASSIGNMENT = "ClearAssignment"
    IP_RELEASED = "IPReleased"
    SHARING_REFUSED = "SharingRefused"
    DEPRECATED_ANNOTATION = "DeprecatedAnnotation"
    UNKNOWN_ANNOTATION = "UnknownAnnotation"
    EXTERNAL_IP_CLASH = "ExternalIPClash"
    CONFIG_REJECTED = "ConfigRejected"
    CONFIG_ACCEPTED = "ConfigAccepted"
    CONFIG_WARNING = "ConfigWarning"
    NODE_ASSIGNED = "NodeAssigned"
    EXCLUDE_LABEL_IGNORED = "ExcludeLabelIgnored"
    INTERFACES_SHARE_LAN = "InterfacesShareLan"
    NOT_ANNOUNCED = "NotAnnounced"
    ADDRESS_IN_USE = "AddressInUse"
    HEARTBEATS_MISSING = "HeartbeatsMissing"

    @property
    def is_warning(self) -> bool:
        """Whether Kubernetes should show it as a Warning."""
        return self in _WARNINGS


_WARNINGS = {
    EventReason.ALLOCATION_FAILED,
    EventReason.SHARING_REFUSED,
    EventReason.DEPRECATED_ANNOTATION,
    EventReason.UNKNOWN_ANNOTATION,
    EventReason.EXTERNAL_IP_CLASH,
    EventReason.CONFIG_REJECTED,
    EventReason.CONFIG_WARNING,
    EventReason.INTERFACES_SHARE_LAN,
    EventReason.NOT_ANNOUNCED,
    EventReason.ADDRESS_IN_USE,
    EventReason.HEARTBEATS_MISSING,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One "no": about what (a pool, an address, an annotation), why, and in words."""

    reason: Reason
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.detail}" if self.subject else self.detail


@dataclass(frozen=True, slots=True)
class Note:
    """An Event to be written about a Service or the ConfigMap."""

    reason: EventReason
    message: str
