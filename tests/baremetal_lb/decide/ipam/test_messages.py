"""Verdicts in words."""

from ipaddress import ip_address

from baremetal_lb.decide.ipam import messages
from baremetal_lb.decide.ipam.address_choice import Grant
from baremetal_lb.decide.ipam.allocations import Holding
from baremetal_lb.model.api_names import Reason
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.reasons import Refusal

KEY, V4, V6 = ObjectKey("x", "web"), ip_address("10.0.0.1"), ip_address("fd00::1")
FULL = Refusal(Reason.EXHAUSTED, 'pool "lab"', "full")
HAS = Holding((V4,), "lab")


def said(outcome):
    return outcome.reason, outcome.addresses, outcome.message


def test_what_was_given_is_told_with_its_pool_and_what_is_missing():
    """Of two families at least one."""
    assert said(messages.granted(KEY, Grant((V4, V6), "lab"))) == (
        *(Reason.ALLOCATED, (V4, V6), '10.0.0.1, fd00::1 from pool "lab"'),
    )
    text = '10.0.0.1 from pool "lab"; no second address: pool "lab": full'
    assert said(messages.granted(KEY, Grant((V4,), "lab", (FULL,)))) == (Reason.ALLOCATED, (V4,), text)


def test_a_denial_has_the_whole_reason_and_each_part_once():
    """Several Services' refusals are often the same."""
    assert said(messages.denied(KEY, (FULL, FULL))) == (Reason.EXHAUSTED, (), 'pool "lab": full')


def test_what_is_kept_is_told_with_why():
    """Outside of pools, or for want of another."""
    assert said(messages.outside_pools(KEY, HAS))[0] is Reason.OUTSIDE_POOLS
    assert said(messages.wish_refused(KEY, HAS, (FULL,))) == (
        *(Reason.REQUEST_REFUSED, (V4,), '10.0.0.1 is kept; the request can\'t be met: pool "lab": full'),
    )
    text = '10.0.0.1 from pool "lab"; somebody has it; no other: pool "lab": full'
    assert said(messages.in_use(KEY, HAS, "somebody has it", (FULL,))) == (Reason.ALLOCATED, (V4,), text)
