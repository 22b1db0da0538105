"""Which components a lab has, and what they are together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.lab.address_plan import CLOUD
from mockcloud.lab.components.api import Api
from mockcloud.lab.components.baremetal import Baremetal
from mockcloud.lab.components.ccm import CloudControllers
from mockcloud.lab.components.client import Client
from mockcloud.lab.components.cloud import Cloud
from mockcloud.lab.components.component import HostSocket, Lab
from mockcloud.lab.components.controllers import Controllers
from mockcloud.lab.components.dns import Dns
from mockcloud.lab.components.network import Networks
from mockcloud.lab.components.node import Nodes
from mockcloud.lab.plan import BUILT_IN, NONE
from mockcloud.lab.topology import Topology

if TYPE_CHECKING:
    from mockcloud.lab.components.component import Component, Daemon, Interpreter, PathSocket
    from mockcloud.lab.plan import Plan
    from mockcloud.lab.state import LabFolder

CLUSTER: Final[tuple[Component, ...]] = (Networks(), Api(), Controllers(), Nodes(), Dns())
PROVIDERS: Final[dict[str, tuple[Component, ...]]] = {
    "baremetal": (Baremetal(),),
    CLOUD: (Cloud(),),
    "none": (),
}
CONTROLLERS: Final[dict[str, tuple[Component, ...]]] = {BUILT_IN: (CloudControllers(),), NONE: ()}
CLIENTS: Final[tuple[Component, ...]] = (Client(),)


def components(plan: Plan) -> tuple[Component, ...]:
    """All of the lab's, in the order in which hosts and daemons are listed."""
    controllers = CONTROLLERS[plan.ccm] if plan.provider == CLOUD else ()
    return (*CLUSTER, *PROVIDERS[plan.provider], *controllers, *CLIENTS)


def make_lab(plan: Plan, folder: LabFolder) -> Lab:
    """The lab that was asked for, with all networks and hosts of its components."""
    parts = components(plan)
    networks = (network for part in parts for network in part.networks(plan))
    hosts = (host for part in parts for host in part.hosts(plan))
    identities = (identity for part in parts for identity in part.identities(plan))
    return Lab(plan, Topology(tuple(networks), tuple(hosts)), folder, tuple(identities))


def sockets(lab: Lab) -> dict[str, HostSocket | PathSocket]:
    """All sockets of the lab, by the names of their descriptors."""
    return {name: each for part in components(lab.plan) for name, each in part.sockets(lab).items()}


def sockets_of(lab: Lab, host: str) -> dict[str, HostSocket]:
    """Those that are on a host."""
    found = sockets(lab).items()
    return {name: each for name, each in found if isinstance(each, HostSocket) and each.host == host}


def daemons(lab: Lab) -> tuple[Daemon, ...]:
    """All daemons of the lab."""
    return tuple(daemon for part in components(lab.plan) for daemon in part.daemons(lab))


def daemons_of(lab: Lab, host: str) -> tuple[Daemon, ...]:
    """Those that run on a host."""
    return tuple(daemon for daemon in daemons(lab) if daemon.host == host)


def modules(plan: Plan, interpreter: Interpreter) -> tuple[str, ...]:
    """What that interpreter is to import before its first fork."""
    return tuple(name for part in components(plan) for name in part.modules().get(interpreter, ()))


def first_service(provider: str) -> str | None:
    """The address that the first Service of type LoadBalancer gets, where the provider has one for it."""
    return next((part.first_service for part in PROVIDERS[provider] if part.first_service), None)
