"""Ports follow the interfaces, and addresses follow on to them."""

import threading
from dataclasses import replace
from ipaddress import ip_address

import pytest
from scapy.layers.l2 import ARP

from baremetal_lb.link.answering import Answering
from baremetal_lb.link.ports import Ports, Refit
from baremetal_lb.model.interfaces import Interface

pytestmark = pytest.mark.netns
VIP, VIP_6 = ip_address("192.0.2.200"), ip_address("2001:db8::200")


@pytest.fixture
def ports(wire):
    answering = Answering()
    thread = threading.Thread(target=answering.run)
    thread.start()
    yield Ports(answering, wire.open_socket)
    answering.stop()
    thread.join(2)


async def test_addresses_are_answered_on_ports_that_are_there_and_that_come_later(wire, ports) -> None:
    """Won before or after the port was opened makes no difference; lost, it is silent."""
    ports.change([VIP], [])
    assert ports.fit([wire.node]) == Refit(opened=("eth0",))
    assert await wire.client.who_has(str(VIP)) == wire.node.mac.hex(":")
    ports.change([VIP + 1], [VIP])
    assert await wire.client.who_has(str(VIP + 1)) == wire.node.mac.hex(":")
    assert await wire.client.who_has(str(VIP), 0.1) is None


async def test_gratuitous_frames_leave_for_ours_only(wire, ports) -> None:
    """A request and a reply for what is answered here; nothing for an address that was lost, or of IPv6."""
    ports.fit([wire.node])
    assert ports.change([VIP, VIP_6], []) == [VIP_6]
    assert [ports.shout(VIP), ports.shout(VIP + 1), ports.shout(VIP_6)] == [2, 0, 0]
    first, second = await wire.client.frames(2, 1)
    assert [first[ARP].op, second[ARP].op] == [1, 2]
    assert {first[ARP].psrc, second[ARP].pdst} == {str(VIP)}
    ports.change([], [VIP])
    assert ports.shout(VIP) == 0


async def test_interface_with_a_new_mac_gets_a_new_port(wire, ports) -> None:
    """The old port goes, the new one answers with the new MAC."""
    ports.change([VIP], [])
    ports.fit([wire.node])
    mac = bytes.fromhex("0242c0000299")

    def set_mac(ip) -> None:
        ip.link("set", index=ip.link_lookup(ifname="eth0")[0], address=mac.hex(":"))

    wire.lan.link("node", set_mac)
    assert ports.fit([replace(wire.node, mac=mac)]) == Refit(opened=("eth0",), closed=("eth0",))
    assert await wire.client.who_has(str(VIP)) == mac.hex(":")


def test_unfit_interfaces_get_no_port_and_the_same_again_changes_nothing(wire, ports) -> None:
    """Down or excluded: silent; a second look at the same interfaces does nothing."""
    others = [replace(wire.node, index=3, name="veth1"), replace(wire.node, index=4, name="eth1", up=False)]
    assert ports.fit([wire.node, *others]) == Refit(opened=("eth0",))
    assert ports.fit([wire.node, *others]) == Refit()
    assert ports.fit([replace(wire.node, up=False)]) == Refit(closed=("eth0",))


def test_interface_that_went_meanwhile_is_reported_and_tried_again() -> None:
    """A socket that cannot be opened is no end of the speaker."""

    def refuse(interface: Interface):
        raise OSError(19, "No such device", interface.name)

    ports = Ports(Answering(), refuse)
    gone = Interface(2, "eth0", bytes(6))
    for _ in range(2):
        ((name, error),) = ports.fit([gone]).failed
        assert (name, "No such device" in error) == ("eth0", True)
