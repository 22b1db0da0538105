"""Addresses that somebody outside of the cluster has: given to nobody, and tried again after a while.

While a Service of ours holds one, speakers see whether it is still so. Once none does, time decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from baremetal_lb.decide.ipam.usage.cooldown import Cooldowns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.conflicts import Occupant


@dataclass(slots=True)
class Quarantine:
    """The addresses, and who has each. Times are in seconds, of whatever clock is used."""

    _who: dict[IPAddress, Occupant] = field(default_factory=dict)
    _cooldowns: Cooldowns = field(default_factory=Cooldowns)  # those that nobody of ours holds

    def __contains__(self, address: IPAddress) -> bool:
        return address in self._who

    def __iter__(self) -> Iterator[IPAddress]:
        return iter(tuple(self._who))

    def who(self, address: IPAddress) -> Occupant | None:
        """Who has an address; None where it is not in quarantine."""
        return self._who.get(address)

    def begin(self, address: IPAddress, who: Occupant) -> None:
        """Somebody has an address that one of ours holds."""
        self._who[address] = who

    def end(self, address: IPAddress) -> None:
        """It is ours after all."""
        self._who.pop(address, None)
        self._cooldowns.end(address)

    def hold(self, address: IPAddress) -> None:
        """One of ours holds it, as was found in its status."""
        self._cooldowns.end(address)

    def leave(self, address: IPAddress, until: float) -> None:
        """Nobody of ours holds it any more: it is tried again at that time."""
        self._cooldowns.begin(address, until)

    def over(self, now: float) -> list[IPAddress]:
        """Those to be tried again; they are forgotten here."""
        found = self._cooldowns.over(now)
        for address in found:
            self._who.pop(address, None)
        return found

    def next_end(self) -> float | None:
        """When the first of them is tried again."""
        return self._cooldowns.next_end()
