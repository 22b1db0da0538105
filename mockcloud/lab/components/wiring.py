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

    from mockcloud.lab.topology import Host, Link, Topology


def build(topology: Topology, namespaces: Mapping[str, int]) -> None:
    """Wire the hosts' namespaces to the bridges in those of their networks (descriptors by name)."""
    for network in topology.networks:
        in_network_namespace(
            namespaces[network.name], partial(_bridge, network.name, topology.hosts, namespaces)
        )
    for host in topology.hosts:
        nodes = topology.nodes if host.reaches_pods else ()
        in_network_namespace(namespaces[host.name], partial(_configure, host, nodes))


def join(topology: Topology, name: str, namespaces: Mapping[str, int]) -> None:
    """Wire one host more, into networks that are built."""
    host = topology.host(name)
    for link in host.links:
        in_network_namespace(namespaces[link.network], partial(_plug, host.name, link, namespaces[name]))
    in_network_namespace(namespaces[name], partial(_configure, host, ()))
    for each in _who_reach_pods(topology):
        in_network_namespace(namespaces[each.name], partial(_route, "add", host))


def leave(topology: Topology, name: str, namespaces: Mapping[str, int]) -> None:
    """Take a host out of its networks, and off the routes of others."""
    host = topology.host(name)
    for each in _who_reach_pods(topology):
        in_network_namespace(namespaces[each.name], partial(_route, "del", host))
    for link in host.links:
        in_network_namespace(namespaces[link.network], partial(_unplug, host.name))


def main(argv: list[str]) -> int:
    """As a process: the topology as JSON, then NAME=DESCRIPTOR for each network and host."""
    build(from_json(argv[0]), _descriptors(argv[1:]))
    return 0


def join_main(argv: list[str]) -> int:
    """As a process: the topology as JSON, the host, then NAME=DESCRIPTOR for whom it concerns."""
    join(from_json(argv[0]), argv[1], _descriptors(argv[2:]))
    return 0


def leave_main(argv: list[str]) -> int:
    """As `join_main`."""
    leave(from_json(argv[0]), argv[1], _descriptors(argv[2:]))
    return 0


def _descriptors(words: Sequence[str]) -> dict[str, int]:
    return {name: int(fd) for name, fd in (word.split("=") for word in words)}


def _who_reach_pods(topology: Topology) -> list[Host]:
    return [each for each in topology.hosts if each.reaches_pods]


def _bridge(network: str, hosts: Sequence[Host], namespaces: Mapping[str, int]) -> None:
    Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")  # a switch has no addresses
    with IPRoute() as ip:
        # No multicast snooping: neighbour solicitations must reach hosts that nobody has heard join yet.
        ip.link("add", ifname=network, kind="bridge", br_mcast_snooping=0)
        ip.link("set", index=ip.link_lookup(ifname=network)[0], state="up")
    for host in hosts:
        for link in (each for each in host.links if each.network == network):
            _plug(host.name, link, namespaces[host.name])


def _plug(host: str, link: Link, namespace: int) -> None:
    """The host's cable into the switch whose namespace this is: the port is called as the host."""
    with IPRoute() as ip:
        peer = {"ifname": link.interface, "net_ns_fd": namespace}
        ip.link("add", ifname=host, kind="veth", peer=peer)
        bridge = ip.link_lookup(ifname=link.network)[0]
        ip.link("set", index=ip.link_lookup(ifname=host)[0], master=bridge, state="up")


def _unplug(host: str) -> None:
    with IPRoute() as ip:
        for port in ip.link_lookup(ifname=host):
            ip.link("del", index=port)


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
        _route("add", node)


def _route(command: str, node: Host) -> None:
    """Add or delete the way to the node's pods."""
    with IPRoute() as ip:
        for pods, router in ((node.pods4, node.ipv4), (node.pods6, node.ipv6)):
            ip.route(command, dst=str(pods), gateway=str(router.ip))
