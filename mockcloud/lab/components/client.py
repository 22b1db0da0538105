"""A machine on the LAN outside of the cluster: from there one asks for Services' external addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.lab.components.component import Component
from mockcloud.lab.topology import LAN, Host

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.lab.plan import Plan

CLIENT: Final = "client"
_NUMBER: Final = 100


class Client(Component):
    """Nothing runs there."""

    def hosts(self, _plan: Plan) -> Sequence[Host]:
        return (Host(CLIENT, (LAN.link(_NUMBER),)),)
