"""Pools: which labels they select, which Services they are for, and which of them has an address."""

from ipaddress import ip_address

import pytest

from baremetal_lb.decide.pools.entries import parse_entry
from baremetal_lb.model.addresses import Family
from baremetal_lb.model.pools import (
    LabelSelector,
    Operator,
    Placement,
    Pool,
    PoolConfig,
    Preference,
    Requirement,
    ServiceAllocation,
)

IN_A = LabelSelector((("zone", "a"),))


def pool(name, *entries):
    return Pool(name, tuple(map(parse_entry, entries)))


@pytest.mark.parametrize(
    ("operator", "of_a", "of_c", "of_none"),
    [
        (Operator.IN, True, False, False),
        (Operator.NOT_IN, False, True, True),
        (Operator.EXISTS, True, True, False),
        (Operator.DOES_NOT_EXIST, False, False, True),
    ],
)
def test_a_requirement_holds_as_in_kubernetes(operator, of_a, of_c, of_none):
    """A missing key meets NotIn."""
    requirement = Requirement("zone", operator, frozenset("ab"))
    found = [requirement.holds(labels) for labels in ({"zone": "a"}, {"zone": "c"}, {})]
    assert found == [of_a, of_c, of_none]


def test_a_selector_wants_every_line_and_an_empty_one_nothing():
    """match-labels and match-expressions together."""
    both = LabelSelector((("zone", "a"),), (Requirement("gpu", Operator.EXISTS),))
    assert [both.matches(labels) for labels in ({"zone": "a", "gpu": ""}, {"zone": "a"}, {"gpu": ""})] == [
        *(True, False, False)
    ]
    assert LabelSelector().matches({})


def test_a_pinned_pool_is_for_namespaces_by_name_or_by_labels():
    """Where neither is given, for every namespace; the Service's own labels are another matter."""
    pinned = ServiceAllocation(namespaces=frozenset({"shop"}), namespace_selectors=(IN_A,))
    assert pinned.admits_namespace("shop", {})
    assert pinned.admits_namespace("other", {"zone": "a"})
    assert not pinned.admits_namespace("other", {})
    assert ServiceAllocation().admits_namespace("any", {})
    assert not ServiceAllocation(service_selectors=(IN_A,)).admits_service({})


def test_nodes_are_weighed_by_all_preferences_that_they_meet():
    """As in Kubernetes."""
    placement = Placement((IN_A,), (), (Preference(5, IN_A), Preference(7, LabelSelector())))
    assert (placement.weight({"zone": "a"}), placement.weight({})) == (12, 7)
    assert (placement.selects({"zone": "a"}), placement.selects({"zone": "b"})) == (True, False)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("10.0.0.1", "one"),
        ("10.0.0.2", None),
        ("10.0.1.7", "two"),
        ("10.0.3.0", None),
        ("9.9.9.9", None),
        ("fd00::5", "one"),
        ("::a00:1", None),
    ],
)
def test_the_pool_that_has_an_address_is_found_among_all_entries(address, name):
    """`::a00:1` has the number of 10.0.0.1."""
    config = PoolConfig(
        (pool("one", "10.0.0.1", "fd00::/64"), pool("two", "10.0.2.0/24", "10.0.1.5-10.0.1.9"))
    )
    found = config.containing(ip_address(address))
    assert (found and found.name) == name


def test_pools_keep_their_order_and_have_names():
    """An unknown name is none."""
    config = PoolConfig((pool("b", "10.0.0.1"), pool("a", "fd00::1")))
    assert [each.name for each in config] == ["b", "a"]
    assert config.named("a") is config.pools[1]
    assert config.named("c") is None
    assert config.pools[1].families() == {Family.V6}
