"""Resting addresses: counted, woken in order, and forgotten when somebody asks for them by name."""

from ipaddress import ip_address

from baremetal_lb.decide.ipam.usage.cooldown import Rests

ONE, TWO = ip_address("10.0.0.1"), ip_address("10.0.0.2")


def test_rests_end_in_the_order_of_their_times():
    """Not in the order of their beginnings; whoever was taken meanwhile does not come up."""
    rests = Rests()
    rests.begin(ONE, 20.0)
    rests.begin(TWO, 10.0)
    assert (len(rests), rests.next_end(), TWO in rests) == (2, 10.0, True)
    rests.end(TWO)
    assert (len(rests), rests.next_end(), TWO in rests) == (1, 20.0, False)
    assert rests.over(19.9) == []
    assert rests.over(20.0) == [ONE]
    assert (len(rests), rests.next_end()) == (0, None)


def test_a_second_rest_counts_from_its_own_beginning():
    """Freed, taken by name, freed again: the first end is void."""
    rests = Rests()
    rests.begin(ONE, 10.0)
    rests.end(ONE)
    rests.begin(ONE, 30.0)
    assert rests.over(10.0) == []
    assert dict(rests.items()) == {ONE: 30.0}
