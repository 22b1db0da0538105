"""Which interfaces a speaker tells of, and what all that is told amounts to."""

from ipaddress import ip_address

from baremetal_lb.decide.node_interfaces import MOST_INTERFACES, NodeInterfaceTable, told
from baremetal_lb.model.interfaces import Interface
from baremetal_lb.model.node_interfaces import Holder, NodeInterface, NodeInterfaces
from baremetal_lb.model.places import Place, Port, tell
from baremetal_lb.model.services import Condition, ServiceStatus

MAC, OTHER = bytes([2, 0, 0, 0, 0, 1]), bytes([2, 0, 0, 0, 0, 2])
ONE, TWO = ip_address("192.0.2.1"), ip_address("2001:db8::2")


def test_addresses_that_others_could_know_are_told():
    """Not loopback's own, nor link-local ones, nor those that kube-proxy's IPVS mode puts everywhere."""
    interfaces = [
        Interface(1, "lo", b""),
        Interface(2, "eth0", MAC),
        Interface(3, "kube-ipvs0", OTHER),
        Interface(4, "wg0", b""),
        Interface(5, "veth7", OTHER, enslaved=True),
    ]
    addresses = {
        1: [ip_address("127.0.0.1"), ip_address("::1"), ONE],
        2: [ip_address("fe80::1"), TWO, ip_address("192.0.2.9")],
        3: [ip_address("192.0.2.200")],
    }
    assert told(interfaces, addresses) == (
        NodeInterface("eth0", MAC, (ip_address("192.0.2.9"), TWO)),
        NodeInterface("kube-ipvs0", OTHER),
        NodeInterface("lo", b"", (ONE,)),
    )


def test_of_too_many_those_with_addresses_are_told():
    """A node may have hundreds."""
    interfaces = [Interface(each, f"tap{each:03}", MAC) for each in range(1, 200)]
    found = told(interfaces, {150: [ONE]})
    assert len(found) == MOST_INTERFACES
    assert NodeInterface("tap150", MAC, (ONE,)) in found


def test_roll_knows_macs_and_addresses_until_their_node_goes():
    """What is told twice is no news; a speaker that stopped in order does not count as running."""
    roll, eth0 = NodeInterfaceTable(), NodeInterface("eth0", MAC, (ONE,))
    assert roll.see("a", NodeInterfaces("a", (eth0,)))
    assert not roll.see("a", NodeInterfaces("a", (eth0,)))
    assert (roll.macs, roll.held, roll.running) == ({MAC: "a"}, {ONE: Holder("a", "eth0", MAC)}, {"a"})
    assert roll.see("a", NodeInterfaces("a", (eth0,), running=False))
    assert (roll.macs, roll.running) == ({MAC: "a"}, frozenset())
    assert roll.tells("a") == NodeInterfaces("a", (eth0,), running=False)
    assert roll.see("a", None)
    assert (roll.macs, roll.held, roll.tells("a")) == ({}, {}, None)


def test_conditions_of_services_tell_macs_too():
    """They are there when no speaker has told anything yet."""
    sentence = tell([Place((ONE,), "b", (Port("eth0", OTHER.hex(":")),))])
    status = ServiceStatus(addresses=(ONE,), announced=Condition(True, "Announced", sentence))
    roll = NodeInterfaceTable()
    assert roll.see_service(status)
    assert not roll.see_service(status)
    assert (roll.macs, roll.running) == ({OTHER: "b"}, frozenset())
