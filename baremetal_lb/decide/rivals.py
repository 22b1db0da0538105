"""Other releases that would serve the same class, by their Leases: only one may.

A Lease has one name for one class, in each release's own namespace. Who holds one serves; who sees that
another is held does not take his own, and says in it for whom he waits. Clocks of machines are not compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.leader_election import NOBODY

if TYPE_CHECKING:
    from baremetal_lb.decide.leader_election import Lease

# Seconds, beyond a Lease's own, that a release may be without a leader before another takes its Services: a
# rollout is no end, and to be taken over costs each Service its address.
PATIENCE: Final = 30.0
OLD: Final = 300.0  # seconds; a Lease that says, at first sight, that it is older is nobody's
WAITING: Final = 25.0  # seconds for which it is believed that somebody waits
SIGN_EVERY: Final = 10.0  # seconds between two signs of who waits


@dataclass(frozen=True, slots=True)
class _Seen:
    lease: Lease
    at: float  # when it was last seen to change


@dataclass(slots=True)
class Rivals:
    """What is known of the other namespaces' Leases of this name. `own` is our namespace."""

    own: str
    _seen: dict[str, _Seen] = field(default_factory=dict)

    def see(self, namespace: str, lease: Lease | None, now: float, age: float | None) -> None:
        """A Lease came, changed or went (None). `age`: seconds since it was renewed, by its own word."""
        before = self._seen.pop(namespace, None)
        if namespace == self.own or lease is None:
            return
        is_old = before is None and (age is None or age > OLD)
        self._seen[namespace] = _Seen(lease, float("-inf") if is_old else now)

    def leader(self, now: float) -> str | None:
        """The namespace of a release that serves; of several the first by name."""
        return min((name for name, seen in self._seen.items() if _serves(seen, now)), default=None)

    def waiting(self, now: float) -> tuple[str, ...]:
        """The namespaces of releases that wait for one to end."""
        return tuple(sorted(name for name, seen in self._seen.items() if _waits(seen, now)))

    def must_yield(self, now: float) -> str | None:
        """For whom we, who serve, have to stop: both began at once, and one must."""
        leader = self.leader(now)
        return leader if leader is not None and leader < self.own else None


def _serves(seen: _Seen, now: float) -> bool:
    lease = seen.lease
    # One that was given back counts for a while: it may be on its way to the next replica.
    return not lease.waits_for and bool(lease.renewed) and now < seen.at + lease.duration + PATIENCE


def _waits(seen: _Seen, now: float) -> bool:
    return bool(seen.lease.waits_for) and seen.lease.holder == NOBODY and now < seen.at + WAITING
