"""What a scalar without quotes means."""

import pytest

from baremetal_lb.decide.pools.scalars import plain, truth, whole


@pytest.mark.parametrize("text", ["", "~", "null", "NULL"])
def test_nothing_is_nothing(text):
    """However it is written."""
    assert plain(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("yes", True), ("On", True), ("n", False), ("FALSE", False), ("maybe", "maybe"), ("yEs", "yEs")],
)
def test_a_truth_is_one_where_a_truth_is_expected(text, expected):
    """Go's YAML knows these forms."""
    assert truth(plain(text)) == expected


def test_no_is_a_name_where_a_name_is_expected():
    """Norway's country code."""
    assert plain("no") == "no"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10", 10), ("-3", -3), ("010", "010"), ("64512:1", "64512:1"), ("1.5", "1.5"), ("0", 0)],
)
def test_a_whole_number_is_one_where_it_is_expected_and_only_to_base_ten(text, expected):
    """010 is 8 to some readers."""
    assert whole(plain(text)) == expected


def test_quotes_make_a_text():
    """ "10" is no number, and "yes" is no truth: these came with quotes."""
    assert (whole("10"), truth("yes")) == ("10", "yes")


def test_an_error_quotes_it_as_it_was_written():
    """Without quotes of Python's."""
    assert repr(plain("10")) == "10"
