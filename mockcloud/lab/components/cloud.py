"""`--provider cloud`: the host `edge`, a router between the internet and the private network.

The cloud's API and its balancers are there: mockcloud.edge, a program to this package, started by name. What
clients of the cloud need, it writes down (`mockcloud.lab.cloud_files`).
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from mockcloud.cluster_defaults import API_PORT
from mockcloud.lab.address_plan import (
    CLOUD,
    EDGE_NUMBER,
    INTERNET,
    PRIVATE,
    ZONES,
    subnet_of,
    zone_of,
)
from mockcloud.lab.cloud_files import DAEMON, files
from mockcloud.lab.components.api import CONTROL_PLANE
from mockcloud.lab.components.component import Component, Daemon, HostSocket, Interpreter
from mockcloud.lab.topology import Host

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockcloud.lab.components.component import Lab
    from mockcloud.lab.plan import Plan

EDGE: Final = "edge"
OUTSIDE: Final = "eth1"  # its interface on the internet
PORT: Final = 8077  # of the cloud's API, as `mockcloud cloud serve` has it
_MODULE: Final = "mockcloud.edge.__main__"
_LOOPBACK: Final = IPv4Address(0x7F000001)
_METADATA: Final = IPv4Address("169.254.169.254")
_OWN: Final = INTERNET.link(EDGE_NUMBER).ipv4.ip  # all hosts of the lab find it there
_DNS: Final = 53


class Cloud(Component):
    """It keeps what there is in the cloud over its restarts."""

    def hosts(self, _plan: Plan) -> Sequence[Host]:
        return (Host(EDGE, (PRIVATE.link(EDGE_NUMBER), INTERNET.link(EDGE_NUMBER, OUTSIDE))),)

    def sockets(self, _lab: Lab) -> Mapping[str, HostSocket]:
        return {
            "cloud-host": HostSocket(None, _LOOPBACK, 0),
            "cloud-lab": HostSocket(EDGE, _OWN, PORT),
            "cloud-dns-udp": HostSocket(EDGE, _OWN, _DNS, stream=False),
            "cloud-dns-tcp": HostSocket(EDGE, _OWN, _DNS),
            "cloud-metadata": HostSocket(EDGE, _METADATA, 80),
        }

    def daemons(self, lab: Lab) -> Sequence[Daemon]:
        sockets = tuple(self.sockets(lab))
        api = lab.topology.host(CONTROL_PLANE).ipv4.ip
        argv = [
            *("--data-dir", str(files(lab.folder))),
            *("--inside", lab.topology.host(EDGE).links[0].interface, "--outside", OUTSIDE),
            *("--private-cidr", str(PRIVATE.ipv4)),
            *(word for zone in range(1, ZONES + 1) for word in ("--subnet", str(subnet_of(zone)))),
            *(word for each in _machines(lab) for word in ("--machine", each)),
            *("--kubernetes-api", f"{api}:{API_PORT}"),
            *("--lab-url", f"http://{_OWN}:{PORT}", "--dns-address", str(_OWN)),
            *("--api-fd", "{fd:cloud-host}", "--api-fd", "{fd:cloud-lab}"),
            *("--dns-fd", "{fd:cloud-dns-udp}", "--dns-fd", "{fd:cloud-dns-tcp}"),
            *("--metadata-fd", "{fd:cloud-metadata}", "--switch-fd", f"{{fd:{PRIVATE.name}}}"),
        ]
        if lab.plan.dns_upstream:
            argv += ["--upstream", lab.plan.dns_upstream]
        # In the API's interpreter: it has most of what the cloud imports, and nothing to do by then.
        return (
            Daemon(
                DAEMON, EDGE, f"{_MODULE}:main", tuple(argv), Interpreter.API, 1, (*sockets, PRIVATE.name)
            ),
        )


def _machines(lab: Lab) -> list[str]:
    nodes = enumerate(lab.topology.nodes, 1)
    return [f"{host.name}={host.ipv4.ip}={zone_of(index)}" for index, host in nodes]


def name_server(plan: Plan) -> str | None:
    """Who knows names outside of the cluster: the cloud, which passes on what it does not know."""
    return str(_OWN) if plan.provider == CLOUD else plan.dns_upstream
