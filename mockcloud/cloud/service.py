"""One cloud that runs: its state, its clock, its journal. Dialects run the core's commands by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from mockcloud.cloud.core.catalogue import Catalogue
from mockcloud.cloud.core.health import Health
from mockcloud.cloud.core.state import Draft, Drop, Put, State
from mockcloud.cloud.core.values import Failure, Operation, Ref
from mockcloud.cloud.journal import Journal, Nowhere

if TYPE_CHECKING:
    from collections.abc import Callable
    from ipaddress import IPv4Address, IPv6Address

    from mockcloud.cloud.clock import Clock

T = TypeVar("T")


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

    `health`, `group_health`: who knows it, of a balancer's own targets and of target groups' targets; nobody,
    without an edge. `watchers` are told of each change. `first_state`: what it begins anew with.
    """

    clock: Clock
    catalogue: Catalogue = field(default_factory=Catalogue)
    journal: Journal = field(default_factory=Nowhere)
    operation_seconds: float = 0.0
    health: HealthOf = _nobody_looks
    group_health: GroupHealthOf = _nobody_looks_at_groups
    next_failure: Failure | None = None  # of the operations of the next command that begins any
    first_state: Callable[[], State] = State
    watchers: list[Callable[[], None]] = field(default_factory=list)
    state: State = field(init=False)

    def __post_init__(self) -> None:
        self.state = self.journal.load()

    def begin_anew(self, state: State) -> None:
        """Become this state; what was kept is replaced. JournalError."""
        gone = [Drop(Ref(kind, number)) for kind, table in self.state.tables.items() for number in table]
        put = [Put(each) for table in state.tables.values() for each in table.values()]
        self.journal.keep([*gone, *put], state)
        self._become(state)

    def run(self, command: Callable[[Draft], T]) -> T:
        """Do what a command says: all of it, kept for good, or nothing: Refusal, JournalError."""
        draft = Draft(self.state, self.clock.now(), self.operation_seconds, self.next_failure)
        result = command(draft)
        self.journal.keep(draft.changes, draft.state)
        if any(isinstance(each, Put) and isinstance(each.resource, Operation) for each in draft.changes):
            self.next_failure = None
        if draft.changes:
            self._become(draft.state)
        return result

    def _become(self, state: State) -> None:
        self.state = state
        for tell in self.watchers:
            tell()
