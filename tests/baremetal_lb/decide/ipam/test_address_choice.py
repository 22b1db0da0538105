"""Which addresses a Service gets, or the whole reason why none."""

import pytest

from baremetal_lb.decide.ipam.address_choice import Denial, Grant, choose, second_address, summary
from baremetal_lb.decide.ipam.allocations import Allocations
from baremetal_lb.decide.ipam.pool_choice import Client
from baremetal_lb.decide.ipam.requests import Request
from baremetal_lb.decide.ipam.usage.sharing import SharingTerms
from baremetal_lb.decide.pools.entries import parse_address, parse_entry
from baremetal_lb.model.addresses import Family
from baremetal_lb.model.api_names import Reason
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.pools import Pool, PoolConfig
from baremetal_lb.model.reasons import Refusal

CLIENT = Client("x", {}, {})
BOTH = (Family.V4, Family.V6)
TERMS = SharingTerms(ObjectKey("x", "web"), "1", None, None, frozenset(), None)


def pool(name, *entries, **fields):
    return Pool(name, tuple(map(parse_entry, entries)), **fields)


def allocations(*pools):
    made = Allocations()
    made.configure(PoolConfig(pools), {})
    return made


def request(*families, addresses=(), named=None, all_required=False):
    wanted = families or (Family.V4,)
    return Request(wanted, wanted[0], all_required, tuple(map(parse_address, addresses)), named, TERMS)


def chosen(asked, *pools):
    answer = choose(allocations(*pools), asked, CLIENT)
    if isinstance(answer, Grant):
        return [*map(str, answer.addresses), answer.pool]
    return answer.reason


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        pytest.param(request(), ["10.0.0.1", "a"], id="lowest-of-the-first-pool"),
        pytest.param(request(named="b"), ["10.0.1.1", "b"], id="named-pool"),
        pytest.param(request(addresses=["10.0.1.2"]), ["10.0.1.2", "b"], id="named-address"),
        pytest.param(request(*BOTH), ["10.0.1.1", "fd00::1", "b"], id="both-families-of-one-pool"),
        pytest.param(request(named="c"), Reason.UNKNOWN_POOL, id="unknown-pool"),
        pytest.param(request(addresses=["10.9.0.1"]), Reason.NOT_IN_POOL, id="address-of-no-pool"),
        pytest.param(request(addresses=["10.0.0.1"], named="b"), Reason.NOT_IN_POOL, id="of-another-pool"),
        pytest.param(request(*BOTH, named="a"), ["10.0.0.1", "a"], id="one-family-will-do"),
        pytest.param(request(*BOTH, named="a", all_required=True), Reason.WRONG_FAMILY, id="or-will-not"),
    ],
)
def test_addresses_are_tried_in_their_order(asked, answer):
    """Requested addresses, the requested pool, then all that may be drawn from."""
    pools = pool("a", "10.0.0.1-10.0.0.2"), pool("b", "10.0.1.1-10.0.1.2", "fd00::1-fd00::2")
    assert chosen(asked, *pools) == answer


def test_without_pools_there_is_one_reason():
    """Nobody has configured any."""
    assert chosen(request()) is Reason.NO_POOLS


def test_two_requested_addresses_are_of_one_pool():
    """One pool must have both."""
    answer = choose(
        allocations(pool("a", "10.0.0.1"), pool("b", "fd00::1")),
        request(*BOTH, addresses=["10.0.0.1", "fd00::1"]),
        CLIENT,
    )
    assert isinstance(answer, Denial)
    assert "one pool must have both" in str(answer.refusals[0])


def test_a_full_pool_says_how_full():
    """With what it has in all."""
    books = allocations(pool("a", "10.0.0.1"))
    other = SharingTerms(ObjectKey("x", "other"), "0", None, None, frozenset(), None)
    books.claim(other, (parse_address("10.0.0.1"),), "a")
    (refusal,) = choose(books, request(), CLIENT).refusals
    assert (refusal.reason, refusal.detail) == (Reason.EXHAUSTED, "full: 1 of 1 IPv4 addresses in use")


def test_a_second_family_comes_from_the_pool_of_the_first():
    """Or not at all."""
    both, one = pool("a", "10.0.0.1", "fd00::1"), pool("b", "10.0.1.1")
    books = allocations(both, one)
    assert str(second_address(books, request(*BOTH), (parse_address("10.0.0.1"),), both)) == "fd00::1"
    refusal = second_address(books, request(*BOTH), (parse_address("10.0.1.1"),), one)
    assert isinstance(refusal, Refusal)


@pytest.mark.parametrize(
    ("reasons", "word"),
    [
        ([], Reason.NO_POOLS),
        ([Reason.EXHAUSTED, Reason.EXHAUSTED], Reason.EXHAUSTED),
        ([Reason.NOT_AUTO_ASSIGN, Reason.EXHAUSTED], Reason.EXHAUSTED),
        ([Reason.NOT_AUTO_ASSIGN], Reason.NOT_AUTO_ASSIGN),
        ([Reason.EXHAUSTED, Reason.WRONG_FAMILY], Reason.NO_SUITABLE_POOL),
    ],
)
def test_what_stood_in_the_way_of_pools_that_were_tried_counts_most(reasons, word):
    """One word for several refusals."""
    assert summary([Refusal(each, "", "") for each in reasons]) is word


def test_a_refusal_names_its_pool():
    """There may be several."""
    (refusal,) = choose(allocations(pool("a", "fd00::1")), request(), CLIENT).refusals
    assert str(refusal) == 'pool "a": has no IPv4 addresses'
