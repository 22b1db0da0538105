"""Claims on what we announce, as conversations with the guard."""

from dataclasses import replace

import pytest

from baremetal_lb.decide.layer2.acd.defence import APART, ASK_EVERY, ASK_OURS_EVERY, DEFENCES
from baremetal_lb.decide.layer2.acd.detector import DOUBT, MOVING
from baremetal_lb.decide.layer2.acd.events import (
    Ask,
    Assigned,
    ConflictChanged,
    Defend,
    OwnersDecided,
    TellAgain,
)
from baremetal_lb.model.conflicts import Conflict, ConflictKind
from tests.fakes.guarded import ALL, MACS, ME, OTHER, PEER, STRANGER, THIRD, USED, VIP, Story, peers


@pytest.fixture
def story() -> Story:
    """VIP is announced."""
    begun = Story.begin()
    begun.assign(VIP, proof=USED)
    return begun


def test_claim_is_answered_by_one_announcement_and_reported(story) -> None:
    """RFC 5227 2.4 (c)."""
    assert story.hears()[:2] == [Defend(VIP), ConflictChanged(VIP)]
    conflict = Conflict(VIP, ConflictKind.CLAIMED, STRANGER, "eth0")
    assert story.guard.conflicts == {VIP: conflict}
    assert str(conflict) == "02:42:c0:00:02:63 claims it on eth0"
    assert story.guard.announced == {VIP}


def test_a_thousand_claims_a_second_are_answered_once_in_ten_seconds(story) -> None:
    """Never a storm, and one report."""
    for _ in range(25_000):
        story.until(story.now + 0.001)
        story.hears()
    assert story.times(Defend) == [100.001, 110.001, 120.001]
    assert story.changes == [VIP]


def test_probe_for_our_address_is_no_conflict(story) -> None:
    """It is answered, as every question is, and its sender is to give up (RFC 5227 2.1.1)."""
    story.hears(probe=True)
    assert (story.frames, story.guard.conflicts) == ([], {})


def test_conflict_is_over_when_nobody_answers_for_the_address_any_more(story) -> None:
    """Asked for twice, 20 s apart; whoever still has it says so, and it goes on."""
    story.hears()
    story.on_ask = lambda its, _: its.hears(reply=True)
    story.until(story.now + 5 * ASK_EVERY)
    assert len(story.times(Ask)) == 5
    assert story.guard.conflicts
    story.on_ask = lambda _its, _address: None
    story.until(story.now + 4 * ASK_EVERY)
    assert (story.guard.conflicts, story.changes) == ({}, [VIP, VIP])
    assert story.until(story.now + 1000).wake == float("inf")


def test_one_of_our_own_is_asked_after_sooner(story) -> None:
    """It leaves the address as soon as it may, and until then the Service says that nobody announces it."""
    story.hears(MACS[PEER])
    story.until(story.now + MOVING)
    story.hears(MACS[PEER])
    assert story.guard.conflicts[VIP].kind is ConflictKind.DOUBLED
    told = story.now
    story.until(told + 3 * ASK_OURS_EVERY)
    assert [at - told for at in story.times(Ask)] == [ASK_OURS_EVERY, 2 * ASK_OURS_EVERY]
    assert story.guard.conflicts == {}


def test_address_lost_takes_its_conflict_along(story) -> None:
    """It is the next owner's."""
    story.hears()
    assert ConflictChanged(VIP) in story.assign(VIP, PEER)
    assert story.guard.conflicts == {}
    assert story.times(Ask) == []


def test_claims_on_ten_thousand_addresses_are_not_all_answered() -> None:
    """At most DEFENCES a second; the others' turn comes when they are claimed again."""
    story = Story.begin()
    addresses = [VIP + number for number in range(1000)]
    story.feed(OwnersDecided(tuple(Assigned(each, ME, proof=USED) for each in addresses)))
    for each in addresses:
        story.hears(address=each)
    assert len(story.times(Defend)) == DEFENCES
    story.until(story.now + 1)
    story.hears(address=addresses[-1])
    assert len(story.times(Defend)) == DEFENCES + 1


def test_unknown_mac_may_be_a_peers_while_not_all_are_known() -> None:
    """Believed, and answered, when it has gone on for some seconds."""
    story = Story.begin(peers(complete=False))
    story.assign(VIP, proof=USED)
    story.hears()
    story.until(story.now + DOUBT - 1)
    story.hears()
    assert (story.frames, story.guard.conflicts) == ([], {})
    story.until(story.now + 1)
    assert story.hears()[:2] == [Defend(VIP), ConflictChanged(VIP)]


def test_peer_may_announce_as_well_while_an_address_moves_and_no_longer(story) -> None:
    """Two of our own: a moment is a handover, more is a fault, and its node is named."""
    story.hears(MACS[PEER])
    story.until(story.now + MOVING - 1)
    story.hears(MACS[PEER])
    assert (story.frames, story.guard.conflicts) == ([], {})
    story.until(story.now + 1)
    story.hears(MACS[PEER])
    conflict = Conflict(VIP, ConflictKind.DOUBLED, MACS[PEER], "eth0", PEER)
    assert story.guard.conflicts == {VIP: conflict}
    assert str(conflict) == "node-2 (02:00:00:00:00:02) announces it as well on eth0"
    story.hears()
    assert story.guard.conflicts[VIP].kind is ConflictKind.CLAIMED  # a stranger is worse


def test_two_moves_are_not_one_that_lasts(story) -> None:
    """Each is announced twice for a moment; some seconds lie between."""
    for _ in range(5):
        story.hears(MACS[PEER])
        story.until(story.now + MOVING - 1)
        story.hears(MACS[PEER])
        story.until(story.now + APART + 0.1)
    assert (story.times(Defend), story.changes) == ([], [])


def test_peer_that_is_taken_for_dead_is_named_all_the_same(story) -> None:
    """Its heartbeats are lost, its frames are not: it is the one to look at."""
    known = peers(frozenset({ME}))
    story.feed(replace(known, nodes=known.nodes | {MACS[PEER]: "", MACS[THIRD]: ""}))
    story.hears(MACS[PEER])
    story.until(story.now + MOVING)
    story.hears(MACS[PEER])
    assert story.guard.conflicts[VIP].node == PEER
    never_named = bytes.fromhex("020000000099")
    story.feed(replace(known, nodes={never_named: ""}))
    story.assign(OTHER, proof=USED)
    story.hears(never_named, OTHER)
    story.until(story.now + MOVING)
    story.hears(never_named, OTHER)
    assert str(story.guard.conflicts[OTHER]).startswith("another node (02:00:00:00:00:99) announces it")


def test_our_own_frames_say_nothing(story) -> None:
    """A switch may bring them back, and another interface of this node may be on the same LAN."""
    for _ in range(10):
        story.until(story.now + 1)
        story.hears(MACS[ME])
    assert (story.frames, story.changes) == ([], [])


def test_after_a_partition_those_who_keep_an_address_tell_of_it_again() -> None:
    """Both sides announced it; what each had is known on both, and only the owner speaks."""
    story = Story.begin(peers(frozenset({ME, PEER})))
    story.feed(OwnersDecided((Assigned(VIP, ME, proof=USED), Assigned(OTHER, ME, proof=USED))))
    story.feed(peers(ALL))
    assert not story.times(TellAgain)
    commands = story.assign(OTHER, THIRD)
    assert commands[-2] == TellAgain((VIP,), (OTHER,), frozenset({THIRD}))
    story.feed(OwnersDecided(()))
    assert len(story.times(TellAgain)) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(ALL, ALL, id="nobody-came"),
        pytest.param(frozenset({ME, PEER}), None, id="came-and-waits"),
        pytest.param(frozenset({PEER}), ALL, id="it-was-us"),
    ],
)
def test_a_node_that_comes_as_it_should_is_no_partition(before, after) -> None:
    """One that starts anew first waits; one that was cut off itself announces nothing."""
    story = Story.begin(peers(before))
    story.assign(VIP, proof=USED)
    story.feed(peers(ALL, taking=after or before))
    story.feed(OwnersDecided(()))
    assert not story.times(TellAgain)
