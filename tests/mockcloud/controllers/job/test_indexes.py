"""Sets of indexes as texts."""

import pytest

from mockcloud.controllers.job.indexes import index_text, parse_indexes


@pytest.mark.parametrize(
    ("indexes", "text"),
    [
        pytest.param(set(), "", id="none"),
        pytest.param({4}, "4", id="one"),
        pytest.param({0, 1}, "0,1", id="two-in-a-row"),
        pytest.param({0, 1, 2, 5, 7, 8, 9}, "0-2,5,7-9", id="rows"),
    ],
)
def test_texts(indexes, text):
    """There, and back."""
    assert index_text(indexes) == text
    assert parse_indexes(text, 10) == indexes


def test_what_is_beyond_the_completions_or_cannot_be_read_is_no_index():
    """A Job may have become smaller; a status is anybody's to write."""
    assert parse_indexes("0,x,2-9", 4) == {0, 2, 3}
