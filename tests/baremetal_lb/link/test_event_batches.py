"""What comes together in one look at the ports, in any order: questions, ports that go, ports that come."""

import socket
from contextlib import ExitStack
from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.l2 import ARP, Ether

from baremetal_lb.decide.layer2.responder.arp import ArpAnswer, ArpResponder
from baremetal_lb.decide.layer2.responder.responder import AnswerCounts
from baremetal_lb.link.packet_socket import PacketSocket
from baremetal_lb.link.responder_thread import Port, ResponderThread
from baremetal_lb.wire.arp import frames_from

VIP, MAC, ASKER = IPv4Address("192.0.2.200"), bytes.fromhex("020000000001"), "02:00:00:00:00:09"
QUESTION = bytes(
    Ether(src=ASKER, dst="ff:ff:ff:ff:ff:ff")
    / ARP(op="who-has", hwsrc=ASKER, psrc="192.0.2.9", pdst=str(VIP))
)
ACTS = st.one_of(
    st.tuples(st.sampled_from(["ask", "remove"]), st.integers(0, 5)),
    st.tuples(st.sampled_from(["add", "look"]), st.just(0)),
)


class Rig:
    """A ResponderThread whose ports are socket pairs, turned by hand."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.answering = ResponderThread()
        self.there: list[tuple[Port[ArpResponder], socket.socket]] = []
        self.gone: list[Port[ArpResponder]] = []

    def add(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._stack.enter_context(ours)
        self._stack.enter_context(theirs).setblocking(False)
        answers = {VIP.packed: ArpAnswer(frames_from(MAC).reply_middle(VIP), AnswerCounts())}
        port = Port(PacketSocket(ours), ArpResponder(MAC, answers))
        self.answering.add(port)
        self.there.append((port, theirs))

    def ask(self, number: int) -> None:
        if self.there:
            self.there[number % len(self.there)][1].send(QUESTION)

    def remove(self, number: int) -> None:
        if self.there:
            port, theirs = self.there.pop(number % len(self.there))
            theirs.send(QUESTION)  # as an interface that goes: its socket has something to say
            self.answering.remove(port)
            self.gone.append(port)

    def look(self, _: int = 0) -> None:
        self.answering.turn(0)

    def replies(self, theirs: socket.socket) -> int:
        count = 0
        try:
            while theirs.recv(64):
                count += 1
        except BlockingIOError:
            return count


@given(st.lists(ACTS, max_size=40))
def test_ports_may_go_in_any_order_while_others_are_asked(acts: list[tuple[str, int]]) -> None:
    """Whatever came before a look: who went is closed, who stayed answers, and nothing is raised."""
    with ExitStack() as stack:
        rig = Rig(stack)
        for _ in range(3):
            rig.add()
        for act, number in acts:
            rig.add() if act == "add" else getattr(rig, act)(number)
        rig.look()
        for _, theirs in rig.there:
            rig.replies(theirs)
            theirs.send(QUESTION)
        rig.look()
        assert [rig.replies(theirs) for _, theirs in rig.there] == [1] * len(rig.there)
        rig.answering.stop()
        rig.answering.run()
        ports = rig.gone + [port for port, _ in rig.there]
        assert [port.socket.fileno() for port in ports] == [-1] * len(ports)
        rig.answering.stop()  # as the daemon does after the thread has failed
