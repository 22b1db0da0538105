"""A pod's link to its node, by netlink: a veth pair, host routes, and neighbours written down on both sides.

The pod has its address alone (/32, /128) and sends everything to a gateway that no interface has: both ends
know the other's hardware address, so nothing is ever resolved on this link and nothing has to answer for it.
"""

import contextlib
import os
from dataclasses import dataclass
from ipaddress import ip_address
from socket import AF_INET, AF_INET6, AddressFamily
from typing import Final

from pyroute2 import AsyncIPRoute, IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from mockcloud.node.host.network.state import Neighbour, Network, Protocol, Route

POD_INTERFACE: Final = "eth0"
NODE_MAC: Final = "ee:ee:ee:ee:ee:ee"
GATEWAYS: Final = {AF_INET: "169.254.1.1", AF_INET6: "fe80::1"}
NO_DAD: Final = 0x02  # IFA_F_NODAD: the address is ours to give
LOOPBACK_INDEX: Final = 1


@dataclass(frozen=True, slots=True)
class Link:
    """What the pair of interfaces is to be."""

    ips: tuple[str, ...]
    interface: str  # the node's end

    @property
    def mac(self) -> str:
        """The pod's hardware address: locally administered, from its first address."""
        tail = ip_address(self.ips[0]).packed[-4:]
        return "0a:58:" + ":".join(f"{byte:02x}" for byte in tail)

    @property
    def outside(self) -> Network:
        """What the node's side is to be."""
        return Network(
            up=frozenset({self.interface}),
            routes=frozenset(
                Route(f"{ip}/{_bits(ip)}", "", self.interface, protocol=Protocol.STATIC) for ip in self.ips
            ),
            neighbours=frozenset(Neighbour(self.interface, ip, self.mac) for ip in self.ips),
        )


def set_up_inside(link: Link, node_namespace: int) -> None:
    """Run in the pod's network namespace: make the pair, and all of the pod's side. It blocks ~15 ms."""
    with IPRoute() as netlink:
        netlink.link(
            "add",
            ifname=POD_INTERFACE,
            kind="veth",
            address=link.mac,
            peer={"ifname": link.interface, "net_ns_fd": node_namespace, "address": NODE_MAC},
        )
        index = netlink.link_lookup(ifname=POD_INTERFACE)[0]
        for ip in link.ips:
            flags = NO_DAD if _family(ip) == AF_INET6 else 0
            netlink.addr("add", index=index, address=ip, prefixlen=_bits(ip), flags=flags)
        netlink.link("set", index=LOOPBACK_INDEX, state="up")
        netlink.link("set", index=index, state="up")
        for ip in link.ips:
            _add_gateway(netlink, index, _family(ip))


async def set_up_outside(link: Link, netlink: AsyncIPRoute) -> None:
    """The node's side."""
    index = await _index_of(link.interface, netlink)
    await netlink.link("set", index=index, state="up")
    for ip in link.ips:
        family = _family(ip)
        await netlink.neigh(
            "replace", dst=ip, lladdr=link.mac, state="permanent", ifindex=index, family=family
        )
        await netlink.route("replace", dst=f"{ip}/{_bits(ip)}", oif=index, scope="link", family=family)


async def take_down(link: Link, netlink: AsyncIPRoute) -> None:
    """Remove the pair, if it is there; the routes go with it."""
    with contextlib.suppress(LookupError, NetlinkError):
        await netlink.link("del", index=await _index_of(link.interface, netlink))


def this_namespace() -> int:
    """A descriptor of the calling thread's network namespace."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


async def _index_of(interface: str, netlink: AsyncIPRoute) -> int:
    found: list[int] = await netlink.link_lookup(ifname=interface)
    if not found:
        msg = f"there is no interface {interface}"
        raise LookupError(msg)
    return found[0]


def _add_gateway(netlink: IPRoute, index: int, family: AddressFamily) -> None:
    gateway = GATEWAYS[family]
    netlink.neigh("add", dst=gateway, lladdr=NODE_MAC, state="permanent", ifindex=index, family=family)
    if family == AF_INET:  # fe80::/64 is on the link already
        netlink.route("add", dst=f"{gateway}/32", oif=index, scope="link")
    netlink.route("add", dst="default", gateway=gateway, oif=index, family=family)


def _family(ip: str) -> AddressFamily:
    return AF_INET6 if ":" in ip else AF_INET


def _bits(ip: str) -> int:
    return 128 if ":" in ip else 32
