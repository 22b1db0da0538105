"""What Services say of their announcement, as conversations on a clock of the test's own."""

from dataclasses import dataclass, field, replace
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.decide.reports.aggregator import STALE, Aggregator, Written
from baremetal_lb.decide.reports.condition import BLINK, GRACE, PATIENCE
from baremetal_lb.model.announcements import NodeOut
from baremetal_lb.model.conflicts import Conflict, ConflictKind, Finding, FindingKind, Occupant
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.places import Place, Port, read
from baremetal_lb.model.reports import Deaf, Out, Report, Silence
from baremetal_lb.model.services import Condition

ONE, TWO, THREE = (ip_address(f"10.0.0.{last}") for last in (1, 2, 3))
MAC = bytes.fromhex("0200000000aa")
POOLS = parse_config(
    "address-pools:\n"
    "- {name: lan, protocol: layer2, addresses: [10.0.0.0/24, 'fd00::/120']}\n"
    "- {name: far, protocol: bgp, addresses: [10.1.0.0/24]}"
)
NO_ENDPOINTS = "False NoEndpoints: 10.0.0.1: no pod of the Service is ready to serve"


def port(node: str) -> Port:
    return Port("eth0", f"02:00:00:00:00:0{node[-1]}")


def claims(node: str, *addresses, **more) -> Report:
    """A node announces addresses."""
    return Report(node, (Place(addresses, node, (port(node),)),) if addresses else (), **more)


def by(node: str, *addresses) -> str:
    return f"True Announced: {Place(addresses, node, (port(node),))}"


@dataclass
class Story:
    """Three nodes, pools, and a Service web at 10.0.0.1."""

    services: dict = field(default_factory=lambda: {"web": ONE})
    aggregator: Aggregator = field(default_factory=Aggregator)
    now: float = 100.0
    events: list[str] = field(default_factory=list)
    changes: int = 0

    def __post_init__(self):
        self.aggregator.see_pools(POOLS)
        for name in ("node-1", "node-2", "node-3"):
            self.aggregator.see_node(name, None)
        for name, address in self.services.items():
            self.service(name, address)

    def service(self, name: str, *addresses, said: Condition | None = None, **written) -> None:
        self.aggregator.see_service(ObjectKey("ns", name), addresses, said, Written(**written))
        self._settle()

    def report(self, *reports: Report) -> None:
        for report in reports:
            self.aggregator.see_report(report, self.now)
            self._settle()

    def wait(self, seconds: float) -> None:
        """Time passes; the aggregator is asked whenever it wished to be."""
        until = self.now + seconds
        while (wake_at := self._settle()) is not None and wake_at <= until:
            assert wake_at > self.now, "asked to come again at once"
            self.now = wake_at
        self.now = until
        self._settle()

    def says(self, name: str = "web") -> str:
        condition = self.aggregator.conditions.get(ObjectKey("ns", name))
        return f"{condition.status} {condition.reason}: {condition.message}" if condition else ""

    def _settle(self) -> float | None:
        changes = self.aggregator.settle(self.now)
        self.changes += len(changes.changed)
        self.events += [f"{key.name} {note.message}" for key, note in changes.notes]
        return changes.wake_at


@pytest.fixture
def story():
    return Story()


def test_who_announces_is_said_at_once(story):
    """With the interface and its MAC; there is no Event, since the speaker writes one."""
    story.report(claims("node-1", ONE))
    assert story.says() == "True Announced: 10.0.0.1 by node-1 on eth0 (02:00:00:00:00:01)"
    assert story.events == []


def test_a_pass_that_changes_nothing_says_nothing(story):
    """Nor does a heartbeat."""
    story.report(claims("node-1", ONE), claims("node-1", ONE), claims("node-1", ONE))
    story.service("web", ONE, said=Condition(True, "Announced", "whatever"))
    assert story.changes == 1


def test_a_speaker_that_has_not_seen_the_service_speaks_of_the_one_before(story):
    """An address goes from one Service to the next, while its old owner still announces it for the first."""
    story.report(claims("node-1", ONE, seen=7))
    story.service("web")
    story.service("next", ONE, uid="next", version=None)  # decided, not written
    assert story.says("next") == ""
    story.service("next", ONE, uid="next", version=9)
    assert story.says("next") == ""
    story.report(claims("node-1", ONE, seen=9))
    assert story.says("next") == by("node-1", ONE)


def test_a_service_made_anew_is_another_one(story):
    """with the same name and address, with no word between the two; so is one that had another address."""
    story.service("again", TWO, uid="first", version=3)
    story.report(claims("node-1", ONE, TWO, seen=5))
    assert story.says("again") == by("node-1", TWO)
    story.service("again", TWO, uid="second", version=6)
    assert story.says("again") == ""
    story.report(claims("node-1", ONE, TWO, seen=6))
    assert story.says("again") == by("node-1", TWO)
    story.service("again", THREE, uid="second", version=8)
    assert story.says("again") == ""


def test_what_was_told_before_a_controller_started_stays_told(story):
    """A Service that says it is announced needs no newer word: versions go on for other reasons."""
    story.report(claims("node-1", TWO, seen=5))
    said = Condition(True, "Announced", by("node-1", TWO).removeprefix("True Announced: "))
    story.service("old", TWO, said=said, uid="old", version=50)
    story.wait(PATIENCE + 1)
    assert story.says("old") == by("node-1", TWO)


def test_a_speaker_of_an_earlier_release_is_believed(story):
    """It does not say what it has seen."""
    story.service("other", TWO, uid="other", version=50)
    story.report(claims("node-1", TWO))
    assert story.says("other") == by("node-1", TWO)


@pytest.mark.parametrize("first", ["the new owner", "the old owner"])
def test_a_hand_over_is_no_outage(story, first):
    """Whoever writes first: from True to True."""
    story.report(claims("node-1", ONE))
    reports = [claims("node-2", ONE), claims("node-1")]
    story.report(*(reports if first == "the new owner" else reports[::-1]))
    story.wait(BLINK * 2)
    assert story.says() == by("node-2", ONE)
    assert (story.changes, story.events) == (2, [])


def test_a_failover_needs_no_word_of_the_dead(story):
    """Its object stands there still; who took over has spoken later."""
    story.report(claims("node-1", ONE), claims("node-2", ONE))
    assert story.says() == by("node-2", ONE)
    story.wait(1)
    story.report(claims("node-2", ONE))
    story.wait(STALE)
    assert story.says() == by("node-2", ONE)


def test_no_endpoints_is_told_when_it_lasts(story):
    """By the condition soon, by one Event after a grace; and that pods are back by the condition alone."""
    story.report(claims("node-1", ONE))
    story.report(claims("node-1", silences=(Silence("NoEndpoints", (ONE,)),)))
    story.wait(BLINK * 0.9)
    assert story.says() == by("node-1", ONE)
    story.wait(BLINK * 0.2)
    assert story.says() == NO_ENDPOINTS
    story.report(claims("node-2"))
    story.wait(GRACE - 3)
    story.report(claims("node-1", silences=(Silence("NoEndpoints", (ONE,)),)), claims("node-2"))
    assert story.events == []
    story.wait(3)
    assert story.events == ["web NoEndpoints: 10.0.0.1: no pod of the Service is ready to serve"]
    story.report(claims("node-2", ONE))
    assert story.says() == by("node-2", ONE)


WITHOUT_A_FAULT = (
    Silence("NoEndpoints", (ONE,)),
    Silence(
        "NoNode", (ONE,), (Out("NoLocalEndpoint", ("node-1", "node-2")), Out("ExcludedByLabel", ("node-3",)))
    ),
    Silence("NoNode", (ONE,), (Out("SpeakerSettling", ("node-1",)), Out("InterfaceReturning", ("node-2",)))),
)
WITH_A_FAULT = (
    Silence("NoNode", (ONE,), (Out("NoLocalEndpoint", ("node-1",)), Out("NotReady", ("node-2",)))),
    Silence("NoNode", (ONE,), (Out("ExcludedByLabel", ("node-1", "node-2", "node-3")),)),
)


@pytest.mark.parametrize("silence", WITHOUT_A_FAULT, ids=str)
def test_a_normal_rollout_is_no_event(story, silence):
    """A Service is there before its first pod, a lab before its speakers: the condition alone says so."""
    story.report(Report("node-1", silences=(silence,)))
    story.wait(GRACE * 0.9)
    assert story.says().startswith("False ")
    story.report(claims("node-1", ONE))
    story.wait(GRACE)
    assert story.events == []


@pytest.mark.parametrize("silence", WITH_A_FAULT, ids=str)
def test_a_fault_is_an_event_at_once(story, silence):
    """Nobody need wait to hear of what does not mend itself."""
    story.report(Report("node-1", silences=(silence,)))
    story.wait(BLINK)
    assert len(story.events) == 1


def test_a_service_that_goes_is_told_nothing_any_more(story):
    """Its Event was still waiting."""
    story.report(Report("node-1", silences=WITHOUT_A_FAULT[:1]))
    story.wait(BLINK * 2)
    story.service("web")
    story.wait(GRACE * 2)
    assert story.events == []


def test_a_blink_is_not_told(story):
    """Endpoints go and come while pods are replaced."""
    story.report(claims("node-1", ONE))
    for _ in range(5):
        story.report(claims("node-1", silences=(Silence("NoEndpoints", (ONE,)),)))
        story.wait(BLINK / 2)
        story.report(claims("node-1", ONE))
        story.wait(BLINK)
    assert (story.changes, story.events) == (1, [])


def test_each_node_has_its_reason(story):
    """As the speaker says that speaks for all."""
    out = (Out("NoSpeaker", ("node-2",)), Out("NotReady", ("node-1", "node-3"), 7))
    story.report(Report("node-1", silences=(Silence("NoNode", (ONE,), out),)))
    story.wait(BLINK)
    assert story.says() == (
        "False NobodyAnnounces: 10.0.0.1: node-2: NoSpeaker; node-1, node-3 and 7 more: NotReady"
    )


def cut_off(node: str, others: tuple[str, ...], more: int = 0) -> Report:
    """A speaker that hears no other says that nobody announces."""
    out = (Out("CutOff", (node,) if not more else (), more), Out("NoSpeaker", others))
    return Report(node, silences=(Silence("NoNode", (ONE,), out),))


@pytest.mark.parametrize("more", [0, 9], ids=["named", "one-of-many-that-are-not-named"])
def test_who_is_cut_off_cannot_know_that_nobody_announces(story, more):
    """A firewall around one node: the address is answered all the time, and the Service says so."""
    story.report(claims("node-3", ONE), cut_off("node-2", ("node-1", "node-3"), more))
    story.wait(GRACE)
    story.report(claims("node-3", ONE))
    assert (story.says(), story.changes, story.events) == (by("node-3", ONE), 1, [])


def test_who_is_cut_off_is_believed_where_nobody_says_otherwise(story):
    """All others died: what the last one said of itself counts no longer than it is taken for alive."""
    story.report(claims("node-3", ONE))
    story.wait(STALE - 1)
    story.report(cut_off("node-2", ("node-1", "node-3")))
    assert story.says() == by("node-3", ONE)
    story.wait(1 + BLINK)
    assert story.says() == "False NobodyAnnounces: 10.0.0.1: node-2: CutOff; node-1, node-3: NoSpeaker"


def test_a_message_does_not_grow_without_bound(story):
    """A status has to hold it, whatever a stolen node reports."""
    out = tuple(Out(f"Why{at}", tuple("n" * 250 for _ in range(50))) for at in range(30))
    story.report(Report("node-1", silences=(Silence("NoNode", (ONE,), out),)))
    story.wait(BLINK)
    assert len(story.says()) < 5000


def test_where_no_speaker_lives_the_controller_says_so(story):
    """It gives them time to come up; the nodes' own standing comes from the cluster."""
    story.aggregator.see_node("node-2", NodeOut.NOT_READY)
    story.wait(PATIENCE - 0.1)
    assert story.says() == ""
    story.wait(0.2)
    told = "10.0.0.1: node-1, node-3: NoSpeaker; node-2: NotReady"
    assert story.says() == f"False NobodyAnnounces: {told}"
    story.aggregator.lose_node("node-3")
    story.wait(PATIENCE)
    assert story.says() == "False NobodyAnnounces: 10.0.0.1: node-1: NoSpeaker; node-2: NotReady"
    assert story.events == [f"web NobodyAnnounces: {told}"]


def test_a_stale_report_is_no_sign_of_life(story):
    """The last speaker dies: its object stays, and is not believed for long. A beat brings it back."""
    story.report(claims("node-1", ONE))
    story.wait(STALE - 1)
    assert story.says() == by("node-1", ONE)
    story.wait(1 + PATIENCE)
    assert story.says().startswith("False NobodyAnnounces: 10.0.0.1: node-1, node-2, node-3: NoSpeaker")
    story.report(claims("node-1", ONE))
    assert story.says() == by("node-1", ONE)


def test_a_report_of_a_node_that_the_cluster_does_not_have_says_nothing(story):
    """Neither who announces, nor that somebody else has it: before the Node is there, and after it."""
    story.report(replace(claims("node-9", ONE), conflicts=taken("node-9", ONE).conflicts))
    story.wait(PATIENCE)
    assert story.says().startswith("False NobodyAnnounces: 10.0.0.1: node-1, node-2, node-3: NoSpeaker")
    assert not story.aggregator.in_use
    story.report(claims("node-9", ONE))
    story.aggregator.see_node("node-9", None)
    story.wait(0)
    assert story.says() == by("node-9", ONE)
    story.aggregator.lose_node("node-9")
    story.report(claims("node-9", ONE))
    story.wait(PATIENCE)
    assert story.says().startswith("False NobodyAnnounces")


def test_a_report_that_was_old_when_it_was_found_says_nothing(story):
    """A controller that starts finds objects of speakers that died long ago."""
    story.aggregator.see_report(claims("node-1", ONE), story.now - STALE)
    story.wait(PATIENCE)
    assert story.says().startswith("False NobodyAnnounces")


def test_an_object_that_is_deleted_takes_its_word_with_it(story):
    """With the Node."""
    story.report(claims("node-1", ONE), claims("node-2"))
    story.aggregator.lose_report("node-1")
    story.wait(PATIENCE)
    assert story.says().startswith("False NobodyAnnounces: 10.0.0.1: no speaker mentions it")


def test_an_address_of_no_layer_2_pool(story):
    """Nobody will ever announce it."""
    story.report(claims("node-1"))
    story.service("far", ip_address("10.1.0.1"))
    story.service("out", ip_address("10.2.0.1"))
    story.wait(BLINK)
    assert [story.says("far"), story.says("out")] == [
        'False NotInLayer2Pool: 10.1.0.1 is in pool "far" of protocol bgp',
        "False NotInLayer2Pool: 10.2.0.1 is in no pool",
    ]


def test_both_families_or_none(story):
    """Two addresses by one node are one place; one of them that nobody announces is a no."""
    six = ip_address("fd00::1")
    story.service("web", ONE, six)
    story.report(claims("node-1", ONE, six))
    assert story.says() == by("node-1", ONE, six)
    story.report(claims("node-1", ONE, silences=(Silence("NoNode", (six,), (Out("CutOff", ("node-1",)),)),)))
    story.wait(BLINK)
    assert story.says() == "False NobodyAnnounces: fd00::1: node-1: CutOff"


def test_another_address_begins_anew(story):
    """What was said of the one before does not hold; and a Service without any says nothing."""
    story.report(claims("node-1", ONE))
    story.service("web", TWO)
    assert story.says() == ""
    story.service("web")
    story.wait(PATIENCE * 2)
    assert story.says() == ""


def test_who_had_the_address_before_is_named(story):
    """And only for as long as nobody of ours announces it; only for addresses of Services."""
    taken = tuple(Conflict(each, ConflictKind.IN_USE, MAC, "eth0") for each in (ONE, TWO))
    story.report(Report("node-1", conflicts=taken))
    who = "02:00:00:00:00:aa has it on eth0 (seen by node-1)"
    assert story.aggregator.in_use == {ONE: Occupant(MAC, who)}
    story.wait(BLINK)
    assert story.says() == f"False AddressInUse: 10.0.0.1: {who}"
    assert story.events == [f"web AddressInUse: 10.0.0.1: {who}"]
    story.service("other", TWO)
    assert set(story.aggregator.in_use) == {ONE, TWO}
    story.service("other")
    story.report(claims("node-2", ONE))
    assert story.aggregator.in_use == {}
    assert story.says() == by("node-2", ONE)


def test_a_no_that_another_address_mends_is_not_told(story):
    """The allocator gives another one within the second; only its own Event tells of it."""
    story.report(claims("node-1"))
    story.wait(BLINK * 2)
    story.report(Report("node-1", conflicts=(Conflict(ONE, ConflictKind.IN_USE, MAC, "eth0"),)))
    story.wait(BLINK / 2)
    story.service("web", TWO)
    story.report(claims("node-1", TWO))
    story.wait(BLINK)
    assert (story.says(), story.changes, story.events) == (by("node-1", TWO), 1, [])


def test_a_stolen_node_can_not_move_what_others_announce(story):
    """It may say what it likes of addresses that are announced."""
    story.report(claims("node-1", ONE))
    story.report(Report("node-3", conflicts=(Conflict(ONE, ConflictKind.IN_USE, MAC, "eth0"),)))
    story.wait(BLINK)
    assert story.says() == by("node-1", ONE)
    assert story.aggregator.in_use == {}


def test_somebody_else_claims_it_while_we_announce_it(story):
    """Told while it lasts."""
    conflict = Conflict(ONE, ConflictKind.CLAIMED, MAC, "eth0")
    story.report(claims("node-1", ONE), claims("node-1", ONE, conflicts=(conflict,)))
    story.wait(BLINK)
    assert story.says() == (
        "False ConflictSeen: 10.0.0.1: 02:00:00:00:00:aa claims it on eth0, "
        "while node-1 announces it (seen by node-1)"
    )
    story.report(claims("node-1", ONE))
    assert story.says() == by("node-1", ONE)


@pytest.mark.parametrize(
    ("watcher", "owner", "believed"),
    [("node-2", "node-1", True), ("node-1", "node-1", False), ("node-2", "node-3", False)],
    ids=["another node asked", "the owner itself", "of an owner that it is no more"],
)
def test_the_watchdog_says_that_nobody_answers(story, watcher, owner, believed):
    """Only of him who says that he announces it, and only by somebody else."""
    finding = Finding(ONE, FindingKind.SILENT, owner)
    story.report(claims("node-1", ONE))
    story.report(claims(watcher, *([ONE] if watcher == "node-1" else []), findings=(finding,)))
    story.wait(BLINK)
    told = "False NotAnswering: nobody answers for 10.0.0.1, which node-1 announces (asked by node-2)"
    assert story.says() == (told if believed else by("node-1", ONE))


@pytest.mark.parametrize("teller", ["node-1", "node-2"])
def test_an_owner_that_cannot_reply_says_so(story, teller):
    """Only of itself, and as long as it announces it; an address that has been ours stays ours."""
    finding = Finding(ONE, FindingKind.REVERSE_PATH, "node-1", interface="eth1", way_out="eth0")
    story.report(
        claims("node-1", ONE), claims(teller, *([ONE] if teller == "node-1" else []), findings=(finding,))
    )
    story.wait(BLINK)
    told = (
        "False NoWayBack: 10.0.0.1: node-1 answers on eth1, but its route to the address's network is by "
        "eth0, so its kernel drops what comes in (rp_filter is 1); set net.ipv4.conf.eth1.rp_filter to 2, "
        "route by eth1, or name eth0 in the pool's `interfaces`"
    )
    assert story.says() == (told if teller == "node-1" else by("node-1", ONE))
    story.report(claims(teller, *([ONE] if teller == "node-1" else [])))
    assert story.says() == by("node-1", ONE)


def test_an_owner_whose_interface_takes_no_ipv6_says_why_nobody_announces(story):
    """It is silent of the address itself."""
    story.report(Report("node-1", findings=(Finding(ONE, FindingKind.IPV6_OFF, "node-1", interface="eth0"),)))
    story.wait(BLINK)
    assert story.says() == (
        "False NobodyAnnounces: 10.0.0.1: not announced on eth0 of node-1, where IPv6 is switched off "
        "(net.ipv6.conf.eth0.disable_ipv6 is 1)"
    )


def test_a_restart_of_the_controller_repeats_nothing():
    """What the statuses say stands until speakers say otherwise."""
    told = Condition(False, "NoEndpoints", "10.0.0.1: no pod of the Service is ready to serve")
    again = Story(services={})
    again.service("web", ONE, said=told)
    again.report(Report("node-1", silences=(Silence("NoEndpoints", (ONE,)),)))
    again.wait(STALE - 1)
    assert (again.says(), again.changes, again.events) == (NO_ENDPOINTS, 0, [])


def test_two_thousand_move_as_one_report():
    """A failover costs each Service one change, and a heartbeat none."""
    story = Story()
    addresses = [ip_address("10.0.0.0") + at for at in range(2, 200)]
    for at, address in enumerate(addresses):
        story.service(f"s{at}", address)
    story.report(claims("node-1", *addresses))
    assert story.changes == len(addresses)
    story.report(claims("node-2", *addresses))
    assert story.changes == 2 * len(addresses)


SOME = st.sets(st.sampled_from([ONE, TWO]))


def silent(node: str, *addresses) -> Report:
    return Report(node, silences=(Silence("NoEndpoints", addresses),))


def taken(node: str, *addresses) -> Report:
    return Report(
        node, conflicts=tuple(Conflict(each, ConflictKind.IN_USE, MAC, "eth0") for each in addresses)
    )


REPORTS = st.builds(
    lambda kind, node, addresses: kind(node, *sorted(addresses)),
    st.sampled_from([claims, silent, taken]),
    st.sampled_from(["node-1", "node-2"]),
    SOME,
)
STEPS = st.one_of(
    REPORTS.map(lambda report: lambda story: story.report(report)),
    st.sampled_from(["node-1", "node-2"]).map(lambda node: lambda story: story.aggregator.lose_report(node)),
    st.floats(0, 40).map(lambda seconds: lambda story: story.wait(seconds)),
    st.tuples(st.sampled_from(["web", "b"]), SOME).map(
        lambda named: lambda story: story.service(named[0], *sorted(named[1]))
    ),
)


@given(st.lists(STEPS, max_size=25), st.fixed_dictionaries({"web": SOME, "b": SOME}), REPORTS)
def test_any_history_ends_like_a_fresh_start(steps, held, last):
    """Whatever came before: once all is quiet, a new aggregator says the same of what there is."""
    old, new = Story(), Story()
    for step in steps:
        step(old)
    for story in (old, new):
        for node in {"node-1", "node-2"} - {last.node}:
            story.aggregator.lose_report(node)
        for name, addresses in held.items():
            story.service(name, *sorted(addresses))
        story.report(last)
        story.wait(PATIENCE)
    assert [new.says(name) for name in held] == [old.says(name) for name in held]
    assert new.aggregator.in_use == old.aggregator.in_use


@pytest.mark.parametrize("kind", [ConflictKind.IN_USE, ConflictKind.PROBED], ids=str)
@pytest.mark.parametrize("known_first", [True, False], ids=["known-before", "known-later"])
def test_node_of_ours_that_was_taken_for_a_stranger_takes_no_address_away(story, kind, known_first):
    """Its MAC is one that a speaker told; from then on the address counts as nobody else's."""
    if known_first:
        story.aggregator.see_macs({MAC: "node-2"})
    story.report(claims("node-1", conflicts=(Conflict(ONE, kind, MAC, "eth0"),)))
    assert (ONE in story.aggregator.in_use) is not known_first
    story.aggregator.see_macs({MAC: "node-2"})
    assert story.aggregator.in_use == {}
    story.report(claims("node-1", ONE))
    assert story.says() == by("node-1", ONE)


def test_address_that_a_node_has_for_itself_is_in_use(story):
    """By whom, in words."""
    conflict = Conflict(ONE, ConflictKind.NODE_ADDRESS, bytes(6), "lo", "node-2")
    story.report(claims("node-1", conflicts=(conflict,)))
    words = {address: each.words for address, each in story.aggregator.in_use.items()}
    assert words == {ONE: "node node-2 has it for itself on lo (seen by node-1)"}


def test_missing_heartbeats_are_said_on_the_service_that_is_announced(story):
    """Port and nodes, in the condition and once as an Event; speakers read its places all the same."""
    deaf = Deaf(7947, ("node-2", "node-3"))
    story.report(claims("node-1", ONE, deaf=deaf))
    assert story.says() == f"{by('node-1', ONE)}; no heartbeats on UDP 7947 from node-2, node-3"
    story.report(claims("node-1", ONE, deaf=Deaf(7947, ("node-2",))))
    assert story.says() == f"{by('node-1', ONE)}; no heartbeats on UDP 7947 from node-2"
    assert len(story.events) == 1
    assert story.events[0].startswith("web no heartbeats on UDP 7947 from node-2, node-3: ")
    assert read(story.says().removeprefix("True Announced: ")) == (
        Place((ONE,), "node-1", (port("node-1"),)),
    )
    story.report(claims("node-1", ONE))
    assert story.says() == by("node-1", ONE)
