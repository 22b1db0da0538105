"""Ports follow the interfaces, and addresses follow on to them."""

import asyncio
import re
import threading
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest
from scapy.layers.inet6 import ICMPv6MLReport2, ICMPv6ND_NA, IPv6
from scapy.layers.l2 import ARP

from baremetal_lb.decide.layer2.responder.responder import DropReason
from baremetal_lb.link.answering.process import ResponderProcess
from baremetal_lb.link.groups import KERNEL_MOST
from baremetal_lb.link.ports import PortChanges, Ports
from testkit.lan import NamespaceError
from tests.fakes.neighbour import Neighbour
from tests.fakes.solicitor import Solicitor, group_of

pytestmark = pytest.mark.netns
VIP, VIP_6 = ip_address("192.0.2.200"), ip_address("2001:db8::200")


@pytest.fixture
def ports(wire):
    answering = ResponderProcess()
    thread = threading.Thread(target=answering.run)
    thread.start()
    made = Ports(answering, wire.sockets)
    yield made
    made.fit([])
    answering.stop()
    thread.join(60)


async def test_addresses_are_answered_on_ports_that_are_there_and_that_come_later(wire, ports) -> None:
    """Won before or after the port was opened makes no difference; lost, it is silent."""
    ports.change([VIP], [])
    assert ports.fit([wire.node]) == PortChanges(opened=("eth0",))
    assert await wire.client.who_has(str(VIP)) == wire.node.mac.hex(":")
    ports.change([VIP + 1], [VIP])
    assert await wire.client.who_has(str(VIP + 1)) == wire.node.mac.hex(":")
    assert await wire.client.who_has(str(VIP), 0.1) is None


async def test_gratuitous_frames_leave_for_ours_only(wire, ports) -> None:
    """A request and a reply for what is answered here; nothing for an address that was lost, or of IPv6."""
    ports.fit([wire.node])
    ports.change([VIP], [])
    assert [ports.shout(VIP), ports.shout(VIP + 1), ports.shout(VIP_6)] == [2, 0, 0]
    first, second = await wire.client.frames(2, 1)
    assert [first[ARP].op, second[ARP].op] == [1, 2]
    assert {first[ARP].psrc, second[ARP].pdst} == {str(VIP)}
    ports.change([], [VIP])
    assert ports.shout(VIP) == 0


async def test_address_is_announced_where_its_pool_wants_it_and_there_only(wire, ports) -> None:
    """Asked for at each interface; and once the pools say something else, also of what was there before."""
    wanted = {VIP}
    ports.reaches = lambda address, interface: interface == "eth0" and address in wanted
    ports.change([VIP], [])
    ports.fit([wire.node])
    ports.change([VIP + 1], [])
    mac = wire.node.mac.hex(":")
    assert [ports.where(each) for each in (VIP, VIP + 1)] == [(("eth0", mac),), ()]
    assert await wire.client.who_has(str(VIP)) == mac
    assert await wire.client.who_has(str(VIP + 1), 0.1) is None
    assert ports.shout(VIP + 1) == 0
    wanted = {VIP + 1}
    assert ports.rebind() == ["eth0"]
    assert await wire.client.who_has(str(VIP + 1)) == mac
    assert await wire.client.who_has(str(VIP), 0.1) is None
    wanted = set()
    assert ports.rebind() == []
    assert (ports.where(VIP + 1), ports.tallies.keys()) == ((), {VIP, VIP + 1})


async def test_excluded_interface_is_not_opened(wire, ports) -> None:
    """By the admin's own list instead of ours."""
    ports.excluded = (re.compile("^eth"),)
    assert ports.fit([wire.node]) == PortChanges()
    ports.excluded = ()
    assert ports.fit([wire.node, replace(wire.node, carrier=False)]) == PortChanges(opened=("eth0",))
    assert ports.interfaces == (wire.node,)


async def test_ipv6_address_is_answered_and_told_of(wire, ports) -> None:
    """To the group and to our MAC alike; an advertisement to all nodes; lost, it is silent."""
    ports.change([VIP_6], [])
    ports.fit([wire.node])
    mac, client = wire.node.mac.hex(":"), wire.client_6
    assert await client.who_has(str(VIP_6)) == mac
    assert await client.answer_to(client.question(str(VIP_6), to_mac=mac, to=str(VIP_6), option=False))
    assert ports.shout(VIP_6) == 1
    (told,) = await client.advertisements(str(VIP_6), 1, 1)
    assert (told.src, told.dst) == (mac, "33:33:00:00:00:01")
    assert (told[IPv6].dst, told[ICMPv6ND_NA].S) == ("ff02::1", 0)
    assert (ports.tallies[VIP_6].answered, ports.tallies[VIP_6].shouted) == (2, 1)
    ports.change([], [VIP_6])
    assert await client.who_has(str(VIP_6), 0.1) is None


def joined(wire, groups: str = "ff0200000000000000000001ff") -> set[str]:
    """The last bytes of the solicited-node groups that the node's kernel is a member of on eth0."""

    def read() -> str:
        with open("/proc/thread-self/net/igmp6", encoding="ascii") as table:
            return table.read()

    lines = [line.split() for line in str(wire.lan.run("node", read)).splitlines()]
    return {group[26:] for _, name, group, *_ in lines if name == "eth0" and group.startswith(groups)}


async def test_groups_are_joined_with_the_address_and_again_on_a_later_interface(wire, ports) -> None:
    """Switches hear of it by MLD; two addresses of one group share it; the last one leaves it."""
    same_group = ip_address("2001:db8:1::200")
    before = joined(wire)
    wire.client_6.forget()
    ports.change([VIP_6, same_group], [])
    assert joined(wire) == before
    ports.fit([wire.node])
    assert joined(wire) - before == {"000200"}
    assert await reports(wire.client_6, "ff02::1:ff00:200")
    ports.change([], [VIP_6])
    assert joined(wire) - before == {"000200"}
    ports.change([], [same_group])
    assert joined(wire) == before
    ports.change([VIP_6], [])
    ports.fit([])
    assert joined(wire) == before
    ports.fit([wire.node])
    assert joined(wire) - before == {"000200"}


async def reports(client, group: str) -> bool:
    """Whether an MLD report names the group, when one comes in time."""
    async with asyncio.timeout(60):
        while frame := await client.next_frame(30):
            if ICMPv6MLReport2 in frame and group in [each.dst for each in frame[ICMPv6MLReport2].records]:
                return True
    return False


async def test_kernel_does_not_answer_for_what_the_speaker_is_asked(wire) -> None:
    """To be in the group is not to have the address: while the thread does not run, nobody answers."""
    ports = Ports(ResponderProcess(), wire.sockets)
    ports.fit([wire.node])
    ports.change([VIP, VIP_6], [])
    assert await wire.client_6.who_has(str(VIP_6), 0.2) is None
    assert await wire.client.who_has(str(VIP), 0.1) is None
    ports.fit([])
    ports.answering.stop()
    ports.answering.run()  # returns at once, and closes what it holds


async def test_groups_beyond_the_kernels_share_are_received_and_reported_all_the_same(wire, ports) -> None:
    """The kernel looks through its groups for each frame, so it gets some; we tell the switches of all."""
    addresses = [VIP_6 + number for number in range(KERNEL_MOST + 2)]
    before = joined(wire)
    ports.fit([wire.node])
    ports.change(addresses, [])
    assert len(joined(wire) - before) == KERNEL_MOST
    assert await wire.client_6.who_has(str(addresses[-1])) == wire.node.mac.hex(":")
    wire.client_6.forget()
    assert ports.shout(addresses[-1]) == 1
    assert await reports(wire.client_6, group_of(str(addresses[-1]))[0])
    ports.change([], addresses)
    assert joined(wire) == before


async def test_interface_without_ipv6_answers_and_reports_all_the_same(wire, ports) -> None:
    """Where the kernel joins no groups the packet socket listens to all of them."""
    wire.lan.run("node", lambda: Path("/proc/sys/net/ipv6/conf/eth0/disable_ipv6").write_text("1"))
    ports.fit([wire.node])
    ports.change([VIP_6], [])
    assert await wire.client_6.who_has(str(VIP_6)) == wire.node.mac.hex(":")
    wire.client_6.forget()
    ports.shout(VIP_6)
    assert await reports(wire.client_6, "ff02::1:ff00:200")


async def test_bridge_without_an_address_answers_for_its_ports(wire, ports) -> None:
    """Its own MAC, whichever port the question came by."""

    def bridge(ip) -> None:
        ip.link("add", ifname="br5", kind="bridge", address="02:42:c0:00:05:05")
        above = ip.link_lookup(ifname="br5")[0]
        ip.link("set", index=ip.link_lookup(ifname="eth0")[0], master=above)
        ip.link("set", index=above, state="up")

    wire.lan.link("node", bridge)
    ports.change([VIP, VIP_6], [])
    assert ports.fit([replace(wire.node, enslaved=True), wire.interface("br5")]) == PortChanges(
        opened=("br5",)
    )
    assert await wire.client.who_has(str(VIP)) == "02:42:c0:00:05:05"
    assert await wire.client_6.who_has(str(VIP_6)) == "02:42:c0:00:05:05"


async def test_vlan_is_answered_once_and_not_by_the_interface_below_as_well(wire, ports) -> None:
    """Sockets on the interface below are shown what the VLAN took; that is not for them."""

    def vlan(ip) -> None:
        ip.link("add", ifname="eth0.5", kind="vlan", link=ip.link_lookup(ifname="eth0")[0], vlan_id=5)
        ip.link("set", index=ip.link_lookup(ifname="eth0.5")[0], state="up")

    try:
        for host in ("node", "client"):
            wire.lan.link(host, vlan)
    except NamespaceError as exc:
        pytest.skip(f"no VLAN interfaces in this kernel: {str(exc).splitlines()[-1]}")
    ports.change([VIP, VIP_6], [])
    ports.fit([wire.node, wire.interface("eth0.5")])
    inside, inside_6 = Neighbour(wire.lan, "client", "eth0.5"), Solicitor(wire.lan, "client", "eth0.5")
    assert await inside.who_has(str(VIP)) == wire.node.mac.hex(":")
    assert await inside_6.who_has(str(VIP_6)) == wire.node.mac.hex(":")
    assert (ports.tallies[VIP].answered, ports.tallies[VIP_6].answered) == (1, 1)
    inside.close()
    inside_6.close()


async def test_interface_shouts_alone_where_asked(wire, ports) -> None:
    """What concerns one interface is not said on the others."""
    ports.fit([wire.node])
    ports.change([VIP], [])
    assert (ports.shout(VIP, "eth0"), ports.shout(VIP, "eth1")) == (2, 0)


async def test_replies_that_the_kernel_does_not_take_are_counted_as_such(wire) -> None:
    """A request that came while the link went down: answered, and not sent."""
    answering = ResponderProcess()
    ports = Ports(answering, wire.sockets)
    ports.fit([wire.node])
    ports.change([VIP], [])
    wire.client.send(wire.client.request(str(VIP)))
    wire.lan.link("node", lambda ip: ip.link("set", index=ip.link_lookup(ifname="eth0")[0], state="down"))
    thread = threading.Thread(target=answering.run)
    thread.start()
    async with asyncio.timeout(60):
        while not ports.arp_drops[DropReason.NOT_SENT]:  # noqa: ASYNC110 - a thread counts it
            await asyncio.sleep(0.01)
    answering.stop()
    thread.join(60)
    assert (ports.tallies[VIP].answered, ports.tallies[VIP].unsent) == (1, 1)
