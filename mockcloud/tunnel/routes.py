"""This machine on a lab's network: an interface of its own, plugged into the lab's switch. For root only.

It goes with the process that made it, at the latest with the lab: one end of its cable is in a namespace.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final

from mockcloud.lab.errors import LabError
from mockcloud.lab.namespaces import in_network_namespace
from mockcloud.lab.topology import LAN, Link, Network

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyroute2 import IPRoute

    from mockcloud.lab.state import LabState

NUMBER: Final = 254
"""This machine's on the network: 192.168.10.254, and the same digits in IPv6."""
_PORT: Final = "this-machine"  # the switch's end
_LONGEST: Final = 15  # characters of an interface's name


@dataclass(frozen=True, slots=True)
class Route:
    """A network that this machine has a way to, and by which interface."""

    network: str
    interface: str


def in_the_way(wanted: Network, routes: Iterable[Route]) -> str:
    """Which way this machine has already to addresses of that network; "" where they are nobody's."""
    for route in routes:
        found = ip_network(route.network, strict=False)
        ours = wanted.ipv4 if found.version == 4 else wanted.ipv6
        if found.prefixlen and found.overlaps(ours):
            return f"{route.network} is reached by {route.interface} already"
    return ""


@contextmanager
def plugged_in(state: LabState, client: str) -> Iterator[Link]:
    """While it is plugged in; LabError where that may not be, or where the addresses are somebody's."""
    from pyroute2 import IPRoute
    from pyroute2.netlink.exceptions import NetlinkError

    if os.geteuid() != 0:
        msg = "--routes: only root may give this machine an interface; without it, the tunnel needs no root"
        raise LabError(msg)
    host = next(each for each in state.hosts if each.name == client)
    if ip_address(host.ipv4) not in LAN.ipv4:
        msg = f"--routes: the lab {state.name!r} is a cloud, behind a router: it has no LAN"
        raise LabError(msg)
    network, name = LAN, f"mc-{state.name}"[:_LONGEST]
    switch = os.open(f"/proc/{state.supervisor_pid}/fd/{host.switch_fd}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        with IPRoute() as ip:
            _remove(ip, name)  # of one that was killed
            if why := in_the_way(network, _routes(ip)):
                msg = f"--routes: {network.ipv4} can't be this lab's here: {why}"
                raise LabError(msg)
            link = network.link(NUMBER, name)
            _plug(ip, link, network, switch)
        yield link
    except (NetlinkError, PermissionError) as exc:
        msg = f"--routes: this machine can't be plugged into the lab's network: {exc}"
        raise LabError(msg) from exc
    finally:
        os.close(switch)
        with IPRoute() as ip:
            _remove(ip, name)


def _remove(ip: IPRoute, name: str) -> None:
    for index in ip.link_lookup(ifname=name):
        ip.link("del", index=index)


def _plug(ip: IPRoute, link: Link, network: Network, switch: int) -> None:
    ip.link("add", ifname=link.interface, kind="veth", peer={"ifname": _PORT, "net_ns_fd": switch})
    in_network_namespace(switch, lambda: _into_switch(network.name))
    index = ip.link_lookup(ifname=link.interface)[0]
    ip.link("set", index=index, state="up")
    for address in (link.ipv4, link.ipv6):
        ip.addr("add", index=index, address=str(address.ip), prefixlen=address.network.prefixlen)


def _into_switch(bridge: str) -> None:
    from pyroute2 import IPRoute

    with IPRoute() as ip:
        master = ip.link_lookup(ifname=bridge)[0]
        ip.link("set", index=ip.link_lookup(ifname=_PORT)[0], master=master, state="up")


def _routes(ip: IPRoute) -> list[Route]:
    """All ways of this machine but those of the kernel's own table (loopback, broadcast)."""
    names = {each["index"]: each.get_attr("IFLA_IFNAME") for each in ip.get_links()}
    found = []
    for each in ip.get_routes(table=254):
        if address := each.get_attr("RTA_DST"):
            name = names.get(each.get_attr("RTA_OIF"), "another way")
            found.append(Route(f"{address}/{each['dst_len']}", str(name)))
    return found
