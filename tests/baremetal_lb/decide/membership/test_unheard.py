"""Of which nodes that are not heard it is believed that a speaker may live there."""

from baremetal_lb.decide.membership.unheard import FOUND_DEAD, LASTING, Unheard
from baremetal_lb.model.membership import MemberState, NotHeard, View

ME, PEER, THIRD = "node-1", "node-2", "node-3"
ALL = frozenset({ME, PEER, THIRD})
SILENT = NotHeard.SILENT


def view(*names: str, mine: MemberState = MemberState.ACTIVE) -> View:
    return View({ME: mine, **dict.fromkeys(names, MemberState.ACTIVE)})


def looking(*alive: str, running: frozenset[str] = ALL) -> Unheard:
    made = Unheard(ME)
    made.see_view(view(*alive), 0.0)
    made.see_nodes(ALL, running)
    return made


def test_without_heartbeats_of_our_own_nothing_is_said() -> None:
    """Then readiness decides anyway."""
    unheard = Unheard(ME)
    unheard.see_nodes(ALL, ALL)
    assert unheard.reasons(1.0) == {}


def test_never_heard_is_unheard_where_a_speaker_was_started() -> None:
    """Not where none ever was, nor where it was stopped in order."""
    assert looking(PEER).reasons(1.0) == {THIRD: SILENT}
    assert looking(PEER, running=frozenset({ME, PEER})).reasons(1.0) == {}


def test_node_that_falls_silent_is_dead_until_something_shows_that_it_lives() -> None:
    """A word on the LAN afterwards, or its being Ready for longer than the dead are."""
    unheard = looking(PEER, THIRD)
    unheard.see_claim(PEER, 4.0)
    unheard.see_view(view(THIRD), 5.0)
    assert unheard.reasons(5.1) == {}
    unheard.see_claim(PEER, 5.2)
    assert unheard.reasons(5.3) == {PEER: SILENT}
    unheard.see_view(view(THIRD, PEER), 6.0)
    assert unheard.reasons(6.0) == {}

    unheard.see_view(view(THIRD), 7.0)
    assert unheard.reasons(6.9 + FOUND_DEAD) == {}
    assert unheard.reasons(7.0 + FOUND_DEAD) == {PEER: SILENT}
    unheard.see_nodes(frozenset({ME, THIRD}), ALL)
    assert unheard.reasons(8.0 + FOUND_DEAD) == {}


def test_datagrams_count_when_they_go_on() -> None:
    """One that starts is not understood at once. The reason is what they are like."""
    unheard = looking(PEER, running=frozenset())
    at = 1.0
    while at < 1.0 + LASTING:
        unheard.see_datagram(THIRD, NotHeard.ONE_WAY, at)
        assert unheard.reasons(at) == {}
        at += 0.25
    unheard.see_datagram(THIRD, NotHeard.UNREADABLE, at)
    assert unheard.reasons(at) == {THIRD: NotHeard.UNREADABLE}
    assert unheard.lasting(at, 1.0) == {}
    unheard.see_datagram(THIRD, NotHeard.UNREADABLE, at + 1.0)
    assert unheard.lasting(at + 1.0, 1.0) == {THIRD: NotHeard.UNREADABLE}
    assert unheard.reasons(at + 5.0) == {}, "they have ended"


def test_who_takes_itself_for_cut_off_asks_the_api() -> None:
    """If that answers it is the heartbeats that are cut off, not the node."""
    unheard = looking(PEER, THIRD)
    unheard.see_api(1.0)
    unheard.see_view(view(mine=MemberState.CUT_OFF), 5.0)
    assert unheard.wants_api
    assert unheard.reasons(5.0) == {}
    unheard.see_api(5.5)
    assert not unheard.wants_api
    assert unheard.reasons(5.5) == {PEER: SILENT, THIRD: SILENT}


def test_who_answers_for_nothing_counts_as_gone_until_seen() -> None:
    """But not who was seen meanwhile: it has something else to answer for."""
    unheard = looking(PEER)
    assert unheard.reasons(1.0) == {THIRD: SILENT}
    unheard.see_mute(THIRD, 3.0)
    assert unheard.reasons(3.0) == {}
    unheard.see_claim(THIRD, 4.0)
    assert unheard.reasons(4.0) == {THIRD: SILENT}
    unheard.see_claim(THIRD, 5.0)
    unheard.see_mute(THIRD, 6.0)
    assert unheard.reasons(6.0) == {THIRD: SILENT}
