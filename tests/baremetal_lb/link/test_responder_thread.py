"""The thread that answers, on a real wire: who gets which reply, and how it ends."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address

import pytest
from scapy.layers.l2 import ARP

from baremetal_lb.decide.layer2.responder.arp import ArpAnswer, ArpResponder
from baremetal_lb.decide.layer2.responder.responder import AnswerCounts, DropReason
from baremetal_lb.link.responder_thread import Port, ResponderThread
from baremetal_lb.wire.arp import frames_from

pytestmark = pytest.mark.netns
VIP = IPv4Address("192.0.2.200")


@contextmanager
def running(answering: ResponderThread) -> Iterator[None]:
    thread = threading.Thread(target=answering.run)
    thread.start()
    try:
        yield
    finally:
        answering.stop()
        thread.join(2)
        assert not thread.is_alive()


def port_on(wire) -> Port[ArpResponder]:
    answers = {VIP.packed: ArpAnswer(frames_from(wire.node.mac).reply_middle(VIP), AnswerCounts())}
    return Port(wire.open_socket(wire.node), ArpResponder(wire.node.mac, answers))


async def test_requests_are_answered_with_the_interfaces_mac(wire) -> None:
    """Broadcast, unicast and probe; the reply's fields as scapy reads them, and the reasons for the rest."""
    answering, port = ResponderThread(), port_on(wire)
    answering.add(port)
    mac = wire.node.mac.hex(":")
    with running(answering):
        for request in (
            wire.client.request(str(VIP)),
            wire.client.request(str(VIP), to=mac),
            wire.client.request(str(VIP), source="0.0.0.0"),
        ):
            reply = await wire.client.answer_to(request)
            assert reply is not None
            assert (reply.src, reply[ARP].hwsrc, reply[ARP].psrc) == (mac, mac, str(VIP))
            assert (reply[ARP].hwdst, reply[ARP].pdst) == (wire.client.mac, request[ARP].psrc)
        assert await wire.client.who_has("192.0.2.201", 0.1) is None
    assert port.responder.answers[VIP.packed].tally.answered == 3
    assert {why: count for why, count in port.responder.drops.items() if count} == {DropReason.NOT_OURS: 1}


async def test_burst_is_answered_to_the_last(wire) -> None:
    """A hundred requests at once get a hundred replies."""
    answering, port = ResponderThread(), port_on(wire)
    answering.add(port)
    with running(answering):
        for number in range(1, 101):
            wire.client.send(wire.client.request(str(VIP), source=f"192.0.2.{number}"))
        replies = await wire.client.frames(100, 2)
    assert [frame[ARP].pdst for frame in replies] == [f"192.0.2.{number}" for number in range(1, 101)]


async def test_port_removed_answers_no_more_and_the_loop_goes_on(wire) -> None:
    """Its socket is closed by the loop; a port added later is served."""
    answering, first = ResponderThread(), port_on(wire)
    answering.add(first)
    with running(answering):
        assert await wire.client.who_has(str(VIP)) == wire.node.mac.hex(":")
        answering.remove(first)
        assert await wire.client.who_has(str(VIP), 0.1) is None
        answering.add(port_on(wire))
        assert await wire.client.who_has(str(VIP)) == wire.node.mac.hex(":")
    assert first.socket.fileno() == -1
