"""What a speaker reports."""

from baremetal_lb.model.reports import HEARS_ALL, Deaf


def test_a_speaker_that_is_deaf_says_to_whom_and_on_which_port():
    """One that hears all says nothing."""
    assert str(Deaf(7947, ("node-2", "node-3"))) == "no heartbeats on UDP 7947 from node-2, node-3"
    assert str(HEARS_ALL) == ""
