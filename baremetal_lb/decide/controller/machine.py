"""All that a controller decides while it leads, in the order in which it has to be done.

the cluster is listed -> its configuration is judged -> the reports that were there are heard -> who has which
address -> what is written of that -> who announces it -> what is written of that -> people are told

Three parts decide in here, each pure: Allocator (who has which address), Aggregator (what a Service says of
who announces it) and Turns (whose status has to be written first, where an address changes hands). Changes
only mark the machine as due; it decides at the Tick that it asks for with them, so that changes that come
together lead to one decision. What is written of a Service is found at the moment it is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.controller.commands import (
    Began,
    MakeNamespace,
    Record,
    WriteVerdict,
)
from baremetal_lb.decide.controller.configuration import PoolConfiguration
from baremetal_lb.decide.controller.events import (
    ClusterListed,
    ConfigJudged,
    ConfigMapSeen,
    NamespaceSeen,
    NodeInterfacesSeen,
    NodeSeen,
    ReportLost,
    ReportSeen,
    ReportsListed,
    RetryDue,
    ServiceRangesSeen,
    ServiceSeen,
    StatusRefused,
    StatusWritten,
    TermEnded,
)
from baremetal_lb.decide.controller.node_facts import Exclusions
from baremetal_lb.decide.controller.publisher import NEVER, Publisher
from baremetal_lb.decide.controller.statuses import Statuses
from baremetal_lb.decide.ipam.allocator import Allocator
from baremetal_lb.decide.reports.aggregator import Written
from baremetal_lb.decide.timers import Tick, WakeAt
from baremetal_lb.model.api_names import EventReason, Reason
from baremetal_lb.model.objects import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.decide.controller.commands import (
        Command,
    )
    from baremetal_lb.decide.controller.events import (
        ConfigMap,
        Event,
    )
    from baremetal_lb.decide.ipam.allocator import Plan
    from baremetal_lb.decide.reports.aggregator import Aggregator
    from baremetal_lb.model.addresses import AddressRange, IPAddress
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.reasons import Note
    from baremetal_lb.model.services import ServiceView
    from baremetal_lb.model.times import Times

FIRST_REPORTS: Final = 2.0  # seconds that the first decision waits for word of addresses that others have
QUIET: Final = 1.0  # seconds without news before those who wait are told anew why
REFUSALS: Final = frozenset({EventReason.ALLOCATION_FAILED, EventReason.SHARING_REFUSED})


@dataclass(frozen=True, slots=True)
class Options:
    """What a person has set, as far as it decides. `quiet`, `quarantine`: seconds."""

    config_key: ObjectKey
    status_namespace: str = ""  # where speakers report
    load_balancer_class: str = ""
    quarantine: float = 300.0  # until an address that somebody else had is tried again
    never_give: tuple[IPAddress, ...] = ()
    service_ranges: tuple[AddressRange, ...] = ()
    quiet: float = QUIET


class ControllerMachine:
    """`handle` takes an event and the time by several clocks, and returns commands.

    One machine is for one leadership term: what an earlier leader decided it learns from what the API keeps.
    The parts are to be read; what changes them goes through `handle`.
    """

    def __init__(self, options: Options) -> None:
        self.allocator = Allocator(options.load_balancer_class)
        self.allocator.allocations.quarantine_period = options.quarantine
        self.configuration = PoolConfiguration(options.config_key, self.allocator)
        self.exclusions = Exclusions(options.never_give, options.service_ranges)
        self.publisher = Publisher()
        self.statuses = Statuses(self.allocator, self.publisher.aggregator, options.config_key.namespace)
        self.is_over = False
        self._options = options
        self._is_listed = False
        self._has_begun = False
        self._is_due = False  # something changed that allocations depend on
        self._is_aged = False  # those who wait may have been told what is no longer so
        self._exclusions_changed = False
        self._config_map: ConfigMap | None = None
        self._is_config_seen = False
        self._told_verdict = ""
        self._reports_until = NEVER  # when the first decision is made without them
        self._wake_at = NEVER  # by the steady clock: when time alone may change an allocation
        self._deleted: dict[ObjectKey, ServiceView] = {}  # since the last decision, for their last Events
        self._seen_at: dict[ObjectKey, float] = {}  # since the last decision

    @property
    def aggregator(self) -> Aggregator:
        """What Services should say of who announces them."""
        return self.publisher.aggregator

    def handle(self, event: Event, now: Times) -> list[Command]:
        """What to do now; ends with the next wake-up, where one is needed."""
        if self.is_over:
            return []
        if isinstance(event, TermEnded):
            self.is_over = True
            return []
        commands = [*self._see(event, now), *self.statuses.start()]
        return [*commands, *self._wake_up(now)]

    def _see(self, event: Event, now: Times) -> Iterator[Command]:
        match event:
            case Tick():
                yield from self._tick(now)
            case StatusWritten() | StatusRefused() | RetryDue():
                yield from self._see_write(event, now)
            case ClusterListed() | ConfigMapSeen() | ConfigJudged():
                yield from self._see_config(event, now)
            case ReportSeen() | ReportLost() | ReportsListed() | NodeInterfacesSeen():
                self._see_speakers(event, now)
            case _:
                yield from self._see_cluster(event, now)

    def _tick(self, now: Times) -> Iterator[Command]:
        """Whatever is due, what gives addresses before what tells of them."""
        had_begun = self._has_begun
        yield from self._exclude()
        yield from self._allocate(now)
        if self._has_begun and not had_begun:
            return  # the first addresses do not wait for what is told of them
        yield from self._aggregate(now)
        for key in self.publisher.next_batch(now.awake, is_busy=self.statuses.is_busy):
            self.statuses.submit(key, now.awake)

    def _see_write(self, event: StatusWritten | StatusRefused | RetryDue, now: Times) -> Iterator[Command]:
        match event:
            case StatusWritten(key):
                yield from self.statuses.see_written(key, now.awake)
            case StatusRefused(key):
                self.statuses.see_end(key)
            case RetryDue(key):
                yield from self.statuses.try_again(key)

    # The cluster

    def _see_cluster(self, event: Event, now: Times) -> Iterator[Command]:
        match event:
            case ServiceSeen(old, new):
                self._see_service(old, new, now)
            case NamespaceSeen(name, labels):
                if labels is None and name == self._options.status_namespace:
                    yield MakeNamespace()
                self.allocator.set_namespace(name, labels)
            case NodeSeen(name, facts):
                if not self.exclusions.see_node(name, facts):
                    return
                if facts is None:
                    self.aggregator.lose_node(name)
                else:
                    self.aggregator.see_node(name, facts.out)
                self._exclusions_changed = True
                self.publisher.hear()
            case ServiceRangesSeen(name, ranges):
                self._exclusions_changed |= self.exclusions.see_ranges(name, ranges)
                return
        self._is_due = True

    def _see_service(self, old: ServiceView | None, new: ServiceView | None, now: Times) -> None:
        if new is not None:
            self.allocator.observe(new)
            if self._is_listed:
                self._seen_at.setdefault(new.key, now.awake)
        elif old is not None:
            self.allocator.forget(old.key)
            self._deleted[old.key] = old

    def _exclude(self) -> Iterator[Command]:
        """What is somebody else's now is not given, and people are told where a pool has it."""
        if self._exclusions_changed:
            self._exclusions_changed = False
            self.allocator.reserve(self.exclusions.reserved())
            yield from self._warn()

    def _warn(self) -> Iterator[Command]:
        yield from self.configuration.warn_of(self.exclusions.reserved(), self.exclusions.claimed())

    # The configuration

    def _see_config(
        self, event: ClusterListed | ConfigMapSeen | ConfigJudged, now: Times
    ) -> Iterator[Command]:
        match event:
            case ClusterListed():
                self._is_listed = True
            case ConfigMapSeen(found):
                self._config_map, self._is_config_seen = found, False
            case ConfigJudged(result):
                yield from self.configuration.see_result(result)
                yield from self._settle_config(now)
        # Versions are judged one after the other, the first one by all that is known of the cluster.
        if not self._is_config_seen and self._is_listed and not self.configuration.is_being_judged:
            self._is_config_seen = True
            yield from self._exclude()
            yield from self.configuration.take(self._config_map, self.exclusions.claimed())
            if not self.configuration.is_being_judged:
                yield from self._settle_config(now)

    def _settle_config(self, now: Times) -> Iterator[Command]:
        """It is known what is in force."""
        self.aggregator.see_pools(self.allocator.allocations.config)
        self.publisher.hear()
        yield from self._warn()
        # Only a new verdict is written: whoever takes the annotation away has his way.
        verdict, told = self.configuration.verdict, self._told_verdict
        if verdict != told:
            self._told_verdict = verdict
            if self._config_map is not None and self._config_map.verdict != verdict:
                yield WriteVerdict(verdict)
        self._reports_until = min(self._reports_until, now.awake + FIRST_REPORTS)
        self._is_due = True

    # The speakers

    def _see_speakers(
        self, event: ReportSeen | ReportLost | ReportsListed | NodeInterfacesSeen, now: Times
    ) -> None:
        match event:
            case ReportSeen(report, heard_at):
                self.aggregator.see_report(report, heard_at)
            case ReportLost(node):
                self.aggregator.lose_report(node)
            case NodeInterfacesSeen(node, interfaces):
                if self.exclusions.see_interfaces(node, interfaces):
                    self.aggregator.see_macs(self.exclusions.roll.macs)
                    self._exclusions_changed = self._is_due = True
            case ReportsListed():
                self.publisher.see_all_reports()
                if self._has_begun:
                    self._see_left(now)
        self.publisher.hear()

    def _see_left(self, now: Times) -> None:
        """What was left to others in an earlier term is given again only after its quarantine."""
        period = self._options.quarantine
        left = self.aggregator.left().items()
        self.allocator.see_left({each: (who, min(at, now.steady) + period) for each, (who, at) in left})

    def _aggregate(self, now: Times) -> Iterator[Command]:
        """What Services should say of who announces them, and what of that is news to people."""
        changes = self.publisher.aggregate(now.awake)
        if changes is None:
            return
        for key, note in changes.notes:
            yield self._record(key, note)
        in_use = self.publisher.in_use()
        if in_use is not None:
            self.allocator.see_in_use(in_use)
            self._is_due = True

    # Allocations

    def _allocate(self, now: Times) -> Iterator[Command]:
        """Decide anew what has changed, or what time alone may change."""
        if not self._may_allocate(now):
            return
        if not self._has_begun:
            yield from self._begin(now)
        elif self._is_due:
            yield from self._settle(now)
        elif now.steady >= self._wake_at:
            if self._is_aged:
                yield from self._follow(self.allocator.refresh(now.steady), now)
            yield from self._settle(now)

    def _may_allocate(self, now: Times) -> bool:
        """Whether the pools are known, and, before anything is given, who else has addresses of theirs."""
        is_judged = self._reports_until < NEVER
        has_waited = now.awake >= self._reports_until
        return self._has_begun or (is_judged and (self.publisher.has_all_reports or has_waited))

    def _begin(self, now: Times) -> Iterator[Command]:
        self._has_begun = True
        if self.publisher.has_all_reports:
            self._see_left(now)
        yield from self._settle(now)
        yield Began()

    def _settle(self, now: Times) -> Iterator[Command]:
        self._is_due = False
        self.allocator.allocations.wall_offset = now.offset
        yield from self._follow(self.allocator.settle(now.steady), now)

    def _follow(self, plan: Plan, now: Times) -> Iterator[Command]:
        """Have written what a plan wants written, and tell people."""
        for key in plan.touched:
            self._have_aggregated(key)
            self.statuses.submit(key, self._seen_at.get(key, now.awake))
        self._seen_at.clear()
        for key, note in plan.notes:
            yield self._record(key, note)
        self._deleted.clear()
        self._is_aged = plan.aged
        quiet_until = now.steady + self._options.quiet if plan.aged else NEVER
        self._wake_at = min(NEVER if plan.wake_at is None else plan.wake_at, quiet_until)

    def _have_aggregated(self, key: ObjectKey) -> None:
        """Who announces the addresses that a Service has now, once they are in its status."""
        view, outcome = self.allocator.view(key), self.allocator.outcomes.get(key)
        is_ours = outcome is not None and outcome.reason is not Reason.SERVED_BY_METALLB
        addresses = outcome.addresses if outcome is not None and is_ours else ()
        written = Written()
        if view is not None:
            is_there = set(addresses) <= set(view.status.addresses)
            written = Written(view.uid, view.number if is_there else None)
        self.aggregator.see_service(key, addresses, view.status.announced if view else None, written)
        self.publisher.hear()

    def _record(self, key: ObjectKey, note: Note) -> Record:
        view = self.allocator.view(key) or self._deleted.get(key)
        subject = Subject("Service", key, view.uid if view else "", view.version if view else "")
        refusal = self.allocator.outcomes[key].reason if note.reason in REFUSALS else None
        return Record(subject, note, refusal)

    def _wake_up(self, now: Times) -> Iterator[Command]:
        at = self.publisher.wake_at()
        if self._exclusions_changed and self._is_listed:
            at = now.awake
        if self._has_begun:
            at = min(at, now.awake if self._is_due else now.awake_at(self._wake_at))
        elif self.publisher.has_all_reports:
            at = min(at, now.awake if self._reports_until < NEVER else NEVER)
        else:
            at = min(at, self._reports_until)
        if at < NEVER:
            yield WakeAt(at)
