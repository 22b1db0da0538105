"""Who announces a Service's addresses, or why nobody does; and all that one speaker announces."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.objects import ObjectKey


class NodeOut(StrEnum):
    """Why a node may not announce."""

    NOT_READY = "NotReady"
    NETWORK_UNAVAILABLE = "NetworkUnavailable"
    EXCLUDED_BY_LABEL = "ExcludedByLabel"
    NOT_SELECTED = "NotSelected"  # by the pool's node-selectors
    CORDONED = "Cordoned"  # announces only where nobody else can
    NO_LOCAL_ENDPOINT = "NoLocalEndpoint"
    NO_INTERFACE = "NoInterface"  # none that is up, with a carrier, and not excluded
    INTERFACE_MISSING = "InterfaceMissing"  # none of those that the pool names is up
    IPV6_OFF = "IPv6Off"  # on all of those, where there is an IPv6 address to announce
    INTERFACE_RETURNING = "InterfaceReturning"  # it was away until a short while ago
    NO_SPEAKER = "NoSpeaker"  # none that is alive
    SPEAKER_SETTLING = "SpeakerSettling"
    SPEAKER_RETURNING = "SpeakerReturning"  # takes only what nobody else could
    SPEAKER_LEAVING = "SpeakerLeaving"
    CUT_OFF = "CutOff"


class Standing(StrEnum):
    """How a Service stands with one speaker."""

    ANNOUNCED = "Announced"
    OTHER_NODE = "OtherNode"
    NO_NODE = "NoNode"
    NO_INTERFACE = "NoInterface"  # ours, but this node has no interface to announce on
    NO_ENDPOINTS = "NoEndpoints"
    HELD = "Held"  # by the annotation hold-announcing on the pools' ConfigMap
    NOT_IN_POOL = "NotInPool"
    NO_ADDRESS = "NoAddress"
    OTHER_CLASS = "OtherClass"
    OTHER_RELEASE = "OtherRelease"  # of the same class, which gave the address
    NOT_LOAD_BALANCER = "NotLoadBalancer"
    DELETED = "Deleted"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided for one Service: the addresses that `owner` announces, and each node that may not."""

    service: ObjectKey
    standing: Standing
    addresses: tuple[IPAddress, ...] = ()
    owner: str | None = None
    out: Mapping[str, NodeOut] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Announcement:
    """An address that this node answers for, and where: each interface's name and its MAC as `02:00:...`."""

    address: IPAddress
    interfaces: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Announcing:
    """All that `node` announces; and the Services that nobody announces, each with the reasons."""

    node: str
    announcements: tuple[Announcement, ...] = ()
    unannounced: Mapping[ObjectKey, Verdict] = field(default_factory=dict)
    seen: int | None = None  # the newest version of a Service by which it was decided
    held: bool = False  # nothing is to be announced, as a person wants it
