"""Memory that the speaker and the process that answers share: leases, signs of life, counts.

Words of 64 bits, each written by one side only, so that neither ever waits for the other; what was counted
outlives a process that was killed.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, MutableMapping
from typing import Final

from baremetal_lb.decide.layer2.responder.responder import DropReason

NO_END: Final = 1 << 63
WORDS: Final = 1 << 21  # of which the kernel gives memory to those that are used
_LEASE, _PARENT, _BEAT, _WITHHELD, _DROPS = 0, 1, 2, 3, 8
_PLACES: Final = {reason: place for place, reason in enumerate(DropReason)}
_FIRST: Final = 128  # word of the first address


class Counts:
    """One address's AnswerCounts, in shared memory; `shouted` is the speaker's own."""

    __slots__ = ("_words", "at", "shouted")

    def __init__(self, words: memoryview, at: int) -> None:
        self._words = words
        self.at = at
        self.shouted = 0

    @property
    def answered(self) -> int:
        """Requests that were answered."""
        return self._words[self.at]

    @answered.setter
    def answered(self, count: int) -> None:
        self._words[self.at] = count

    @property
    def unsent(self) -> int:
        """Replies of these that the kernel did not take."""
        return self._words[self.at + 1]

    @unsent.setter
    def unsent(self, count: int) -> None:
        self._words[self.at + 1] = count


class Drops(MutableMapping[DropReason, int]):
    """What got no answer, by reason; every reason is there from the beginning."""

    def __init__(self, words: memoryview, start: int) -> None:
        self._words, self._start = words, start

    def __getitem__(self, reason: DropReason) -> int:
        return self._words[self._start + _PLACES[reason]]

    def __setitem__(self, reason: DropReason, count: int) -> None:
        self._words[self._start + _PLACES[reason]] = count

    def __delitem__(self, reason: DropReason) -> None:
        raise TypeError(reason)

    def __iter__(self) -> Iterator[DropReason]:
        return iter(DropReason)

    def __len__(self) -> int:
        return len(_PLACES)


class Ledger:
    """The memory behind a descriptor. Times are nanoseconds since boot."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.words: memoryview = memoryview(mmap.mmap(fd, WORDS * 8)).cast("Q")
        self.arp_drops = Drops(self.words, _DROPS)
        self.ndp_drops = Drops(self.words, _DROPS + len(_PLACES))
        self._free: list[int] = []
        self._next = _FIRST

    @classmethod
    def made(cls) -> Ledger:
        """A new one, with a lease that has no end."""
        fd = os.memfd_create("baremetal-lb-answers", os.MFD_CLOEXEC)
        os.ftruncate(fd, WORDS * 8)
        ledger = cls(fd)
        ledger.lease = NO_END
        return ledger

    @property
    def lease(self) -> int:
        """Until when what is answered holds; the speaker writes it."""
        return self.words[_LEASE]

    @lease.setter
    def lease(self, until: int) -> None:
        self.words[_LEASE] = until

    @property
    def parent(self) -> int:
        """Until when the speaker counts as alive; it writes it."""
        return self.words[_PARENT]

    @parent.setter
    def parent(self, until: int) -> None:
        self.words[_PARENT] = until

    @property
    def beat(self) -> int:
        """When the process that answers was last seen to work; it writes it."""
        return self.words[_BEAT]

    @beat.setter
    def beat(self, now: int) -> None:
        self.words[_BEAT] = now

    @property
    def withheld(self) -> int:
        """Requests that were not answered since a lease had run out; written by who answers."""
        return self.words[_WITHHELD]

    @withheld.setter
    def withheld(self, count: int) -> None:
        self.words[_WITHHELD] = count

    def may_answer(self, now: int) -> bool:
        """Whether neither the lease nor the speaker's sign of life has run out."""
        return now <= self.words[_LEASE] and now <= self.words[_PARENT]

    def counts_at(self, at: int) -> Counts:
        """Those of an address by their place."""
        return Counts(self.words, at)

    def take(self) -> Counts:
        """Counts for one address more, from zero. For the speaker. MemoryError beyond a million addresses."""
        if self._free:
            at = self._free.pop()
        elif (at := self._next) + 2 > WORDS:
            msg = f"no room for the counts of more than {(WORDS - _FIRST) // 2} addresses"
            raise MemoryError(msg)
        else:
            self._next += 2
        counts = Counts(self.words, at)
        counts.answered = counts.unsent = 0
        return counts

    def give_back(self, counts: Counts) -> None:
        """Its address is answered no more, and nobody counts for it."""
        self._free.append(counts.at)
