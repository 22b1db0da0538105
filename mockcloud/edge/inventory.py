"""The cloud that a lab begins with: one private network, and an instance for each node. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core import default_network, instances, security_groups
from mockcloud.cloud.core.addresses import PUBLIC_V4
from mockcloud.cloud.core.instances import NewInstance
from mockcloud.cloud.core.networks import NewNetwork
from mockcloud.cloud.core.security_groups import NewGroup
from mockcloud.cloud.core.security_values import ANY_PROTOCOL, SecurityRule
from mockcloud.cloud.core.state import Draft, State
from mockcloud.cloud.core.values import Family

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Address, IPv4Network

    from mockcloud.cloud.core.catalogue import Catalogue

NETWORK: Final = "lab"
SIZE: Final = "cx22"
IMAGE: Final = "debian-12"
CLUSTER: Final = "mockcloud"  # in the tags of what belongs to it
# A tag of AWS; Hetzner would not take it as a label.
LABELS: Final = {f"kubernetes.io/cluster/{CLUSTER}": "owned"}
GROUP: Final = "nodes"


@dataclass(frozen=True, slots=True)
class Machine:
    """A node of the lab: its address in the private network, and its zone (1: the catalogue's first)."""

    name: str
    ip: IPv4Address
    zone: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a lab has: its machines, and the private network with a subnet for each zone."""

    private: IPv4Network
    subnets: Sequence[IPv4Network]
    machines: Sequence[Machine]


def first_state(inventory: Inventory, catalogue: Catalogue, now: float) -> State:
    """All of it runs; each instance has a public IPv4 address, and is open to the cloud alone."""
    draft = Draft(State(), now)
    zones = {zone.name: whole for zone, whole in zip(catalogue.zones, inventory.subnets, strict=False)}
    network = default_network.create(draft, NewNetwork(NETWORK, inventory.private), zones, catalogue)
    group = _nodes_group(draft, network.id, inventory.private, catalogue)
    for machine in inventory.machines:
        zone = catalogue.zones[machine.zone - 1].name
        wanted = NewInstance(
            machine.name, SIZE, IMAGE, zone, public={Family.V4: None}, security_groups=(group,)
        )
        made, _, _ = instances.create(draft, wanted, catalogue)
        instances.attach(draft, draft.put(replace(made, labels=LABELS)), network, machine.ip)
    return draft.state


def _nodes_group(draft: Draft, network: int, private: IPv4Network, catalogue: Catalogue) -> int:
    """The nodes' own: open to the private network, and to balancers that reach them by public addresses."""
    made = security_groups.create(draft, NewGroup(GROUP, "nodes of the lab", network, LABELS), catalogue)
    rules = [SecurityRule(ANY_PROTOCOL, cidr=each) for each in (private, PUBLIC_V4)]
    return security_groups.authorize(draft, made, rules, most=catalogue.group_rules).id
