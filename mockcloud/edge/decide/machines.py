"""Which of a lab's machines have a network, and by which public address each is reached. Pure."""

from collections.abc import Container, Iterable
from ipaddress import IPv4Address

from mockcloud.cloud.core.instances import power
from mockcloud.cloud.core.state import State, ref_to
from mockcloud.cloud.core.values import Address, Family, HolderKind, Instance, Power


def connected(
    state: State, now: float, machines: Iterable[str], cut_off: Container[str] = ()
) -> dict[str, bool]:
    """Whether each is an instance that runs; who is `cut_off` is so although it does."""
    running = {
        each.name
        for each in state.all(Instance)
        if each.name not in cut_off
        and power(each, state.last_operation.get(ref_to(each)), now) is Power.RUNNING
    }
    return {name: name in running for name in machines}


def public_addresses(state: State) -> dict[IPv4Address, IPv4Address]:
    """The public IPv4 addresses of instances -> the private one of each; without one it leads nowhere."""
    private = {each.id: each.private[0].ip for each in state.all(Instance) if each.private}
    return {
        each.ip: private[each.holder.id]
        for each in state.all(Address)
        if each.family is Family.V4
        and isinstance(each.ip, IPv4Address)
        and each.holder is not None
        and each.holder.kind is HolderKind.INSTANCE
        and each.holder.id in private
    }
