"""The process that answers, on a real wire: who gets which reply, and what becomes of it when one dies."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from scapy.layers.l2 import ARP

from baremetal_lb.decide.layer2.responder.responder import DropReason
from baremetal_lb.link.answering.process import ResponderProcess
from baremetal_lb.link.errors import ResponderFailed
from baremetal_lb.link.ports import Ports

pytestmark = pytest.mark.netns
VIP = IPv4Address("192.0.2.200")
PATIENT = 60.0
# A speaker's part of it, without the rest of the speaker.
SPEAKER = """
import socket, sys
from ipaddress import ip_address
from baremetal_lb.link.answering.process import ResponderProcess
from baremetal_lb.link.ports import Ports
from baremetal_lb.model.interfaces import Interface
import threading
answering = ResponderProcess()
ports = Ports(answering)
ports.fit([Interface(socket.if_nametoindex("eth0"), "eth0", bytes.fromhex(sys.argv[1]))])
ports.change([ip_address("192.0.2.200")], [])
thread = threading.Thread(target=answering.run)
thread.start()
while answering.pid is None:
    thread.join(0.01)
print(answering.pid, flush=True)
thread.join()
"""


@contextmanager
def running(answering: ResponderProcess) -> Iterator[None]:
    thread = threading.Thread(target=answering.run)
    thread.start()
    try:
        yield
    finally:
        answering.stop()
        thread.join(PATIENT)
        assert not thread.is_alive()


@contextmanager
def announcing(wire, told: Callable[[str], None] = lambda _why: None) -> Iterator[Ports]:
    """Ports that answer for VIP, with the process behind them."""
    answering = ResponderProcess(told)
    ports = Ports(answering, wire.sockets)
    with running(answering):
        ports.fit([wire.node])
        ports.change([VIP], [])
        until(lambda: answering.pid is not None)
        yield ports


def until(holds: Callable[[], bool]) -> None:
    """Wait for what another thread or process does."""
    end = time.monotonic() + PATIENT
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    """Whether a process has ended: whose parent was killed may wait for somebody to bury it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


@contextmanager
def speaker_on(wire) -> Iterator[tuple[subprocess.Popen, int]]:
    """A process that announces VIP on the node, and the process that answers for it."""
    command = [sys.executable, "-c", SPEAKER, wire.node.mac.hex()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=wire.lan.enter("node")) as speaker:
        try:
            assert speaker.stdout
            yield speaker, int(speaker.stdout.readline())
        finally:
            speaker.kill()


async def test_requests_are_answered_with_the_interfaces_mac(wire) -> None:
    """Broadcast, unicast and probe; the reply's fields as scapy reads them, and the reasons for the rest."""
    mac = wire.node.mac.hex(":")
    with announcing(wire) as ports:
        for request in (
            wire.client.request(str(VIP)),
            wire.client.request(str(VIP), to=mac),
            wire.client.request(str(VIP), source="0.0.0.0"),
        ):
            reply = await wire.client.answer_to(request, PATIENT)
            assert reply is not None
            assert (reply.src, reply[ARP].hwsrc, reply[ARP].psrc) == (mac, mac, str(VIP))
            assert (reply[ARP].hwdst, reply[ARP].pdst) == (wire.client.mac, request[ARP].psrc)
        wire.client.send(wire.client.request("192.0.2.201"))
        until(lambda: ports.arp_drops[DropReason.NOT_OURS] == 1)
        assert ports.tallies[VIP].answered == 3
    assert {why: count for why, count in ports.arp_drops.items() if count} == {DropReason.NOT_OURS: 1}


async def test_burst_is_answered_to_the_last(wire) -> None:
    """A hundred requests at once get a hundred replies."""
    with announcing(wire):
        for number in range(1, 101):
            wire.client.send(wire.client.request(str(VIP), source=f"192.0.2.{number}"))
        replies = await wire.client.frames(100, PATIENT)
    assert [frame[ARP].pdst for frame in replies] == [f"192.0.2.{number}" for number in range(1, 101)]


async def test_port_removed_answers_no_more_and_the_process_goes_on(wire) -> None:
    """Its socket is closed; an interface that comes back is served."""
    mac = wire.node.mac.hex(":")
    with announcing(wire) as ports:
        assert await wire.client.who_has(str(VIP), PATIENT) == mac
        ports.fit([])
        assert await wire.client.who_has(str(VIP), 0.1) is None
        ports.fit([wire.node])
        assert await wire.client.who_has(str(VIP), PATIENT) == mac
        until(lambda: wire.opened[0].fileno() == -1)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
async def test_process_that_is_gone_or_stopped_is_replaced_and_knows_all(wire, how: signal.Signals) -> None:
    """The next one is told the whole table; what was counted goes on; and the speaker has said so."""
    told: list[str] = []
    mac = wire.node.mac.hex(":")
    with announcing(wire, told.append) as ports:
        assert await wire.client.who_has(str(VIP), PATIENT) == mac
        first = ports.answering.pid
        assert first
        os.kill(first, how)
        until(lambda: ports.answering.pid not in (first, None))
        assert await wire.client.sees_owner(str(VIP), mac, PATIENT)
        assert is_gone(first)
        assert ports.tallies[VIP].answered >= 2
    assert told


async def test_address_given_up_is_never_answered_for_also_where_the_process_did_not_hear_of_it(wire) -> None:
    """It was stopped, with questions before it: it is killed before the speaker goes on, and answers none."""
    with announcing(wire) as ports:
        assert await wire.client.who_has(str(VIP), PATIENT) == wire.node.mac.hex(":")
        first = ports.answering.pid
        assert first
        os.kill(first, signal.SIGSTOP)
        wire.client.send(wire.client.request(str(VIP)))
        ports.change([], [VIP])
        assert is_gone(first)
        until(lambda: ports.answering.pid is not None)
        until(lambda: ports.arp_drops[DropReason.NOT_OURS] == 1)
        assert await wire.client.frames(1, 0.1) == []


async def test_address_given_up_under_load_is_not_answered_for_once_that_is_acknowledged(wire) -> None:
    """What is asked after `change` has returned gets no answer, however much was asked before."""
    with announcing(wire) as ports:
        for turn in range(1, 21):
            for number in range(1, 51):
                wire.client.send(wire.client.request(str(VIP), source=f"192.0.2.{number}"))
            ports.change([], [VIP])
            wire.client.send(wire.client.request(str(VIP), source="192.0.2.77"))
            ports.change([VIP + 1], [])
            wire.client.send(wire.client.request(str(VIP + 1), source="192.0.2.88"))
            seen: list[str] = []
            while "192.0.2.88" not in seen:
                seen += [frame[ARP].pdst for frame in await wire.client.frames(1, PATIENT)]
            assert "192.0.2.77" not in seen, turn
            ports.change([VIP], [VIP + 1])


async def test_who_answers_falls_silent_when_its_speaker_is_stopped(wire) -> None:
    """Without heartbeats, too: its sign of life is over within a second. It goes on when the speaker does."""
    with speaker_on(wire) as (speaker, _):
        mac = wire.node.mac.hex(":")
        assert await wire.client.who_has(str(VIP), PATIENT) == mac
        speaker.send_signal(signal.SIGSTOP)
        assert await wire.client.sees_owner(str(VIP), None, PATIENT)
        speaker.send_signal(signal.SIGCONT)
        assert await wire.client.sees_owner(str(VIP), mac, PATIENT)


async def test_who_answers_goes_with_its_speaker(wire) -> None:
    """SIGKILL leaves no process that answers."""
    with speaker_on(wire) as (speaker, answering):
        assert await wire.client.who_has(str(VIP), PATIENT) == wire.node.mac.hex(":")
        assert not is_gone(answering)
        speaker.kill()
        until(lambda: is_gone(answering))
        assert await wire.client.who_has(str(VIP), 0.1) is None


def test_process_that_never_comes_up_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """After some attempts: the speaker ends by it, and hands over what it had."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ResponderFailed, match="did not come up 5 times"):
        ResponderProcess().run()
