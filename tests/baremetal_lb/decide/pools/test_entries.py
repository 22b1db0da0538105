"""One line of a pool's addresses."""

from ipaddress import ip_address

import pytest

from baremetal_lb.decide.pools.entries import EntryError, edges, host_bits, parse_address, parse_entry


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("10.0.0.0/30", "10.0.0.0", "10.0.0.3"),
        ("10.0.0.2/30", "10.0.0.0", "10.0.0.3"),
        (" 10.0.0.5 - 10.0.0.9 ", "10.0.0.5", "10.0.0.9"),
        ("fd00::/126", "fd00::", "fd00::3"),
        ("10.0.0.1", "10.0.0.1", "10.0.0.1"),
    ],
)
def test_an_entry_is_a_range(text, first, last):
    """Blanks do not matter."""
    found = parse_entry(text)
    assert (str(found.first), str(found.last)) == (first, last)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("10.0.0", "'10.0.0' is not an address: expected a CIDR"),
        ("10.0.0.9-10.0.0.5", "ends before it starts: 10.0.0.9 is after 10.0.0.5"),
        ("10.0.0.1-fd00::1", "goes from IPv4 to IPv6"),
        ("10.0.0.1-9", "'9' in the range"),
        ("10.0.0.0/33", "its prefix has 33 bits; expected 0 to 32"),
        ("10.0.0.0/255.255.255.0", "is not a CIDR"),
        ("10.0.0.0/٨", "is not a CIDR"),
    ],
)
def test_what_is_no_entry_is_told_with_what_was_expected(text, why):
    """The message has the text."""
    with pytest.raises(EntryError, match=why.replace("(", r"\(")):
        parse_entry(text)


@pytest.mark.parametrize("text", ["fe80::1%eth0", "::ffff:10.0.0.1", "010.0.0.1", "1", ""])
def test_what_cannot_be_announced_is_no_address(text):
    """A zone means nothing to others, and a mapped address is one of IPv4."""
    assert parse_address(text) is None


@pytest.mark.parametrize(
    ("text", "has"), [("10.0.0.5/24", True), ("10.0.0.0/24", False), ("10.0.0.5", False)]
)
def test_a_cidr_with_host_bits_is_found(text, has):
    """It may be meant otherwise, so there is a warning."""
    assert host_bits(text, parse_entry(text)) is has


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("10.0.0.0/24", ["10.0.0.0", "10.0.0.255"]),
        ("10.0.0.0/31", []),
        ("10.0.0.1/32", []),
        ("10.0.0.0-10.0.0.255", []),
        ("fd00::/64", ["fd00::"]),
        ("fd00::/127", []),
    ],
)
def test_a_network_keeps_its_edges(text, kept):
    """RFC 3021, RFC 6164, RFC 4291 2.6.1; a range's writer chose both ends."""
    assert edges(parse_entry(text)) == tuple(map(ip_address, kept))
