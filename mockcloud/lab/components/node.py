"""Nodes: a host and an agent (kubelet and kube-proxy) each, and the ranges of their pods."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Final

from mockcloud.cluster_defaults import CLUSTER_DNS4, CLUSTER_DOMAIN, SERVICE_CIDRS, SERVICES4
from mockcloud.lab.address_plan import CLOUD, address_plan
from mockcloud.lab.components.component import BAREMETAL_LB, Component, Daemon, Identity, Interpreter
from mockcloud.lab.plan import MOST_NODES, NodeWish
from mockcloud.lab.topology import PODS4, PODS6, UPLINK, Host
from mockcloud.labels import ZONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from ipaddress import IPv4Address, IPv6Address

    from mockcloud.lab.components.component import Lab
    from mockcloud.lab.plan import Plan

_MODULE: Final = "mockcloud.node.__main__"


class Nodes(Component):
    """A node's files: its pods' records and logs. Claimed volumes are all nodes': a pod may move."""

    def modules(self) -> Mapping[Interpreter, tuple[str, ...]]:
        return {Interpreter.NODE: (_MODULE,)}

    def hosts(self, plan: Plan) -> Sequence[Host]:
        return [_host(plan, index) for index in _indices(plan)]

    def identities(self, _plan: Plan) -> Sequence[Identity]:
        """Also of those that may join later: the API makes tokens when it starts."""
        return [
            Identity(name, f"system:node:{name}", ("system:nodes",))
            for name in map(_name, range(1, MOST_NODES + 1))
        ]

    def daemons(self, lab: Lab) -> Sequence[Daemon]:
        return [_agent(lab, host) for host in lab.topology.nodes]


def addresses(plan: Plan, host: Host) -> list[IPv4Address | IPv6Address]:
    """Where the cluster knows the host."""
    return [host.ipv4.ip, host.ipv6.ip] if plan.ipv6 else [host.ipv4.ip]


def _indices(plan: Plan) -> range:
    return range(1, plan.nodes + 1)


def _name(index: int) -> str:
    return f"node-{index}"


def _host(plan: Plan, index: int) -> Host:
    pods4 = IPv4Network((int(PODS4.network_address) + (index << 8), 24))
    pods6 = IPv6Network(f"{str(PODS6.network_address).removesuffix(':')}{index}::/64")  # the same digits
    where = address_plan(plan)
    link = where.node(index)
    return Host(_name(index), (link,), pods4, pods6, where.gateway(link))


def _agent(lab: Lab, host: Host) -> Daemon:
    both = lab.plan.ipv6
    argv = [
        *("--node-name", host.name),
        *("--node-ip", ",".join(map(str, addresses(lab.plan, host)))),
        *("--uplink", f"{UPLINK}={host.ipv4},{host.ipv6}"),
        *("--pod-cidr", f"{host.pods4},{host.pods6}" if both else str(host.pods4)),
        *("--cluster-cidr", f"{PODS4},{PODS6}" if both else str(PODS4)),
        *("--service-cidr", SERVICE_CIDRS if both else str(SERVICES4)),
        *("--cluster-dns", str(CLUSTER_DNS4), "--cluster-domain", CLUSTER_DOMAIN),
        *("--data-dir", str(lab.folder.data(host.name))),
        *("--claims-dir", str(lab.folder.data("claims"))),
        *("--kubeconfig", str(lab.folder.kubeconfig_of(host.name))),
        *("--own-catalogue", str(lab.folder.own_catalogue)),
    ]
    if host.gateway is not None:
        argv += ["--gateway", f"{host.gateway.ipv4},{host.gateway.ipv6}"]
    index = lab.topology.nodes.index(host)
    wish = lab.plan.wishes[index] if index < len(lab.plan.wishes) else NodeWish()
    zones = lab.plan.zones
    if labels := [*([f"{ZONE}={zones[index % len(zones)]}"] if zones else []), *wish.labels]:
        argv += ["--node-labels", ",".join(labels)]
    if wish.taints:
        argv += ["--register-with-taints", ",".join(wish.taints)]
    if lab.plan.provider == CLOUD:
        argv += ["--cloud-provider", "external"]
    argv += ["--warm", f"{BAREMETAL_LB}={lab.folder.warm(BAREMETAL_LB)}"]
    argv += [word for path in lab.plan.host_paths for word in ("--host-path", path)]
    if lab.plan.catalogue:
        argv += ["--catalogue", lab.plan.catalogue]
    return Daemon(host.name, host.name, f"{_MODULE}:main", tuple(argv), Interpreter.NODE, 1)
