"""Builds a lab's networks: a bridge for each in a namespace of its own, and veth pairs to the hosts."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pyroute2 import IPRoute

from mockcloud.lab.namespaces import in_network_namespace
from mockcloud.lab.topology import from_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockcloud.lab.topology import Host, Topology


def build(topology: Topology, namespaces: Mapping[str, int]) -> None:
    """Wire the hosts' namespaces to the bridges in those of their networks (descriptors by name)."""
    for network in topology.networks:
        in_network_namespace(
            namespaces[network.name], partial(_bridge, network.name, topology.hosts, namespaces)
        )
    for host in topology.hosts:
        nodes = topology.nodes if host.reaches_pods else ()
        in_network_namespace(namespaces[host.name], partial(_configure, host, nodes))


def main(argv: list[str]) -> int:
    """As a process: the topology as JSON, then NAME=DESCRIPTOR for each network and host."""
    build(from_json(argv[0]), {name: int(fd) for name, fd in (word.split("=") for word in argv[1:])})
    return 0


def _bridge(network: str, hosts: Sequence[Host], namespaces: Mapping[str, int]) -> None:
    Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")  # a switch has no addresses
    with IPRoute() as ip:
        # No multicast snooping: neighbour solicitations must reach hosts that nobody has heard join yet.
        ip.link("add", ifname=network, kind="bridge", br_mcast_snooping=0)
        bridge = ip.link_lookup(ifname=network)[0]
        ip.link("set", index=bridge, state="up")
        for host in hosts:
            for link in (each for each in host.links if each.network == network):
                peer = {"ifname": link.interface, "net_ns_fd": namespaces[host.name]}
                ip.link("add", ifname=host.name, kind="veth", peer=peer)
                ip.link("set", index=ip.link_lookup(ifname=host.name)[0], master=bridge, state="up")


def _configure(host: Host, nodes: Sequence[Host]) -> None:
    """The host's addresses and routes, also to the pods of these nodes."""
    # Addresses are usable at once: no duplicate address detection for those we gave ourselves.
    for scope in ("all", "default", *(link.interface for link in host.links)):
        Path(f"/proc/sys/net/ipv6/conf/{scope}/accept_dad").write_text("0")
        # Nor are they lost when somebody sets the interface down and up again.
        Path(f"/proc/sys/net/ipv6/conf/{scope}/keep_addr_on_down").write_text("1")
    # An ordinary user may ping and listen on port 80 on a host of his own.
    Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0")
    with IPRoute() as ip:
        ip.link("set", index=ip.link_lookup(ifname="lo")[0], state="up")
        for link in host.links:
            index = ip.link_lookup(ifname=link.interface)[0]
            ip.link("set", index=index, state="up")
            for address in (link.ipv4, link.ipv6):
                ip.addr("add", index=index, address=str(address.ip), prefixlen=address.network.prefixlen)
        if host.gateway is not None:
            for everywhere, router in (("0.0.0.0/0", host.gateway.ipv4), ("::/0", host.gateway.ipv6)):
                ip.route("add", dst=everywhere, gateway=str(router))
        for node in nodes:
            for pods, router in ((node.pods4, node.ipv4), (node.pods6, node.ipv6)):
                ip.route("add", dst=str(pods), gateway=str(router.ip))
