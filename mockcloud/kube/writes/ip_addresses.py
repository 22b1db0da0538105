"""An IPAddress stands for each ClusterIP, and ServiceCIDRs say from where these are (KEP-1880); pure.

Source: kubernetes v1.34 `pkg/registry/core/service/ipallocator`, `pkg/controller/servicecidrs`.
"""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.ipaddresses import IP_ADDRESS
from mockcloud.kube.resources.validation.formats import family_of, parsed_address

FAMILY: Final = "ipaddress.kubernetes.io/ip-family"
MANAGED_BY: Final = "ipaddress.kubernetes.io/managed-by"
ALLOCATOR: Final = "ipallocator.k8s.io"
FINALIZER: Final = "networking.k8s.io/service-cidr-finalizer"
READY: Final = ("True", "", "Kubernetes Service CIDR is ready")
TERMINATING: Final = (
    "False",
    "Terminating",
    "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR",
)


def names_of(service: JsonObject | None) -> list[str]:
    """The names that the IPAddresses of a Service have: its addresses as they are written in full form."""
    stated = object_at(service or {}, "spec").get("clusterIPs") or ()
    return [str(each) for each in map(parsed_address, stated) if each is not None]


def address_of(name: str, service: JsonObject) -> JsonObject:
    """The IPAddress that stands for this address of the Service."""
    metadata = service["metadata"]
    return {
        "apiVersion": IP_ADDRESS.group_version,
        "kind": IP_ADDRESS.kind,
        "metadata": {"name": name, "labels": {FAMILY: family_of(name), MANAGED_BY: ALLOCATOR}},
        "spec": {"parentRef": _parent(metadata["namespace"], metadata["name"])},
    }


def _parent(namespace: str, name: str) -> JsonObject:
    return {"resource": "services", "namespace": namespace, "name": name}


def stands_for(address: JsonObject, service: JsonObject) -> bool:
    """Whether it is the Service's."""
    parent, metadata = object_at(object_at(address, "spec"), "parentRef"), service["metadata"]
    wanted = _parent(metadata["namespace"], metadata["name"])
    return not parent.get("group") and all(parent.get(key) == value for key, value in wanted.items())


def is_managed(address: JsonObject) -> bool:
    """Whether it was made for a ClusterIP, and goes with it."""
    return object_at(address["metadata"], "labels").get(MANAGED_BY) == ALLOCATOR


def differences(
    services: Iterable[JsonObject], addresses: Mapping[str, JsonObject]
) -> tuple[list[JsonObject], list[str]]:
    """The IPAddresses that are missing, and the names of those that stand for no ClusterIP any more.

    Where somebody's own IPAddress has the name of a Service's address, it stays.
    """
    holders = {name: service for service in services for name in names_of(service)}
    stale = [
        name
        for name, address in addresses.items()
        if is_managed(address) and not (name in holders and stands_for(address, holders[name]))
    ]
    gone = frozenset(stale)
    missing = [
        address_of(name, holder) for name, holder in holders.items() if name not in addresses or name in gone
    ]
    return missing, stale


def offered(ranges: Iterable[JsonObject]) -> list[str]:
    """The CIDRs from which addresses are given: of ServiceCIDRs that are ready and are not to go."""
    return [
        cidr
        for each in ranges
        if _is_ready(each) and not each["metadata"].get("deletionTimestamp")
        for cidr in object_at(each, "spec").get("cidrs") or ()
    ]


def settled(
    ranges: JsonObject, others: Sequence[JsonObject], addresses: Iterable[JsonObject], now: str
) -> JsonObject:
    """The ServiceCIDR with its finalizer and condition; without the finalizer where it may go.

    `others` are all other ServiceCIDRs. `now` is for a condition that changes.
    """
    metadata = ranges["metadata"]
    held = list(metadata.get("finalizers") or ())
    if not metadata.get("deletionTimestamp"):
        finalizers = held if FINALIZER in held else [*held, FINALIZER]
        held_fast = (
            ranges if finalizers is held else {**ranges, "metadata": {**metadata, "finalizers": finalizers}}
        )
        return _with_ready(held_fast, READY, now)
    if _needed(ranges, others, addresses):
        return _with_ready(ranges, TERMINATING, now)
    left = [each for each in held if each != FINALIZER]
    return ranges if left == held else {**ranges, "metadata": {**metadata, "finalizers": left}}


def _needed(ranges: JsonObject, others: Sequence[JsonObject], addresses: Iterable[JsonObject]) -> bool:
    """Whether an address that a Service has would be in no range without this one."""
    own, rest = _networks([ranges]), _networks(others)
    numbers = (ip_address(each["metadata"]["name"]) for each in addresses if is_managed(each))
    return any(
        any(number in network for network in own) and not any(number in network for network in rest)
        for number in numbers
    )


def _networks(ranges: Iterable[JsonObject]) -> list[IPv4Network | IPv6Network]:
    return [ip_network(cidr) for each in ranges for cidr in object_at(each, "spec").get("cidrs") or ()]


def _is_ready(ranges: JsonObject) -> bool:
    return _ready(ranges).get("status") == "True"


def _ready(ranges: JsonObject) -> JsonObject:
    conditions: list[JsonObject] = list(object_at(ranges, "status").get("conditions") or ())
    return next((each for each in conditions if each.get("type") == "Ready"), {})


def _with_ready(ranges: JsonObject, said: tuple[str, str, str], now: str) -> JsonObject:
    before = _ready(ranges)
    if tuple(before.get(key) for key in ("status", "reason", "message")) == said:
        return ranges
    status, reason, message = said
    since = before.get("lastTransitionTime") if before.get("status") == status else None
    condition = {
        "type": "Ready",
        "status": status,
        "lastTransitionTime": since or now,
        "reason": reason,
        "message": message,
    }
    held: list[JsonObject] = list(object_at(ranges, "status").get("conditions") or ())
    kept = [each for each in held if each.get("type") != "Ready"]
    return {**ranges, "status": {**object_at(ranges, "status"), "conditions": [*kept, condition]}}
