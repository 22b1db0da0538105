"""Builds the LAN: a bridge in a namespace of its own, and a veth pair from it to each host."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pyroute2 import IPRoute

from mockcloud.lab.namespaces import in_network_namespace
from mockcloud.lab.topology import LAN, UPLINK, Host, Topology, topology

if TYPE_CHECKING:
    from collections.abc import Mapping


def build(plan: Topology, lan: int, hosts: Mapping[str, int]) -> None:
    """Wire the hosts' namespaces (descriptors by name) to a bridge in the namespace `lan`."""
    in_network_namespace(lan, lambda: _bridge(plan, hosts))
    for host in plan.hosts:
        in_network_namespace(hosts[host.name], partial(_configure, host))


def main(argv: list[str]) -> int:
    """As a process: the number of nodes, then NAME=DESCRIPTOR for the LAN and each host."""
    plan = topology(int(argv[0]))
    descriptors = {name: int(fd) for name, fd in (word.split("=") for word in argv[1:])}
    build(plan, descriptors.pop(LAN), descriptors)
    return 0


def _bridge(plan: Topology, hosts: Mapping[str, int]) -> None:
    Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")  # a switch has no addresses
    with IPRoute() as ip:
        # No multicast snooping: neighbour solicitations must reach hosts that nobody has heard join yet.
        ip.link("add", ifname="lan", kind="bridge", br_mcast_snooping=0)
        bridge = ip.link_lookup(ifname="lan")[0]
        ip.link("set", index=bridge, state="up")
        for host in plan.hosts:
            peer = {"ifname": UPLINK, "net_ns_fd": hosts[host.name]}
            ip.link("add", ifname=host.name, kind="veth", peer=peer)
            ip.link("set", index=ip.link_lookup(ifname=host.name)[0], master=bridge, state="up")


def _configure(host: Host) -> None:
    # Addresses are usable at once: no duplicate address detection for those we gave ourselves.
    for scope in ("all", "default", UPLINK):
        Path(f"/proc/sys/net/ipv6/conf/{scope}/accept_dad").write_text("0")
        # Nor are they lost when somebody sets the interface down and up again.
        Path(f"/proc/sys/net/ipv6/conf/{scope}/keep_addr_on_down").write_text("1")
    # An ordinary user may ping and listen on port 80 on a host of his own.
    Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0")
    with IPRoute() as ip:
        for name in ("lo", UPLINK):
            ip.link("set", index=ip.link_lookup(ifname=name)[0], state="up")
        uplink = ip.link_lookup(ifname=UPLINK)[0]
        for address in (host.ipv4, host.ipv6):
            ip.addr("add", index=uplink, address=str(address.ip), prefixlen=address.network.prefixlen)
