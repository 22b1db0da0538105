"""The loop that answers: wait for requests on all ports, let each port's responder reply, send.

It has a process of its own because an event loop adds tens of microseconds to each answer, and stops for
whatever else runs on it, as all threads stop while Python collects garbage.
"""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING, Final

from baremetal_lb.link.batches import Batch

if TYPE_CHECKING:
    from baremetal_lb.decide.layer2.responder.arp import ArpResponder
    from baremetal_lb.decide.layer2.responder.ndp import NdpResponder
    from baremetal_lb.link.answering.ledger import Ledger

# Requests come in flocks. To be woken from an idle CPU takes 35-80 us on a virtual machine; to look again for
# this long after a reply costs next to nothing, and the next one is answered in about 10.
LINGER_NS: Final = 50_000
MOST_FAILURES: Final = 10
TURN_NS: Final = 1_000_000  # one port's, while others may be waiting


class Loop:
    """Responders by the descriptors of their sockets; `turn` serves what waits."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._responders: dict[int, ArpResponder | NdpResponder] = {}
        self._epoll = select.epoll()
        self._failures = 0  # how often in a row lingering was for nothing
        self._skips = 0  # how often not to linger, therefore
        self._batches: dict[type, tuple[Batch, Batch]] = {}  # requests and replies, by a responder's class

    def watch(self, fd: int) -> None:
        """Let `turn` say when something other than a request can be read there."""
        self._epoll.register(fd, select.EPOLLIN)

    def add(self, fd: int, responder: ArpResponder | NdpResponder) -> None:
        """Serve a port from now on."""
        kind = type(responder)
        if kind not in self._batches:
            self._batches[kind] = Batch(kind.slot, kind.slot), Batch(kind.slot, kind.frame)
        self._responders[fd] = responder
        self._epoll.register(fd, select.EPOLLIN)

    def remove(self, fd: int) -> None:
        """Serve a port no more. Its descriptor is the caller's to close, afterwards: the speaker has one of
        the same socket, which would stay registered.
        """
        del self._responders[fd]
        self._epoll.unregister(fd)

    def close(self) -> None:
        """Serve nothing any more."""
        self._epoll.close()

    def turn(self, seconds: float) -> list[int]:
        """Wait for events, for so long at most, and serve the ports; the other descriptors that are ready."""
        others = []
        for fd, _ in self._epoll.poll(seconds):
            responder = self._responders.get(fd)
            if responder is None:
                others.append(fd)
            elif self._serve(responder, fd):
                self._linger(responder, fd)
        self._ledger.beat = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        return others

    def _linger(self, responder: ArpResponder | NdpResponder, fd: int) -> None:
        """Serve a port until it has been quiet for a moment, or the other ports want their turn."""
        if self._skips:
            self._skips -= 1
            return
        clock, served = time.perf_counter_ns, False
        now = clock()
        turn_ends, until = now + TURN_NS, now + LINGER_NS
        while now < until and now < turn_ends:
            if self._serve(responder, fd):
                served, until = True, clock() + LINGER_NS
            now = clock()
        # Where nothing comes, or the asker waits for our CPU, lingering is a loss: try it ever less often.
        self._failures = 0 if served else min(self._failures + 1, MOST_FAILURES)
        self._skips = (1 << self._failures) - 1

    def _serve(self, responder: ArpResponder | NdpResponder, fd: int) -> bool:
        """Answer what one read brings; whether it brought anything."""
        requests, replies = self._batches[type(responder)]
        count = requests.receive(fd)
        if not count:
            return False
        if not self._ledger.may_answer(time.clock_gettime_ns(time.CLOCK_BOOTTIME)):
            self._ledger.withheld += count
            return True
        written = responder.reply(requests.buffer, requests.sizes, count, replies.buffer)
        if written:
            sent = replies.send(fd, written)
            if sent < written:
                responder.unsend(replies.buffer, sent, written)
        return True
