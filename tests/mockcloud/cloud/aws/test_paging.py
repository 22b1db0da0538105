"""Pages."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.aws.paging import PageWish, by_number, page

BAD = AwsError("InvalidNextToken", "no such token")


def pages(rows, size, between=lambda: None):
    """All pages of what `rows` then is; `between` two of them something happens."""
    token = None
    while True:
        some, token = page(rows, by_number, PageWish(size, token, BAD))
        yield some
        if token is None:
            return
        assert len(some) == size
        between()


@given(st.sets(st.integers(0, 1 << 40)), st.integers(1, 7))
def test_the_pages_are_the_list(rows, size):
    """Each row once; none but the last page is short."""
    found = list(pages(list(rows), size))
    assert sorted(row for some in found for row in some) == sorted(rows)
    assert len(found) == max(1, -(-len(rows) // size))


@given(st.sets(st.integers(0, 99), min_size=3), st.integers(1, 4), st.data())
def test_what_happens_between_pages_costs_nobody_a_row(rows, size, data):
    """Others delete and make what they like: who was there all the time is listed, and nobody twice."""
    there, stayed = list(rows), set(rows)

    def between():
        gone = data.draw(st.sets(st.sampled_from(there), max_size=3)) if there else set()
        stayed.difference_update(gone)
        there[:] = data.draw(st.sets(st.integers(100, 199), max_size=1)) | set(there) - gone

    listed = [row for some in pages(there, size, between) for row in some]

    assert stayed <= set(listed)
    assert len(listed) == len(set(listed))


def test_what_fits_stays_in_its_order():
    """As controllers list subnets: by zone."""
    assert page([2, 1], by_number, PageWish(2, None, BAD)) == ([2, 1], None)
    assert page([2, 1], by_number, PageWish(None, None, BAD)) == ([2, 1], None)


@pytest.mark.parametrize("token", ["", "nonsense", "%", "é", base64.urlsafe_b64encode(b"after:").decode()])
def test_a_token_that_is_nobodys_is_refused(token):
    """In the caller's words."""
    with pytest.raises(AwsError, match="no such token"):
        page([1], by_number, PageWish(1, token, BAD))
