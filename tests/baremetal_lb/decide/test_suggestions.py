"""The word that was probably meant."""

import pytest

from baremetal_lb.decide.suggestions import did_you_mean, nearest

KNOWN = ("addresses", "address-pools", "auto-assign", "loadBalancerIPs")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        pytest.param("adresses", "addresses", id="a-letter-is-missing"),
        pytest.param("autoAssign", "auto-assign", id="camel-case"),
        pytest.param("auto_assign", "auto-assign", id="underscore"),
        pytest.param("LOADBALANCERIPS", "loadBalancerIPs", id="letter-case"),
        pytest.param("loadBalancerIP", "loadBalancerIPs", id="singular"),
        pytest.param("pools", "address-pools", id="a-part"),
        pytest.param("zone", None, id="nothing-like-it"),
        pytest.param("", None, id="empty"),
        pytest.param("x" * 100_000, None, id="very-long"),
    ],
)
def test_the_nearest_word_is_suggested(word, meant):
    """Spelling, case and hyphens do not matter; a word that is like none suggests none."""
    assert meant == nearest(word, KNOWN)


def test_where_none_is_near_all_are_named():
    """So that a person need not look them up."""
    known = {"addresses": "x/addresses", "address-pools": "x/address-pools"}
    assert did_you_mean("zone", known) == "expected one of: x/addresses, x/address-pools"
    assert did_you_mean("adresses", known) == "did you mean 'x/addresses'?"
