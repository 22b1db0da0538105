"""The Kubernetes API: one process, reached from the user's network and, at `control-plane`, from the LAN."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from mockcloud.cluster_defaults import API_PORT, SERVICE_CIDRS, SERVICES4
from mockcloud.lab.address_plan import address_plan
from mockcloud.lab.components.component import Component, Daemon, HostSocket, Interpreter
from mockcloud.lab.topology import Host

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockcloud.lab.components.component import Identity, Lab
    from mockcloud.lab.plan import Plan
    from mockcloud.lab.topology import Topology

CONTROL_PLANE: Final = "control-plane"
USERS_SOCKET: Final = "api-host"
_LAN_SOCKET: Final = "api-lab"
_LOOPBACK: Final = IPv4Address(0x7F000001)
_ANY: Final = IPv4Address(0)


class Api(Component):
    """It writes all kubeconfigs: the administrator's, for the user and for the LAN, and each daemon's."""

    def modules(self) -> Mapping[Interpreter, tuple[str, ...]]:
        return {Interpreter.API: ("mockcloud.kube.__main__", "mockcloud.kube.serving.server")}

    def hosts(self, plan: Plan) -> Sequence[Host]:
        where = address_plan(plan)
        link = where.control_plane
        # As a control plane's node has it from its network plugin: the API's proxies lead to pods.
        return (Host(CONTROL_PLANE, (link,), gateway=where.gateway(link), reaches_pods=True),)

    def sockets(self, _lab: Lab) -> Mapping[str, HostSocket]:
        return {
            USERS_SOCKET: HostSocket(None, _LOOPBACK, 0),
            _LAN_SOCKET: HostSocket(CONTROL_PLANE, _ANY, API_PORT),
        }

    def daemons(self, lab: Lab) -> Sequence[Daemon]:
        address = str(lab.topology.host(CONTROL_PLANE).ipv4.ip)
        argv = (
            *("--data-dir", str(lab.folder.data("kube"))),
            *("--fd", f"{{fd:{USERS_SOCKET}}}", "--fd", f"{{fd:{_LAN_SOCKET}}}"),
            *("--dial-netns-fd", f"{{fd:{CONTROL_PLANE}}}"),
            *("--kubeconfig", f"{lab.folder.kubeconfig}={lab.api_url}"),
            *("--kubeconfig", f"{lab.folder.lab_kubeconfig}={lan_url(lab.topology)}"),
            *(word for each in lab.identities for word in _identity(lab, each)),
            *("--cluster-name", f"mockcloud-{lab.folder.name}"),
            *("--advertise-address", address),
            *("--service-cidr", SERVICE_CIDRS if lab.plan.ipv6 else str(SERVICES4)),
        )
        fds = (USERS_SOCKET, _LAN_SOCKET, CONTROL_PLANE)
        return (Daemon("kube", None, "mockcloud.kube.__main__:main", argv, Interpreter.API, 0, fds),)


def _identity(lab: Lab, identity: Identity) -> tuple[str, ...]:
    who = ",".join((identity.user, *identity.groups))
    return ("--identity", who, f"{lab.folder.kubeconfig_of(identity.name)}={lan_url(lab.topology)}")


def lan_url(topology: Topology) -> str:
    """Where daemons and hosts of the lab find the API."""
    return f"https://{topology.host(CONTROL_PLANE).ipv4.ip}:{API_PORT}"
