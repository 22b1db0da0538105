"""What a heartbeat takes along of the news."""

from baremetal_lb.decide.membership.gossip_payload import ROOM, enclosed
from baremetal_lb.decide.membership.uplinks import fitting
from baremetal_lb.model.membership import MemberState, Record, Uplink

MANY = frozenset(range(1000, 1049))  # of the neighbours in a full mesh
LONG = tuple(fitting(Uplink(f"enp{number}s0f0np0", b"\2" * 6) for number in range(8)))


def record(ident: int, missing: frozenset[int] = frozenset(), uplinks: tuple[Uplink, ...] = ()) -> Record:
    return Record(ident, 1, MemberState.ACTIVE, missing, uplinks)


def test_own_record_always_goes_along_and_what_was_enclosed_is_owed_no_more():
    """Also of speakers that are not known any more."""
    records = {each: record(each) for each in (1, 2, 3)}
    owed = {1, 2, 3, 4}
    assert list(enclosed(records[1], owed, records)) == [records[1], records[2], records[3]]
    assert owed == set()


def test_what_does_not_fit_goes_with_the_next():
    """In the same order, until all are told."""
    records = {each: record(each, MANY) for each in range(1, 6)}
    owed, letters = {2, 3, 4, 5}, []
    while owed:
        letters.append([each.ident for each in enclosed(records[1], owed, records)])
    assert letters == [[1, 2], [1, 3], [1, 4], [1, 5]]


def test_two_of_the_largest_records_fit():
    """Else a speaker with much to say could pass nothing on."""
    records = {each: record(each, MANY, LONG) for each in (1, 2)}
    owed = {2}
    assert [each.ident for each in enclosed(records[1], owed, records)] == [1, 2]
    assert ROOM + 28 + 20 + 253 + 32 <= 1452  # an IPv6 datagram in an Ethernet frame
