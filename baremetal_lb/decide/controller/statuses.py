"""Which statuses are written, and when: several at a time, each as it should be at that moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide import service_status
from baremetal_lb.decide.controller.commands import Allocated, WriteStatus
from baremetal_lb.decide.controller.work_queue import WorkQueue
from baremetal_lb.decide.handover import Turns, Wait
from baremetal_lb.decide.service_status import StatusWrite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.decide.controller.commands import Command
    from baremetal_lb.decide.ipam.allocator import Allocator
    from baremetal_lb.decide.reports.aggregator import Aggregator
    from baremetal_lb.model.objects import ObjectKey

WORKERS: Final = 16  # writes that may be on their way at a time


@dataclass(slots=True)
class Statuses:
    """Brings Services' statuses in line with what `allocator` and `aggregator` say of them."""

    allocator: Allocator
    aggregator: Aggregator
    release: str = ""  # our namespace, which is written beside the addresses
    _turns: Turns = field(default_factory=Turns)
    _queue: WorkQueue = field(default_factory=lambda: WorkQueue(WORKERS))
    _since: dict[ObjectKey, float] = field(default_factory=dict)  # when they were seen to need a write
    _gaining: set[ObjectKey] = field(default_factory=set)  # what is on its way gives them an address

    def __len__(self) -> int:
        """How many wait to be written."""
        return len(self._queue)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is on its way."""
        return self._queue.is_idle

    @property
    def is_busy(self) -> bool:
        """Whether more waits than is being written."""
        return len(self._queue) > WORKERS

    def submit(self, key: ObjectKey, since: float) -> None:
        """Have a Service's status written, where anything is to be; also of those that waited for it."""
        for each in (key, *self._turns.waiting_for(key)):
            due = self._due(each)
            if due is not None:
                self._since.setdefault(each, since)
            if isinstance(due, StatusWrite):
                self._queue.add(each)

    def start(self) -> Iterator[Command]:
        """Those writes that may be on their way from now on."""
        while (key := self._queue.take()) is not None:
            yield from self.try_again(key)

    def try_again(self, key: ObjectKey) -> Iterator[Command]:
        """One whose turn it is, or that could not be written for now: as it should be by now, if at all."""
        due, view = self._due(key), self.allocator.view(key)
        if view is None or not isinstance(due, StatusWrite):
            # Nothing to say any more, or not yet: whoever is waited for will have it submitted again.
            self.see_end(key)
            return
        if len(due.addresses) > len(view.status.addresses):
            self._gaining.add(key)
        yield WriteStatus(due)

    def see_written(self, key: ObjectKey, now: float) -> Iterator[Command]:
        """It is written, and was seen so."""
        if key in self._gaining and key in self._since:
            yield Allocated(now - self._since.pop(key))
        self.see_end(key)

    def see_end(self, key: ObjectKey) -> None:
        """Nothing more comes of a write."""
        self._gaining.discard(key)
        self._queue.done(key)
        if not self._turns.is_waiting(key):
            self._since.pop(key, None)

    def _due(self, key: ObjectKey) -> StatusWrite | Wait | None:
        """What is to be written of a Service now."""
        view = self.allocator.view(key)
        if view is None:
            return None
        outcome = self._turns.next_step(key, self.allocator.outcomes.get(key), self.allocator.shown)
        if isinstance(outcome, Wait):
            return outcome
        announced = self.aggregator.conditions.get(key)
        return service_status.write(view, outcome, announced, self.release)
