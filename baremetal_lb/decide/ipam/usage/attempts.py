"""How fast addresses are tried that may turn out to be somebody else's (RFC 5227 2.1.1).

A host that answers for every address (proxy ARP, or malice) would else cost a pool one address a second.
After MAX_CONFLICTS conflicts one more is tried in a RATE_LIMIT_INTERVAL, until there was peace for a while.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from baremetal_lb.model.api_names import (
    Reason,
)
from baremetal_lb.model.reasons import (
    Refusal,
)
from baremetal_lb.model.times import clock_time

if TYPE_CHECKING:
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.conflicts import Occupant

MAX_CONFLICTS: Final = 10  # RFC 5227 1.1
RATE_LIMIT_INTERVAL: Final = 60.0  # seconds, RFC 5227 1.1
PEACE: Final = 300.0  # seconds without a conflict, and all is forgotten


@dataclass(slots=True)
class Attempts:
    """Conflicts on addresses that were given, and tries of others in their place. Times in seconds."""

    _claimed: dict[bytes, set[IPAddress]] = field(default_factory=lambda: defaultdict(set))  # by MAC
    _conflicts: int = 0
    _last_conflict: float | None = None  # None: since the last look
    _last_try: float = float("-inf")
    _waited_for: bool = False
    _now: float = float("-inf")

    def conflict(self, address: IPAddress, occupant: Occupant) -> None:
        """An address that was given turned out to be somebody else's."""
        if address not in self._claimed[occupant.mac]:
            self._claimed[occupant.mac].add(address)
            self._conflicts += 1
        self._last_conflict = None

    def look(self, now: float) -> bool:
        """It is now that late. Whether those who were refused may try again."""
        self._now = now
        if self._last_conflict is None:
            self._last_conflict = now
        elif now >= self._last_conflict + PEACE:
            self._claimed.clear()
            self._conflicts = 0
        due = self._waited_for and self.next_try() is None
        self._waited_for = self._waited_for and not due
        return due

    def tried(self) -> None:
        """Another address is given in the place of one that is somebody else's."""
        self._last_try = self._now

    def next_try(self) -> float | None:
        """When another address may be tried; None: at once."""
        at = self._last_try + RATE_LIMIT_INTERVAL
        return at if self._conflicts >= MAX_CONFLICTS and at > self._now else None

    def wake_at(self) -> float | None:
        """When to look again: for those who were refused, or since all is forgotten by then."""
        ends = [self.next_try() if self._waited_for else None]
        if self._conflicts and self._last_conflict is not None:
            ends.append(self._last_conflict + PEACE)
        return min((at for at in ends if at is not None), default=None)

    def refuse(self, wall_offset: float) -> Refusal | None:
        """Why no other address may be tried now; None where one may. `wall_offset` makes it a time of day."""
        at = self.next_try()
        if at is None:
            return None
        self._waited_for = True
        detail = (
            f"{self._conflicts} addresses turned out to be somebody else's, so the next one is tried at "
            f"{clock_time(at + wall_offset)} (RFC 5227: one a minute)"
        )
        return Refusal(Reason.ADDRESS_IN_USE, "", detail)

    def suspicion(self, mac: bytes) -> str:
        """What is to be said of a MAC that has very many addresses, to be put after its name; or nothing."""
        if len(self._claimed.get(mac, ())) < MAX_CONFLICTS:
            return ""
        return (
            f"; {mac.hex(':')} claims {MAX_CONFLICTS} addresses or more: does it answer every ARP request "
            "(proxy ARP)?"
        )
