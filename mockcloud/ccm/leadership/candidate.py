"""May this process lead? A Lease's times are compared for change only: clocks of machines differ."""

from dataclasses import dataclass, field
from typing import Final

NOBODY: Final = ""


@dataclass(frozen=True, slots=True)
class Lease:
    """What a coordination.k8s.io Lease says; without a holder it was given back."""

    holder: str
    renewed: str
    seconds: float
    transitions: int = 0


@dataclass(frozen=True, slots=True)
class Take:
    """Write the Lease as one's own."""

    transitions: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody else leads; look again in so many seconds."""

    holder: str
    seconds: float


@dataclass(slots=True)
class Candidate:
    """`consider` is told the Lease as read, and this machine's time. Its seconds are client-go's."""

    identity: str
    duration: float = 15.0
    deadline: float = 10.0  # without a renewal for so long, one stops before others may start
    retry: float = 2.0
    _seen: Lease | None = None
    _seen_at: float = field(default=0.0)

    def consider(self, lease: Lease | None, now: float) -> Take | Wait:
        """Take it where it is new, given back, one's own, or has stood unrenewed for its duration."""
        if lease is None:
            return Take(0)
        if lease != self._seen:
            self._seen, self._seen_at = lease, now
        if lease.holder == self.identity:
            return Take(lease.transitions)
        left = self._seen_at + lease.seconds - now
        if lease.holder == NOBODY or left <= 0:
            return Take(lease.transitions + 1)
        return Wait(lease.holder, min(left, self.retry))
