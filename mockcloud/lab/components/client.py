"""A machine outside of the cluster, on its LAN or the internet: there one asks for external addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.lab.address_plan import address_plan
from mockcloud.lab.components.component import Component
from mockcloud.lab.topology import Host

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.lab.plan import Plan

CLIENT: Final = "client"


class Client(Component):
    """Nothing runs there."""

    def hosts(self, plan: Plan) -> Sequence[Host]:
        where = address_plan(plan)
        return (Host(CLIENT, (where.client,), gateway=where.gateway(where.client)),)
