"""The speaker's side of the process that answers: starts it, tells it what to answer, starts it again.

What is to be answered is kept here, too, for the next process. Before anybody is told that an address was
given up comes `sync`.
"""

from __future__ import annotations

import array
import contextlib
import itertools
import os
import select
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import baremetal_lb
from baremetal_lb.link.answering import messages
from baremetal_lb.link.answering.ledger import Ledger
from baremetal_lb.link.closing import Closing
from baremetal_lb.link.errors import ResponderFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from baremetal_lb.link.packet_socket import PacketSocket

RENEWAL: Final = 0.1  # seconds between the speaker's signs of life
# Seconds without a sign of the speaker after which nothing is answered. By heartbeats the lease is shorter;
# where there are none, nobody takes over within 40 s.
PATIENCE: Final = 1.0
IDLE_MOST: Final = 2.0  # seconds without a sign of the process that answers: it is killed
REPLY_PATIENCE: Final = 0.5  # for a message to be taken, and to be answered
START_PATIENCE: Final = 20.0  # on a machine that does many things at once
SHORT_LIFE: Final = 1.0  # who ends sooner may do so again: the next one waits for as long
MOST_FAILURES: Final = 5  # starts in a row that came to nothing
_START: Final = (
    "import sys; sys.path.append(sys.argv[1]); from baremetal_lb.link.answering.child import main; "
    "main(*map(int, sys.argv[2:]))"
)
_ROOT: Final = str(Path(baremetal_lb.__file__).parents[1])


@dataclass(slots=True, eq=False)
class Port:
    """One protocol on one interface: its socket, and by address what is answered: a record of `messages`."""

    number: int
    protocol: int
    mac: bytes
    socket: PacketSocket
    records: dict[bytes, bytes] = field(default_factory=dict)


class ResponderProcess:
    """Ports, and the process that serves them: `run` blocks its thread until `stop`; the rest is for others.

    `told` is called from that thread with why the process had to be started again.
    """

    def __init__(self, told: Callable[[str], None] = lambda _why: None) -> None:
        self.ledger = Ledger.made()
        self._told = told
        self._numbers = itertools.count(1)
        self._ports: dict[int, Port] = {}
        self._closing = Closing()
        self._child: _Child | None = None
        self._lock = threading.Lock()  # over the ports, and what the child is told of them
        self._stop = threading.Event()
        self._ended = False
        self._wake_up = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    @property
    def lease(self) -> int:
        """Nanoseconds since boot: until then what is answered holds. Any thread may set it; past where this
        process was paused, and its peers may answer instead.
        """
        return self.ledger.lease

    @lease.setter
    def lease(self, until: int) -> None:
        self.ledger.lease = until

    @property
    def withheld(self) -> int:
        """Requests that were not answered since the lease had run out."""
        return self.ledger.withheld

    @property
    def pid(self) -> int | None:
        """The process that answers; None while there is none."""
        child = self._child
        return None if child is None else child.process.pid

    def lapsed(self) -> bool:
        """Whether the lease has run out: then nothing may be said for an address, asked or not."""
        return _now() > self.ledger.lease

    def port(self, protocol: int, mac: bytes, opened: PacketSocket) -> Port:
        """One that is not served yet."""
        return Port(next(self._numbers), protocol, mac, opened)

    def serve(self, port: Port) -> None:
        """Serve a port from now on; what was asked there before has waited in its socket."""
        with self._lock:
            self._ports[port.number] = port
            self._tell(lambda child: child.serve(port))

    def remove(self, port: Port) -> None:
        """Serve a port no more, and close its socket soon."""
        with self._lock:
            self._ports.pop(port.number, None)
            self._tell(lambda child: child.remove(port))
        self._closing.close(port.socket)

    def answer(self, port: Port, more: Mapping[bytes, bytes]) -> None:
        """Answer for these addresses, too, each by its record."""
        with self._lock:
            port.records.update(more)
            if port.number in self._ports:
                self._tell(lambda child: child.answer(port, more.values()))

    def silence(self, port: Port, addresses: Collection[bytes]) -> None:
        """Answer for these addresses no more; see `sync`."""
        with self._lock:
            for each in addresses:
                port.records.pop(each, None)
            self._tell(lambda child: child.silence(port, addresses))

    def sync(self) -> None:
        """Wait until all is done that was told before. Where an address was to be silent, nothing leaves any
        more that is about it: the process has said so, or it was killed and waited for.
        """
        with self._lock:
            self._tell(_Child.sync)

    def stop(self) -> None:
        """Let `run` return."""
        self._stop.set()
        with self._lock:
            if not self._ended:  # the descriptor's number may be another's by now
                os.eventfd_write(self._wake_up, 1)

    def run(self) -> None:
        """Have answers given until stopped, then close everything. Raises ResponderFailed."""
        try:
            while not self._stop.is_set():
                self._start()
                started = time.monotonic()
                while not self._stop.is_set() and (why := self._look()) is None:
                    self._renew()
                    self._wait()
                if not self._stop.is_set():
                    self._told(why or "")
                    if time.monotonic() < started + SHORT_LIFE:
                        self._stop.wait(SHORT_LIFE)
        finally:
            self._close()

    def _start(self) -> None:
        for _ in range(MOST_FAILURES):
            child = _Child(self.ledger)
            if child.comes_up(self._stop):
                break
            child.kill()
            if self._stop.is_set():
                return
        else:
            raise ResponderFailed(MOST_FAILURES, START_PATIENCE)
        with self._lock:
            self._renew()
            self.ledger.beat = _now()
            self._child = child
            for port in self._ports.values():
                self._tell(partial(_Child.serve, port=port))

    def _tell(self, act: Callable[[_Child], None]) -> None:
        """With the lock held. Who does not do as he is told is killed: then he is silent, too."""
        if self._child is None:
            return
        try:
            act(self._child)
        except OSError:
            self._end_child()

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _look(self) -> str | None:
        """Why another process is needed; None while this one works."""
        with self._lock:
            if self._child is None:
                return "it did not take what it was told"
            if self._child.process.poll() is not None:
                why = f"it ended with {self._child.process.returncode}"
            elif _now() - self.ledger.beat > IDLE_MOST * 1e9:
                why = f"it did nothing for {IDLE_MOST:g} s"
            else:
                return None
            self._end_child()
        return why

    def _renew(self) -> None:
        self.ledger.parent = _now() + int(PATIENCE * 1e9)

    def _wait(self) -> None:
        """Until the next sign of life is due, the process is gone, or `stop`."""
        poll = select.poll()
        poll.register(self._wake_up, select.POLLIN)
        with self._lock:
            if self._child is None:
                return
            poll.register(self._child.control, 0)  # says when its other end is closed
        poll.poll(RENEWAL * 1000)

    def _close(self) -> None:
        with self._lock:
            self._end_child()
            for port in self._ports.values():
                self._closing.close(port.socket)
            self._ports.clear()
            self._ended = True
        self._closing.end(wait=True)
        os.close(self._wake_up)
        os.close(self.ledger.fd)  # its memory stays, for who asks what was counted


class _Child:
    """One process, and the socket to it. Its methods raise OSError where it does not take what it is told."""

    def __init__(self, ledger: Ledger) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(REPLY_PATIENCE)
        self._syncs = itertools.count(messages.READY + 1)
        numbers = os.getpid(), ledger.fd, theirs.fileno()
        command = [sys.executable, "-I", "-S", "-B", "-c", _START, _ROOT, *map(str, numbers)]
        with theirs:
            self.process = subprocess.Popen(
                command, pass_fds=numbers[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )

    def comes_up(self, stop: threading.Event) -> bool:
        """Whether it says in time that it is there; not, where `stop` comes first."""
        until = time.monotonic() + START_PATIENCE
        while time.monotonic() < until and not stop.is_set():
            with contextlib.suppress(TimeoutError):
                try:
                    return self.control.recv(messages.DONE.size) == messages.DONE.pack(messages.READY)
                except ConnectionError:
                    return False
        return False

    def kill(self) -> None:
        """Return when it is gone."""
        self.process.kill()
        self.process.wait()
        self.control.close()

    def serve(self, port: Port) -> None:
        """Serve a port, once it knows all that is answered there; both sides have the socket."""
        message = _head(messages.OPEN, port) + messages.OPENED.pack(port.protocol, port.mac)
        fds = array.array("i", [port.socket.fileno()])
        self.control.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        self.answer(port, port.records.values())
        self.control.send(_head(messages.SERVE, port))

    def answer(self, port: Port, records: Iterable[bytes]) -> None:
        """Answer these, too."""
        for some in _batched(records):
            self.control.send(_head(messages.ANSWER, port) + b"".join(some))

    def silence(self, port: Port, addresses: Iterable[bytes]) -> None:
        """Answer these no more."""
        for some in _batched(addresses):
            self.control.send(_head(messages.SILENCE, port) + b"".join(some))

    def remove(self, port: Port) -> None:
        """Serve it no more."""
        self.control.send(_head(messages.REMOVE, port))

    def sync(self) -> None:
        """Wait until it has done all that it was told."""
        number = next(self._syncs)
        self.control.send(messages.HEAD.pack(messages.SYNC, number))
        if self.control.recv(messages.DONE.size) != messages.DONE.pack(number):
            raise ConnectionError


def _head(kind: int, port: Port) -> bytes:
    return messages.HEAD.pack(kind, port.number)


def _batched(items: Iterable[bytes]) -> Iterable[list[bytes]]:
    left = iter(items)
    while some := list(itertools.islice(left, messages.MOST)):
        yield some


def _now() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
