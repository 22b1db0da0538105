"""`--provider baremetal`: baremetal-lb's controller, a speaker on each node, and the pool to give from.

baremetal_lb is a program to this package, started by the name of its command and never imported here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.cluster_defaults import PROXY_HEALTH_PORT
from mockcloud.lab.components.api import CONTROL_PLANE
from mockcloud.lab.components.component import Component, Daemon, Identity, Interpreter
from mockcloud.lab.components.provider_rights import CONTROLLER, SPEAKER
from mockcloud.lab.topology import LAN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockcloud.lab.components.component import Lab
    from mockcloud.lab.plan import Plan
    from mockcloud.lab.topology import Host

POOL4: Final = f"{LAN.ipv4[200]}-{LAN.ipv4[250]}"
POOL6: Final = f"{LAN.ipv6.network_address}200-{LAN.ipv6.network_address}250"  # the same digits

_CONTROLLER: Final = "lb-controller"
_SPEAKERS: Final = "speakers"  # of all of them: what one may, each may
_COMMAND: Final = "baremetal_lb.__main__"
_POOLS: Final = "mockcloud.lab.components.pools"
# Where each node's agent tells a program on the node how new its Service rules are.
_RULES_URL: Final = f"http://127.0.0.1:{PROXY_HEALTH_PORT}/programmed"


class Baremetal(Component):
    """What it keeps is in the API, in namespaces of its own."""

    first_service = str(LAN.ipv4[200])

    def modules(self) -> Mapping[Interpreter, tuple[str, ...]]:
        daemons = ("baremetal_lb.run.controller.daemon", "baremetal_lb.run.speaker.daemon")
        libraries = ("kubernetes.aio.client", "kubernetes.aio.config")
        return {Interpreter.NODE: (_POOLS,), Interpreter.PROVIDER: (_COMMAND, *daemons, *libraries)}

    def identities(self, _plan: Plan) -> Sequence[Identity]:
        return (Identity(_CONTROLLER, CONTROLLER), Identity(_SPEAKERS, SPEAKER))

    def daemons(self, lab: Lab) -> Sequence[Daemon]:
        speakers = (_speaker(lab, host) for host in lab.topology.nodes)
        return (_pools(lab), _controller(lab), *speakers)


def _pools(lab: Lab) -> Daemon:
    argv = ("--kubeconfig", str(lab.folder.lab_kubeconfig), POOL4, *((POOL6,) if lab.plan.ipv6 else ()))
    return Daemon("pools", CONTROL_PLANE, f"{_POOLS}:main", argv, Interpreter.NODE, 1, once=True)


def _controller(lab: Lab) -> Daemon:
    argv = ("controller", "--kubeconfig", str(lab.folder.kubeconfig_of(_CONTROLLER)))
    return Daemon(_CONTROLLER, CONTROL_PLANE, f"{_COMMAND}:main", argv, Interpreter.PROVIDER, 2)


def _speaker(lab: Lab, host: Host) -> Daemon:
    argv = (
        *("speaker", "--node-name", host.name, "--kubeconfig", str(lab.folder.kubeconfig_of(_SPEAKERS))),
        *("--rules-url", _RULES_URL),
    )
    return Daemon(f"speaker-{host.name}", host.name, f"{_COMMAND}:main", argv, Interpreter.PROVIDER, 2)
