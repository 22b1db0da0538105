"""What speakers tell each other."""

from baremetal_lb.model.membership import ABLE, TAKING, MemberState, ident


def test_a_nodes_name_in_64_bits_is_the_same_for_ever():
    """It is on the wire: speakers of different releases must agree."""
    assert ident("node-1") == 0x35971BE6E9BB024A
    assert ident("node-1") != ident("node-2")


def test_the_numbers_of_states_are_those_on_the_wire():
    """They never change."""
    assert [state.name for state in MemberState] == [
        *("SETTLING", "RETURNING", "FRESH", "ACTIVE", "LEAVING", "CUT_OFF")
    ]
    assert list(map(int, MemberState)) == [0, 1, 2, 3, 4, 5]


def test_who_returns_is_able_but_takes_nothing_from_others():
    """And who settles, leaves or is cut off does neither."""
    assert {MemberState.RETURNING} == ABLE - TAKING
    assert not ABLE & {MemberState.SETTLING, MemberState.LEAVING, MemberState.CUT_OFF}
