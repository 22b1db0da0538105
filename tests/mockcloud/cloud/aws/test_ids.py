"""Ids of EC2's form."""

from hypothesis import given
from hypothesis import strategies as st

from mockcloud.cloud.aws import ids

PREFIXES = st.sampled_from(["i", "sg", "vpc", "subnet", "eni"])


@given(PREFIXES, st.integers(0, 2**64 - 1))
def test_an_id_is_read_back(prefix, number):
    """Whatever it is of, and only as what it is."""
    made = ids.make(prefix, number)
    assert ids.number(prefix, made) == number
    assert ids.number("vol", made) is None
    assert len(made) == len(prefix) + 18


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_a_pair_is_taken_apart(high, low):
    """Two numbers in one id."""
    assert ids.parts(ids.pair(high, low)) == (high, low)


def test_what_is_no_id_is_none():
    """Words, other digits, other lengths; an old id of eight digits is one."""
    for text in ("i-xyz", "i-123", "I-0123456789abcdef0", "i-0123456789abcdef01", "i_0123456789abcdef0", ""):
        assert ids.number("i", text) is None
    assert ids.number("i", "i-12345678") is not None
