"""What comes together in one look at the ports, in any order: questions, ports that go, ports that come."""

import os
import socket
from contextlib import ExitStack
from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.l2 import ARP, Ether

from baremetal_lb.decide.layer2.responder.arp import ArpAnswer, ArpResponder
from baremetal_lb.decide.layer2.responder.responder import AnswerCounts
from baremetal_lb.link.answering.ledger import NO_END, Ledger
from baremetal_lb.link.answering.loop import Loop
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
    """A Loop whose ports are socket pairs, turned by hand; the speaker has their sockets, too."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.ledger = Ledger.made()
        stack.callback(os.close, self.ledger.fd)
        self.ledger.parent = NO_END
        self.loop = Loop(self.ledger)
        stack.callback(self.loop.close)
        self.there: list[tuple[socket.socket, socket.socket]] = []

    def add(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        speakers = ours.dup()
        for each in (ours, theirs, speakers):
            self._stack.enter_context(each).setblocking(False)
        answers = {VIP.packed: ArpAnswer(frames_from(MAC).reply_middle(VIP), AnswerCounts())}
        self.loop.add(ours.fileno(), ArpResponder(MAC, answers))
        self.there.append((ours, theirs))

    def ask(self, number: int) -> None:
        if self.there:
            self.there[number % len(self.there)][1].send(QUESTION)

    def remove(self, number: int) -> None:
        if self.there:
            ours, theirs = self.there.pop(number % len(self.there))
            theirs.send(QUESTION)  # as an interface that goes: its socket has something to say
            self.loop.remove(ours.fileno())
            ours.close()

    def look(self, _: int = 0) -> None:
        assert self.loop.turn(0) == []

    def replies(self, theirs: socket.socket) -> int:
        count = 0
        try:
            while theirs.recv(64):
                count += 1
        except BlockingIOError:
            return count


@given(st.lists(ACTS, max_size=40))
def test_ports_may_go_in_any_order_while_others_are_asked(acts: list[tuple[str, int]]) -> None:
    """Whatever came before a look: who stayed answers, who went is not heard of, and nothing is raised."""
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


def test_nothing_is_answered_once_the_lease_or_the_speakers_sign_of_life_is_over() -> None:
    """Each alone suffices; what was asked meanwhile is counted, and not answered later."""
    with ExitStack() as stack:
        rig = Rig(stack)
        rig.add()
        _, theirs = rig.there[0]
        for name in ("lease", "parent"):
            setattr(rig.ledger, name, 1)
            rig.ask(0)
            rig.look()
            setattr(rig.ledger, name, NO_END)
            rig.look()
            assert rig.replies(theirs) == 0
        assert rig.ledger.withheld == 2
        rig.ask(0)
        rig.look()
        assert rig.replies(theirs) == 1
