"""Who has an address while some node is not heard: what is seen on the LAN decides, not what is computed.

Speakers that do not hear each other cannot agree before they act. So whoever answers for an address keeps it;
who would take it asks the LAN first; and where two have it all the same, the one that ranks better does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from baremetal_lb.model.addresses import IPAddress


@dataclass(slots=True)
class Contest:
    """What was seen on the LAN of addresses that nodes might have which are not heard."""

    unheard: frozenset[str] = frozenset()
    _holders: dict[IPAddress, str] = field(default_factory=dict)  # who was seen to have it last
    _silent: dict[IPAddress, set[str]] = field(default_factory=dict)  # who was asked in vain

    def see_unheard(self, nodes: frozenset[str]) -> bool:
        """These are not heard, and may live. Whether that is news."""
        before, self.unheard = self.unheard, nodes
        if not nodes:
            self._holders.clear()
        self._silent = {address: kept for address, each in self._silent.items() if (kept := each & nodes)}
        return before != nodes

    def see_holder(self, address: IPAddress, node: str) -> None:
        """A node has the address: it was seen to answer, or to tell of it."""
        if self.unheard:
            self._holders[address] = node
            self._silent.get(address, set()).discard(node)

    def see_silent(self, address: IPAddress, node: str) -> None:
        """A node that was to have the address does not answer for it."""
        if self._holders.get(address) == node:
            del self._holders[address]
        if node in self.unheard:
            self._silent.setdefault(address, set()).add(node)

    def winner(self, addresses: Collection[IPAddress], ranking: Sequence[str], keeper: str | None) -> str:
        """Who is to have addresses that go to one node together; `keeper` has had them up to now.

        `ranking`: the candidates, at least one, best first.
        """
        held = {self._holders.get(each) for each in addresses}
        holder = next((node for node in ranking if node in held), None)
        if holder is not None:
            return holder
        for each in addresses:
            self._holders.pop(each, None)  # it may announce no more, and has to be seen anew
        if keeper in ranking:
            return str(keeper)
        silent = set().union(*(self._silent.get(each, ()) for each in addresses))
        return next((node for node in ranking if node not in silent), ranking[0])
