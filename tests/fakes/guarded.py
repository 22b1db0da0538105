"""A conversation with one guard on a virtual clock: what happens on the LAN, and what the guard does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Self

from baremetal_lb.decide.layer2.acd.claims import Claim
from baremetal_lb.decide.layer2.acd.detector import ConflictDetector
from baremetal_lb.decide.layer2.acd.events import (
    Announce,
    Ask,
    Assigned,
    ClaimHeard,
    Command,
    ConflictChanged,
    Defend,
    Event,
    OwnersDecided,
    PeersSeen,
    Probe,
)
from baremetal_lb.decide.layer2.acd.proof import Proof
from baremetal_lb.decide.timers import Tick, WakeAt

ME, PEER, THIRD = "node-1", "node-2", "node-3"
MACS = {node: bytes.fromhex(f"02000000000{at}") for at, node in enumerate((ME, PEER, THIRD), 1)}
STRANGER = bytes.fromhex("0242c0000263")
VIP, OTHER, VIP_6 = map(ip_address, ("192.0.2.200", "192.0.2.201", "2001:db8::200"))
ALL = frozenset(MACS)
NONE, USED, REFUSED = Proof


def peers(
    live: frozenset[str] = ALL, complete: bool = True, taking: frozenset[str] | None = None
) -> PeersSeen:
    return PeersSeen(live, live if taking is None else taking, {MACS[each]: each for each in MACS}, complete)


@dataclass
class Story:
    """`said`: all commands but wake-ups, each with its time. `on_ask`: how the LAN answers questions."""

    guard: ConflictDetector = field(default_factory=lambda: ConflictDetector(ME))
    now: float = 100.0
    wake: float = float("inf")
    said: list[tuple[float, Command]] = field(default_factory=list)
    on_ask: Callable[["Story", IPv4Address | IPv6Address], None] = lambda _story, _address: None

    @classmethod
    def begin(cls, known: PeersSeen | None = None, **settings: float) -> Self:
        story = cls(ConflictDetector(ME, **settings))
        story.feed(known or peers())
        return story

    def feed(self, event: Event) -> list[Command]:
        """One event, now; what it led to."""
        self.wake = float("inf")
        commands = self.guard.handle(event, self.now)
        asked = []
        for command in commands:
            match command:
                case WakeAt(at):
                    assert at > self.now
                    self.wake = at
                case _:
                    self.said.append((self.now, command))
                    asked += [command.address] if isinstance(command, Ask) else []
        for address in asked:
            self.on_ask(self, address)
        return commands

    def assign(self, address: IPv4Address, owner: str | None = ME, proof: Proof = NONE) -> list[Command]:
        return self.feed(OwnersDecided((Assigned(address, owner, proof),)))

    def hears(self, mac: bytes = STRANGER, address: IPv4Address = VIP, **how: bool) -> list[Command]:
        """A claim comes on eth0."""
        return self.feed(ClaimHeard(Claim(address, mac, **how), "eth0"))

    def until(self, end: float) -> Self:
        """Time passes; a Tick comes whenever it was asked for."""
        while self.wake <= end:
            self.now = self.wake
            self.feed(Tick())
        self.now = end
        return self

    def times(self, kind: type) -> list[float]:
        """When it did that."""
        return [round(at, 3) for at, command in self.said if isinstance(command, kind)]

    @property
    def announced(self) -> list[tuple[float, tuple[IPv4Address | IPv6Address, ...]]]:
        return [(round(at, 3), each.addresses) for at, each in self.said if isinstance(each, Announce)]

    @property
    def frames(self) -> list[Command]:
        return [each for _, each in self.said if isinstance(each, Probe | Defend | Ask)]

    @property
    def changes(self) -> list[IPv4Address | IPv6Address]:
        return [each.address for _, each in self.said if isinstance(each, ConflictChanged)]
