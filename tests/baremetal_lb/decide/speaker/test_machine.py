"""A conversation with one speaker's machine on a virtual clock: what it is told, and what it wants done."""

from dataclasses import dataclass, field
from ipaddress import ip_address

import pytest

from baremetal_lb.decide.eligibility import Speaker
from baremetal_lb.decide.layer2.acd.claims import Claim
from baremetal_lb.decide.layer2.acd.detector import ConflictDetector
from baremetal_lb.decide.layer2.acd.events import ClaimHeard, Probe
from baremetal_lb.decide.layer2.gratuitous import BURST, Announcer, SendGratuitous
from baremetal_lb.decide.layer2.ownership import Ownership
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.decide.speaker.commands import (
    Answer,
    AskApi,
    Began,
    Decided,
    Listen,
    LookAtRoutes,
    Rebind,
    ReportChanged,
    TellConflict,
    TellPeers,
    TellUnheard,
    TellVerdict,
    Withdraw,
)
from baremetal_lb.decide.speaker.events import (
    ApiAnswered,
    DatagramsSeen,
    HoldSeen,
    InterfacesSeen,
    MembersSeen,
    Met,
    NodeInterfacesSeen,
    NodeSeen,
    NotSent,
    PoolsSeen,
    PortsFitted,
    Prerequisite,
    Rebound,
    Routing,
    RoutingSeen,
    ServiceSeen,
    SliceSeen,
    Stopping,
)
from baremetal_lb.decide.speaker.machine import LOOK_AGAIN, TOLD_AFTER, SpeakerMachine
from baremetal_lb.decide.timers import Tick, WakeAt
from baremetal_lb.model.announcements import (
    Standing,
)
from baremetal_lb.model.api_names import (
    AnnouncedReason,
)
from baremetal_lb.model.conflicts import ConflictKind, Unheeded
from baremetal_lb.model.interfaces import Interface
from baremetal_lb.model.membership import MemberState, NotHeard, Uplink, View
from baremetal_lb.model.node_interfaces import NodeInterface, NodeInterfaces
from baremetal_lb.model.nodes import NodeView, SliceView
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.services import Condition, ServiceStatus, ServiceView

ME, PEER = "node-1", "node-2"
MINE, THEIRS, STRANGER = (bytes([2, 0, 0, 0, 0, last]) for last in (1, 2, 99))
ETH0, ETH1 = Interface(2, "eth0", MINE), Interface(3, "eth1", bytes([2, 0, 0, 0, 1, 1]))
WEB = ObjectKey("shop", "web")
VIP, VIP_6 = ip_address("192.0.2.200"), ip_address("2001:db8::200")
POOLS = parse_config(
    'address-pools: [{name: lan, protocol: layer2, addresses: [192.0.2.0/24, "2001:db8::/64"]}]'
)
ACTIVE = MemberState.ACTIVE
USED = Condition(
    False, AnnouncedReason.CONFLICT_SEEN, ""
)  # can only be said of an address that was announced


def web(*addresses, proven: bool = True) -> ServiceView:
    status = ServiceStatus(addresses or (VIP,), pool="lan", announced=USED if proven else None)
    return ServiceView(WEB, "uid", "7", "", is_load_balancer=True, status=status)


def alive(*names: str, **states: MemberState) -> MembersSeen:
    macs = {ME: MINE, PEER: THEIRS}
    uplinks = {name: (Uplink("eth0", macs[name]),) for name in names}
    return MembersSeen(View(dict.fromkeys(names, ACTIVE) | states, uplinks))


@dataclass
class Story:
    """`said`: all commands with their times, but wake-ups, and what is said each time."""

    machine: SpeakerMachine = field(
        default_factory=lambda: SpeakerMachine(Ownership(Speaker(ME)), ConflictDetector(ME), Announcer(60.0))
    )
    now: float = 100.0
    wake: float = float("inf")
    paused: bool = False
    said: list[tuple[float, object]] = field(default_factory=list)

    def feed(self, *events: object) -> list[object]:
        """These events, now; what they led to, with the decision that they make due."""
        start = len(self.said)
        for event in events:
            self._handle(event)
        while self.wake <= self.now:
            self._handle(Tick())
        return [each for _, each in self.said[start:]]

    def _handle(self, event: object) -> None:
        self.wake = float("inf")
        for command in self.machine.handle(event, self.now, lapsed=self.paused):
            if isinstance(command, WakeAt):
                self.wake = command.at
            else:
                self.said.append((self.now, command))

    def until(self, end: float) -> list[object]:
        start = len(self.said)
        while self.wake <= end:
            self.now = max(self.wake, self.now)
            self._handle(Tick())
        self.now = end
        return [each for _, each in self.said[start:]]


def known(*, without: type | Prerequisite | None = None) -> list[object]:
    """All that a speaker has to be told before it decides, but one thing."""
    told = [
        ServiceSeen(None, web()),
        SliceSeen(None, SliceView(WEB, WEB, frozenset({ME, PEER}))),
        NodeSeen(ME, NodeView(ME)),
        PoolsSeen(POOLS),
        NodeInterfacesSeen(ME, NodeInterfaces(ME, (NodeInterface("eth0", MINE),))),
        InterfacesSeen((ETH0,)),
        PortsFitted((ETH0,), (ETH0,)),
        Met(Prerequisite.CLUSTER),
        Met(Prerequisite.PEERS_INTERFACES),
        alive(ME),
    ]
    return [
        each
        for each in told
        if not (isinstance(without, type) and isinstance(each, without))
        and not (isinstance(each, Met) and each.prerequisite is without)
    ]


@pytest.fixture
def story() -> Story:
    """It has decided, and announces nothing yet."""
    made = Story()
    made.feed(*known(without=ServiceSeen))
    made.said.clear()
    return made


def only(said: list[object], *kinds: type) -> list[object]:
    return [each for each in said if isinstance(each, kinds)]


def order(said: list[object], *kinds: type) -> list[type]:
    """The kinds of these commands, each once, as they came first."""
    return list(dict.fromkeys(type(each) for each in only(said, *kinds)))


@pytest.mark.parametrize(
    "missing",
    [PortsFitted, MembersSeen, Prerequisite.CLUSTER, Prerequisite.PEERS_INTERFACES],
    ids=lambda each: each.name if isinstance(each, Prerequisite) else each.__name__,
)
def test_nothing_is_decided_before_all_is_known(missing) -> None:
    """A part of the picture gives wrong answers: another node may have what looks like ours."""
    story = Story()
    said = story.feed(*known(without=missing))
    assert not only(said, Decided, Answer, TellVerdict, Began)
    story.feed(*known())
    assert only([each for _, each in story.said], Began) == [Began()]


def test_one_that_settles_does_not_decide() -> None:
    """It may hear of others yet."""
    story = Story()
    settling = MembersSeen(View({ME: MemberState.SETTLING}))
    assert not only(story.feed(*known(without=MembersSeen), settling), Decided)
    assert only(story.feed(alive(ME)), Began)


def test_without_heartbeats_it_decides_by_the_word_of_the_cluster() -> None:
    """As it is told that there are none."""
    story = Story()
    assert only(story.feed(*known(without=MembersSeen), Met(Prerequisite.MEMBERS)), Answer) == [
        Answer((VIP,))
    ]


def test_what_is_known_to_be_ours_is_answered_told_to_the_lan_and_then_to_people(story) -> None:
    """Neighbours get their first frame with the answer."""
    said = story.feed(ServiceSeen(None, web()))
    kinds = (Decided, Answer, TellVerdict, ReportChanged, SendGratuitous)
    assert order(said, *kinds) == list(kinds)
    assert [each.address for each in only(said, SendGratuitous)] == [VIP]
    assert story.machine.answered == {VIP}


def test_verdict_is_told_when_all_its_addresses_are_answered_for(story) -> None:
    """Nothing is answered while it is probed for."""
    said = story.feed(ServiceSeen(None, web(VIP, VIP_6, proven=False)))
    assert not only(said, Answer, TellVerdict, SendGratuitous)
    said = story.until(story.now + 2)
    assert only(said, Probe)
    answered = [address for each in only(said, Answer) for address in each.addresses]
    assert set(answered) == {VIP, VIP_6}
    assert [each.verdict.standing for each in only(said, TellVerdict)] == [Standing.ANNOUNCED]
    assert order(said, Answer, TellVerdict) == [Answer, TellVerdict]


def test_changes_that_come_together_lead_to_one_decision(story) -> None:
    """A thousand Services are decided on once."""
    said = story.feed(
        *(ServiceSeen(None, web()) if not at else NodeSeen(PEER, NodeView(PEER)) for at in range(9))
    )
    assert len(only(said, Decided)) == 1


def test_what_is_lost_is_withdrawn_before_anything_else_is_done(story) -> None:
    """And before people are told of it."""
    story.feed(ServiceSeen(None, web()))
    said = story.feed(
        alive(ME, PEER), NodeSeen(PEER, NodeView(PEER)), NodeSeen(ME, NodeView(ME, ready=False))
    )
    assert order(said, Withdraw, TellVerdict) == [Withdraw, TellVerdict]
    assert only(said, Withdraw) == [Withdraw(frozenset({VIP}))]
    assert (story.machine.answered, only(story.until(story.now + 70), SendGratuitous)) == (set(), [])


def test_verdict_that_never_came_true_is_not_told_as_over(story) -> None:
    """Somebody else had the address, until another node was elected for it."""
    story.feed(ServiceSeen(None, web(proven=False)))
    said = story.feed(
        alive(ME, PEER), NodeSeen(PEER, NodeView(PEER)), NodeSeen(ME, NodeView(ME, ready=False))
    )
    told = only(said, TellVerdict)
    assert [(each.before, each.verdict.owner) for each in told] == [(None, PEER)]


def test_interface_that_goes_is_decided_on_at_once_and_others_hear_of_it_first(story) -> None:
    """Who takes over must not wait until ports are closed; what they take is not to be told of again."""
    story.feed(ServiceSeen(None, web()))
    story._handle(InterfacesSeen(()))
    said = [each for at, each in story.said if at == story.now]
    assert order(said[-8:], TellPeers, Withdraw) == [TellPeers, Withdraw]
    assert only(said, TellPeers)[-1] == TellPeers(())


def test_new_port_tells_of_every_address(story) -> None:
    """Its neighbours have heard of none."""
    story.feed(ServiceSeen(None, web()))
    story.until(story.now + 10)
    story.feed(InterfacesSeen((ETH0, ETH1)))
    said = story.feed(PortsFitted((ETH0, ETH1), (ETH0, ETH1), renewed=("eth1",)))
    assert only(said, SendGratuitous) == [SendGratuitous(VIP, "eth1")]
    assert [each.name for each in only(said, TellPeers)[-1].uplinks] == ["eth0", "eth1"]
    assert only(story.feed(Rebound(("eth0",))), SendGratuitous) == [SendGratuitous(VIP, "eth0")]


def test_routes_decide_which_interface_the_others_hear_of_first(story) -> None:
    """And switches, whether IPv6 is announced there."""
    story.feed(InterfacesSeen((ETH0, ETH1)), PortsFitted((ETH0, ETH1), (ETH0, ETH1)))
    said = story.feed(RoutingSeen(Routing(frozenset({"eth1"}), frozenset({"eth0"}))))
    assert [(each.name, each.ipv6) for each in only(said, TellPeers)[-1].uplinks] == [
        ("eth1", True),
        ("eth0", False),
    ]
    assert order(said, Rebind, ReportChanged) == [Rebind, ReportChanged]


def test_pools_change_what_is_listened_for_and_looked_at(story) -> None:
    """Before anything is decided by them."""
    said = story.feed(
        PoolsSeen(parse_config("address-pools: [{name: a, protocol: layer2, addresses: [10.0.0.1]}]"))
    )
    kinds = (Listen, LookAtRoutes, Rebind, Decided)
    assert order(said, *kinds) == list(kinds)


def test_held_it_withdraws_and_reports_and_speaks_again_when_released(story) -> None:
    """By the word of a person, whatever the elections say."""
    story.feed(ServiceSeen(None, web(proven=True)))
    said = story.feed(HoldSeen(held=True))
    assert only(said, Withdraw) == [Withdraw(frozenset({VIP}))]
    assert ReportChanged() in said
    assert not story.machine.answered
    story.feed(HoldSeen(held=False))
    story.until(story.now + 1.0)
    assert story.machine.answered == {VIP}


def test_paused_speaker_tells_nobody_of_its_addresses_until_it_has_heard_its_peers(story) -> None:
    """They may have taken over. What is owed is told then; what is lost meanwhile is not."""
    story.paused = True
    assert not only(story.feed(ServiceSeen(None, web())), SendGratuitous)
    assert not only(story.until(story.now + 3 * LOOK_AGAIN), SendGratuitous)
    story.paused = False
    assert only(story.until(story.now + 2 * LOOK_AGAIN), SendGratuitous) == [SendGratuitous(VIP)]


def test_frame_that_could_not_be_sent_is_owed(story) -> None:
    """With a whole burst, unless the address is not ours any more."""
    story.feed(ServiceSeen(None, web()))
    story.until(story.now + 10)
    story.feed(NotSent(VIP), NotSent(VIP_6))
    assert only(story.until(story.now + 10), SendGratuitous) == [SendGratuitous(VIP)] * (BURST - 1)


def test_paused_speaker_defends_nothing(story) -> None:
    """It is not known whose the address is."""
    story.feed(ServiceSeen(None, web()))
    story.paused = True
    said = story.feed(ClaimHeard(Claim(VIP, STRANGER), "eth0"))
    assert not [each for each in said if type(each).__name__ == "Defend"]
    story.paused = False
    story.until(story.now + 30)
    said = story.feed(ClaimHeard(Claim(VIP, STRANGER), "eth0"))
    assert type(said[0]).__name__ == "Defend"


def test_claims_that_mean_nothing_are_counted(story) -> None:
    """Our own frames, probes for what we answer for, and addresses that are nobody's."""
    story.feed(ServiceSeen(None, web()))
    story.feed(ClaimHeard(Claim(VIP_6, STRANGER), "eth0"))
    story.feed(ClaimHeard(Claim(VIP, MINE), "eth0"))
    story.feed(ClaimHeard(Claim(VIP, STRANGER, probe=True), "eth0"))
    assert story.machine.unheeded == {Unheeded.NOT_OURS: 1, Unheeded.OWN: 1, Unheeded.PROBE: 1}


def test_conflict_is_told_with_what_it_is(story) -> None:
    """And when it is over."""
    story.feed(ServiceSeen(None, web()))
    (told,) = only(story.feed(ClaimHeard(Claim(VIP, STRANGER), "eth0")), TellConflict)
    assert (told.conflict.kind, told.conflict.mac) == (ConflictKind.CLAIMED, STRANGER)
    assert TellConflict(VIP, None, None) in story.until(story.now + 120)


def unheard_peer(story: Story) -> None:
    """A peer that is Ready, was started, and was never heard."""
    told = NodeInterfaces(PEER, (NodeInterface("eth0", THEIRS),))
    story.feed(NodeSeen(PEER, NodeView(PEER)), NodeInterfacesSeen(PEER, told), DatagramsSeen())


def test_node_that_is_not_heard_is_told_of_after_a_while_and_when_that_is_over(story) -> None:
    """One that starts is no news."""
    unheard_peer(story)
    assert story.machine.doubtful == {PEER}
    assert not only([each for _, each in story.said], TellUnheard)
    story.until(story.now + TOLD_AFTER)
    assert only(story.feed(DatagramsSeen()), TellUnheard) == [TellUnheard({PEER: NotHeard.SILENT})]
    assert only(story.feed(alive(ME, PEER)), TellUnheard) == [TellUnheard({})]


def test_sign_of_life_is_taken_in_before_what_it_says_is_judged() -> None:
    """A node that was taken for dead speaks of an address: it is contested, not a stranger's."""
    story = Story()
    told = NodeInterfaces(PEER, (NodeInterface("eth0", THEIRS),))
    story.feed(*known(without=ServiceSeen), NodeSeen(PEER, NodeView(PEER)))
    story.feed(NodeInterfacesSeen(PEER, told), alive(ME, PEER))
    story.now += 1
    story.feed(alive(ME))
    assert story.machine.doubtful == frozenset()
    story.feed(ServiceSeen(None, web()))
    story.now += 1
    said = story.feed(ClaimHeard(Claim(VIP, THEIRS, reply=True), "eth0"))
    assert story.machine.doubtful == {PEER}
    assert only(said, Decided)
    assert not [each for each in only(said, TellConflict) if each.conflict and each.conflict.kind.withholds]


def test_one_that_is_cut_off_asks_whether_the_api_answers(story) -> None:
    """If it does, it is not the one that is cut off."""
    unheard_peer(story)
    story.feed(alive(ME, PEER), alive(ME), alive(**{ME: MemberState.CUT_OFF}))
    assert only(story.feed(DatagramsSeen()), AskApi) == [AskApi()]
    story.feed(ApiAnswered())
    assert not only(story.feed(DatagramsSeen()), AskApi)
    assert story.machine.doubtful == {PEER}


def test_one_that_stops_says_nothing_more(story) -> None:
    """Who takes over is not to be told that an address is ours; it is answered for meanwhile."""
    story.feed(ServiceSeen(None, web()))
    assert story.feed(Stopping()) == []
    assert story.feed(ServiceSeen(web(), None), alive(ME, PEER)) == []
    assert (story.machine.answered, story.wake) == ({VIP}, float("inf"))


def test_one_that_stops_answers_until_its_heir_says_that_it_has_the_address(story) -> None:
    """A probe only asks, a stranger is no heir, and our own frame says nothing new."""
    story.feed(alive(ME, PEER, **{PEER: MemberState.SETTLING}), ServiceSeen(None, web()))
    story.feed(Stopping())
    kept = [Claim(VIP, THEIRS, probe=True), Claim(VIP, STRANGER), Claim(VIP, MINE), Claim(VIP_6, THEIRS)]
    assert story.feed(*(ClaimHeard(each, "eth0") for each in kept)) == []
    assert story.machine.answered == {VIP}
    assert story.feed(ClaimHeard(Claim(VIP, THEIRS), "eth0")) == [Withdraw(frozenset({VIP}))]
    assert story.feed(ClaimHeard(Claim(VIP, THEIRS), "eth0")) == []
