"""Instances: made, started, stopped, gone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core import addresses, networks
from mockcloud.cloud.core.addresses import NewAddress
from mockcloud.cloud.core.elastic_values import TargetGroup
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.resources import check_labels, check_room, check_unlocked, unique_name
from mockcloud.cloud.core.values import (
    Address,
    Balancer,
    Family,
    Instance,
    InstanceTarget,
    Labels,
    Network,
    Power,
    ResourceKind,
    Terminated,
    Use,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Address, IPv4Network

    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.core.state import Draft
    from mockcloud.cloud.core.values import Operation

# What an instance does after each order, and what it is until the operation has ended.
ORDERS: Final = {
    "start_server": (Power.STARTING, Power.RUNNING),
    "stop_server": (Power.STOPPING, Power.OFF),
    "shutdown_server": (Power.STOPPING, Power.OFF),
    "reboot_server": (Power.STARTING, Power.RUNNING),
    "reset_server": (Power.STARTING, Power.RUNNING),
}
REMEMBERED: Final = 3600.0  # seconds, after its end


@dataclass(frozen=True, slots=True)
class NewInstance:
    """What somebody asks for. `public`: the address of each family that it gets; None: a new one."""

    name: str
    size: str
    image: str
    zone: str
    labels: Labels = field(default_factory=dict)
    networks: Sequence[int] = ()
    public: dict[Family, int | None] = field(default_factory=lambda: {Family.V4: None, Family.V6: None})
    starts: bool = True
    security_groups: Sequence[int] = ()


def create(
    draft: Draft, wanted: NewInstance, catalogue: Catalogue
) -> tuple[Instance, Operation, list[Operation]]:
    """An instance, the operation that makes it, and those that come after; Refusal for many reasons."""
    check_room(draft.state, catalogue, ResourceKind.INSTANCE)
    unique_name(draft.state, Instance, wanted.name)
    size, zone = catalogue.any_instance_size(wanted.size).name, catalogue.zone(wanted.zone).name
    made = draft.put(
        Instance(
            draft.new_id(ResourceKind.INSTANCE),
            wanted.name,
            draft.now,
            zone,
            size,
            catalogue.image(wanted.image),
            Power.RUNNING if wanted.starts else Power.OFF,
            labels=check_labels(wanted.labels),
            security_groups=tuple(wanted.security_groups),
        )
    )
    for family, number in wanted.public.items():
        addresses.give(draft, _public(draft, family, number, zone, catalogue), made)
    for each in wanted.networks:
        put_into(draft, draft.state.get(Instance, made.id), draft.state.get(Network, each))
    creation = draft.begin("create_server", made)
    later = [draft.begin("start_server", made)] if wanted.starts else []
    return draft.state.get(Instance, made.id), creation, later


def order(draft: Draft, instance: Instance, command: str) -> Operation:
    """Start, stop and the like; Refusal LOCKED."""
    check_unlocked(draft.state, instance, draft.now)
    _, power = ORDERS[command]
    return draft.begin(command, draft.put(replace(instance, power=power)))


def power(instance: Instance, last: Operation | None, now: float) -> Power:
    """What it does at a moment, while an order is still carried out, too."""
    if last is not None and last.is_running(now):
        if last.command == "create_server":
            return Power.INITIALIZING
        if last.command in ORDERS:
            return ORDERS[last.command][0]
    return instance.power


def attach(
    draft: Draft,
    instance: Instance,
    network: Network,
    wanted: IPv4Address | None = None,
    within: IPv4Network | None = None,
) -> Operation:
    """Into a network; Refusal HAS_NETWORK, and those of a place."""
    return draft.begin("attach_to_network", put_into(draft, instance, network, wanted, within), network)


def put_into(
    draft: Draft,
    instance: Instance,
    network: Network,
    wanted: IPv4Address | None = None,
    within: IPv4Network | None = None,
) -> Instance:
    """The same without an operation: a part of what makes it, say."""
    if instance.at(network.id) is not None:
        message = f"server {instance.name} is attached to network {network.name} already"
        raise Refusal(Why.HAS_NETWORK, message, "network")
    found = networks.place(draft, network, wanted, within)
    return draft.put(replace(instance, private=(*instance.private, found)))


def detach(draft: Draft, instance: Instance, network: Network) -> Operation:
    """Out of a network; Refusal NOT_IN_NETWORK, IN_USE while a balancer reaches it there."""
    if instance.at(network.id) is None:
        raise Refusal(Why.NOT_IN_NETWORK, f"server {instance.name} is not attached to network {network.name}")
    left = tuple(each for each in instance.private if each.network != network.id)
    return draft.begin("detach_from_network", draft.put(replace(instance, private=left)), network)


def delete(draft: Draft, instance: Instance) -> Operation:
    """It is gone, and no balancer and no group has it; Refusal PROTECTED, LOCKED."""
    if instance.protected:
        raise Refusal(Why.PROTECTED, f"server {instance.name} is protected against deletion")
    check_unlocked(draft.state, instance, draft.now)
    _forget(draft, instance.id)
    addresses.release_all_of(draft, instance)
    draft.drop(draft.state.get(Instance, instance.id))
    operation = draft.begin("delete_server", instance)
    for each in draft.state.all(Terminated):
        if not is_remembered(each, draft.now):
            draft.drop(each)
    draft.put(Terminated(instance.id, instance, operation.ends))
    return operation


def is_remembered(gone: Terminated, now: float) -> bool:
    """Whether an instance that is gone is still shown, as AWS does."""
    return now < gone.ended + REMEMBERED


def _forget(draft: Draft, instance: int) -> None:
    for balancer in draft.state.all(Balancer):
        targets = tuple(
            each
            for each in balancer.targets
            if not (isinstance(each, InstanceTarget) and each.instance == instance)
        )
        leavers = tuple(each for each in balancer.leavers if each.instance != instance)
        if (targets, leavers) != (balancer.targets, balancer.leavers):
            draft.put(replace(balancer, targets=targets, leavers=leavers))
    for group in draft.state.all(TargetGroup):
        members = tuple(each for each in group.members if each.instance != instance)
        if members != group.members:
            draft.put(replace(group, members=members))


def _public(draft: Draft, family: Family, number: int | None, zone: str, catalogue: Catalogue) -> Address:
    if number is None:
        return addresses.allocate(draft, NewAddress(Use.PRIMARY, family, zone, auto_delete=True), catalogue)
    found = draft.state.get(Address, number)
    if found.use is not Use.PRIMARY or found.family is not family:
        raise Refusal(Why.INVALID, f"{found.name} is not a primary {family} address", "public_net")
    return found
