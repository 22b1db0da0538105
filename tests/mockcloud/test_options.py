"""Types of options."""

import click
import pytest

from mockcloud.options import NumberRange


def test_a_number_within_bounds_is_given():
    """As click's own type gives it."""
    assert NumberRange(0, 1).convert("0.5", None, None) == 0.5


@pytest.mark.parametrize("text", ["nan", "-NaN", "2", "x"])
def test_what_is_none_is_refused(text):
    """NaN as what is out of bounds."""
    with pytest.raises(click.BadParameter):
        NumberRange(0, 1).convert(text, None, None)
