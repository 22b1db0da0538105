"""The lowest free address of a pool, held against a list of all of them."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.ipam.usage.free_list import FreeList, unusable
from baremetal_lb.decide.pools.entries import parse_entry
from baremetal_lb.model.addresses import Family
from baremetal_lb.model.api_names import Reason
from baremetal_lb.model.pools import Pool


def pool(*entries, **fields):
    return Pool("lab", tuple(map(parse_entry, entries)), **fields)


def listed(made, family=Family.V4):
    free = FreeList(made, family)
    return [str(free.address_at(place)) for place in range(free.size)]


def test_addresses_are_given_in_the_order_of_the_entries():
    """Not of the numbers; a network's edges are skipped."""
    assert listed(pool("10.0.1.0/30", "10.0.0.5-10.0.0.6", "fd00::1")) == [
        *("10.0.1.1", "10.0.1.2", "10.0.0.5", "10.0.0.6")
    ]
    assert len(listed(pool("10.0.1.0/30", skip_network_broadcast=False))) == 4


def test_buggy_addresses_are_not_counted_nor_given():
    """.0 and .255, where the pool avoids them."""
    free = FreeList(pool("10.0.0.254-10.0.1.1", avoid_buggy_ips=True), Family.V4)
    assert (free.size, free.capacity) == (4, 2)
    assert free.place(ip_address("10.0.0.255")) is None
    given = []
    while (address := free.lowest(lambda each: each in given)) is not None:
        given.append(address)
    assert list(map(str, given)) == ["10.0.0.254", "10.0.1.1"]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 7)), max_size=40))
def test_the_lowest_is_the_first_that_nobody_has(steps):
    """Whatever was taken and given back, as long as whoever unblocks an address gives it back."""
    free = FreeList(pool("10.0.1.1-10.0.1.4", "10.0.0.1-10.0.0.4"), Family.V4)
    everything = [free.address_at(place) for place in range(free.size)]
    taken = set()
    for take, place in steps:
        address = everything[place]
        if take:
            taken.add(address)
        elif address in taken:
            taken.remove(address)
            free.give_back(address)
        expected = next((each for each in everything if each not in taken), None)
        assert free.lowest(taken.__contains__) == expected


@pytest.mark.parametrize("address", ["10.0.0.4", "10.0.1.9", "fd00::1"])
def test_an_address_of_another_pool_has_no_place(address):
    """Nor one of the other family."""
    assert FreeList(pool("10.0.0.5-10.0.0.6"), Family.V4).place(ip_address(address)) is None


@pytest.mark.parametrize(
    ("fields", "address", "reason"),
    [
        ({}, "10.0.0.0", Reason.NETWORK_OR_BROADCAST),
        ({}, "10.0.0.5", None),
        ({"skip_network_broadcast": False}, "10.0.0.0", None),
        ({"skip_network_broadcast": False, "avoid_buggy_ips": True}, "10.0.0.255", Reason.BUGGY_ADDRESS),
    ],
)
def test_who_asks_for_an_address_that_is_never_given_is_told_why(fields, address, reason):
    """By name it could be asked for."""
    made = pool("10.0.0.0/24", **fields)
    refusal = unusable(made, made.ranges[0], ip_address(address))
    assert (refusal and refusal.reason) == reason
