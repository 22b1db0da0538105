"""Who wants which element: the parts of all Services put together, one change at a time.

Two Services may want the same element (a shared chain, one external IP twice); it goes when the last one
lets go, and the first to claim it decides its value. A change costs what the changed Service costs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mockcloud.proxy.decide.ruleset import Fragment, Key, Slot, Value
from mockcloud.proxy.decide.views import ServiceKey


class Absent:
    """Where an element is not there (None is a value: a set's elements have nothing else)."""


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class Change:
    """One element of the table: what it was, what it is."""

    slot: Slot
    key: Key
    old: Value | Absent
    new: Value | Absent


@dataclass(slots=True)
class Ledger:
    """All elements of one family's table, with their owners."""

    _parts: dict[ServiceKey, Fragment] = field(default_factory=dict)
    _claims: dict[tuple[Slot, Key], dict[ServiceKey, Value]] = field(default_factory=dict)

    def put(self, owner: ServiceKey, part: Fragment) -> list[Change]:
        """The owner's part is now this; what that changes in the table. An empty part removes the owner."""
        old = self._parts.pop(owner, {})
        if part:
            self._parts[owner] = part
        touched = dict.fromkeys([*_elements(old), *_elements(part)])
        changes = [self._claim(owner, slot, key, part) for slot, key in touched]
        return [change for change in changes if change.old != change.new]

    def contents(self) -> list[Change]:
        """All elements, as additions to an empty table."""
        return [Change(slot, key, ABSENT, self.value(slot, key)) for slot, key in self._claims]

    def has_chain(self, name: str) -> bool:
        """Whether some Service leads through the chain of that name."""
        return (Slot.CHAINS, name) in self._claims

    def owners(self) -> tuple[ServiceKey, ...]:
        """The Services that have a part."""
        return tuple(self._parts)

    def value(self, slot: Slot, key: Key) -> Value | Absent:
        """What the element is now."""
        claims = self._claims.get((slot, key))
        return next(iter(claims.values())) if claims else ABSENT

    def _claim(self, owner: ServiceKey, slot: Slot, key: Key, part: Fragment) -> Change:
        old = self.value(slot, key)
        claims = self._claims.setdefault((slot, key), {})
        elements = part.get(slot, {})
        if key in elements:
            claims[owner] = elements[key]  # in its old place, so that an update takes nothing from others
        else:
            claims.pop(owner, None)
        if not claims:
            del self._claims[slot, key]
        return Change(slot, key, old, self.value(slot, key))


def _elements(part: Fragment) -> Iterator[tuple[Slot, Key]]:
    return ((slot, key) for slot, elements in part.items() for key in elements)
