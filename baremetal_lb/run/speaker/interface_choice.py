"""Where on this node each address is answered for, and what stands in the way of those that are.

Joins what pools want, which interfaces share a LAN, and what the kernel says of routes and switches.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import structlog

from baremetal_lb.decide.layer2.hindrances import ipv6_off, no_way_back
from baremetal_lb.decide.layer2.shared_lans import PATIENCE, SharedLans, apart
from baremetal_lb.decide.speaker.events import Routing, RoutingSeen
from baremetal_lb.link.lan_probes import LanProbes
from baremetal_lb.link.surroundings import look
from baremetal_lb.model.api_names import (
    EventReason,
)
from baremetal_lb.model.objects import ObjectKey, Subject
from baremetal_lb.model.reasons import (
    Note,
)
from baremetal_lb.model.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from baremetal_lb.decide.layer2.ownership import Ownership
    from baremetal_lb.kube.events import EventRecorder
    from baremetal_lb.link.ports import Ports
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.conflicts import Finding
    from baremetal_lb.model.interfaces import Interface
    from baremetal_lb.run.speaker.driver import Feed

LOOK_EVERY: Final = 5.0  # seconds: routes and switches change without a word of the interface
log = structlog.get_logger("placing")


class InterfaceChoice:
    """Of one node. Every method is for the event loop's thread; the machine is fed when answers differ."""

    def __init__(self, node: str, ownership: Ownership, recorder: EventRecorder, feed: Feed) -> None:
        self._node = node
        self._ownership = ownership
        self._recorder = recorder
        self._feed = feed
        self._lans = SharedLans(self._wants, self._way_out)
        self._probes = LanProbes(self._heard)
        self._interfaces: Sequence[Interface] = ()
        self._surroundings = Surroundings()
        self._shared: list[tuple[str, ...]] = []
        self._told: set[tuple[str, ...]] = set()  # by an Event
        self._again = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def answers(self, address: IPAddress, name: str) -> bool:
        """Whether an address is answered for on an interface of that name."""
        return self._lans.answers(address, name)

    def asks(self, address: IPAddress, name: str) -> bool:
        """Whether it is asked for an address there: also where the kernel has IPv6 off, since we read all."""
        return self._lans.is_first(address, name, self._ownership.reaches)

    @property
    def shared(self) -> Sequence[tuple[str, ...]]:
        """The interfaces of each LAN that has several of this node."""
        return self._shared

    def findings(self, ports: Ports) -> list[Finding]:
        """What is wrong on this node with the addresses that are ours."""
        found = []
        for address in list(ports.tallies):
            where = [name for name, _ in ports.where(address)]
            off = [each.name for each in self._interfaces if self._is_off_for(address, each.name)]
            finding = (
                no_way_back(self._node, address, where, self._surroundings, self._ownership.entry_of(address))
                if where
                else ipv6_off(self._node, address, off)
            )
            if finding is not None:
                found.append(finding)
        return found

    async def fit(self, interfaces: Iterable[Interface]) -> None:
        """These are the interfaces that can be announced on. Answers may differ afterwards.

        The first time it waits until those that share a LAN may have heard each other.
        """
        first, self._interfaces = not self._interfaces, tuple(interfaces)
        self._surroundings = await self._look()
        self._lans.see(self._interfaces, asyncio.get_running_loop().time())
        self._probes.fit(apart(self._interfaces))
        if first and len(self._interfaces) > 1:
            await asyncio.sleep(PATIENCE)
            self._lans.settle(asyncio.get_running_loop().time())
        self._tell()
        self._wake_later()

    def look_again(self) -> None:
        """The pools changed."""
        self._again.set()

    def routing(self) -> Routing:
        """What the kernel says of interfaces, as last looked at."""
        leading = frozenset(name for name in self._surroundings.ways_out.values() if name is not None)
        return Routing(leading, frozenset(self._surroundings.ipv6_off))

    async def run(self) -> None:
        """Look at routes and switches now and then, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._again.wait()
            self._again.clear()
            found = await self._look()
            if found != self._surroundings:
                self._surroundings = found
                self._feed(RoutingSeen(self.routing()))

    def close(self) -> None:
        """Listen no more."""
        self._probes.close()
        if self._timer is not None:
            self._timer.cancel()

    async def _look(self) -> Surroundings:
        names = {each.index: each.name for each in self._interfaces}
        with contextlib.suppress(OSError):  # no netlink for us: nothing is known
            return await look(names, self._ownership.entries())
        return self._surroundings

    def _wants(self, address: IPAddress, name: str) -> bool:
        return self._ownership.reaches(address, name) and not (
            address.version == 6 and name in self._surroundings.ipv6_off
        )

    def _is_off_for(self, address: IPAddress, name: str) -> bool:
        off = address.version == 6 and name in self._surroundings.ipv6_off
        return off and self._ownership.reaches(address, name)

    def _way_out(self, address: IPAddress) -> str | None:
        entry = self._ownership.entry_of(address)
        return self._surroundings.ways_out.get(entry) if entry is not None else None

    def _heard(self, sender: int, receiver: int) -> None:
        if self._lans.hear(sender, receiver, asyncio.get_running_loop().time()):
            self._tell()
            self._feed(RoutingSeen(self.routing()))
        self._wake_later()

    def _wake_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        at = self._lans.wake_at()
        self._timer = asyncio.get_running_loop().call_at(at, self._settle) if at is not None else None

    def _settle(self) -> None:
        self._lans.settle(asyncio.get_running_loop().time())
        self._tell()
        self._feed(RoutingSeen(self.routing()))
        self._wake_later()

    def _tell(self) -> None:
        """Say it of each LAN that several interfaces are in; by an Event once."""
        before, self._shared = self._shared, self._lans.shared()
        for names in self._shared:
            if names not in before:
                text = (
                    f"{', '.join(names)} are in one LAN: an address is announced on one of them only, that "
                    "by which the node routes to it, else the first; to choose, name one in the pool's "
                    "`interfaces`, or keep the others out by --interface-exclude"
                )
                log.warning("interfaces share a LAN", interfaces=list(names), why=text)
                if names in self._told:
                    continue  # a link that flaps
                self._told.add(names)
                subject = Subject("Node", ObjectKey("", self._node), self._node)
                self._recorder.record(subject, Note(EventReason.INTERFACES_SHARE_LAN, text))
