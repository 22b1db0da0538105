"""The newest record of every speaker."""

from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.membership.member_table import MemberTable
from baremetal_lb.model.membership import MemberState, Record

RECORDS = st.builds(Record, st.integers(0, 3), st.integers(0, 5), st.just(MemberState.ACTIVE))


def table(*records):
    made = MemberTable()
    for record in records:
        made.put(record)
    return made


def test_of_two_records_the_newer_one_is_kept():
    """One of the same version is not news."""
    made = table(Record(1, 5, MemberState.FRESH))
    assert not made.put(Record(1, 5, MemberState.ACTIVE))
    assert not made.put(Record(1, 4, MemberState.ACTIVE))
    assert made.put(Record(1, 6, MemberState.ACTIVE))
    assert made.records[1].version == 6


@given(st.lists(RECORDS), st.randoms())
def test_two_that_hold_the_same_have_one_digest_whatever_came_first(records, random):
    """And two that do not hold the same have not, but once in 2^64."""
    other = random.sample(records, len(records))
    one, two = table(*records), table(*other)
    versions = [{each.ident: each.version for each in made.records.values()} for made in (one, two)]
    assert versions[0] == versions[1]
    assert one.digest == two.digest
    more = table(*records, Record(9, 1, MemberState.ACTIVE))
    assert more.digest != one.digest


def test_a_digest_forgets_who_is_dropped():
    """As if it had never been there."""
    made = table(Record(1, 5, MemberState.ACTIVE), Record(2, 7, MemberState.ACTIVE))
    made.keep_only({2})
    assert (set(made.records), made.digest) == ({2}, table(Record(2, 7, MemberState.ACTIVE)).digest)


def test_bits_of_name_and_version_do_not_cancel_out():
    """Two speakers whose versions are exchanged are not the same."""
    one = table(Record(1, 2, MemberState.ACTIVE), Record(2, 1, MemberState.ACTIVE))
    assert one.digest != table(Record(1, 1, MemberState.ACTIVE), Record(2, 2, MemberState.ACTIVE)).digest
