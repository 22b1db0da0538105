"""Who of several controllers leads? A Lease says so; clocks of different machines are never compared."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

NOBODY: Final = ""
PROCESS: Final = re.compile(r"(.+)_([0-9]{1,7})_([0-9a-f-]{36})_([0-9]{1,10})_[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class Process:
    """Which process a candidate is. A pid says something only within its PID namespace and one boot."""

    host: str
    pid: int
    boot: str  # /proc/sys/kernel/random/boot_id
    pid_namespace: int  # its inode number

    def identity(self, unique: str) -> str:
        """Its name in the Lease; `unique` is a UUID, for host names and pids repeat in containers."""
        return f"{self.host}_{self.pid}_{self.boot}_{self.pid_namespace}_{unique}"

    def is_neighbour(self, other: Process) -> bool:
        """Whether the other's pid, looked up here, would be the other."""
        return (self.host, self.boot, self.pid_namespace) == (other.host, other.boot, other.pid_namespace)


def process_of(identity: str) -> Process | None:
    """The process that an identity names; None where it names none, such as a pod's."""
    found = PROCESS.fullmatch(identity)
    return Process(found[1], int(found[2]), found[3], int(found[4])) if found else None


@dataclass(frozen=True, slots=True)
class Lease:
    """What a coordination.k8s.io Lease says. An empty holder has given it back."""

    holder: str
    renewed: str  # as its holder wrote it: only whether it changes matters
    duration: float  # seconds without renewal after which anybody may take it
    transitions: int = 0
    waits_for: str = ""  # the namespace of another release, to which this one leaves the work


@dataclass(frozen=True, slots=True)
class Take:
    """Write the lease, as one's own."""

    lease: Lease


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody else leads; look again in so many seconds."""

    holder: str
    seconds: float


@dataclass(slots=True)
class Candidate:
    """One controller that would lead. `consider` is told the lease as read, and this machine's time."""

    identity: str
    duration: float = 8.0
    _seen: Lease | None = None
    _seen_at: float = field(default=0.0)

    def consider(self, lease: Lease | None, now: float) -> Take | Wait:
        """Take it where it is new, given back, one's own, or has stood unrenewed for its duration."""
        if lease is None:
            return Take(self._own("", 0))
        if lease != self._seen:
            self._seen, self._seen_at = lease, now
        if lease.holder == self.identity:
            return Take(self._own("", lease.transitions))
        left = self._seen_at + lease.duration - now
        if lease.holder == NOBODY or left <= 0:
            return Take(self._own("", lease.transitions + 1))
        return Wait(lease.holder, min(left, self.duration / 4))

    def renewal_due(self) -> float:
        """Seconds between renewals."""
        return self.duration / 4

    def deadline(self) -> float:
        """Seconds without a renewal after which one must stop leading, well before others may start."""
        return self.duration * 0.75

    def _own(self, renewed: str, transitions: int) -> Lease:
        return Lease(self.identity, renewed, self.duration, transitions)
