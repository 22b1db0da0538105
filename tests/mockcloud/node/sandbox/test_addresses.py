"""Which address a pod gets."""

from ipaddress import ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st

from mockcloud.node.sandbox.addresses import next_free

RANGE = ip_network("10.244.1.0/28")
ALL = [f"10.244.1.{number}" for number in range(2, 15)]


@given(st.sets(st.sampled_from(ALL)), st.sampled_from([None, *ALL]))
def test_an_address_is_free_inside_and_the_next_after_the_last(used, last):
    """Never one in use, never network, broadcast or .1; and none between `last` and it was free."""
    found = next_free(RANGE, used, last)
    if found is None:
        assert used == set(ALL)
        return
    assert found in ALL
    assert found not in used
    start = ALL.index(last) + 1 if last else 0
    order = ALL[start:] + ALL[:start]
    assert set(order[: order.index(found)]) <= used


def test_a_replaced_pods_address_comes_round_last():
    """One pod after the other, each gone before the next, takes all addresses in turn."""
    last, seen = None, []
    for _ in ALL:
        last = next_free(RANGE, (), last)
        seen.append(last)
    assert (seen, next_free(RANGE, (), last)) == (ALL, ALL[0])


def test_a_huge_range_is_not_walked():
    """A /64 is used from its beginning."""
    network = ip_network("fd00:10:244:1::/64")
    assert next_free(network, (), None) == "fd00:10:244:1::2"
    assert ip_address(next_free(network, (), "fd00:10:244:1::2") or "") in network
