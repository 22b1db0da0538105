"""Addresses that a node might have which is not heard, as conversations with the guard."""

from dataclasses import replace

import pytest

from baremetal_lb.decide.layer2.acd.contending import ASSERT_INTERVAL
from baremetal_lb.decide.layer2.acd.events import (
    Announce,
    Ask,
    Assert,
    Assigned,
    ConflictChanged,
    Defend,
    HeldByNode,
    NotAnswered,
    OwnersDecided,
    Probe,
)
from baremetal_lb.decide.layer2.acd.watchdog import CLOSE_GRACE, CLOSE_PATIENCE, TRIES
from tests.fakes.guarded import ALL, MACS, ME, NONE, PEER, THIRD, USED, VIP, Story, peers

WE_FIRST, PEER_FIRST = (ME, PEER), (PEER, ME)
UNHEARD = peers(ALL - {PEER})


def begin(owner: str | None, ranking: tuple[str, ...], proof=NONE) -> Story:
    """A peer is not heard, and may have the address."""
    story = Story.begin(UNHEARD)
    story.feed(OwnersDecided((Assigned(VIP, owner, proof),), {VIP: ranking}))
    return story


def test_contested_address_is_asked_for_whatever_is_known_of_it() -> None:
    """That it has been ours does not say which of us has it now."""
    story = begin(ME, WE_FIRST, USED)
    story.until(101.0)
    assert story.times(Probe) == [100.0, 100.067, 100.133]
    assert story.announced == [(100.2, (VIP,))]


def test_who_answers_a_probe_keeps_it() -> None:
    """Though we rank better."""
    assert HeldByNode(VIP, PEER) in begin(ME, WE_FIRST).hears(MACS[PEER], reply=True)


@pytest.mark.parametrize(
    ("ranking", "said"), [(WE_FIRST, []), (PEER_FIRST, [HeldByNode(VIP, PEER)])], ids=["we", "peer"]
)
def test_of_two_that_are_about_to_take_it_the_better_goes_on(ranking, said) -> None:
    """Each hears the other's probe."""
    heard = begin(ME, ranking).hears(MACS[PEER], probe=True)
    assert [each for each in heard if isinstance(each, HeldByNode)] == said


def announcing(ranking: tuple[str, ...]) -> Story:
    story = begin(ME, ranking)
    story.until(101.0)
    return story


def test_of_two_that_have_it_the_better_says_so_once_in_a_while() -> None:
    """The other stops when it hears that. Probes are answered, and say nothing."""
    story = announcing(WE_FIRST)
    assert story.hears(MACS[PEER])[0] == Defend(VIP)
    assert not [each for each in story.hears(MACS[PEER]) if isinstance(each, Defend)]
    story.until(101.0 + ASSERT_INTERVAL)
    assert story.hears(MACS[PEER])[0] == Defend(VIP)
    assert story.guard.conflicts == {}

    assert announcing(PEER_FIRST).hears(MACS[PEER])[0] == HeldByNode(VIP, PEER)
    assert not [
        each for each in announcing(PEER_FIRST).hears(MACS[PEER], probe=True) if isinstance(each, HeldByNode)
    ]


def test_what_becomes_contested_while_we_announce_it_is_told_of() -> None:
    """The other may have taken it before we knew that it lives."""
    story = Story.begin()
    story.assign(VIP, proof=USED)
    assert story.announced
    story.feed(UNHEARD)
    assert story.feed(OwnersDecided((), {VIP: WE_FIRST}))[0] == Assert((VIP,))
    assert not story.feed(OwnersDecided((), {VIP: (THIRD, *WE_FIRST)}))
    assert not story.feed(OwnersDecided((), {VIP: ()}))


def test_owner_that_is_not_heard_is_asked_soon_and_reported_when_it_does_not_answer() -> None:
    """Everybody asks; it is no finding to be told of."""
    story = begin(PEER, PEER_FIRST)
    story.until(100.0 + CLOSE_GRACE + 2.0 + TRIES * CLOSE_PATIENCE)
    assert len(story.times(Ask)) == TRIES
    assert [each for _, each in story.said if isinstance(each, NotAnswered)] == [NotAnswered(VIP, PEER)]
    assert story.guard.findings == {}
    assert story.changes == []


def test_owner_that_is_not_heard_but_answers_is_left_in_peace() -> None:
    """And where another node of ours answers, that one has it."""
    story = begin(PEER, PEER_FIRST)
    story.on_ask = lambda it, address: it.hears(MACS[PEER], address, reply=True)
    story.until(130.0)
    assert len(story.times(Ask)) >= 10
    assert not [each for _, each in story.said if isinstance(each, NotAnswered | ConflictChanged)]
    story = begin(PEER, (*PEER_FIRST, THIRD))
    assert story.hears(MACS[THIRD])[0] == HeldByNode(VIP, THIRD)


def test_when_it_is_heard_again_all_is_as_ever() -> None:
    """No asking first, and no close look."""
    story = begin(PEER, PEER_FIRST)
    story.feed(peers())
    story.feed(OwnersDecided((), {VIP: ()}))
    story.until(104.0)
    assert story.times(Ask) == []
    assert Announce((VIP,)) in story.assign(VIP, ME, USED)


def test_probe_of_a_mac_that_is_not_known_yet_is_no_refusal() -> None:
    """Where it may be that of a node of ours; what it answers counts on the second time."""
    story = Story.begin(replace(peers(), complete=False))
    story.assign(VIP)
    story.hears(probe=True)
    story.until(101.0)
    assert story.announced == [(100.2, (VIP,))]
