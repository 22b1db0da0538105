"""Which Events have to go: an hour after their last write (kube-apiserver's --event-ttl), or for room."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from mockcloud.kube.storage.store import Change, Key, Verb

TTL_SECONDS: Final = 3600.0
MOST_EVENTS: Final = 5000
MOST_BYTES: Final = 8 << 20
ROOM: Final = 0.9
"""The share of the most that is left when some go for room, so that not each new one pushes out one."""


@dataclass(slots=True)
class Expiry:
    """When each Event was last written (by a clock that does not step), and how large it is."""

    written: OrderedDict[Key, tuple[float, int]] = field(default_factory=OrderedDict)
    size: int = 0

    def note(self, change: Change, now: float) -> None:
        """Take in what happened to one Event."""
        _, before = self.written.pop(change.key, (now, 0))
        self.size -= before
        if change.verb is not Verb.DELETED:
            self.written[change.key] = (now, change.new.size)
            self.size += change.new.size

    @property
    def full(self) -> bool:
        """Whether there are more than may be."""
        return len(self.written) > MOST_EVENTS or self.size > MOST_BYTES

    def due(self, now: float) -> list[Key]:
        """Those that have to go at `now`, the oldest first."""
        count, size = len(self.written), self.size
        share = ROOM if self.full else 1.0
        found: list[Key] = []
        for key, (written, taken) in self.written.items():
            too_many = count > MOST_EVENTS * share or size > MOST_BYTES * share
            if not too_many and written + TTL_SECONDS > now:
                break
            found.append(key)
            count, size = count - 1, size - taken
        return found
