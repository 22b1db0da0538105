"""The process that answers: started by `process`, told by it over a socket, and gone when it is gone.

It lives by the standard library alone (`python -I -S`), and of that it imports little: 60 ms and a few MiB.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import signal
from _socket import SOCK_SEQPACKET, socket  # `socket` costs a MiB more
from struct import Struct
from typing import Final

from baremetal_lb.decide.layer2.responder.arp import ArpAnswer, ArpResponder
from baremetal_lb.decide.layer2.responder.ndp import NdpAnswer, NdpResponder
from baremetal_lb.link.answering import messages
from baremetal_lb.link.answering.ledger import Ledger
from baremetal_lb.link.answering.loop import Loop

PULSE: Final = 0.1  # seconds between signs of life, at most
_PR_SET_PDEATHSIG, _AF_UNIX, _MSG_DONTWAIT = 1, 1, 0x40
_FD: Final = Struct("@i")


class Answering:
    """Ports by the speaker's numbers for them."""

    def __init__(self, ledger: Ledger, control: socket) -> None:
        self._ledger = ledger
        self._control = control
        self._loop = Loop(ledger)
        self._loop.watch(control.fileno())
        self._ports: dict[int, tuple[int, ArpResponder | NdpResponder]] = {}

    def run(self) -> None:
        """Answer until the speaker has closed its end."""
        self._tell(messages.READY)
        while True:
            if self._loop.turn(PULSE) and not self._obey_all():
                return

    def _obey_all(self) -> bool:
        """Do what all messages say that are there; whether more may come."""
        with contextlib.suppress(BlockingIOError):
            while True:
                message, beside, _, _ = self._control.recvmsg(messages.ROOM, 64, _MSG_DONTWAIT)
                if not message:
                    return False
                self._obey(message, beside)
        return True

    def _obey(self, message: bytes, beside: list[tuple[int, int, bytes]]) -> None:
        kind, port = messages.HEAD.unpack_from(message)
        content = message[messages.HEAD.size :]
        match kind:
            case messages.OPEN:
                self._open(port, content, _FD.unpack(beside[0][2])[0])
            case messages.SERVE:
                self._loop.add(*self._ports[port])
            case messages.ANSWER:
                self._answer(port, content)
            case messages.SILENCE:
                self._silence(port, content)
            case messages.REMOVE:
                self._remove(port)
            case messages.SYNC:
                self._tell(port)

    def _tell(self, number: int) -> None:
        self._control.send(messages.DONE.pack(number))

    def _open(self, port: int, content: bytes, fd: int) -> None:
        protocol, mac = messages.OPENED.unpack(content)
        if protocol == messages.ARP:
            self._ports[port] = fd, ArpResponder(mac, {}, self._ledger.arp_drops)
        else:
            self._ports[port] = fd, NdpResponder(mac, {}, self._ledger.ndp_drops)

    def _answer(self, port: int, content: bytes) -> None:
        counts, responder = self._ledger.counts_at, self._ports[port][1]
        if isinstance(responder, ArpResponder):
            records = messages.RECORDS[messages.ARP].iter_unpack(content)
            responder.answer_also({key: ArpAnswer(middle, counts(at)) for key, at, middle in records})
        else:
            records = messages.RECORDS[messages.NDP].iter_unpack(content)
            responder.answer_also({key: NdpAnswer(one, more, counts(at)) for key, at, one, more in records})

    def _silence(self, port: int, content: bytes) -> None:
        responder = self._ports[port][1]
        protocol = messages.ARP if isinstance(responder, ArpResponder) else messages.NDP
        responder.answer_no_more([key for (key,) in messages.KEYS[protocol].iter_unpack(content)])

    def _remove(self, port: int) -> None:
        fd, _ = self._ports.pop(port)
        self._loop.remove(fd)
        os.close(fd)


def main(parent: int, ledger: int, control: int) -> None:
    """Run as a child of the process `parent`, with descriptors that were inherited."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return  # it went before we asked to go with it
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # meant for the speaker, who hands over first
    gc.disable()  # nothing here has cycles
    Answering(Ledger(ledger), socket(_AF_UNIX, SOCK_SEQPACKET, 0, control)).run()
