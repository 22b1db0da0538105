"""Numbers in text."""

import pytest

from mockcloud.cloud.core.numbers import number_within, whole_number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("007", 7),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("9" * 5000, None),
        ("", None),
        ("-1", None),
        ("+1", None),
        ("1_0", None),
        (" 1", None),
        ("٣", None),
        ("²", None),
    ],
)
def test_a_whole_number_is_of_few_ascii_digits(text, expected):
    """Anything else is none, however long, in whatever script; nothing raises."""
    assert whole_number(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("0", None), ("1", 1), ("5", 5), ("6", None), ("x", None)])
def test_a_number_is_within_its_bounds(text, expected):
    """Both of which belong to it."""
    assert number_within(text, 1, 5) == expected
