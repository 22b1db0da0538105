"""What both protocols' responders share."""

import pytest

from baremetal_lb.decide.layer2.responder.responder import AnswerCounts, DropReason, no_drops


def test_every_reason_to_drop_is_counted_from_the_beginning():
    """The thread that answers adds; that whoever reads meanwhile finds no new key."""
    counts = no_drops()
    assert set(counts) == set(DropReason)
    assert not any(counts.values())
    assert counts is not no_drops()


def test_an_addresss_counts_begin_at_nothing_and_have_no_other():
    """A name written wrong is an error."""
    counts = AnswerCounts()
    assert (counts.answered, counts.unsent, counts.shouted) == (0, 0, 0)
    with pytest.raises(AttributeError):
        counts.anwsered = 1
