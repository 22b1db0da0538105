"""Another node's address, as conversations with the guard."""

from collections import Counter
from itertools import pairwise

import pytest

from baremetal_lb.decide.layer2.acd.events import Ask, Assigned, ConflictChanged, OwnersDecided
from baremetal_lb.decide.layer2.acd.watchdog import GRACE, PATIENCE, TRIES
from baremetal_lb.decide.layer2.election import rank
from baremetal_lb.model.conflicts import Finding, FindingKind
from tests.fakes.guarded import ALL, MACS, ME, PEER, STRANGER, THIRD, USED, VIP, Story, peers

TWO = frozenset({ME, PEER})


def answered_by(mac: bytes):
    return lambda story, address: story.hears(mac, address, reply=True)


@pytest.fixture
def story() -> Story:
    """PEER announces VIP, and we are the only other node."""
    begun = Story.begin(peers(TWO))
    begun.on_ask = answered_by(MACS[PEER])
    begun.assign(VIP, PEER)
    return begun


def test_address_is_asked_for_about_once_in_ten_seconds(story) -> None:
    """A new owner has a few seconds first; all is well, so nothing is said."""
    story.until(story.now + 1000)
    times = story.times(Ask)
    assert times[0] >= 100 + GRACE
    assert 90 <= len(times) <= 102
    waits = [after - before for before, after in pairwise(times)]
    assert all(9 <= wait <= 12.1 for wait in waits)
    assert (story.guard.findings, story.changes) == ({}, [])


def test_silence_is_found_after_three_questions_and_forgotten_with_the_first_answer(story) -> None:
    """One lost frame is none."""
    story.until(story.now + 30)
    story.said.clear()
    story.on_ask = lambda _story, _address: None
    while not story.changes:
        story.until(story.wake)
    assert len(story.times(Ask)) == TRIES
    assert story.now - story.times(Ask)[0] == pytest.approx(TRIES * PATIENCE, abs=0.1)
    finding = Finding(VIP, FindingKind.SILENT, PEER)
    assert story.guard.findings == {VIP: finding}
    assert str(finding) == "nobody answers for 192.0.2.200, which node-2 announces"
    story.until(story.now + 60)
    assert story.changes == [VIP]
    story.on_ask = answered_by(MACS[PEER])
    story.until(story.now + 15)
    assert (story.guard.findings, story.changes) == ({}, [VIP, VIP])


@pytest.mark.parametrize("mac", [STRANGER, MACS[THIRD]], ids=["stranger", "another-node"])
def test_wrong_mac_is_found_even_where_the_right_one_answers_too(story, mac) -> None:
    """Whose answer comes first is chance; clients get either."""

    def both(its, address) -> None:
        its.hears(MACS[PEER], address, reply=True)
        its.hears(mac, address, reply=True)

    story.on_ask = both
    story.until(story.now + 30)
    finding = Finding(VIP, FindingKind.WRONG_MAC, PEER, mac, "eth0")
    assert story.guard.findings == {VIP: finding}
    assert str(finding) == f"{mac.hex(':')} on eth0 answers for 192.0.2.200, which node-2 announces"


def test_unknown_mac_counts_as_the_owners_while_not_all_are_known(story) -> None:
    """No false alarm where the owner's MACs have not been told."""
    story.feed(peers(TWO, complete=False))
    story.on_ask = answered_by(STRANGER)
    story.until(story.now + 100)
    assert story.guard.findings == {}


def test_announcement_is_no_answer(story) -> None:
    """That the owner speaks does not show that it answers."""
    story.on_ask = lambda its, address: its.hears(MACS[PEER], address)
    story.until(story.now + 30)
    assert story.guard.findings[VIP].kind is FindingKind.SILENT


def test_owner_that_announces_the_address_at_last_is_asked_at_once(story) -> None:
    """It may have had to wait until somebody else was gone: that is not to be held against it any longer."""
    story.on_ask = lambda _story, _address: None
    while not story.changes:
        story.until(story.wake)
    assert set(story.guard.findings) == {VIP}
    story.on_ask = answered_by(MACS[PEER])
    said = len(story.said)
    story.hears(MACS[PEER])
    assert story.said[said:] == [(story.now, Ask(VIP))]
    story.hears(MACS[PEER])
    story.until(story.now + PATIENCE)
    assert story.guard.findings == {}
    said = len(story.said)
    story.hears(MACS[PEER])
    assert story.said[said:] == []


def test_one_node_asks_for_each_address_and_another_when_it_dies() -> None:
    """The best in the ranking but for the owner, by everybody's own reckoning."""
    addresses = [VIP + number for number in range(60)]
    asking: Counter[str] = Counter()
    for me in (ME, THIRD):
        story = Story.begin()
        story.guard = type(story.guard)(me)
        story.feed(peers())
        story.feed(OwnersDecided(tuple(Assigned(each, PEER) for each in addresses)))
        story.until(story.now + 100)
        asked = {each.address for _, each in story.said if isinstance(each, Ask)}
        assert asked == {each for each in addresses if rank(ALL - {PEER}, each)[0] == me}
        asking[me] = len(asked)
    assert sum(asking.values()) == 60
    assert min(asking.values()) > 10
    story.feed(peers(frozenset({PEER, THIRD})))
    story.said.clear()
    story.until(story.now + 100)
    assert {each.address for _, each in story.said if isinstance(each, Ask)} == set(addresses)


def test_finding_goes_when_it_is_not_ours_to_ask_any_more(story) -> None:
    """A new owner, none, ourselves; or another node asks from now on."""
    story.on_ask = lambda _story, _address: None
    for owner in (THIRD, None, ME):
        story.assign(VIP, PEER)
        story.until(story.now + 30)
        assert set(story.guard.findings) == {VIP}
        assert ConflictChanged(VIP) in story.assign(VIP, owner, proof=USED)
        assert story.guard.findings == {}
    story.assign(VIP, PEER)
    story.until(story.now + 30)
    story.feed(peers(frozenset({PEER, THIRD})))
    story.until(story.now + 30)
    assert story.guard.findings == {}


def test_watchdog_that_is_switched_off_asks_nothing() -> None:
    """`--watchdog-interval 0`."""
    story = Story.begin(peers(TWO), interval=0.0)
    story.assign(VIP, PEER)
    assert story.until(1000.0).said == []


def test_questions_for_ten_thousand_addresses_are_spread(story) -> None:
    """No second has more than twice its share."""
    story.feed(OwnersDecided(tuple(Assigned(VIP + number, PEER) for number in range(3000))))
    story.until(story.now + 40)
    seconds = Counter(int(each) for each in story.times(Ask) if 120 <= each < 140)
    assert max(seconds.values()) < 600
    assert story.guard.findings == {}


def test_speaker_that_was_held_up_asks_again_before_it_accuses(story) -> None:
    """A stall of a minute is one question without an answer."""
    while not story.times(Ask):
        story.on_ask = lambda _story, _address: None
        story.until(story.wake)
    story.now += 60
    story.on_ask = answered_by(MACS[PEER])
    story.until(story.now + 30)
    assert story.guard.findings == {}
