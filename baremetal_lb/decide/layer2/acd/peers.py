"""What the guard has to know of the other speakers, from what the membership knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baremetal_lb.decide.layer2.acd.events import PeersSeen
from baremetal_lb.decide.node_interfaces import NodeInterfaceTable
from baremetal_lb.model.membership import ABLE, TAKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from baremetal_lb.model.membership import View


def peers_by(
    view: View,
    me: str,
    own_macs: Iterable[bytes],
    ready: frozenset[str],
    roll: NodeInterfaceTable | None = None,
) -> PeersSeen:
    """Who is alive, and whose MACs are ours.

    A speaker without interfaces announces nothing, so it has no MACs to know. Without heartbeats the nodes
    that are ready are as good as alive, and their MACs are known as far as the roll has them.
    """
    roll = roll or NodeInterfaceTable()
    nodes = dict.fromkeys(view.macs, "") | roll.macs
    nodes |= {each.mac: name for name, uplinks in view.uplinks.items() for each in uplinks}
    nodes |= dict.fromkeys(own_macs, me)
    if not view.states:
        known = {me, *roll.macs.values()}
        return PeersSeen(ready, frozenset(), nodes, complete=ready <= known, held=roll.held)
    live = frozenset(name for name, state in view.states.items() if state in ABLE)
    taking = frozenset(name for name in live if view.states[name] in TAKING)
    return PeersSeen(live, taking, nodes, held=roll.held)
