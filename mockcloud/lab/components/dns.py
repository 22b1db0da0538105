"""The cluster's DNS: a daemon on each node, on sockets that the lab keeps over the daemon's restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.cluster_defaults import CLUSTER_DNS4, CLUSTER_DNS6, CLUSTER_DOMAIN, DNS_PORT
from mockcloud.lab.components.cloud import name_server
from mockcloud.lab.components.component import Component, Daemon, HostSocket, Identity, Interpreter
from mockcloud.lab.components.node import addresses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockcloud.lab.components.component import Lab
    from mockcloud.lab.plan import Plan
    from mockcloud.lab.topology import Host

_NAME: Final = "dns"  # of all of them: what one may, each may


class Dns(Component):
    """It keeps no file."""

    def identities(self, _plan: Plan) -> Sequence[Identity]:
        return (Identity(_NAME, "system:dns"),)

    def sockets(self, lab: Lab) -> Mapping[str, HostSocket]:
        return {
            f"dns-{host.name}-{address}-{'tcp' if stream else 'udp'}": HostSocket(
                host.name, address, DNS_PORT, stream
            )
            for host in lab.topology.nodes
            for address in addresses(lab.plan, host)
            for stream in (False, True)
        }

    def daemons(self, lab: Lab) -> Sequence[Daemon]:
        sockets = self.sockets(lab)
        return [
            _daemon(lab, host, tuple(name for name, each in sockets.items() if each.host == host.name))
            for host in lab.topology.nodes
        ]


def _daemon(lab: Lab, host: Host, sockets: tuple[str, ...]) -> Daemon:
    servers = [CLUSTER_DNS4, CLUSTER_DNS6] if lab.plan.ipv6 else [CLUSTER_DNS4]
    argv = [
        *("--node-name", host.name),
        *("--node-ip", ",".join(map(str, addresses(lab.plan, host)))),
        *("--port", str(DNS_PORT)),
        *(word for name in sockets for word in ("--fd", f"{{fd:{name}}}")),
        *("--cluster-dns", ",".join(map(str, servers)), "--cluster-domain", CLUSTER_DOMAIN),
        *("--kubeconfig", str(lab.folder.kubeconfig_of(_NAME))),
    ]
    if outside := name_server(lab.plan):
        argv += ["--upstream", outside]
    name, entry = f"dns-{host.name}", "mockcloud.dns.__main__:main"
    return Daemon(name, host.name, entry, tuple(argv), Interpreter.NODE, 2, sockets)
