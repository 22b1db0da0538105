"""One cloud that runs: its state, its clock, its journal. Dialects run the core's commands by it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from mockcloud.cloud.clock import Clock
from mockcloud.cloud.core.catalogue import Catalogue
from mockcloud.cloud.core.elastic_values import TargetGroup
from mockcloud.cloud.core.health import Health
from mockcloud.cloud.core.state import Draft, Drop, Put, State
from mockcloud.cloud.core.values import Balancer, Failure, Operation, Ref
from mockcloud.cloud.faults import Faults
from mockcloud.cloud.journal import Journal, Nowhere
from mockcloud.cloud.outages import told_health
from mockcloud.cloud.past import Past

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from ipaddress import IPv4Address, IPv6Address

T = TypeVar("T")
NEVER: Final = 253_370_764_800.0  # the year 9999, the last that dates can tell: when a stuck operation ends


# Balancer, address of the target (None: it has none that the balancer can reach), port of the listener.
HealthOf: TypeAlias = "Callable[[int, IPv4Address | IPv6Address | None, int], Health]"
# Target group, address and port of the target.
GroupHealthOf: TypeAlias = "Callable[[int, IPv4Address | IPv6Address, int], Health]"


def _nobody_looks(_balancer: int, _target: IPv4Address | IPv6Address | None, _port: int) -> Health:
    return Health()


def _nobody_looks_at_groups(_group: int, _target: IPv4Address | IPv6Address, _port: int) -> Health:
    return Health()


@dataclass(slots=True)
class CloudService:
    """`operation_seconds`: how long each operation takes.

    `beliefs` counts the times that targets' health became another, or a fault did.
    `watchers` are told of each change. `first_state`: what it begins anew with.
    """

    clock: Clock
    catalogue: Catalogue = field(default_factory=Catalogue)
    journal: Journal = field(default_factory=Nowhere)
    operation_seconds: float = 0.0
    beliefs: int = 0
    faults: Faults = field(default_factory=Faults)
    next_failure: Failure | None = None  # of the operations of the next command that begins any
    next_is_stuck: bool = False  # so are they
    first_state: Callable[[], State] = State
    watchers: list[Callable[[], None]] = field(default_factory=list)
    _present: State = field(init=False)
    _shown: State | None = None  # in place of the present
    _past: Past = field(default_factory=Past)
    _looks: HealthOf = _nobody_looks
    _looks_at_groups: GroupHealthOf = _nobody_looks_at_groups

    def __post_init__(self) -> None:
        self._present = self.journal.load()
        self.faults.watchers.append(self._tell_of_faults)

    def believe(
        self, looks: HealthOf = _nobody_looks, looks_at_groups: GroupHealthOf = _nobody_looks_at_groups
    ) -> None:
        """From now on these tell the health of a balancer's own targets, and of target groups' targets."""
        self._looks, self._looks_at_groups = looks, looks_at_groups
        self.beliefs += 1

    @property
    def state(self) -> State:
        """What there is, as it is shown."""
        return self._present if self._shown is None else self._shown

    def health(self, balancer: int, target: IPv4Address | IPv6Address | None, port: int) -> Health:
        """What is believed of a balancer's own target behind a port; `target` as HealthOf has it."""
        seen = self._looks(balancer, target, port)
        found = self.state.find(Balancer, balancer)
        if target is None or found is None:
            return seen
        return told_health(self.state, self.faults.outages.values(), (found.network, target), seen)

    def group_health(self, group: int, target: IPv4Address | IPv6Address, port: int) -> Health:
        """What is believed of a target of a group."""
        seen = self._looks_at_groups(group, target, port)
        found = self.state.find(TargetGroup, group)
        if found is None:
            return seen
        return told_health(self.state, self.faults.outages.values(), (found.network, target), seen)

    @contextlib.contextmanager
    def behind(self, seconds: float) -> Iterator[None]:
        """Show what was so long ago, while this is entered; commands act on what is."""
        clock, when = self.clock, self.clock.now() - seconds
        self.clock, self._shown = Clock(lambda: 0.0, when), self._past.at(when, self._present)
        try:
            yield
        finally:
            self.clock, self._shown = clock, None

    def begin_anew(self, state: State) -> None:
        """Become this state; what was kept is replaced. JournalError."""
        gone = [Drop(Ref(kind, number)) for kind, table in self.state.tables.items() for number in table]
        put = [Put(each) for table in state.tables.values() for each in table.values()]
        self.journal.keep([*gone, *put], state)
        self._past = Past()
        self._become(state)

    def run(self, command: Callable[[Draft], T]) -> T:
        """Do what a command says: all of it, kept for good, or nothing: Refusal, JournalError."""
        now = self.clock.now()
        takes = NEVER - now if self.next_is_stuck else self.operation_seconds
        draft = Draft(self._present, now, takes, self.next_failure)
        result = command(draft)
        self.journal.keep(draft.changes, draft.state)
        if any(isinstance(each, Put) and isinstance(each.resource, Operation) for each in draft.changes):
            self.next_failure, self.next_is_stuck = None, False
        if draft.changes:
            self._past.note(self._present, self.clock.now(), self.faults.longest_lag)
            self._become(draft.state)
        return result

    def _become(self, state: State) -> None:
        self._present = state
        self._tell()

    def _tell_of_faults(self) -> None:
        self.beliefs += 1
        self._tell()

    def _tell(self) -> None:
        for tell in self.watchers:
            tell()
