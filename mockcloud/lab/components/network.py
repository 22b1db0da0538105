"""The networks, and the program that wires all networks of a lab, once, before anything else runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.lab.address_plan import address_plan
from mockcloud.lab.components.component import Component, Daemon, Interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockcloud.lab.components.component import Lab
    from mockcloud.lab.plan import Plan
    from mockcloud.lab.topology import Host, Network

JOIN, LEAVE = "join", "leave"
_MODULE: Final = "mockcloud.lab.components.wiring"


class Networks(Component):
    """Networks of other components are wired with these: `wiring` gets the whole topology."""

    def modules(self) -> Mapping[Interpreter, tuple[str, ...]]:
        return {Interpreter.NODE: (_MODULE,)}

    def networks(self, plan: Plan) -> Sequence[Network]:
        return address_plan(plan).networks

    def daemons(self, lab: Lab) -> Sequence[Daemon]:
        names = lab.topology.names
        argv = (lab.topology.as_json(), *(f"{name}={{fd:{name}}}" for name in names))
        return (Daemon("network", None, f"{_MODULE}:main", argv, Interpreter.NODE, 0, fds=names, once=True),)


def rewiring(lab: Lab, host: Host, what: str) -> Daemon:
    """The program that plugs one host of a lab that runs into its networks (JOIN), or out of them (LEAVE)."""
    reaching = (each.name for each in lab.topology.hosts if each.reaches_pods)
    names = tuple(dict.fromkeys((*(link.network for link in host.links), host.name, *reaching)))
    argv = (lab.topology.as_json(), host.name, *(f"{name}={{fd:{name}}}" for name in names))
    entry = f"{_MODULE}:{what}_main"
    return Daemon(f"network-{host.name}", None, entry, argv, Interpreter.NODE, 0, fds=names, once=True)
