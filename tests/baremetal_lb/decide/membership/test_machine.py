"""Conversations with one speaker's membership: what it makes of silence, pauses, replays, stops."""

import pytest

from baremetal_lb.decide.membership.machine import (
    Leave,
    NodesSeen,
    NoWayOut,
    Received,
    Send,
)
from baremetal_lb.decide.timers import Tick
from baremetal_lb.model.membership import Echo, Ignored, MemberState, ident
from tests.fakes.playbook import ME, Playbook

ACTIVE, CUT_OFF, FRESH = MemberState.ACTIVE, MemberState.CUT_OFF, MemberState.FRESH
LEAVING, RETURNING, SETTLING = MemberState.LEAVING, MemberState.RETURNING, MemberState.SETTLING


def test_one_without_peers_takes_its_share_at_once_and_needs_no_lease() -> None:
    """A cluster of one node: nobody to wait for, nobody who could take over."""
    book = Playbook.of()
    assert book.mine is FRESH
    assert book.lease == float("inf")
    book.until(0.1)
    assert book.wake == pytest.approx(110.0)


def test_one_whose_peers_never_speak_settles_alone() -> None:
    """Nodes without a speaker are waited for half a second, and are not alive then."""
    book = Playbook.of("a", "b")
    assert book.mine is SETTLING
    book.until(0.49)
    assert book.mine is SETTLING
    book.until(0.02)
    assert book.states == {ME: FRESH}


def test_newcomer_waits_behind_established_peers() -> None:
    """As soon as all have been heard it says that it is back; ten seconds later it takes its share."""
    book = Playbook.of("a", "b")
    book.says("a")
    assert book.mine is SETTLING
    book.says("b")
    assert book.mine is RETURNING
    book.until(9.9, talking=("a", "b"))
    assert book.mine is RETURNING
    book.until(0.2, talking=("a", "b"))
    assert book.mine is ACTIVE


def test_newcomers_among_themselves_do_not_wait() -> None:
    """When a cluster starts, nobody has to wait for another that is new itself."""
    book = Playbook.of("a")
    book.peers["a"].state = FRESH
    book.says("a")
    assert book.mine is FRESH


def test_silent_peer_is_asked_then_dead_within_the_bound() -> None:
    """After two missed beats questions go out; the peer is dead 350 ms after its last beat, not before."""
    book = Playbook.settled("a", "b")
    book.says("a")
    book.sent.clear()
    book.until(0.34, talking=("b",))
    assert book.states.keys() == {ME, "a", "b"}
    asked = [at for at, to, beat in book.sent if to == "a" and beat.answer]
    assert len(asked) >= 5
    book.becomes("b", ACTIVE, frozenset({ident("a")}))
    book.until(0.05, talking=("b",))
    assert book.states == {ME: ACTIVE, "b": ACTIVE}


def test_peer_that_another_still_hears_is_not_dead() -> None:
    """One broken path between two nodes kills nobody."""
    book = Playbook.settled("a", "b")
    book.until(2.0, talking=("b",))
    assert book.states.keys() == {ME, "a", "b"}
    book.becomes("b", ACTIVE, frozenset({ident("a")}))
    assert book.states.keys() == {ME, "b"}


def test_one_that_loses_all_its_peers_together_is_cut_off_and_waits_when_it_is_back() -> None:
    """Two at once do not die: it is us. Back again, the return delay applies."""
    book = Playbook.settled("a", "b")
    book.until(0.5)
    assert book.states == {ME: CUT_OFF}
    book.says("a")
    assert book.mine is RETURNING


def test_one_cut_off_goes_on_when_the_cluster_says_the_others_are_gone() -> None:
    """What looks like being cut off may be two deaths; the nodes' readiness tells, later."""
    book = Playbook.settled("a", "b")
    book.until(0.5)
    everybody = frozenset({ME, "a", "b"})
    book.feed(NodesSeen(everybody, frozenset({"a", "b"})))
    assert book.states == {ME: FRESH}


def test_survivor_of_two_goes_on_unless_its_own_network_takes_nothing() -> None:
    """With two nodes the one left takes over; where no datagram can leave, the one cut off is known."""
    book = Playbook.settled("a")
    book.until(0.5)
    assert book.states == {ME: ACTIVE}
    blocked = Playbook.settled("a")
    blocked.feed(NoWayOut())
    blocked.until(0.5)
    assert blocked.states == {ME: CUT_OFF}


def test_deaths_one_after_the_other_leave_a_survivor() -> None:
    """Only what is lost together counts as being cut off."""
    book = Playbook.settled("a", "b")
    book.until(0.3, talking=("b",))
    book.becomes("b", ACTIVE, frozenset({ident("a")}))
    book.until(5.0, talking=("b",))
    book.until(1.0)
    assert book.states == {ME: ACTIVE}


def test_short_pause_takes_the_lease_until_the_peers_have_been_heard_anew() -> None:
    """Paused for less than peers wait: no state changes, no peer is accused, no answer until proof."""
    book = Playbook.settled("a")
    held_up = book.beat_of("a")
    book.now += 0.3
    assert book.lease < book.now
    commands = book.feed(Received(held_up))
    assert book.lease == float("-inf")
    assert [each.beat.answer for each in commands if isinstance(each, Send)][:1] == [True]
    book.says("a")
    assert book.lease > book.now
    assert book.mine is ACTIVE


def test_long_pause_makes_one_return() -> None:
    """Peers have taken over meanwhile: say so, hear them, wait; and nobody is accused of our silence."""
    book = Playbook.settled("a", "b")
    book.now += 5.0
    book.feed(Tick())
    assert book.mine is SETTLING
    assert book.states.keys() == {ME, "a", "b"}
    book.says("a")
    book.says("b")
    assert book.mine is RETURNING


def test_long_pause_makes_one_listen_also_for_a_peer_that_was_dead_before() -> None:
    """It may have come back meanwhile, and taken over from us."""
    book = Playbook.settled("a")
    book.until(2.0)
    assert book.states == {ME: ACTIVE}
    book.now += 1.0
    book.feed(Tick())
    assert (book.mine, book.lease) == (SETTLING, float("-inf"))
    book.says("a")
    assert book.mine is RETURNING
    assert book.lease > book.now


def test_told_to_stop_it_hands_over_for_half_a_second() -> None:
    """The news goes out at once; the end comes when the others have had time to take over."""
    book = Playbook.settled("a")
    book.sent.clear()
    book.feed(Leave())
    book.until(0.01)
    assert book.sent[0][2].records[0].state is LEAVING
    assert not book.left
    book.until(0.5, talking=("a",))
    assert book.left
    assert book.wake == float("inf")


@pytest.mark.parametrize(
    "names", [pytest.param((), id="no-peer"), pytest.param(("a",), id="peer-leaves-too")]
)
def test_told_to_stop_with_nobody_to_take_over_it_stops_at_once(names: tuple[str, ...]) -> None:
    """Waiting would serve nobody."""
    book = Playbook.settled(*names)
    for name in names:
        book.becomes(name, LEAVING)
    book.feed(Leave())
    assert book.left


def test_replayed_and_unproven_beats_keep_nobody_alive() -> None:
    """What was recorded, from this run of the peer or an earlier one, counts for nothing."""
    book = Playbook.settled("a", "b")
    recorded = book.beat_of("a")
    book.feed(Received(recorded))
    for _ in range(8):
        book.until(0.05, talking=())
        book.feed(Received(recorded))
        book.says("b")
    book.becomes("b", ACTIVE, frozenset({ident("a")}))
    assert "a" not in book.states
    assert book.machine.ignored[Ignored.REPLAYED] == 8
    old = book.beat_of("a", echo=Echo(7, int((book.now - 3) * 1e6), 0))
    book.feed(Received(old))
    assert book.machine.ignored[Ignored.UNPROVEN] == 1
    assert "a" not in book.states


def test_restarted_peer_is_heard_again_and_its_old_run_no_more() -> None:
    """A new incarnation with proof takes the place of the old one, for good."""
    book = Playbook.settled("a")
    recorded = book.beat_of("a")
    peer = book.peers["a"]
    peer.incarnation, peer.stamp, peer.version, peer.state = 999, 0, 50, SETTLING
    book.says("a")
    assert book.states["a"] is SETTLING
    book.feed(Received(recorded))
    assert book.machine.ignored[Ignored.REPLAYED] == 1


def test_greeting_is_answered_at_once_but_not_a_flood_of_them() -> None:
    """The first beat of a stranger proves nothing; our answer lets the second one."""
    book = Playbook.of("a")
    book.sent.clear()
    for _ in range(100):
        book.says("a", echo=None)
    answers = [beat for _, _, beat in book.sent]
    assert len(answers) == 1
    assert answers[0].echo is not None
    assert answers[0].echo.incarnation == book.peers["a"].incarnation


def test_strangers_and_our_own_name_are_counted_and_ignored() -> None:
    """A sender that is no node of the cluster, or that claims to be us."""
    book = Playbook.settled("a")
    book.peers["x"] = book.peers["a"]
    for name, why in (("x", Ignored.UNKNOWN_SENDER), (ME, Ignored.OWN)):
        beat = book.beat_of("a")
        book.feed(Received(type(beat)(name, 1, 1, beat.echo, 0, ())))
        assert book.machine.ignored[why] == 1


def test_word_of_an_earlier_run_of_ours_is_outdone() -> None:
    """A restarted speaker whose clock went back still gets its new state through."""
    book = Playbook.settled("a")
    other = book.beat_of("a")
    mine = next(
        each for _, _, beat in reversed(book.sent) for each in beat.records if each.ident == ident(ME)
    )
    stale = type(mine)(ident(ME), mine.version + 500, LEAVING)
    book.feed(Received(type(other)(other.sender, other.incarnation, other.stamp, other.echo, 0, (stale,))))
    book.until(0.2, talking=("a",))
    assert book.peers["a"].heard is not None
    assert book.peers["a"].heard.records[0].version > stale.version
    assert book.mine is ACTIVE


def test_node_that_is_removed_is_forgotten_and_a_new_one_is_greeted() -> None:
    """The peers are the cluster's nodes, whatever was heard before."""
    book = Playbook.settled("a", "b")
    book.peers["c"] = type(book.peers["a"])("c", 77)
    book.feed(NodesSeen(frozenset({ME, "a", "c"})))
    assert book.states.keys() == {ME, "a"}
    book.says("c", echo=None)
    book.says("c")
    assert book.states.keys() == {ME, "a", "c"}
