"""A Node as the cloud's controllers see it."""

from dataclasses import dataclass
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.cluster_defaults import UNINITIALIZED
from mockcloud.controllers.objects.metadata import Meta, parse_meta

PROVIDED_IP: Final = "alpha.kubernetes.io/provided-node-ip"


@dataclass(frozen=True, slots=True)
class Address:
    """One entry of status.addresses."""

    kind: str
    address: str


@dataclass(frozen=True, slots=True)
class Node:
    """Which instance it is, and what it says of itself."""

    meta: Meta
    provider_id: str
    taints: tuple[str, ...]  # their keys
    addresses: tuple[Address, ...]
    ready: bool

    @property
    def uninitialized(self) -> bool:
        """Whether it still waits for its cloud."""
        return UNINITIALIZED in self.taints

    @property
    def provided_ips(self) -> tuple[str, ...]:
        """The addresses that its kubelet was told to use."""
        given = self.meta.annotations.get(PROVIDED_IP, "")
        return tuple(each.strip() for each in given.split(",") if each.strip())


def parse_node(obj: Object) -> Node:
    """From a core/v1 Node."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    conditions = {each["type"]: each["status"] for each in status.get("conditions") or ()}
    return Node(
        parse_meta(obj),
        spec.get("providerID") or "",
        tuple(each["key"] for each in spec.get("taints") or ()),
        tuple(Address(each["type"], each["address"]) for each in status.get("addresses") or ()),
        conditions.get("Ready") == "True",
    )
