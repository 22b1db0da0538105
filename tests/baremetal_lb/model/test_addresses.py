"""Addresses and ranges of them."""

from ipaddress import ip_address

import pytest

from baremetal_lb.model.addresses import AddressRange, Family, family_of


def between(first, last=None, prefix=None):
    return AddressRange(ip_address(first), ip_address(last or first), prefix)


def test_families_sort_as_a_services_addresses_are_written():
    """IPv4 first."""
    assert sorted([Family.V6, Family.V4]) == [Family.V4, Family.V6]
    assert list(map(str, Family)) == ["IPv4", "IPv6"]


@pytest.mark.parametrize(("text", "family"), [("10.0.0.1", Family.V4), ("fd00::1", Family.V6)])
def test_an_address_comes_back_from_its_family_and_number(text, family):
    """A number alone does not tell the family: 1 is 0.0.0.1 and ::1."""
    address = ip_address(text)
    assert family_of(address) is family
    assert family.address(int(address)) == address


@pytest.mark.parametrize(
    ("text", "inside"),
    [("10.0.0.4", False), ("10.0.0.5", True), ("10.0.0.9", True), ("10.0.0.10", False), ("::a00:5", False)],
)
def test_a_range_has_both_its_ends_and_nothing_of_the_other_family(text, inside):
    """`::a00:5` has the number of 10.0.0.5."""
    assert (ip_address(text) in between("10.0.0.5", "10.0.0.9")) is inside


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        pytest.param(between("10.0.0.9", "10.0.0.20"), True, id="one-address"),
        pytest.param(between("10.0.0.10", "10.0.0.20"), False, id="next-to-it"),
        pytest.param(between("10.0.0.0", "10.0.0.255"), True, id="around-it"),
        pytest.param(between("::a00:5", "::a00:9"), False, id="other-family"),
    ],
)
def test_ranges_overlap_where_an_address_is_in_both(other, overlaps):
    """From either side."""
    one = between("10.0.0.5", "10.0.0.9")
    assert (one.overlaps(other), other.overlaps(one)) == (overlaps, overlaps)


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (between("10.0.0.0", "10.0.0.255", 24), "10.0.0.0/24"),
        (between("10.0.0.5", "10.0.0.9"), "10.0.0.5-10.0.0.9"),
        (between("fd00::1"), "fd00::1"),
    ],
)
def test_a_range_is_shown_as_it_was_written(entry, text):
    """CIDR, range, or one address."""
    assert str(entry) == text
