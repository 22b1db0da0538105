"""What the guard is told of the others, from the membership's view or, without one, from the cluster's."""

from ipaddress import ip_address

from baremetal_lb.decide.layer2.acd.events import PeersSeen
from baremetal_lb.decide.layer2.acd.peers import peers_by
from baremetal_lb.decide.node_interfaces import NodeInterfaceTable
from baremetal_lb.model.membership import MemberState, Uplink, View
from baremetal_lb.model.node_interfaces import Holder, NodeInterface, NodeInterfaces

MINE, THEIRS, OLD = bytes([2, 0, 0, 0, 0, 1]), bytes([2, 0, 0, 0, 0, 2]), bytes([2, 0, 0, 0, 0, 9])


def test_whose_macs_are_ours_comes_from_the_view():
    """Those told now have a node; those told before are ours, of whom is not known."""
    states = {"node-1": MemberState.ACTIVE, "node-2": MemberState.RETURNING, "node-3": MemberState.LEAVING}
    uplinks = {"node-1": (Uplink("eth0", MINE),), "node-2": (Uplink("eth0", THEIRS),), "node-3": ()}
    view = View(states, uplinks, frozenset({MINE, THEIRS, OLD}))

    assert peers_by(view, "node-1", [MINE], frozenset()) == PeersSeen(
        frozenset({"node-1", "node-2"}),
        frozenset({"node-1"}),
        {MINE: "node-1", THEIRS: "node-2", OLD: ""},
        complete=True,
    )


def test_without_heartbeats_macs_of_other_nodes_are_not_known():
    """Then a MAC that is nobody's may be one of ours."""
    ready = frozenset({"node-1", "node-2"})

    assert not peers_by(View(), "node-1", [MINE], ready).complete
    assert peers_by(View(), "node-1", [MINE], frozenset({"node-1"})).complete


def test_without_heartbeats_macs_are_those_that_speakers_told():
    """In the API; what nodes have for themselves comes from there, too."""
    roll, address = NodeInterfaceTable(), ip_address("192.0.2.7")
    roll.see("node-2", NodeInterfaces("node-2", (NodeInterface("eth0", THEIRS, (address,)),)))
    known = peers_by(View(), "node-1", [MINE], frozenset({"node-1", "node-2"}), roll)

    assert known.complete
    assert known.nodes == {MINE: "node-1", THEIRS: "node-2"}
    assert known.held == {address: Holder("node-2", "eth0", THEIRS)}
