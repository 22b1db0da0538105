"""Mistakes that each have to be noticed: in who may announce, who is alive, and what is done before what."""

from functools import partial

from tests.baremetal_lb.mutants.engine import Mutant

DECIDE = "tests/baremetal_lb/decide"
CONVERSATIONS = {
    "membership": (f"{DECIDE}/membership/test_machine.py", f"{DECIDE}/membership/test_news.py"),
    "speaker": (f"{DECIDE}/speaker",),
    "controller": (f"{DECIDE}/controller",),
    "exchange": (f"{DECIDE}/ipam/test_exchange.py",),
    "unheard": (f"{DECIDE}/test_unheard_rack.py",),
}


def histories() -> int:
    """Whether a rack breaks a promise in one of some hundred histories."""
    from tests.baremetal_lb.decide.test_rack import live_all

    story = live_all(range(400))
    print(story[-2000:])
    return bool(story)


def talk(*paths: str) -> int:
    """Whether one of these conversations goes otherwise."""
    import pytest

    return int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *paths]))


JUDGES = {
    "histories": histories,
    **{name: partial(talk, *paths) for name, paths in CONVERSATIONS.items()},
}

LAYER2 = "baremetal_lb.decide.layer2"
MEMBERSHIP = "baremetal_lb.decide.membership"

ELECTIONS = {
    "election-prefers-itself": Mutant(
        f"{LAYER2}.ownership",
        "Ownership._best",
        "elect(fitness.why, candidates, lowest, fitness.weights)",
        "elect(fitness.why, candidates & {self.me.node} or candidates, lowest, fitness.weights)",
    ),
    "election-keeps-unlinked-nodes": Mutant(
        "baremetal_lb.decide.eligibility",
        "Eligibility._why_not",
        "why_unlinked(uplinks, placements, ipv6=ipv6) if uplinks is not None else None",
        "None",
    ),
    "election-forgets-who-leaves": Mutant(
        "baremetal_lb.decide.eligibility",
        "why_no_live_speaker",
        "return None if state in TAKING else _OUT[state]",
        "return None if state in TAKING or state is MemberState.LEAVING else _OUT[state]",
    ),
    "first-use-is-not-asked-for": Mutant(
        f"{LAYER2}.acd.detector", "ConflictDetector._take", "self._is_proven(each, now)", "True"
    ),
    "no-burst": Mutant(
        f"{LAYER2}.gratuitous", "Announcer.handle", "self._owe(address, None, BURST, now)", "pass"
    ),
}

ALIVE = {
    "silence-never-counts": Mutant(
        f"{MEMBERSHIP}.neighbour",
        "Neighbour._missed_at",
        "return self.heard + min(timing.miss_after + max(0.0, self.delay), timing.miss_at_most)",
        "return self.heard + 3600",
    ),
    "pauses-go-unnoticed": Mutant(
        f"{MEMBERSHIP}.machine",
        "Membership._notice_pause",
        "self._spoke is None or not self.links or now < self._spoke + self.timing.away_after",
        "True",
    ),
    "pauses-are-forgiven-at-once": Mutant(
        f"{MEMBERSHIP}.machine",
        "Membership._notice_pause",
        "yield from self._grant(float('-inf'))",
        judge="membership",
    ),
    "leaving-takes-no-time": Mutant(
        f"{MEMBERSHIP}.own_state",
        "OwnState.left",
        "now >= self._since + self.timing.handover",
        "now >= self._since",
        judge="membership",
    ),
    "replays-count": Mutant(
        f"{MEMBERSHIP}.neighbour",
        "Neighbour.why_not",
        "return Ignored.UNPROVEN",
        "return None",
        judge="membership",
    ),
    "news-of-a-speaker-is-not-passed-on": Mutant(
        f"{MEMBERSHIP}.machine", "Membership._tell", "link.owed.add(record.ident)", "pass", judge="membership"
    ),
    "one-that-is-back-takes-at-once": Mutant(
        f"{MEMBERSHIP}.own_state",
        "OwnState._settle",
        "MemberState.RETURNING if established else MemberState.FRESH",
        "MemberState.FRESH",
        judge="membership",
    ),
}


def order(
    method: str, was: str, now: str = "", *, after: str | None = None, judge: str = "speaker"
) -> Mutant:
    """A mistake in what the speaker's machine does before what."""
    return Mutant("baremetal_lb.decide.speaker.machine", f"SpeakerMachine.{method}", was, now, after, judge)


ASK_DETECTOR = (
    "yield from self._ask_detector(OwnersDecided(tuple(self._assigned(decision)), decision.contested), now)"
)
TELL_PEERS = "yield from self._tell_peers(each for each in announceable if each.name in open_now)"
ORDER = {
    "withdraws-after-it-takes": order("_decide", "yield from self._withdraw(decision)", after=ASK_DETECTOR),
    "tells-people-before-it-answers": order(
        "_announce", "yield Answer(addresses)", after="yield from self._tell_verdicts()"
    ),
    "judges-before-it-has-taken-in-who-speaks": order(
        "_overhear", "yield from self._see_sign_of_life(claim.mac, now)"
    ),
    "decides-on-stale-interfaces": order("_see_link", "yield from self._decide(now)"),
    "decides-before-the-others-hear-of-its-interfaces": order(
        "_see_link", TELL_PEERS, after="yield from self._decide(now)"
    ),
    "decides-on-stale-peers": order("_decide", "yield from self._know_peers(now)", judge="histories"),
    "decides-on-who-was-unheard-before": order("_decide", "yield from self._look_for_unheard(now)"),
    "decides-before-it-has-heard-its-peers": order(
        "_see_peers", "mine not in (None, MemberState.SETTLING)", "True"
    ),
    "decides-before-the-cluster-is-listed": order("is_deciding", "return not self._missing", "return True"),
    "speaks-before-a-pause-is-made-good": order("_gratuitous", "self._is_paused", "False"),
    "goes-on-after-it-was-stopped": order("handle", "self._is_stopping", "False"),
    "forgets-who-the-lan-shows-to-have-an-address": order(
        "_settle_among_nodes", "self.ownership.see_holder(address, node)", "pass", judge="unheard"
    ),
    "tells-the-lan-of-what-it-has-lost": order("_withdraw", "self._owed.extend(map(Lost, decision.lost))"),
    "tells-a-verdict-before-it-is-true": order(
        "_tell_verdicts", "not here or self.answered.issuperset(verdict.addresses)", "True"
    ),
}


def of_controller(function: str, was: str, now: str = "", **more: str) -> Mutant:
    """A mistake in what the controller does before what; `function` with its file and class."""
    file, _, name = function.partition(".")
    return Mutant(f"baremetal_lb.decide.controller.{file}", name, was, now, **{"judge": "controller", **more})


CONTROLLER = {
    "writes-before-the-configuration-is-judged": of_controller(
        "machine.ControllerMachine._may_allocate", "self._reports_until < NEVER", "True"
    ),
    "judges-the-configuration-before-the-cluster-is-listed": of_controller(
        "machine.ControllerMachine._see_config",
        "not self._is_config_seen and self._is_listed and not self.configuration.is_being_judged",
        "not self._is_config_seen and not self.configuration.is_being_judged",
    ),
    "judges-two-versions-at-a-time": of_controller(
        "machine.ControllerMachine._see_config",
        "not self._is_config_seen and self._is_listed and not self.configuration.is_being_judged",
        "not self._is_config_seen and self._is_listed",
    ),
    "gives-before-the-reports-are-listed": of_controller(
        "machine.ControllerMachine._may_allocate", "self.publisher.has_all_reports or has_waited", "True"
    ),
    "aggregates-before-the-reports-are-listed": of_controller(
        "publisher.Publisher._aggregation_due", "not self.has_all_reports", "False"
    ),
    "learns-what-was-left-to-others-after-it-has-given-it": of_controller(
        "machine.ControllerMachine._begin", "self._see_left(now)", after="yield from self._settle(now)"
    ),
    "gives-before-it-excludes-what-nodes-have": of_controller(
        "machine.ControllerMachine._tick",
        "yield from self._exclude()",
        after="yield from self._allocate(now)",
    ),
    "believes-a-word-from-before-the-address-was-written": of_controller(
        "machine.ControllerMachine._have_aggregated", "view.number if is_there else None", "view.number"
    ),
    "tells-who-announces-before-it-has-written-addresses": of_controller(
        "machine.ControllerMachine._tick", "self.statuses.is_busy", "False"
    ),
    "forgets-a-deleted-service-before-its-last-event": of_controller(
        "machine.ControllerMachine._follow", "self._deleted.clear()", after="self._seen_at.clear()"
    ),
    "writes-one-status-twice-at-a-time": of_controller(
        "work_queue.WorkQueue.add", "key in self._in_work", "False"
    ),
    "shows-an-address-in-two-statuses": of_controller(
        "statuses.Statuses._due",
        "self._turns.next_step(key, self.allocator.outcomes.get(key), self.allocator.shown)",
        "self.allocator.outcomes.get(key)",
        judge="exchange",
    ),
    "goes-on-after-the-term-has-ended": of_controller(
        "machine.ControllerMachine.handle", "self.is_over = True", "pass"
    ),
}

MISTAKES = ELECTIONS | ALIVE | ORDER | CONTROLLER
