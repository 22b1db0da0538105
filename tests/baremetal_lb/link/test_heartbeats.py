"""Speakers' heartbeats over real sockets on a real LAN: cut, healed, paused, told to stop, and strangers."""

import os
import queue
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baremetal_lb.decide.membership.machine import Incarnation, Membership
from baremetal_lb.decide.membership.neighbour import Timing
from baremetal_lb.link.heartbeats import Heartbeats, Told, open_heartbeat_socket
from baremetal_lb.model.errors import PortTaken
from baremetal_lb.model.membership import TAKING, Ignored, MemberState, View
from testkit.lan import Lan, NamespaceError

PORT, KEY = 7947, b"k" * 32
NODES = {f"node-{number}": f"192.0.2.{number}" for number in (1, 2, 3)}
NODES6 = {f"node-{number}": f"2001:db8::{number}" for number in (1, 2, 3)}
# Far slower than the defaults, so that a machine that is busy with other things proves nothing false.
TIMING = Timing(interval=0.2, return_delay=1.0)
PATIENCE = 60.0
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def lan() -> Iterator[Lan]:
    try:
        made = Lan.of("switch", *NODES)
    except NamespaceError as exc:
        pytest.skip(f"no user and network namespaces here: {str(exc).splitlines()[-1]}")
    with made:
        made.bridge("switch", list(NODES))
        for name in NODES:
            made.address(name, "eth0", NODES[name], 24)
            made.address(name, "eth0", NODES6[name], 64)
        yield made


class Node:
    """One speaker's heartbeats in a thread of this process, its socket on a host of the LAN."""

    def __init__(self, lan: Lan, name: str, addresses: dict[str, str], key: bytes = KEY) -> None:
        self.name, self.views, self.left = name, queue.SimpleQueue[View](), threading.Event()
        self.states: dict[str, MemberState] = {}
        birth = Incarnation(random.getrandbits(63) + 1, time.time_ns() // 1000)
        opened = lan.open(name, lambda: open_heartbeat_socket(PORT))
        opened.setblocking(False)
        told = Told(self.views.put, lambda _until: None, self.left.set)
        self.beats = Heartbeats(Membership(name, birth, TIMING), opened, told)
        self.beats.keys = (key,)
        self.beats.meet({each: ip_address(text) for each, text in addresses.items()}, frozenset())
        self._thread = threading.Thread(target=self.beats.run, name=name)
        self._thread.start()

    def sees(self, holds: Callable[[dict[str, MemberState]], bool]) -> None:
        """Wait until its view is such."""
        end = time.monotonic() + PATIENCE
        while not holds(self.states):
            try:
                self.states = dict(self.views.get(timeout=max(0.0, end - time.monotonic())).states)
            except queue.Empty:
                pytest.fail(f"{self.name} still sees {self.states}")

    def sees_only(self, *names: str) -> None:
        self.sees(lambda states: states.keys() == set(names))

    def end(self) -> None:
        """As if killed."""
        self.beats.stop()
        self._thread.join()
        self.beats.close()


@pytest.fixture
def start(lan: Lan) -> Iterator[Callable[..., Node]]:
    with ExitStack() as stack:

        def begin(name: str, addresses: dict[str, str] = NODES, key: bytes = KEY) -> Node:
            node = Node(lan, name, addresses, key)
            stack.callback(node.end)
            return node

        yield begin


def set_link(lan: Lan, host: str, state: str) -> None:
    lan.link("switch", lambda ip: ip.link("set", index=ip.link_lookup(ifname=f"to-{host}")[0], state=state))


@pytest.mark.netns
@pytest.mark.parametrize("addresses", [pytest.param(NODES, id="ipv4"), pytest.param(NODES6, id="ipv6")])
def test_speakers_find_each_other_and_part_when_one_leaves(
    start: Callable[..., Node], addresses: dict[str, str]
) -> None:
    """All see all; one that is told to stop says so first, and then is gone."""
    nodes = [start(name, addresses) for name in NODES]
    for node in nodes:
        node.sees(lambda states: states.keys() == set(NODES) and TAKING.issuperset(states.values()))
    nodes[0].beats.leave()
    nodes[1].sees(lambda states: states.get("node-1") is MemberState.LEAVING)
    assert nodes[0].left.wait(PATIENCE)
    nodes[1].sees_only("node-2", "node-3")


@pytest.mark.netns
def test_link_that_is_cut_and_healed(lan: Lan, start: Callable[..., Node]) -> None:
    """The others see one gone, it sees itself cut off; healed, all see all, and it waits to return."""
    nodes = [start(name) for name in NODES]
    for node in nodes:
        node.sees_only(*NODES)
    nodes[0].sees(lambda states: states["node-1"] is MemberState.ACTIVE)
    set_link(lan, "node-1", "down")
    try:
        nodes[1].sees_only("node-2", "node-3")
        nodes[0].sees(lambda states: states == {"node-1": MemberState.CUT_OFF})
    finally:
        set_link(lan, "node-1", "up")
    nodes[0].sees(lambda states: states.get("node-1") is MemberState.RETURNING)
    nodes[1].sees(lambda states: states.get("node-1") is MemberState.ACTIVE)


@pytest.mark.netns
def test_speaker_that_is_stopped_and_goes_on_says_so_itself(lan: Lan, start: Callable[..., Node]) -> None:
    """SIGSTOP: dead to the others. SIGCONT: it does not accuse them, takes no address, and comes back."""
    nodes = [start(name) for name in ("node-1", "node-2")]
    program = [sys.executable, "-m", "tests.fakes.lone_heart", "node-3", KEY.hex(), str(TIMING.interval)]
    program += [f"{name}={address}" for name, address in NODES.items()]
    with subprocess.Popen(
        program, preexec_fn=lan.enter("node-3"), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as lone:
        assert lone.stdout
        try:
            # It comes back, or begins with the others: as long as its interpreter takes to start.
            nodes[0].sees(lambda states: states.get("node-3") in TAKING)
            lone.send_signal(signal.SIGSTOP)
            nodes[0].sees_only("node-1", "node-2")
            lone.send_signal(signal.SIGCONT)
            nodes[0].sees(lambda states: "node-3" in states)
            assert nodes[0].states["node-3"] is MemberState.SETTLING
            nodes[0].sees(lambda states: states["node-3"] is not MemberState.SETTLING)
            lone.kill()
            said = lone.stdout.read().splitlines()
        finally:
            lone.kill()
    assert "SETTLING" in said[said.index("lease 0") :], said
    nodes[0].sees_only("node-1", "node-2")


@pytest.mark.netns
def test_strangers_are_counted_and_change_nothing(lan: Lan, start: Callable[..., Node]) -> None:
    """Noise, a replay of what was seen on the wire, and a speaker with another key."""
    node, peer = start("node-1"), start("node-2")
    node.sees_only("node-1", "node-2")
    stranger = lan.open("node-3", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    with stranger:

        @given(st.binary(max_size=1400))
        @settings(max_examples=50, database=None)
        def throw(noise: bytes) -> None:
            stranger.sendto(noise, (NODES["node-1"], PORT))

        throw()
    wrong = start("node-3", key=b"w" * 32)
    wrong.sees(lambda states: states.get("node-3") is MemberState.FRESH)
    end = time.monotonic() + PATIENCE
    counted = [(node, Ignored.SIGNATURE), (node, Ignored.VERSION), (peer, Ignored.SIGNATURE)]
    while not all(each.beats.unreadable[why] for each, why in counted):
        assert time.monotonic() < end, (node.beats.unreadable, peer.beats.unreadable)
        time.sleep(0.01)
    assert wrong.states.keys() == {"node-3"}
    node.sees_only("node-1", "node-2")


def test_port_that_is_taken_is_named() -> None:
    """The message says which port, and what to set."""
    with open_heartbeat_socket(0) as taken, pytest.raises(PortTaken, match="--membership-port"):
        open_heartbeat_socket(taken.getsockname()[1])


def test_thread_ends_when_told_and_leaves_nothing() -> None:
    """One alone, without a LAN: it says what it is, and stops."""
    views: list[View] = []
    opened = open_heartbeat_socket(0)
    beats = Heartbeats(
        Membership("lone", Incarnation(1, 1), TIMING),
        opened,
        Told(views.append, lambda _until: None, lambda: None),
    )
    before = len(os.listdir("/proc/self/fd"))
    beats.meet({}, frozenset())
    beats.leave()
    beats.run()
    assert views[-1].states == {"lone": MemberState.LEAVING}
    beats.close()
    assert len(os.listdir("/proc/self/fd")) < before
