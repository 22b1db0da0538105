"""Addresses that a node might have which is not heard: what to do when one of our nodes speaks of one.

Whoever has it keeps it. Where two have it, or both are about to, the one that ranks better does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.layer2.acd.agenda import NEVER
from baremetal_lb.decide.layer2.acd.events import Assert, Command, Defend, HeldByNode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from baremetal_lb.decide.layer2.acd.claims import Claim
    from baremetal_lb.model.addresses import IPAddress

ASSERT_INTERVAL: Final = 1.0  # seconds between two frames that tell a node whose an address is


@dataclass(slots=True)
class Contending:
    """The contested addresses, as node `me` sees them."""

    me: str
    _rankings: dict[IPAddress, tuple[str, ...]] = field(default_factory=dict)  # who may have it, best first
    _asserted: dict[IPAddress, float] = field(default_factory=dict)  # when we last told of it

    def __contains__(self, address: IPAddress) -> bool:
        return address in self._rankings

    def concerns(self, address: IPAddress, node: str | None) -> bool:
        """Whether an address is contested, and that node may have it."""
        return node in self._rankings.get(address, ())

    def see(
        self, contested: Mapping[IPAddress, tuple[str, ...]], announced: Collection[IPAddress], now: float
    ) -> list[Command]:
        """These are contested now, or no longer. What we announce of them another may have taken: tell it."""
        fresh = [each for each in contested if each in announced and each not in self._rankings]
        for address, ranking in contested.items():
            if ranking:
                self._rankings[address] = ranking
            else:
                self._rankings.pop(address, None)
                self._asserted.pop(address, None)
        self._asserted |= dict.fromkeys(fresh, now)
        return [Assert(tuple(fresh))] if fresh else []

    def while_probing(self, claim: Claim, node: str) -> list[Command]:
        """We are about to take it. Who has it keeps it; who is about to take it, too, if he ranks better."""
        if claim.probe and not self._is_better(node, claim.address):
            return []
        return [HeldByNode(claim.address, node)]

    def while_announcing(self, claim: Claim, node: str, now: float) -> list[Command]:
        """We have it. A probe is answered like any question, and its sender leaves it to us then."""
        address = claim.address
        if claim.probe:
            return []
        if self._is_better(node, address):
            return [HeldByNode(address, node)]
        if now < self._asserted.get(address, -NEVER) + ASSERT_INTERVAL:
            return []
        self._asserted[address] = now
        return [Defend(address)]

    def while_watching(self, claim: Claim, node: str, owner: str) -> list[Command]:
        """Another has it, and perhaps not the one that we take for its owner."""
        return [] if claim.probe or node == owner else [HeldByNode(claim.address, node)]

    def _is_better(self, node: str, address: IPAddress) -> bool:
        ranking = self._rankings[address]
        return self.me not in ranking or ranking.index(node) < ranking.index(self.me)
