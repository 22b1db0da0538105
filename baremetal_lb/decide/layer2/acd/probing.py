"""Before an address is first used: does anybody have it? (RFC 5227 2.1.1; RFC 4862 5.4)

Three probes, and silence after each. The times are shorter than RFC 5227's, as they may be on a wire that
is known to deliver at once (its section 2.1): seconds without service are worse than what is missed by that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.layer2.acd.agenda import Agenda, chance
from baremetal_lb.decide.layer2.acd.events import Probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.model.addresses import IPAddress

PROBES: Final = 3
FIRST_PAUSE: Final = 5.0  # seconds before an address that was taken is probed again; each time twice as long
LONGEST_PAUSE: Final = 60.0
JITTER: Final = 0.1  # of a pause, at most, more


@dataclass(slots=True)
class _Try:
    sent: int = 0
    failures: int = 0
    pausing: bool = False


@dataclass(slots=True)
class Probing:
    """The addresses that are not to be used yet. `time` is how long all probes take, in seconds."""

    time: float
    _tries: dict[IPAddress, _Try] = field(default_factory=dict)
    _agenda: Agenda = field(default_factory=Agenda)

    def begin(self, address: IPAddress, now: float) -> None:
        """Start to find out about an address."""
        self._tries[address] = _Try()
        self._agenda.put(address, now)

    def end(self, address: IPAddress) -> None:
        """It need not be known any more."""
        self._tries.pop(address, None)
        self._agenda.drop(address)

    def __contains__(self, address: IPAddress) -> bool:
        return address in self._tries

    def refuse(self, address: IPAddress, now: float) -> int:
        """Somebody has it: pause. How often in a row that was so; 0 while we pause already."""
        its = self._tries[address]
        if its.pausing:
            return 0
        its.failures, its.pausing, its.sent = its.failures + 1, True, 0
        # No float holds 2 to the power of a year's failures.
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(its.failures - 1, 10))
        self._agenda.put(address, now + pause * (1 + JITTER * chance(address, str(its.failures))))
        return its.failures

    def proceed(self, now: float, clear: list[IPAddress]) -> Iterator[Probe]:
        """The probes that are due; `clear` gets the addresses that nobody has, which are forgotten here."""
        for address in self._agenda.due(now):
            its = self._tries[address]
            if its.sent == PROBES:
                del self._tries[address]
                clear.append(address)
                continue
            its.sent, its.pausing = its.sent + 1, False
            self._agenda.put(address, now + self.time / PROBES)
            yield Probe(address)

    def wake_at(self, now: float) -> float:
        """When to proceed again."""
        return self._agenda.wake_at(now)
