"""The cluster's network: a switch, and hosts and nodes plugged into it, each a network namespace."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

from e2e.real import hosts
from mockcloud.linux import CLONE_NEWNET, setns
from testkit.lan import Lan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyroute2 import IPRoute

_FORWARDING: Final = ("ipv4/ip_forward", "ipv6/conf/all/forwarding")


class Network:
    """`Network(nodes)` stands when it is made, and goes when nobody holds its descriptors."""

    def __init__(self, nodes: Sequence[hosts.Node]) -> None:
        everyone = [*hosts.hosts(), *nodes]
        self._lan = Lan.of(hosts.SWITCH, *(each.name for each in everyone), user_namespace=False)
        self._lan.bridge(hosts.SWITCH, [each.name for each in everyone])
        for each in everyone:
            for address, bits in each.addresses:
                self._lan.address(each.name, "eth0", address, bits)
        self._lan.link(hosts.CONTROL, lambda ip: _route_pods(ip, nodes))
        for node in nodes:
            self._lan.run(node.name, _forward)
            others = [each for each in nodes if each is not node]
            self._lan.link(node.name, lambda ip, others=others: _route_pods(ip, others))
            self._lan.link(node.name, _default_route)

    @property
    def descriptors(self) -> dict[str, int]:
        """Of each host's namespace in this process."""
        return dict(self._lan.hosts)

    def enter(self, host: str) -> Callable[[], None]:
        """What a child calls between fork and exec to be on that host."""
        return self._lan.enter(host)

    def live_on(self, host: str) -> None:
        """This process, and whom it starts, are on that host from now on."""
        setns(self._lan.hosts[host], CLONE_NEWNET)

    def run(self, host: str, work: Callable[[], object]) -> None:
        """Do this on a host, in a child."""
        self._lan.run(host, work)

    def plug(self, host: str) -> None:
        """Its cable is in the switch."""
        self._port(host, "up")

    def unplug(self, host: str) -> None:
        """Its cable is not: it has no carrier."""
        self._port(host, "down")

    def _port(self, host: str, state: str) -> None:
        def work(ip: IPRoute) -> None:
            ip.link("set", index=ip.link_lookup(ifname=f"to-{host}")[0], state=state)

        self._lan.link(hosts.SWITCH, work)


def _forward() -> None:
    for setting in _FORWARDING:
        (Path("/proc/sys/net") / setting).write_text("1")


def _route_pods(ip: IPRoute, others: Sequence[hosts.Node]) -> None:
    for other in others:
        for pods, gateway in zip(other.pod_ranges, other.ips, strict=True):
            ip.route("add", dst=pods, gateway=gateway, family=_family(gateway))


def _default_route(ip: IPRoute) -> None:
    """Without one Linux finds a ClusterIP unreachable before any rule sees the packet."""
    for gateway in hosts.host(hosts.CONTROL).ips:
        ip.route("add", dst="default", gateway=gateway, family=_family(gateway))


def _family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
