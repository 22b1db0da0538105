"""What is on the wire: addresses go on it when nobody else has them, and verdicts are told when so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baremetal_lb.decide.layer2.gratuitous import Lost, Won
from baremetal_lb.model.announcements import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from baremetal_lb.decide.layer2.ownership import Ruling
    from baremetal_lb.link.ports import Ports
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.announcements import Verdict
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.run.speaker.gratuitous import Shouting


class Stage:
    """Answers begin and end here, and with them what is shouted and told. For the event loop's thread."""

    def __init__(
        self, ports: Ports, shouting: Shouting, teller: Callable[[Verdict | None, Verdict], None]
    ) -> None:
        self._ports = ports
        self._shouting = shouting
        self._teller = teller
        self._untold: dict[ObjectKey, tuple[Verdict | None, Verdict]] = {}  # not on the wire yet

    def withdraw(self, ruling: Ruling) -> None:
        """What is lost goes at once; what is won waits for `announce`."""
        self._ports.change((), ruling.lost)
        for address in ruling.lost:
            self._shouting.tell(Lost(address))
        for before, verdict in ruling.verdicts:
            told, _ = self._untold.get(verdict.service, (before, verdict))
            self._untold[verdict.service] = told, verdict

    def announce(self, addresses: Collection[IPAddress]) -> None:
        """Nobody else has these: answer for them, and tell everybody."""
        self._ports.change(addresses, ())
        for address in addresses:
            self._shouting.tell(Won(address))
        self.tell()

    def announce_again(self, addresses: Iterable[IPAddress]) -> None:
        """Somebody may have heard otherwise."""
        for address in addresses:
            self._shouting.tell(Lost(address))
            self._shouting.tell(Won(address))

    def tell(self) -> None:
        """Tell of each verdict when it is so: an address may have to be probed for first."""
        for key, (before, verdict) in list(self._untold.items()):
            here = verdict.standing is Standing.ANNOUNCED
            if not here or all(each in self._ports.tallies for each in verdict.addresses):
                del self._untold[key]
                self._teller(before, verdict)
