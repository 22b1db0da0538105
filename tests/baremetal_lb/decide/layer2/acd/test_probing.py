"""Before the first use, as conversations with the guard."""

from dataclasses import replace
from itertools import pairwise

import pytest

from baremetal_lb.decide.layer2.acd.detector import PROOF_LASTS, SETTLED
from baremetal_lb.decide.layer2.acd.events import Announce, Assigned, ConflictChanged, OwnersDecided, Probe
from baremetal_lb.decide.layer2.acd.probing import FIRST_PAUSE, JITTER, LONGEST_PAUSE
from baremetal_lb.model.conflicts import Conflict, ConflictKind
from baremetal_lb.model.node_interfaces import Holder
from tests.fakes.guarded import MACS, ME, NONE, OTHER, PEER, REFUSED, STRANGER, USED, VIP, VIP_6, Story, peers


@pytest.mark.parametrize("address", [VIP, VIP_6], ids=str)
def test_three_probes_then_silence_then_it_is_announced(address) -> None:
    """At 0, 67 and 133 ms; after 200 ms it is ours, and nothing more is asked."""
    story = Story.begin()
    assert story.assign(address)[0] == Probe(address)
    story.until(110.0)
    assert story.times(Probe) == [100.0, 100.067, 100.133]
    assert story.announced == [(100.2, (address,))]
    assert (story.guard.conflicts, story.wake) == ({}, float("inf"))


@pytest.mark.parametrize(
    ("settings", "proof"), [({"probe_time": 0.0}, NONE), ({}, USED)], ids=["switched-off", "used-before"]
)
def test_address_that_needs_no_probe_is_announced_at_once(settings, proof) -> None:
    """Where it is switched off, and where one of our nodes has used it up to now."""
    story = Story.begin(**settings)
    assert story.assign(VIP, proof=proof) == [Announce((VIP,))]


@pytest.mark.parametrize(
    ("probe", "kind"), [(False, ConflictKind.IN_USE), (True, ConflictKind.PROBED)], ids=["answer", "probe"]
)
def test_address_that_somebody_has_or_wants_is_not_announced(probe, kind) -> None:
    """One claim is enough; whose MAC it is, and where it was heard, is known."""
    story = Story.begin()
    story.assign(VIP)
    story.until(100.1)
    assert ConflictChanged(VIP) in story.hears(probe=probe, reply=not probe)
    assert story.guard.conflicts == {VIP: Conflict(VIP, kind, STRANGER, "eth0")}
    story.until(104.0)
    assert (story.announced, len(story.times(Probe))) == ([], 2)
    assert story.hears()[:-1] == []  # said again: no news


def test_address_in_use_is_probed_again_ever_more_rarely_until_it_is_free() -> None:
    """After 5, 10, 20, 40, 60, 60 s, or a little later; then it is announced, and the conflict gone."""
    story = Story.begin()
    story.assign(VIP)
    tries = []
    for _ in range(7):
        tries.append(story.now)
        story.hears()
        assert story.guard.conflicts
        story.until(story.wake)
    pauses = [after - before for before, after in pairwise(tries)]
    for pause, least in zip(pauses, [5, 10, 20, 40, 60, 60], strict=True):
        assert least <= pause <= least * (1 + JITTER)
    assert (FIRST_PAUSE, LONGEST_PAUSE) == (5.0, 60.0)
    story.until(story.now + 1)
    assert len(story.announced) == 1
    assert (story.guard.conflicts, story.guard.announced) == ({}, {VIP})
    assert story.changes == [VIP, VIP]


def test_another_stranger_the_next_time_is_news() -> None:
    """The conflict names who has it now."""
    story = Story.begin()
    story.assign(VIP)
    story.hears()
    story.until(story.wake)
    story.hears(b"\x02\0\0\0\0\x77")
    assert story.guard.conflicts[VIP].mac == b"\x02\0\0\0\0\x77"
    assert story.changes == [VIP, VIP]


def test_stranger_is_given_the_benefit_of_the_doubt_while_macs_of_peers_are_missing() -> None:
    """It might be a peer: the address is held back all the same, but reported only when it was so twice."""
    story = Story.begin(peers(complete=False))
    story.assign(VIP)
    story.hears()
    story.until(104.0)
    assert (story.announced, story.guard.conflicts) == ([], {})
    story.until(story.wake)
    story.hears()
    assert set(story.guard.conflicts) == {VIP}


def test_probes_of_our_own_nodes_are_no_conflict() -> None:
    """Two speakers that both take themselves for the owner, for a moment, do not keep each other from it."""
    story = Story.begin()
    story.assign(VIP)
    story.hears(bytes.fromhex("020000000002"), probe=True)
    story.hears(bytes.fromhex("020000000001"), probe=True)
    story.until(101.0)
    assert story.announced == [(100.2, (VIP,))]


def test_peer_that_still_answers_proves_that_the_address_is_ours() -> None:
    """Nobody else can have what one of our nodes uses: announced at once."""
    story = Story.begin()
    story.assign(VIP)
    story.until(100.05)
    assert Announce((VIP,)) in story.hears(bytes.fromhex("020000000002"), reply=True)
    assert len(story.until(101.0).times(Probe)) == 1


def test_failover_between_our_nodes_is_not_probed_where_the_peer_was_heard() -> None:
    """Its announcement came by while it was the owner."""
    story = Story.begin()
    story.assign(VIP, PEER)
    story.hears(bytes.fromhex("020000000002"))
    story.now += 3600
    assert story.assign(VIP, ME)[0] == Announce((VIP,))


def test_failover_from_a_node_that_has_long_been_the_owner_is_not_probed() -> None:
    """Even where nobody said so: it had time to find out. Unless it found out that it may not."""
    story = Story.begin()
    story.assign(VIP, PEER)
    story.assign(OTHER, PEER)
    story.until(story.now + SETTLED)
    assert story.assign(VIP, ME)[0] == Announce((VIP,))
    assert story.assign(OTHER, ME, REFUSED)[0] == Probe(OTHER)
    story.assign(VIP + 2, PEER)
    assert story.assign(VIP + 2, ME)[0] == Probe(VIP + 2)


def test_failover_from_a_node_that_did_not_answer_is_probed() -> None:
    """It may have found a stranger there: what the watchdog saw, it does not forget."""
    story = Story.begin(peers(frozenset({ME, PEER})))
    story.assign(VIP, PEER)
    story.until(story.now + 30)
    assert set(story.guard.findings) == {VIP}
    assert Probe(VIP) in story.assign(VIP, ME)
    assert story.guard.findings == {}


def test_address_that_comes_back_soon_is_not_probed_again_and_later_it_is() -> None:
    """Endpoints that flap cost no second probe; what was left alone for longer may be somebody else's."""
    story = Story.begin(probe_time=0.2)
    story.assign(VIP, proof=USED)
    story.assign(VIP, None)
    story.until(story.now + PROOF_LASTS - 1)
    assert story.assign(VIP)[0] == Announce((VIP,))
    story.assign(VIP, None)
    story.until(story.now + PROOF_LASTS + 1)
    assert story.assign(VIP)[0] == Probe(VIP)


def test_proof_holds_while_another_node_of_ours_has_the_address() -> None:
    """Ours, a peer's for an hour, ours again: always in use."""
    story = Story.begin(interval=0.0)
    for owner in (ME, None, PEER):
        story.assign(VIP, owner, proof=USED)
    story.now += 3600
    assert story.assign(VIP, ME) == [Announce((VIP,))]


def test_address_lost_while_it_is_probed_is_forgotten() -> None:
    """No more probes, no announcement, no conflict that outlives the interest in it."""
    story = Story.begin(interval=0.0)
    story.assign(VIP)
    story.assign(OTHER)
    story.hears()
    story.assign(VIP, None)
    story.assign(OTHER, PEER)
    story.until(200.0)
    assert (story.announced, story.guard.conflicts, len(story.times(Probe))) == ([], {}, 2)


def test_probes_of_many_addresses_are_paced() -> None:
    """Two thousand addresses: at most 50 probes in 5 ms, and all of them announced within a second."""
    story = Story.begin()
    addresses = [VIP + number for number in range(2000)]
    story.feed(OwnersDecided(tuple(Assigned(each, ME) for each in addresses)))
    story.until(101.0)
    times = [at for at, command in story.said if isinstance(command, Probe)]
    assert len(times) == 6000
    assert max(sum(1 for each in times if at <= each < at + 0.005) for at in set(times)) <= 50
    assert story.guard.announced == set(addresses)


def test_winning_again_changes_nothing() -> None:
    """Neither while it is probed nor when it is announced."""
    story = Story.begin()
    story.assign(VIP)
    story.until(100.1)
    story.assign(VIP)
    story.until(100.5)
    story.assign(VIP)
    assert (len(story.times(Probe)), story.announced) == (3, [(100.2, (VIP,))])


HOLDER = Holder(PEER, "eth1", MACS[PEER])


def test_address_that_a_node_has_for_itself_is_left_to_it() -> None:
    """Nothing is asked, and it is said which interface of which node has it; when it is gone, we ask."""
    story = Story.begin(replace(peers(), held={VIP: HOLDER}))
    assert story.assign(VIP) == [ConflictChanged(VIP)]
    (conflict,) = story.guard.conflicts.values()
    assert str(conflict) == "node node-2 has it for itself on eth1"
    assert conflict.kind.withholds
    story.until(160.0)
    assert story.frames == []
    assert story.feed(peers())[:2] == [ConflictChanged(VIP), Probe(VIP)]
    story.until(161.0)
    assert story.announced == [(160.2, (VIP,))]


def test_node_that_comes_by_the_address_while_we_ask_keeps_it() -> None:
    """The probes end; nobody need answer them."""
    story = Story.begin()
    story.assign(VIP)
    story.until(100.1)
    assert story.feed(replace(peers(), held={VIP: HOLDER})) == [ConflictChanged(VIP)]
    story.until(160.0)
    assert story.announced == []


def test_address_of_ours_that_a_node_takes_as_well_stays_announced() -> None:
    """Such as one bound to a loopback interface on purpose: taking it away would be worse."""
    story = Story.begin(replace(peers(), held={VIP: HOLDER}))
    assert story.assign(VIP, proof=USED) == [Announce((VIP,))]
