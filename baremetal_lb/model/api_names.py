"""Every name in the Kubernetes API that people type or read: annotations, labels, conditions, reasons.

One name stands in one place. Where MetalLB has the same thing it has MetalLB's name.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

# Annotations of a Service. The first prefix that has a name wins.
OURS: Final = "baremetal-lb.io/"
METALLB: Final = "metallb.io/"
DEPRECATED: Final = "metallb.universe.tf/"
PREFIXES: Final = (OURS, METALLB, DEPRECATED)
ADDRESSES: Final = "loadBalancerIPs"
POOL: Final = "address-pool"
SHARING_KEY: Final = "allow-shared-ip"
CONSENT: Final = OURS + "share-with-namespaces"  # of a Namespace's Services, too
ALLOCATED_FROM: Final = OURS + "ip-allocated-from-pool"  # written by the controller

METALLB_ALLOCATED: Final = METALLB + "ip-allocated-from-pool"  # written by MetalLB's controller

# On the pools' ConfigMap: what the controller says of it.
VERDICT: Final = OURS + "verdict"
# On the same, by a person or `baremetal-lb migrate`: speakers announce nothing while it stands there; its
# value is for people.
HOLD: Final = OURS + "hold-announcing"

# On a Service: the namespace of the release that gave it its addresses; other releases' speakers leave them.
SERVED_BY: Final = OURS + "served-by"

# On a Lease: the namespace of another release of the same class, which serves; this one waits.
WAITS_FOR: Final = OURS + "waits-for"

# On a Node, whatever its value (KEP-1143).
EXCLUDE_LABEL: Final = "node.kubernetes.io/exclude-from-external-load-balancers"

# Conditions in a Service's status.
ALLOCATED: Final = OURS + "Allocated"
ANNOUNCED: Final = OURS + "Announced"


class Reason(StrEnum):
    """The `reason` of the condition Allocated; also why a pool or an address was refused."""

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
    SERVED_BY_METALLB = "ServedByMetalLB"  # it has an address that MetalLB gave, of none of our pools


class AnnouncedReason(StrEnum):
    """The `reason` of the condition Announced; with all but the first it is False."""

    ANNOUNCED = "Announced"
    NO_ENDPOINTS = "NoEndpoints"
    NOBODY_ANNOUNCES = "NobodyAnnounces"  # the message has the reason for each node
    HELD = "AnnouncingHeld"  # by the annotation hold-announcing
    NOT_IN_LAYER2_POOL = "NotInLayer2Pool"
    ADDRESS_IN_USE = "AddressInUse"  # somebody else had it before we ever used it
    CONFLICT_SEEN = "ConflictSeen"  # somebody else claims it while we announce it
    NO_WAY_BACK = "NoWayBack"  # it is answered for, but replies of its node do not reach the LAN
    NOT_ANSWERING = (
        "NotAnswering"  # its owner says that it answers, and another speaker finds that it does not
    )


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
    SAME_CLASS_TWICE = "SameClassTwice"
    SERVED_BY_METALLB = "ServedByMetalLB"
    STATUS_CONTESTED = "StatusContested"

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
    EventReason.SAME_CLASS_TWICE,
    EventReason.SERVED_BY_METALLB,
    EventReason.STATUS_CONTESTED,
}
