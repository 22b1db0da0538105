"""Pages."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.aws.paging import page

BAD = AwsError("InvalidNextToken", "no such token")


@given(st.lists(st.integers()), st.integers(1, 7))
def test_the_pages_are_the_list(rows, size):
    """Each row once, in order; none but the last page is short."""
    found, token, pages = [], None, 0
    while pages == 0 or token is not None:
        some, token = page(rows, size, token, BAD)
        assert len(some) == size or token is None
        found += some
        pages += 1
    assert found == rows
    assert pages == max(1, -(-len(rows) // size))


@pytest.mark.parametrize("token", ["", "nonsense", "%", "é", base64.urlsafe_b64encode(b"from:x").decode()])
def test_a_token_that_is_nobodys_is_refused(token):
    """In the caller's words."""
    with pytest.raises(AwsError, match="no such token"):
        page([1], 1, token, BAD)
