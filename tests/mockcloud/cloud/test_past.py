"""What was some time ago."""

import pytest

from mockcloud.cloud.core.state import State
from mockcloud.cloud.past import Past

A, B, C = State(), State(), State()


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        pytest.param(90.0, A, id="before all that is kept"),
        pytest.param(99.0, A, id="the first"),
        pytest.param(100.0, B, id="as one becomes the next"),
        pytest.param(104.9, B, id="the second"),
        pytest.param(105.0, C, id="the present"),
    ],
)
def test_what_was_at_a_time(when, expected):
    """A until 100, B until 105, C is."""
    past = Past()
    past.note(A, 100.0, 30.0)
    past.note(B, 105.0, 30.0)
    assert past.at(when, C) is expected


def test_only_what_may_be_asked_for_is_kept():
    """What ended too long ago is forgotten, and all of it where nobody may look back."""
    past = Past()
    past.note(A, 100.0, 5.0)
    past.note(B, 106.0, 5.0)
    assert past.at(99.0, C) is B
    past.note(B, 107.0, 0.0)
    assert past.at(99.0, C) is C
