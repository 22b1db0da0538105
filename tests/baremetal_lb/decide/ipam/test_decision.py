"""One Service before the allocations: what should it have, and why?"""

from dataclasses import replace
from ipaddress import ip_address

from baremetal_lb.decide.ipam.allocations import Allocations, Holding
from baremetal_lb.decide.ipam.decision import Input, judge, judge_senseless
from baremetal_lb.decide.ipam.pool_choice import Client
from baremetal_lb.decide.ipam.requests import Request
from baremetal_lb.decide.ipam.usage.sharing import SharingTerms
from baremetal_lb.decide.pools.entries import parse_entry
from baremetal_lb.model.addresses import Family
from baremetal_lb.model.api_names import EventReason, Reason
from baremetal_lb.model.conflicts import Occupant
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.pools import Pool, PoolConfig
from baremetal_lb.model.reasons import Refusal

WEB, ONE, TWO, FAR = ObjectKey("x", "web"), *map(ip_address, ("10.0.0.1", "10.0.0.2", "10.9.0.1"))
TERMS = SharingTerms(WEB, "1", None, None, frozenset(), None)
ANY = Request((Family.V4,), Family.V4, False, (), None, TERMS)
NONSENSE = Refusal(Reason.INVALID_REQUEST, "spec.loadBalancerIP", "'x' is not an IP address")


def case(*held, pool="lab", request=ANY, **fields):
    made = Allocations()
    made.configure(PoolConfig((Pool("lab", (parse_entry("10.0.0.1-10.0.0.2"),)),)), {})
    if held:
        made.claim(TERMS, held, pool)
    holding = Holding(held, pool) if held else None
    return made, Input(WEB, request, Client("x", {}, {}), holding, **fields)


def test_who_has_nothing_gets_the_lowest_and_who_has_something_keeps_it():
    """However many lower ones are free."""
    assert judge(*case()).outcome.addresses == (ONE,)
    assert judge(*case(TWO)).outcome.addresses == (TWO,)


def test_who_gets_nothing_waits():
    """It may come free."""
    made, asked = case()
    other = replace(TERMS, service=ObjectKey("x", "other"))
    made.claim(other, (ONE, TWO), "lab")
    verdict = judge(made, asked)
    assert (verdict.outcome.addresses, verdict.outcome.reason, verdict.waits) == ((), Reason.EXHAUSTED, True)


def test_an_address_of_no_pool_is_left_unless_it_is_to_be_kept():
    """`on-removal: keep`; else the Service is told why it had to leave."""
    verdict = judge(*case(FAR, pool=None))
    assert verdict.outcome.addresses == (ONE,)
    assert verdict.why_left.reason is EventReason.CLEAR_ASSIGNMENT
    kept = judge(*case(FAR, pool=None, stays_outside=True))
    assert (kept.outcome.addresses, kept.outcome.reason) == ((FAR,), Reason.OUTSIDE_POOLS)


def test_who_asks_for_another_moves_or_stays():
    """The new one is taken before the old one goes."""
    assert judge(*case(ONE, request=replace(ANY, addresses=(TWO,)))).outcome.addresses == (TWO,)
    refused = judge(*case(ONE, request=replace(ANY, addresses=(FAR,))))
    assert (refused.outcome.addresses, refused.outcome.reason) == ((ONE,), Reason.REQUEST_REFUSED)
    assert refused.waits


def test_who_has_what_somebody_else_has_gives_way():
    """Unless it asked for that very one."""
    made, asked = case(ONE)
    made.begin_quarantine(ONE, Occupant(b"\x02", "somebody has it"))
    verdict = judge(made, asked)
    assert verdict.outcome.addresses == (TWO,)
    assert "somebody has it" in verdict.why_left.message
    assert judge(made, replace(asked, request=replace(ANY, addresses=(ONE,)))).outcome.addresses == (ONE,)


def test_a_request_that_makes_no_sense_gives_nothing_and_takes_nothing_away():
    """It is told with what is wrong."""
    denied = judge_senseless(*case(), NONSENSE)
    assert (denied.outcome.addresses, denied.outcome.reason) == ((), Reason.INVALID_REQUEST)
    kept = judge_senseless(*case(TWO), NONSENSE)
    assert (kept.outcome.addresses, kept.outcome.reason) == ((TWO,), Reason.REQUEST_REFUSED)
    gone = judge_senseless(*case(FAR, pool=None), NONSENSE)
    assert (gone.outcome.addresses, gone.why_left.reason) == ((), EventReason.CLEAR_ASSIGNMENT)


def test_who_changes_its_family_leaves_what_it_has():
    """It could not be reached by the other."""
    verdict = judge(*case(ONE, request=replace(ANY, families=(Family.V6,), primary=Family.V6)))
    assert verdict.outcome.addresses == ()
    assert "is IPv4, the Service is IPv6" in verdict.why_left.message
