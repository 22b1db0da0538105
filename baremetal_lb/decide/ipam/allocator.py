"""The allocator: told what changed, it says what every Service touched by it should have. It holds no clock.

What is held is never taken away but for a reason: an address already in a status is adopted before anything
is given, a new address is taken before the old one goes, and who waits is served oldest first.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide import service_status
from baremetal_lb.decide.handover import Shown
from baremetal_lb.decide.ipam import messages
from baremetal_lb.decide.ipam.advice import advice
from baremetal_lb.decide.ipam.allocations import Allocations
from baremetal_lb.decide.ipam.decision import AllocationDecision, Input, judge, judge_senseless
from baremetal_lb.decide.ipam.externals import clashes
from baremetal_lb.decide.ipam.messages import denied
from baremetal_lb.decide.ipam.metallb import is_metallbs
from baremetal_lb.decide.ipam.pending import PendingQueue
from baremetal_lb.decide.ipam.pool_choice import Client, admissions
from baremetal_lb.decide.ipam.requests import Request, read, terms_of, without_requests
from baremetal_lb.model.api_names import (
    METALLB_ALLOCATED,
    EventReason,
    Reason,
)
from baremetal_lb.model.pools import OnRemoval, PoolConfig
from baremetal_lb.model.reasons import (
    Note,
    Refusal,
)
from baremetal_lb.model.services import NOTHING

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.conflicts import Occupant
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.services import Outcome, ServiceView

NO_CONFIG: Final = Refusal(Reason.NO_POOLS, "", "there is no pool configuration yet")


@dataclass(frozen=True, slots=True)
class Plan:
    """What came of one round: the Services whose status may need a write, Events, and when to come again."""

    touched: tuple[ObjectKey, ...]
    notes: tuple[tuple[ObjectKey, Note], ...]
    wake_at: float | None
    aged: bool  # who waits may have been told what is no longer so; see `refresh`


@dataclass(slots=True)
class _Round:
    """What one call of `settle` gathers."""

    now: float
    touched: dict[ObjectKey, None] = field(default_factory=dict)
    notes: list[tuple[ObjectKey, Note]] = field(default_factory=list)
    freed: list[IPAddress] = field(default_factory=list)
    wishes: dict[Hashable, None] = field(default_factory=dict)  # to be tried, whatever came free
    quiet: bool = False  # only a new reason is an Event, not new wording


@dataclass(slots=True)
class Allocator:
    """Feed it with `observe`, `forget`, `configure` and the like; `settle` decides. Deterministic."""

    load_balancer_class: str = ""
    allocations: Allocations = field(default_factory=Allocations)
    shown: Shown = field(default_factory=Shown)
    outcomes: dict[ObjectKey, Outcome] = field(default_factory=dict)
    waiting: PendingQueue = field(default_factory=PendingQueue)
    _views: dict[ObjectKey, ServiceView] = field(default_factory=dict)
    _requests: dict[ObjectKey, Request | Refusal] = field(default_factory=dict)
    _labels: dict[ObjectKey, Mapping[str, str]] = field(default_factory=dict)
    _advised: dict[ObjectKey, tuple[Note, ...]] = field(default_factory=dict)
    _namespaces: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _dirty: dict[ObjectKey, None] = field(default_factory=dict)
    _recreated: set[ObjectKey] = field(default_factory=set)  # deleted and made anew while nobody looked
    _clashes: dict[ObjectKey, tuple[Note, ...]] = field(default_factory=dict)  # told of externalIPs
    _judge_anew: bool = False
    _aged: bool = False
    _configured: bool = False
    _no_config: Refusal = NO_CONFIG
    _kept: set[ObjectKey] = field(default_factory=set)  # `on-removal: keep` protects what they hold
    _turned_away: dict[ObjectKey, Note] = field(default_factory=dict)  # not adopted, and why
    _stuck: set[ObjectKey] = field(default_factory=set)  # on what somebody else has, and told so
    _in_question: set[ObjectKey] = field(default_factory=set)  # others have, or had, addresses of theirs
    _lifted: list[IPAddress] = field(default_factory=list)  # ours after all

    def observe(self, view: ServiceView) -> None:
        """A Service is there, or has changed."""
        known = self._views.get(view.key)
        if known is not None and known.uid != view.uid:
            self._recreated.add(view.key)
        self._views[view.key] = view
        self.shown.see(view.key, view.status.addresses)
        self._dirty[view.key] = None

    def forget(self, key: ObjectKey) -> None:
        """A Service is gone."""
        self._views.pop(key, None)
        self._clashes.pop(key, None)
        self.shown.see(key, ())
        self._dirty[key] = None

    def configure(self, config: PoolConfig) -> None:
        """Other pools are in force."""
        before = self.allocations.config
        pools_before = {key: holding.pool for key, holding in self.allocations.holdings.items()}
        self._configured = True
        self.allocations.configure(config, self.allocations.reserved)
        for key, name in pools_before.items():
            pool = before.named(name or "")
            if self.allocations.holdings[key].pool is not None:
                self._kept.discard(key)
            elif pool is not None and pool.on_removal is OnRemoval.KEEP:
                self._kept.add(key)
        self._everything_again()

    def without_config(self, why: str) -> None:
        """No configuration was ever in force: nothing is given, nothing taken, and the reason is told."""
        if not self._configured:
            self._no_config = Refusal(Reason.NO_POOLS, "", why)
            self._everything_again()

    def reserve(self, addresses: Mapping[IPAddress, Refusal]) -> None:
        """Addresses that are never given, such as those of nodes, each with the reason."""
        if addresses != self.allocations.reserved:
            self.allocations.configure(self.allocations.config, addresses)
            self._everything_again()

    def see_in_use(self, found: Mapping[IPAddress, Occupant]) -> None:
        """Of all addresses that Services hold, these are somebody's outside of the cluster, as told."""
        quarantine = self.allocations.quarantine
        question: set[ObjectKey] = set()
        for address, who in found.items():
            if quarantine.who(address) != who:
                question.update(self.allocations.begin_quarantine(address, who))
        for address in [each for each in quarantine if each not in found]:
            occupancy = self.allocations.occupancy(address)
            if occupancy is not None:
                question.update(occupancy.holders)
                self.allocations.end_quarantine(address)
                self._lifted.append(address)
        self._in_question |= question
        self._dirty.update(dict.fromkeys(question))

    def see_left(self, found: Mapping[IPAddress, tuple[Occupant, float]]) -> None:
        """What was left to others in an earlier term: who has each, until when. Before the first round."""
        held = {address for view in self._views.values() for address in view.status.addresses}
        for address, (who, until) in found.items():
            if address not in held:
                self.allocations.quarantine.begin(address, who)
                self.allocations.quarantine.leave(address, until)

    def set_namespace(self, name: str, labels: Mapping[str, str] | None) -> None:
        """A namespace's labels; None where it is gone."""
        if self._namespaces.get(name) == labels:
            return
        if labels is None:
            del self._namespaces[name]
        else:
            self._namespaces[name] = labels
        if any(pool.allocation and pool.allocation.namespace_selectors for pool in self.allocations.config):
            self._everything_again()

    def view(self, key: ObjectKey) -> ServiceView | None:
        """The Service as last observed."""
        return self._views.get(key)

    def is_ours(self, view: ServiceView) -> bool:
        """Whether a Service is this controller's to serve: of type LoadBalancer, and of its class exactly."""
        return view.is_load_balancer and (view.load_balancer_class or "") == self.load_balancer_class

    def settle(self, now: float) -> Plan:
        """Decide about all that changed since the last call. `now`: seconds of a clock that never steps."""
        again = self.waiting.wishes() if self.allocations.attempts.look(now) else ()
        this = _Round(
            now,
            wishes=dict.fromkeys(again),
            touched=dict(self._dirty),
            freed=[*self.allocations.wake(now), *self._lifted],
        )
        self._lifted.clear()
        views = [self._views[key] for key in self._dirty if key in self._views]
        for key in self._dirty:
            if key not in self._views or key in self._recreated or not self.is_ours(self._views[key]):
                self._let_go(this, key)
            this.freed += self.allocations.see_foreign_service(key, self._foreign_addresses(key), now)
        externals = [view for view in views if view.external_ips or view.key in self._clashes]
        self._dirty.clear()
        self._recreated.clear()
        ours = sorted((view for view in views if self.is_ours(view)), key=lambda view: view.age_order)
        ours = [view for view in ours if not self._leave_to_metallb(this, view)]
        for view in ours:
            self._adopt(view)
        for view in ours:
            self._judge(this, view)
        self._judge_anew = False
        self._in_question.clear()
        self._serve(this)
        this.notes += ((view.key, note) for view in externals for note in self._external(view))
        return self._plan(this)

    def refresh(self, now: float) -> Plan:
        """Tell those who wait how things stand now. To be called when it has been quiet for a while."""
        this = _Round(now, quiet=True)
        this.wishes.update(dict.fromkeys(self.waiting.wishes()))
        self._serve(this)
        self._aged = False
        return self._plan(this)

    def _plan(self, this: _Round) -> Plan:
        return Plan(tuple(this.touched), tuple(this.notes), self.allocations.next_wake(), self._aged)

    def _everything_again(self) -> None:
        self._judge_anew = True
        self._dirty.update(dict.fromkeys(self._views))

    def _let_go(self, this: _Round, key: ObjectKey) -> None:
        self.waiting.leave(key)
        outcome = self.outcomes.pop(key, None)
        self.shown.decide(key, ())
        for memory in (self._requests, self._labels, self._advised):
            memory.pop(key, None)
        for keys in (self._kept, self._stuck):
            keys.discard(key)
        holding = self.allocations.holdings.pop(key, None)
        if holding is None:
            return
        this.freed += self.allocations.release(key, holding.addresses, this.now)
        self._aged = len(self.waiting) > 0
        if outcome is not None:
            why = (
                "the Service is no longer of type LoadBalancer"
                if key in self._views
                else "the Service is deleted"
            )
            this.notes.append((key, service_status.released(key, holding.addresses, why)))

    def _foreign_addresses(self, key: ObjectKey) -> dict[IPAddress, str]:
        """What a Service has that is not ours to give, and how."""
        view = self._views.get(key)
        if view is None:
            return {}
        found = dict.fromkeys(view.external_ips, "as one of its externalIPs")
        if view.is_load_balancer and not self.is_ours(view):
            found |= dict.fromkeys(view.status.addresses, "which another controller serves")
        return found

    def _external(self, view: ServiceView) -> list[Note]:
        """What is to be said of its externalIPs, once."""
        told = self._clashes.get(view.key, ())
        now = clashes(view, self.allocations)
        self._clashes[view.key] = now
        return [note for note in now if note not in told]

    def _leave_to_metallb(self, this: _Round, view: ServiceView) -> bool:
        """Leave alone what MetalLB gave; True where it is so. What we had given it ourselves goes back."""
        told = self.outcomes.get(view.key)
        if not (self._configured and is_metallbs(view, self.allocations.config)):
            if told is not None and told.reason is Reason.SERVED_BY_METALLB:
                del self.outcomes[view.key]  # to be adopted, or served, like any other
            return False
        pool = view.annotations[METALLB_ALLOCATED]
        outcome = messages.metallbs(view.key, view.status.addresses, pool)
        if outcome != told:
            self.outcomes.pop(view.key, None)
            self._let_go(this, view.key)
            self.outcomes[view.key] = outcome
            this.notes.append((view.key, Note(EventReason.SERVED_BY_METALLB, outcome.message)))
        self.shown.decide(view.key, outcome.addresses)
        return True

    def _adopt(self, view: ServiceView) -> None:
        """Enter what a status says before anything is given; of two that clash the younger loses it."""
        addresses = view.status.addresses
        if view.key in self.allocations.holdings or view.key in self.outcomes or not addresses:
            return
        terms = terms_of(view)
        for address in addresses:
            if refusal := self.allocations.clash(address, terms, consent=False):
                self._turned_away[view.key] = service_status.cleared(view.key, str(refusal))
                return
        self.allocations.claim(terms, addresses, self._pool_of(addresses))
        condition, pool = view.status.condition, self.allocations.config.named(view.status.pool or "")
        was_kept = condition is not None and condition.reason == Reason.OUTSIDE_POOLS
        if was_kept or (pool is not None and pool.on_removal is OnRemoval.KEEP):
            self._kept.add(view.key)

    def _judge(self, this: _Round, view: ServiceView) -> None:
        """Judge a Service that has changed; one that has no address yet waits its turn in `_serve`."""
        this.notes += ((view.key, note) for note in self._advice(view))
        request = read(view)
        before = self._requests.get(view.key)
        unchanged = before == request and self._labels.get(view.key) == view.labels
        is_due = self._judge_anew or view.key in self._in_question
        if unchanged and not is_due and view.key in self.outcomes:
            return
        self._requests[view.key], self._labels[view.key] = request, view.labels
        self.waiting.leave(view.key)
        holding = self.allocations.holdings.get(view.key)
        if not self._configured:
            if holding is None and not view.status.addresses:
                self._tell(this, view, AllocationDecision(denied(view.key, (self._no_config,))))
        elif isinstance(request, Refusal):
            case = self._case(view, without_requests(view))
            self._apply(this, view, case.request, judge_senseless(self.allocations, case, request))
        elif holding is not None:
            self._judge_holder(this, view, request, before)
        else:
            self._let_wait(view, request, has_some=False)
            this.wishes[self.waiting.wish(view.key)] = None

    def _judge_holder(
        self, this: _Round, view: ServiceView, request: Request, before: Request | Refusal | None
    ) -> None:
        changed = isinstance(before, Request) and before.terms != request.terms
        if changed:
            # A port or a key may have become free for who waits.
            this.freed += self.allocations.holdings[view.key].addresses
        case = self._case(view, request, asks_consent=changed)
        self._apply(this, view, request, judge(self.allocations, case))

    def _serve(self, this: _Round) -> None:
        """Let those try again whom the round may have helped, oldest first, until nothing more comes free."""
        while this.wishes or this.freed:
            wishes = [*this.wishes, *self.waiting.concerned(this.freed)]
            this.wishes.clear()
            this.freed.clear()
            queue = [(age, at) for at, wish in enumerate(wishes) if (age := self.waiting.oldest(wish))]
            heapq.heapify(queue)
            while queue:
                (_, key), at = heapq.heappop(queue)
                if key not in self.waiting or self.waiting.wish(key) != wishes[at]:
                    continue  # a wish that is named twice was seen to already
                if self._try(this, key) and (age := self.waiting.oldest(wishes[at])):
                    heapq.heappush(queue, (age, at))

    def _try(self, this: _Round, key: ObjectKey) -> bool:
        """Judge one that waits. True where it got something, so that the next of its kind may try."""
        view, request, wish = self._views[key], self._requests[key], self.waiting.wish(key)
        assert isinstance(request, Request)
        verdict = judge(self.allocations, self._case(view, request))
        if verdict.outcome.addresses:
            had = self.allocations.holdings.get(key)
            self._apply(this, view, request, verdict)
            return had is None or had.addresses != verdict.outcome.addresses
        for other in self.waiting.tell(wish, verdict.outcome.message):
            outcome = replace(verdict.outcome, key=other)
            self._tell(this, self._views[other], replace(verdict, outcome=outcome))
        return False

    def _let_wait(self, view: ServiceView, request: Request, *, has_some: bool) -> None:
        prospects = admissions(self.allocations.config, self._client(view))
        self.waiting.enter(view, request, prospects, has_some=has_some)

    def _client(self, view: ServiceView) -> Client:
        return Client(view.key.namespace, self._namespaces.get(view.key.namespace, NOTHING), view.labels)

    def _case(self, view: ServiceView, request: Request, *, asks_consent: bool = False) -> Input:
        holding = self.allocations.holdings.get(view.key)
        return Input(view.key, request, self._client(view), holding, view.key in self._kept, asks_consent)

    def _apply(self, this: _Round, view: ServiceView, request: Request, verdict: AllocationDecision) -> None:
        """Enter a verdict in the allocations: the new first, then what is given up."""
        outcome = verdict.outcome
        held = self.allocations.holdings.get(view.key)
        given_up = tuple(each for each in (held.addresses if held else ()) if each not in outcome.addresses)
        self._aged = self._aged or (len(self.waiting) > 0 and (held and held.addresses) != outcome.addresses)
        if outcome.addresses:
            self.allocations.claim(request.terms, outcome.addresses, outcome.pool)
        elif held is not None:
            del self.allocations.holdings[view.key]
        if any(each in self.allocations.quarantine for each in given_up):
            self.allocations.attempts.tried()
        this.freed += self.allocations.release(view.key, given_up, this.now)
        if given_up:
            self._kept.discard(view.key)
        self.waiting.leave(view.key)
        if verdict.waits:
            self._let_wait(view, request, has_some=bool(outcome.addresses))
        self._tell(this, view, verdict)

    def _tell(self, this: _Round, view: ServiceView, verdict: AllocationDecision) -> None:
        told = self.outcomes.get(view.key)
        before = service_status.last_told(told if told is not None else view.status)
        if this.quiet:
            before = replace(before, earlier_life=True)
        why_left = verdict.why_left or self._turned_away.pop(view.key, None)
        this.notes += ((view.key, note) for note in service_status.notes(before, verdict.outcome, why_left))
        if verdict.why_stuck is None:
            self._stuck.discard(view.key)
        elif view.key not in self._stuck:
            self._stuck.add(view.key)
            this.notes.append((view.key, verdict.why_stuck))
        self.outcomes[view.key] = verdict.outcome
        self.shown.decide(view.key, verdict.outcome.addresses)
        this.touched[view.key] = None

    def _pool_of(self, addresses: tuple[IPAddress, ...]) -> str | None:
        pools = (self.allocations.config.containing(address) for address in addresses)
        return next((pool.name for pool in pools if pool is not None), None)

    def _advice(self, view: ServiceView) -> list[Note]:
        """What is to be said of its annotations, once: not what was said before, or in an earlier life."""
        told = self._advised.get(view.key)
        now = self._advised[view.key] = advice(view)
        if told is None and view.status.condition is not None:
            return []
        return [note for note in now if note not in (told or ())]
