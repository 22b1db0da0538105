"""Faults at random in a real lab: for each kind the longest time an address had no answer, or two.

One round of each kind in an order that a seed decides; then more, of kinds at random, for CHAOS_MINUTES.
CHAOS_SEED gives a run again. What happens is printed as it happens.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.failover import NODES, BenchLab
from bench.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENT: Final = "192.168.10.100"  # mockcloud's topology
AFTER: Final = 8.0  # seconds of looking after a fault is over: longer than the slowest failover
PORT: Final = "udp dport 7947"


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind. `begin` does it and gives back how to end it; it lasts from `least` to `most` seconds."""

    name: str
    begin: Callable[[BenchLab, random.Random], Callable[[], object]]
    least: float = 0.0
    most: float = 0.0


def run() -> Iterator[Figure]:
    """Two figures for each kind."""
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10_000))
    minutes = float(os.environ.get("CHAOS_MINUTES") or 0)
    dice = random.Random(seed)
    print(f"  CHAOS_SEED={seed} CHAOS_MINUTES={minutes:g}", flush=True)
    seen: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as home, BenchLab(home) as lab:
        for fault in _order(dice, minutes):
            seen[fault.name].append(_round(lab, fault, dice))
    for name, rounds in seen.items():
        count = f" ({len(rounds)})" if minutes else ""
        yield Figure(f"{name}{count}: longest gap", max(gap for gap, _ in rounds), "s", "")
        yield Figure(f"{name}{count}: longest double", max(double for _, double in rounds), "s", "")


def _order(dice: random.Random, minutes: float) -> Iterator[Fault]:
    end = time.monotonic() + minutes * 60
    yield from dice.sample(FAULTS, len(FAULTS))
    while time.monotonic() < end:
        yield dice.choice(FAULTS)


def _round(lab: BenchLab, fault: Fault, dice: random.Random) -> tuple[float, float]:
    """The longest gap and double of any address, in seconds."""
    addresses = lab.addresses()
    _await_one_each(lab, addresses)
    lasts = dice.uniform(fault.least, fault.most)
    ask = _asking(lab, 1.0 + lasts + AFTER, addresses)
    with subprocess.Popen(ask, stdout=subprocess.PIPE, text=True, env=lab.environment) as client:
        assert client.stdout
        client.stdout.readline()
        time.sleep(1.0)
        end = fault.begin(lab, dice)
        time.sleep(lasts)
        end()
        found = json.loads(client.stdout.readline())
    lab.renew()
    gap, double = max(each[0] for each in found.values()), max(each[1] for each in found.values())
    print(f"    {fault.name}, {lasts:.1f} s: gap {gap:.2f} s, double {double:.2f} s", flush=True)
    return gap, double


def _await_one_each(lab: BenchLab, addresses: list[str]) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        done = subprocess.run(
            _asking(lab, 1.0, addresses), capture_output=True, text=True, check=True, env=lab.environment
        )
        found = json.loads(done.stdout.splitlines()[-1])
        if all(gap < 0.2 and double == 0 and count == 1 for gap, double, count in found.values()):
            return
    message = f"not each address has one owner after 90 s: {found}"
    raise RuntimeError(message)


def _asking(lab: BenchLab, seconds: float, addresses: list[str]) -> list[str]:
    own = (sys.executable, "-m", "bench.asking", "eth0", CLIENT, str(seconds))
    return lab.command_on("client", *own, *addresses)


def _signal(number: signal.Signals, *, everybody: bool = False) -> Callable[..., Callable[[], object]]:
    def begin(lab: BenchLab, dice: random.Random) -> Callable[[], object]:
        names = NODES if everybody else (dice.choice(NODES),)
        pids = list(map(lab.speaker, names))
        _send(number, pids)
        return lambda: _send(signal.SIGCONT, pids) if number is signal.SIGSTOP else None

    return begin


def _signal_to(
    whom: Callable[[BenchLab], list[int]], number: signal.Signals
) -> Callable[..., Callable[[], object]]:
    def begin(lab: BenchLab, _dice: random.Random) -> Callable[[], object]:
        pids = whom(lab)
        _send(number, pids)
        return lambda: _send(signal.SIGCONT, pids) if number is signal.SIGSTOP else None

    return begin


def _send(number: signal.Signals, pids: list[int]) -> None:
    for pid in pids:
        os.kill(pid, number)


def _cut(lab: BenchLab, dice: random.Random) -> Callable[[], object]:
    node = dice.choice(NODES)
    lab.exec(node, "ip", "link", "set", "eth0", "down")
    return lambda: lab.exec(node, "ip", "link", "set", "eth0", "up")


def _block(where: Callable[[random.Random], dict[str, str]]) -> Callable[..., Callable[[], object]]:
    """Drop heartbeats on these nodes, where they match."""

    def begin(lab: BenchLab, dice: random.Random) -> Callable[[], object]:
        rules = where(dice)
        for node, match in rules.items():
            chain = "add chain inet chaos input { type filter hook input priority 0 ; }"
            rule = f"add rule inet chaos input {match} {PORT} drop"
            lab.exec(node, "nft", f"add table inet chaos; {chain}; {rule}")
        return lambda: [lab.exec(node, "nft", "delete table inet chaos") for node in rules]

    return begin


def _one_way(dice: random.Random) -> dict[str, str]:
    deaf, mute = dice.sample(range(3), 2)
    return {NODES[deaf]: f"ip saddr 192.168.10.{11 + mute}"}


def _one_node(dice: random.Random) -> dict[str, str]:
    node = dice.randrange(3)
    heard = {name: f"ip saddr 192.168.10.{11 + node}" for name in NODES if name != NODES[node]}
    return {NODES[node]: "", **heard}


KILL, TERM, STOP = signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP
FAULTS: Final = (
    Fault("a speaker killed", _signal(KILL)),
    Fault("a speaker told to stop", _signal(TERM)),
    Fault("a speaker paused, 0.2 to 5 s", _signal(STOP), 0.2, 5.0),
    Fault("all speakers killed at once", _signal(KILL, everybody=True)),
    Fault("all speakers paused, 0.2 to 5 s", _signal(STOP, everybody=True), 0.2, 5.0),
    Fault("a node's link cut, 1 to 5 s", _cut, 1.0, 5.0),
    Fault("UDP 7947 blocked, 5 to 10 s", _block(lambda _dice: dict.fromkeys(NODES, "")), 5.0, 10.0),
    Fault("UDP 7947 blocked for one node, 5 to 10 s", _block(_one_node), 5.0, 10.0),
    Fault("UDP 7947 blocked one way, 5 to 10 s", _block(_one_way), 5.0, 10.0),
    Fault("the API paused, 1 to 5 s", _signal_to(lambda lab: [lab.api()], STOP), 1.0, 5.0),
    Fault("all controllers killed", _signal_to(BenchLab.controllers, KILL)),
)
