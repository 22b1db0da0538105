"""What a person can do about each reason; docs/troubleshooting.md has the same at length.

`{service}`, `{namespace}` and `{name}` are the Service's, `{config}` the pools' ConfigMap, `{system}` its
namespace, and `{config_name}` its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from baremetal_lb.model.api_names import HOLD, AnnouncedReason, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

_READ_MESSAGE: Final = "do as the message says: change what the Service asks for, or the pools in {config}"
_FOREIGN: Final = (
    "find who has it (`arping -I INTERFACE ADDRESS` on a node, the switch's MAC table), and take it from "
    "there or out of the pool"
)

STRANGER: Final = (
    "look for that MAC in the switch's table, and take the address from that machine or out of the pool; "
    "a router that answers for others (proxy ARP) answers so, too"
)
SILENCE: Final = (
    "compare with `tcpdump -ni INTERFACE arp or icmp6` on the node that announces it: if the question does "
    "not arrive, the two are not in one LAN (VLAN, another switch, a cloud that drops ARP); where the answer "
    "leaves and does not arrive, look at the switch (port security, ARP inspection)"
)

ALLOCATED: Final[Mapping[Reason, str]] = {
    Reason.ALLOCATED: "",
    Reason.OUTSIDE_POOLS: "nothing, if it is to stay so: `on-removal: keep` keeps it; else put it into a "
    "pool again",
    Reason.REQUEST_REFUSED: "it keeps what it has; " + _READ_MESSAGE,
    Reason.NO_POOLS: "write pools into {config}; `baremetal-lb check-config FILE` says beforehand what is "
    "wrong with them",
    Reason.NO_SUITABLE_POOL: _READ_MESSAGE,
    Reason.EXHAUSTED: "add addresses to the pool in {config} (who waits is served at once, the oldest "
    "first), or delete Services that are not needed; `baremetal-lb status` shows how full each pool is",
    Reason.NOT_AUTO_ASSIGN: "name the pool: `kubectl -n {namespace} annotate service {name} "
    "metallb.io/address-pool=POOL`; or give the pool `auto-assign: true`",
    Reason.PINNED_ELSEWHERE: _READ_MESSAGE,
    Reason.WRONG_FAMILY: "add addresses of the Service's family to a pool in {config}, or change the "
    "Service's ipFamilies",
    Reason.SHARING_REFUSED: _READ_MESSAGE,
    Reason.COOLING_DOWN: "wait: the message says until when; or shorten the pool's cooldown",
    Reason.UNKNOWN_POOL: "correct the annotation, or add such a pool to {config}",
    Reason.NOT_IN_POOL: _READ_MESSAGE,
    Reason.IN_USE: "ask for another address, or let both Services share it (allow-shared-ip)",
    Reason.ADDRESS_IN_USE: _FOREIGN,
    Reason.NODE_ADDRESS: "ask for another address: this one is a node's own",
    Reason.RESERVED: "ask for another address: the controller is told never to give this one (--never-give)",
    Reason.NETWORK_OR_BROADCAST: _READ_MESSAGE,
    Reason.BUGGY_ADDRESS: "ask for another address, or set `avoid-buggy-ips: false` for the pool",
    Reason.INVALID_REQUEST: "correct what the message names",
    Reason.NO_CLUSTER_IP: "give the Service a ClusterIP: one without cannot be reached from outside",
    Reason.NOT_DUAL_STACK: _READ_MESSAGE,
    Reason.SERVED_BY_METALLB: "leave it to MetalLB, or take it over: `baremetal-lb migrate`",
}

ANNOUNCED: Final[Mapping[AnnouncedReason, str]] = {
    AnnouncedReason.ANNOUNCED: "",
    AnnouncedReason.NO_ENDPOINTS: "get a pod of the Service ready: `kubectl -n {namespace} get "
    "endpointslices -l kubernetes.io/service-name={name}`",
    AnnouncedReason.NOBODY_ANNOUNCES: "the message has a reason for each node: mend one of them",
    AnnouncedReason.HELD: "once nothing stands against it: `kubectl -n {system} annotate configmap "
    "{config_name} " + HOLD + "-`",
    AnnouncedReason.NOT_IN_LAYER2_POOL: "put the address into a pool of protocol layer2 in {config}",
    AnnouncedReason.ADDRESS_IN_USE: _FOREIGN,
    AnnouncedReason.CONFLICT_SEEN: _FOREIGN,
    AnnouncedReason.NO_WAY_BACK: "set on that node what the message says",
    AnnouncedReason.NOT_ANSWERING: "look at that node's cable and switch port: port security, ARP "
    "inspection, or the anti-spoofing of a virtual switch",
}


def for_allocated(reason: str) -> str:
    """For the condition Allocated; a reason that only a newer controller knows has none of its own."""
    return next((text for known, text in ALLOCATED.items() if known == reason), _READ_MESSAGE)


def for_announced(reason: str) -> str:
    """For the condition Announced."""
    return next((text for known, text in ANNOUNCED.items() if known == reason), "do as the message says")
