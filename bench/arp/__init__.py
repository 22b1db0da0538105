"""How fast the speaker answers ARP and NDP, with 1 to 10,000 addresses, beside the kernel's own answers.

Two network namespaces on a veth pair: a load generator in one, what answers for a speaker in the other.
Rounds are short and many, and the kernel's stand between ours, so that a busy machine spoils both alike.
"""

from __future__ import annotations

import contextlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pyroute2.netlink.rtnl.ifaddrmsg import IFA_F_NODAD

from baremetal_lb.link.answering.process import ResponderProcess
from baremetal_lb.link.conflict_filters import ArpClaims, NdpClaims
from baremetal_lb.link.groups import group_socket
from baremetal_lb.link.packet_socket import PacketSocket, Wanted
from baremetal_lb.link.ports import Ports, Sockets
from baremetal_lb.model.interfaces import Interface
from baremetal_lb.run.speaker.daemon import SWITCH_INTERVAL
from bench.figures import Figure
from testkit.lan import Lan

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from pyroute2 import IPRoute

    from baremetal_lb.model.addresses import IPAddress

KERNEL_NET: Final = "10.1.0.0/16"  # local to the node, for its kernel to answer
COUNTS: Final = (1, 100, 10_000)
ROUNDS: Final = 5
REQUESTS: Final = 4_000
FLOOD_MS: Final = 400
HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Round:
    """One measurement: times in microseconds, replies a second."""

    p50: float
    p99: float
    rate: float


@dataclass(frozen=True, slots=True)
class Language:
    """One protocol: who asks, for which addresses of ours, and for which of the node's kernel."""

    name: str
    ethertype: int
    source: str
    ours: IPAddress
    kernel: IPAddress


ARP: Final = Language(
    "ARP", 0x0806, "10.0.0.2", IPv4Address("10.128.0.0"), IPv4Address(KERNEL_NET.split("/")[0])
)
NDP: Final = Language("NDP", 0x86DD, "fd00::2", IPv6Address("fd00:128::"), IPv6Address("fd00::1"))


@dataclass(frozen=True, slots=True)
class Asker:
    """The load generator on its side of the wire."""

    command: tuple[str, ...]
    socket: socket.socket
    mac: str
    source: str

    def ask(self, first: IPAddress, addresses: int) -> Round:
        """Time single requests, then count what comes back under load."""
        p50, p99, answered, lost = self._run(first, addresses, "latency", REQUESTS)
        if lost or answered < REQUESTS:
            print(f"  {lost} of {REQUESTS} requests for {addresses} addresses were not answered in 100 ms")
        replies, nanoseconds = self._run(first, addresses, "flood", FLOOD_MS)
        return Round(p50 / 1e3, p99 / 1e3, replies / nanoseconds * 1e9)

    def _run(self, first: IPAddress, addresses: int, mode: str, amount: int) -> tuple[int, ...]:
        fd = self.socket.fileno()
        command = [
            *self.command,
            str(fd),
            self.mac,
            self.source,
            str(first),
            str(addresses),
            mode,
            str(amount),
        ]
        done = subprocess.run(command, pass_fds=[fd], capture_output=True, text=True, check=True)
        return tuple(map(int, done.stdout.split()))


@dataclass(frozen=True, slots=True)
class Node:
    """The answering side: a port that the speaker's own process serves, started from here."""

    ports: Ports
    interface: Interface

    def announce(self, first: IPAddress, addresses: int) -> None:
        """Answer for this many addresses from now on."""
        wanted = {first + number for number in range(addresses)}
        self.ports.change(wanted, self.ports.tallies.keys() - wanted)


def run() -> Iterator[Figure]:
    """Medians of rounds: ours for each number of addresses, the kernel's, and what one is to the other."""
    with tempfile.TemporaryDirectory() as scratch, Lan.of("asker", "node") as lan:
        lan.connect(("asker", "eth0"), ("node", "eth0"))
        lan.address("node", "eth0", "10.0.0.1", 8)
        lan.link("node", _make_local)
        command, mac = _generator(Path(scratch)), lan.mac("asker", "eth0").hex(":")
        with _answering(lan) as node:
            for language in (ARP, NDP):
                with lan.packet_socket("asker", "eth0", language.ethertype) as opened:
                    yield from _figures(language, Asker(command, opened, mac, language.source), node)


def _figures(language: Language, asker: Asker, node: Node) -> Iterator[Figure]:
    name = language.name
    kernel: list[Round] = []
    ours: dict[int, list[Round]] = {count: [] for count in COUNTS}
    for _ in range(ROUNDS):
        for count, rounds in ours.items():
            node.announce(language.ours, count)
            rounds.append(asker.ask(language.ours, count))
        kernel.append(asker.ask(language.kernel, 1))
    with _busy_interpreter():
        busy = [asker.ask(language.ours, COUNTS[-1]) for _ in range(ROUNDS)]
    for count, rounds in ours.items():
        yield from _of(f"{name}, {count:,} addresses", _median(rounds), "under 20 us", "over 50,000/s")
    yield from _of(f"{name}, 10,000 addresses, event loop never idle", _median(busy), "", "")
    reference, most = _median(kernel), _median(ours[COUNTS[-1]])
    yield from _of(f"{name} by the kernel, the same wire", reference, "", "")
    yield Figure(f"{name} p50, ours to the kernel's, 10,000 addresses", most.p50 / reference.p50, "times", "")
    yield Figure(
        f"{name} replies, ours to the kernel's, 10,000 addresses", most.rate / reference.rate, "times", ""
    )
    few = _median(ours[COUNTS[0]])
    yield Figure(f"{name} replies, 10,000 addresses to 1", most.rate / few.rate, "times", "the same")


def _of(name: str, measured: Round, p50: str, rate: str) -> Iterator[Figure]:
    yield Figure(f"{name}: p50", measured.p50, "us", p50)
    yield Figure(f"{name}: p99", measured.p99, "us", "")
    yield Figure(f"{name}: replies", measured.rate, "/s", rate)


def _median(rounds: list[Round]) -> Round:
    return Round(
        *(statistics.median(getattr(each, name) for each in rounds) for name in ("p50", "p99", "rate"))
    )


def _make_local(ip: IPRoute) -> None:
    """Many addresses by one route: the kernel answers for what it routes to itself."""
    loopback = ip.link_lookup(ifname="lo")[0]
    ip.route("add", dst=KERNEL_NET, type="local", scope="host", oif=loopback, table=255)
    node = ip.link_lookup(ifname="eth0")[0]
    ip.addr("add", index=node, address=str(NDP.kernel), prefixlen=64, flags=IFA_F_NODAD)


@contextlib.contextmanager
def _answering(lan: Lan) -> Iterator[Node]:
    """The process that answers, on the node's end of the wire, beside what hears claims there."""

    def open_socket(interface: Interface, wanted: Wanted) -> PacketSocket:
        opened = lan.open("node", lambda: PacketSocket.open(interface, wanted).detach())
        opened.setblocking(False)
        return PacketSocket(opened)

    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    answering = ResponderProcess()
    thread = threading.Thread(target=answering.run)
    thread.start()
    try:
        sockets = Sockets(open_socket, lambda: lan.open("node", group_socket))
        interface = Interface(lan.index("node", "eth0"), "eth0", lan.mac("node", "eth0"))
        node = Node(Ports(answering, sockets), interface)
        node.ports.fit([node.interface])
        with contextlib.ExitStack() as stack:
            for claims in (ArpClaims, NdpClaims):
                heard = open_socket(interface, claims(((int(ARP.ours), int(ARP.ours) + COUNTS[-1]),)))
                stack.callback(heard.close)
            yield node
    finally:
        answering.stop()
        thread.join()
        sys.setswitchinterval(before)


@contextlib.contextmanager
def _busy_interpreter() -> Iterator[None]:
    """Python code that never waits, in a thread beside the one that answers."""
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            {number: [number] for number in range(1000)}

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _generator(scratch: Path) -> tuple[str, ...]:
    """The load generator, compiled; where there is no C compiler, the same in Python."""
    compiler = shutil.which("cc")
    if compiler is None:
        print("  no C compiler (cc): the load generator in Python is slower than what it measures")
        return (sys.executable, str(HERE / "load.py"))
    program = scratch / "load"
    subprocess.run([compiler, "-O2", "-o", str(program), str(HERE / "load.c")], check=True)
    return (str(program),)
