"""Which interfaces of this node are in one LAN, and which of them answers for an address there.

One address has one MAC in a LAN: of two that answer the neighbours believe the last, and where the kernel
checks the reverse path strictly, what comes in by the other is lost. The kernel tells whose LAN a macvlan is
in; else an interface that hears what another one of this node sends is in the same LAN.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from baremetal_lb.model.interfaces import HERE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.interfaces import Interface

PATIENCE: Final = 0.1  # seconds in which others should hear an interface that is new, before it answers
HEARD_LASTS: Final = 200.0  # seconds; they are heard every 60


def apart(interfaces: Iterable[Interface]) -> list[Interface]:
    """One of those that the kernel says are in one LAN: whether others are, too, has to be found out."""
    found: dict[tuple[int, int], Interface] = {}
    for each in sorted(interfaces, key=lambda each: each.index):
        found.setdefault(each.lower or (each.index, HERE), each)
    return list(found.values())


@dataclass(slots=True)
class SharedLans:
    """The interfaces that can be announced on.

    `wants`: whether an address is to be announced on an interface at all, by its name; `way_out`: the name of
    the interface by which the kernel sends to the address's LAN, None where it is not known.
    """

    wants: Callable[[IPAddress, str], bool]
    way_out: Callable[[IPAddress], str | None] = lambda _address: None
    _there: dict[str, Interface] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)  # when each of those that are new may answer
    _heard: dict[frozenset[int], float] = field(default_factory=dict)  # pairs of numbers, and when last
    _lans: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by interface: all of its LAN, in order

    def see(self, interfaces: Iterable[Interface], now: float) -> None:
        """These are there now."""
        before, self._there = self._there, {each.name: each for each in interfaces}
        due = now + PATIENCE if len(self._there) > 1 else now
        for name, each in self._there.items():
            if name not in before or before[name].index != each.index:
                self._due[name] = due
        self._due = {name: at for name, at in self._due.items() if name in self._there}
        numbers = {each.index for each in self._there.values()}
        self._heard = {pair: at for pair, at in self._heard.items() if pair <= numbers}
        self.settle(now)

    def hear(self, sender: int, receiver: int, now: float) -> bool:
        """An interface heard another one; by their numbers. Whether that is news."""
        pair = frozenset((sender, receiver))
        if len(pair) < 2:
            return False  # a loop in the LAN
        news = pair not in self._heard
        self._heard[pair] = now
        if news:
            self._group()
        return news

    def settle(self, now: float) -> None:
        """It is that late: who was new may be so no more, and what was heard long ago counts no more."""
        self._due = {name: at for name, at in self._due.items() if at > now}
        self._heard = {pair: at for pair, at in self._heard.items() if at + HEARD_LASTS > now}
        self._group()

    def wake_at(self) -> float | None:
        """When to settle again."""
        ends = [*self._due.values(), *(at + HEARD_LASTS for at in self._heard.values())]
        return min(ends, default=None)

    def answers(self, address: IPAddress, name: str) -> bool:
        """Whether an address is answered for on an interface."""
        return self.is_first(address, name, self.wants)

    def is_first(self, address: IPAddress, name: str, wants: Callable[[IPAddress, str], bool]) -> bool:
        """Whether of the interfaces in one LAN that are wanted an interface is the one for an address."""
        if name in self._due or name not in self._there or not wants(address, name):
            return False
        lan = self._lans[name]
        return len(lan) == 1 or name == self._speaker(address, lan, wants)

    def shared(self) -> list[tuple[str, ...]]:
        """The interfaces of each LAN that has several of this node."""
        return sorted({lan for lan in self._lans.values() if len(lan) > 1})

    def _speaker(
        self, address: IPAddress, lan: tuple[str, ...], wants: Callable[[IPAddress, str], bool]
    ) -> str | None:
        able = [each for each in lan if each not in self._due and wants(address, each)]
        way_out = self.way_out(address)
        return way_out if way_out in able else next(iter(able), None)

    def _group(self) -> None:
        """Give every interface all of its LAN, in the order of their numbers."""
        lans = {each.index: {each.index} for each in self._there.values()}

        def join(one: int, other: int) -> None:
            lans[one] |= lans[other]
            for each in lans[one]:
                lans[each] = lans[one]

        for one, other in self._pairs():
            if one in lans and other in lans:
                join(one, other)
        names = {each.index: name for name, each in self._there.items()}
        self._lans = {name: tuple(names[at] for at in sorted(lans[at])) for at, name in names.items()}

    def _pairs(self) -> Iterable[tuple[int, int]]:
        for pair in self._heard:
            one, other = sorted(pair)
            yield one, other
        on: dict[tuple[int, int], list[int]] = defaultdict(list)
        for each in self._there.values():
            if each.lower is not None:
                on[each.lower].append(each.index)
        for (lower, namespace), those in on.items():
            yield from ((those[0], each) for each in those[1:])
            if namespace == HERE:
                yield those[0], lower
