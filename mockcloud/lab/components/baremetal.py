"""`--provider baremetal`: baremetal-lb, installed as in any cluster, and the pool to give from.

Its controllers and speakers are pods of the lab. Their programs are forked from an interpreter that has them
imported; baremetal_lb is a program to this package, started by name and never imported here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.cluster_defaults import PROXY_HEALTH_PORT
from mockcloud.lab.components.api import CONTROL_PLANE
from mockcloud.lab.components.component import BAREMETAL_LB, Component, Daemon, Interpreter, PathSocket
from mockcloud.lab.topology import LAN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockcloud.lab.components.component import Lab

POOL4: Final = f"{LAN.ipv4[200]}-{LAN.ipv4[250]}"
POOL6: Final = f"{LAN.ipv6.network_address}200-{LAN.ipv6.network_address}250"  # the same digits

_SOCKET: Final = "lb-interpreter"
# What runs, and what it would import when it does.
_MODULES: Final = (
    *("baremetal_lb.__main__", "baremetal_lb.run.controller.daemon", "baremetal_lb.run.speaker.daemon"),
    "baremetal_lb.kube.package",
)
_INSTALL: Final = "mockcloud.lab.components.install"
_WARM: Final = "mockcloud.node.shim.warm"
# The image's commands, and what each begins with.
_COMMANDS: Final = (f"{BAREMETAL_LB}=", f"{BAREMETAL_LB}-speaker=speaker")
# Where each node's agent tells a program on the node how new its Service rules are.
RULES_URL: Final = f"http://127.0.0.1:{PROXY_HEALTH_PORT}/programmed"


class Baremetal(Component):
    """What it keeps is in the API, in namespaces of its own."""

    first_service = str(LAN.ipv4[200])

    def modules(self) -> Mapping[Interpreter, tuple[str, ...]]:
        return {Interpreter.API: (_WARM,), Interpreter.NODE: (_INSTALL,)}

    def sockets(self, lab: Lab) -> Mapping[str, PathSocket]:
        return {_SOCKET: PathSocket(lab.folder.warm(BAREMETAL_LB))}

    def daemons(self, lab: Lab) -> Sequence[Daemon]:
        return (_interpreter(), _install(lab))


def _interpreter() -> Daemon:
    """It starts with the API, since it has the most to import; nobody waits for it but the pods."""
    argv = (f"{{fd:{_SOCKET}}}", ",".join(_MODULES), *_COMMANDS)
    return Daemon("lb-interpreter", None, f"{_WARM}:start", argv, Interpreter.API, 0, (_SOCKET,))


def _install(lab: Lab) -> Daemon:
    argv = (
        *("--kubeconfig", str(lab.folder.lab_kubeconfig)),
        f"--speaker-option=--rules-url={RULES_URL}",
        *(f"--speaker-option={each}" for each in lab.plan.speaker_options),
        *(f"--controller-option={each}" for each in lab.plan.controller_options),
        *(lab.plan.pools or (POOL4, *((POOL6,) if lab.plan.ipv6 else ()))),
    )
    return Daemon("lb-install", CONTROL_PLANE, f"{_INSTALL}:main", argv, Interpreter.NODE, 2, once=True)
