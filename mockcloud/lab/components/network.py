"""The LAN, and the program that wires all networks of a lab, once, before anything else runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.lab.components.component import Component, Daemon, Interpreter
from mockcloud.lab.topology import LAN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockcloud.lab.components.component import Lab
    from mockcloud.lab.plan import Plan
    from mockcloud.lab.topology import Network

_MODULE: Final = "mockcloud.lab.components.wiring"


class Networks(Component):
    """Networks of others are wired with the LAN: `wiring` gets the whole topology."""

    def modules(self) -> Mapping[Interpreter, tuple[str, ...]]:
        return {Interpreter.NODE: (_MODULE,)}

    def networks(self, _plan: Plan) -> Sequence[Network]:
        return (LAN,)

    def daemons(self, lab: Lab) -> Sequence[Daemon]:
        names = lab.topology.names
        argv = (lab.topology.as_json(), *(f"{name}={{fd:{name}}}" for name in names))
        return (Daemon("network", None, f"{_MODULE}:main", argv, Interpreter.NODE, 0, fds=names, once=True),)
