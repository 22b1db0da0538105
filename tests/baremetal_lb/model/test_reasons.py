"""A "no" in words."""

from baremetal_lb.model.api_names import Reason
from baremetal_lb.model.reasons import Refusal


def test_a_refusal_says_what_it_is_about():
    """Where it is about one thing."""
    assert str(Refusal(Reason.EXHAUSTED, 'pool "lab"', "full")) == 'pool "lab": full'
    assert str(Refusal(Reason.NO_POOLS, "", "there is none")) == "there is none"
