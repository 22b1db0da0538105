"""UDP flows that would go on to a target that is gone. Pure.

nftables asks its maps for a flow's first packet only.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address

from mockcloud.cloud.core.forwarding import Speaks, Way
from mockcloud.edge.decide.takers import Port
from mockcloud.proxy.decide.stale import Flow
from mockcloud.proxy.decide.views import Target

Servers = dict[Target, frozenset[Target]]


def udp_servers(ports: Iterable[Port]) -> Servers:
    """Where clients send -> who may answer: those that take flows, and those that drain."""
    found: Servers = {}
    for each in ports:
        forwarding = each.forwarding
        if forwarding.way is Way.TRANSLATED and forwarding.speaks is Speaks.UDP:
            draining = (backend for backend in forwarding.backends if backend.draining)
            targets = frozenset(Target(str(one.address), one.port) for one in (*each.takers, *draining))
            for address in forwarding.addresses:
                if isinstance(address, IPv4Address):
                    found[Target(str(address), forwarding.port)] = targets
    return found


def stale(flows: Iterable[Flow], before: Servers, after: Servers) -> list[Flow]:
    """The flows to these places that nobody may answer as they are, or to ports that are no more."""
    places = before.keys() | after.keys()
    return [
        each
        for each in flows
        if each.to in places and each.server != each.to and each.server not in after.get(each.to, frozenset())
    ]
