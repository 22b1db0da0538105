"""The thread that answers: wait for requests on all ports, let each port's responder reply, send.

It has a thread of its own because an event loop adds tens of microseconds to each answer and stops for
whatever else runs on it. What both threads share is changed by single assignments (a port's answers) or
handed over in a queue (ports to close), so no lock is on the way of a request.
"""

from __future__ import annotations

import os
import select
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeAlias, TypeVar

from baremetal_lb.decide.layer2.responder.arp import ArpResponder
from baremetal_lb.decide.layer2.responder.ndp import NdpResponder
from baremetal_lb.link.batches import Batch
from baremetal_lb.link.closing import Closing

if TYPE_CHECKING:
    from baremetal_lb.link.packet_socket import PacketSocket

# Requests come in flocks. To be woken from an idle CPU takes 35-80 us on a virtual machine; to look again for
# this long after a reply costs next to nothing, and the next one is answered in about 10.
LINGER_NS: Final = 50_000
MOST_FAILURES: Final = 10
NO_END: Final = 1 << 63
TURN_NS: Final = 1_000_000  # one port's, while others may be waiting

R = TypeVar("R", ArpResponder, NdpResponder)


@dataclass(frozen=True, slots=True)
class Port(Generic[R]):
    """One protocol on one interface: its socket, and what is answered there."""

    socket: PacketSocket
    responder: R


AnyPort: TypeAlias = Port[ArpResponder] | Port[NdpResponder]


class ResponderThread:
    """Ports, and the loop that serves them: `run` blocks its thread until `stop`; the rest is for others."""

    def __init__(self) -> None:
        self._ports: dict[int, AnyPort] = {}
        self._leaving: deque[AnyPort] = deque()
        self._closing = Closing()
        self._stopping = False
        self._ended = False
        self._epoll = select.epoll()
        self._wake_up = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._epoll.register(self._wake_up, select.EPOLLIN)
        # Nanoseconds since boot: until then what is answered holds. Set by another thread; past where this
        # process was paused, and its peers may answer instead.
        self.lease = NO_END
        self.withheld = 0  # requests that were not answered since the lease had run out
        self._failures = 0  # how often in a row lingering was for nothing
        self._skips = 0  # how often not to linger, therefore
        self._batches: dict[type, tuple[Batch, Batch]] = {}  # requests and replies, by a responder's class

    def lapsed(self) -> bool:
        """Whether the lease has run out: then nothing may be said for an address, asked or not."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) > self.lease

    def add(self, port: AnyPort) -> None:
        """Serve a port from now on."""
        kind = type(port.responder)
        if kind not in self._batches:
            self._batches[kind] = Batch(kind.slot, kind.slot), Batch(kind.slot, kind.frame)
        self._ports[port.socket.fileno()] = port
        self._epoll.register(port.socket, select.EPOLLIN)

    def remove(self, port: AnyPort) -> None:
        """Stop serving a port; it is closed when the thread that might be reading from it has let it go."""
        port.responder.answers = {}
        self._leaving.append(port)
        self._wake()

    def stop(self) -> None:
        """Let `run` return."""
        self._stopping = True
        self._wake()

    def run(self) -> None:
        """Answer until stopped, then close everything."""
        try:
            while not self._stopping:
                self.turn()
        finally:
            self._close()

    def turn(self, seconds: float | None = None) -> None:
        """Wait for events, for so long at most, and see to all that came together.

        Of these the first may close a port that a later one is about: what its interface said when it went.
        """
        for fd, _ in self._epoll.poll(seconds):
            if fd == self._wake_up:
                self._clear_up()
                continue
            port = self._ports.get(fd)
            if port is not None and self._serve(port, fd):
                self._linger(port, fd)

    def _wake(self) -> None:
        if not self._ended:  # the descriptor's number may be another's by now
            os.eventfd_write(self._wake_up, 1)

    def _linger(self, port: AnyPort, fd: int) -> None:
        """Serve a port until it has been quiet for a moment, or the other ports want their turn."""
        if self._skips:
            self._skips -= 1
            return
        clock, served = time.perf_counter_ns, False
        now = clock()
        turn_ends, until = now + TURN_NS, now + LINGER_NS
        while now < until and now < turn_ends:
            if self._serve(port, fd):
                served, until = True, clock() + LINGER_NS
            now = clock()
        # Where nothing comes, or the asker waits for our CPU, lingering is a loss: try it ever less often.
        self._failures = 0 if served else min(self._failures + 1, MOST_FAILURES)
        self._skips = (1 << self._failures) - 1

    def _serve(self, port: AnyPort, fd: int) -> bool:
        """Answer what one read brings; whether it brought anything."""
        responder = port.responder
        requests, replies = self._batches[type(responder)]
        count = requests.receive(fd)
        if not count:
            return False
        if self.lapsed():
            self.withheld += count
            return True
        written = responder.reply(requests.buffer, requests.sizes, count, replies.buffer)
        if written:
            sent = replies.send(fd, written)
            if sent < written:
                responder.unsend(replies.buffer, sent, written)
        return True

    def _clear_up(self) -> None:
        os.eventfd_read(self._wake_up)
        while self._leaving:
            port = self._leaving.popleft()
            del self._ports[port.socket.fileno()]
            self._epoll.unregister(port.socket)
            self._closing.close(port.socket)

    def _close(self) -> None:
        for port in self._ports.values():
            self._closing.close(port.socket)
        self._ports.clear()
        self._closing.end(wait=True)
        self._ended = True
        self._epoll.close()
        os.close(self._wake_up)
