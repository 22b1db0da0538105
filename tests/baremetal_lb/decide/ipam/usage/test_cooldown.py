"""Resting addresses: counted, woken in order, and forgotten when somebody asks for them by name."""

from ipaddress import ip_address

from baremetal_lb.decide.ipam.usage.cooldown import Cooldowns

ONE, TWO = ip_address("10.0.0.1"), ip_address("10.0.0.2")


def test_rests_end_in_the_order_of_their_times():
    """Not in the order of their beginnings; whoever was taken meanwhile does not come up."""
    cooldowns = Cooldowns()
    cooldowns.begin(ONE, 20.0)
    cooldowns.begin(TWO, 10.0)
    assert (len(cooldowns), cooldowns.next_end(), TWO in cooldowns) == (2, 10.0, True)
    cooldowns.end(TWO)
    assert (len(cooldowns), cooldowns.next_end(), TWO in cooldowns) == (1, 20.0, False)
    assert cooldowns.over(19.9) == []
    assert cooldowns.over(20.0) == [ONE]
    assert (len(cooldowns), cooldowns.next_end()) == (0, None)


def test_a_second_rest_counts_from_its_own_beginning():
    """Freed, taken by name, freed again: the first end is void."""
    cooldowns = Cooldowns()
    cooldowns.begin(ONE, 10.0)
    cooldowns.end(ONE)
    cooldowns.begin(ONE, 30.0)
    assert cooldowns.over(10.0) == []
    assert dict(cooldowns.items()) == {ONE: 30.0}
