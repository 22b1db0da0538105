"""The thread that keeps a membership: heartbeats in and out by UDP, ticks on time.

A thread of its own, not the event loop: parsing what a watch brings of 10,000 Services stops the loop for as
long as others wait before they call us dead. Between threads the interpreter is handed over within a tenth of
a millisecond (the speaker's switch interval). What this thread finds out, it tells by calling back.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import time
from collections import deque
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.membership.machine import (
    Leave,
    Left,
    Linked,
    MayAnswerUntil,
    Membership,
    NodesSeen,
    NoWayOut,
    Received,
    Send,
    ViewChanged,
)
from baremetal_lb.decide.timers import Tick, WakeAt
from baremetal_lb.model.errors import PortTaken
from baremetal_lb.model.membership import Ignored, NotHeard
from baremetal_lb.wire.heartbeat import Unreadable, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from baremetal_lb.decide.membership.machine import Command, Event
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.membership import Beat, Uplink, View

_BATCH: Final = 1000  # datagrams read before the next look at the clock
_ROOM: Final = 2048
_BUFFER: Final = 1 << 20
_NO_WAY: Final = frozenset({errno.ENETUNREACH, errno.ENETDOWN})


@dataclass(frozen=True, slots=True)
class Told:
    """Whom the thread calls, from itself: with each new view, each new lease, and when it has handed over."""

    view: Callable[[View], None]
    lease: Callable[[float], None]
    left: Callable[[], None]


def clock() -> float:
    """Seconds since the boot. It goes on while the machine is suspended, so that we see that it was."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def open_heartbeat_socket(port: int) -> socket.socket:
    """A UDP socket for both families, or for IPv4 where the kernel has no IPv6. Raises PortTaken."""
    try:
        try:
            return _bound(socket.AF_INET6, "::", port)
        except OSError as exc:
            if exc.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                raise
            return _bound(socket.AF_INET, "0.0.0.0", port)
    except OSError as exc:
        raise PortTaken(port, "udp", "--membership-port", exc.strerror or str(exc)) from exc


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        opened.setblocking(False)
        opened.bind((address, port))
    except OSError:
        opened.close()
        raise
    return opened


class Heartbeats:
    """`run` blocks its thread until `stop`, or until `leave` is done; the rest is for other threads."""

    def __init__(self, membership: Membership, opened: socket.socket, told: Told) -> None:
        self.keys: tuple[bytes, ...] = ()  # the first one signs; replaced whole
        self.unreadable = dict.fromkeys((Ignored.MALFORMED, Ignored.VERSION, Ignored.SIGNATURE), 0)
        self.membership = membership
        self._socket, self._told = opened, told
        self._port = opened.getsockname()[1]
        self._addresses: dict[str, str] = {}
        self._nodes: dict[str, str] = {}  # by address
        self._signs: dict[str, NotHeard] = {}  # who sent what counts for nothing
        self._events: deque[Event] = deque()
        self._wake_up = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._wake_at = 0.0
        self._stopping = False
        self._sent = self._no_way = 0

    def meet(self, addresses: Mapping[str, IPAddress], unready: frozenset[str]) -> None:
        """Know where each node is to be reached, and which are not ready."""
        self._addresses = {name: self._written(address) for name, address in addresses.items()}
        self._nodes = {address: name for name, address in self._addresses.items()}
        self._put(NodesSeen(frozenset(addresses), unready))

    def link(self, uplinks: tuple[Uplink, ...]) -> None:
        """Tell the others at once what we can announce on, the most important first."""
        self._put(Linked(uplinks))

    def take_signs(self) -> dict[str, NotHeard]:
        """The nodes whence something came since the last call that counted for nothing, and why it did."""
        signs, self._signs = self._signs, {}
        return signs

    def leave(self) -> None:
        """Hand over, tell `left`, and end."""
        self._put(Leave())

    def stop(self) -> None:
        """Let `run` return at once."""
        self._stopping = True
        os.eventfd_write(self._wake_up, 1)

    def run(self) -> None:
        """Beat until stopped."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(self._wake_up, select.POLLIN)
        while not self._stopping:
            seconds = min(self._wake_at - clock(), 1.0)
            poll.poll(max(0.0, seconds * 1000))
            self._take_datagrams()
            self._take_events()
            if clock() >= self._wake_at:
                self._handle(Tick())

    def close(self) -> None:
        """Give the descriptors up; nobody may call afterwards."""
        self._socket.close()
        os.close(self._wake_up)

    def _put(self, event: Event) -> None:
        self._events.append(event)
        os.eventfd_write(self._wake_up, 1)

    def _take_events(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._wake_up)
        while self._events:
            self._handle(self._events.popleft())

    def _take_datagrams(self) -> None:
        for _ in range(_BATCH):
            try:
                datagram, source = self._socket.recvfrom(_ROOM)
            except BlockingIOError:
                return
            except OSError:  # an error about one that we sent
                continue
            try:
                beat = unpack(datagram, self.keys)
            except Unreadable as exc:
                self.unreadable[exc.why] += 1
                if (node := self._nodes.get(source[0])) is not None:
                    self._signs[node] = NotHeard.UNREADABLE
            else:
                self._receive(beat)

    def _receive(self, beat: Beat) -> None:
        unproven = self.membership.ignored[Ignored.UNPROVEN]
        self._handle(Received(beat))
        if self.membership.ignored[Ignored.UNPROVEN] > unproven:
            self._signs[beat.sender] = NotHeard.ONE_WAY

    def _handle(self, event: Event) -> None:
        self._sent = self._no_way = 0
        for command in self.membership.handle(event, clock()):
            self._perform(command)
        if self._sent and self._no_way == self._sent:
            self._events.append(NoWayOut())

    def _perform(self, command: Command) -> None:
        match command:
            case Send(to, beat):
                self._send(to, beat)
            case WakeAt(at):
                self._wake_at = at
            case MayAnswerUntil(until):
                self._told.lease(until)
            case ViewChanged(view):
                self._told.view(view)
            case Left():
                self._told.left()
                self._stopping = True

    def _send(self, to: str, beat: Beat) -> None:
        address = self._addresses.get(to)
        if address is None:
            return
        self._sent += 1
        try:
            self._socket.sendto(pack(beat, self.keys[0]), (address, self._port))
        except OSError as exc:  # lost, as a datagram may be
            self._no_way += exc.errno in _NO_WAY

    def _written(self, address: IPAddress) -> str:
        mapped = self._socket.family == socket.AF_INET6 and isinstance(address, IPv4Address)
        return f"::ffff:{address}" if mapped else str(address)
