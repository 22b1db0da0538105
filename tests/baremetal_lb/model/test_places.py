"""The sentence of the condition Announced, written and read back."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.model.places import Place, Port, read, tell
from baremetal_lb.model.services import Condition, ServiceStatus

ETH0 = Port("eth0", "02:00:00:00:00:01")
MACS = st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":"))
ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6).filter(lambda each: not each.scope_id))
PLACES = st.builds(
    Place,
    st.lists(ADDRESSES, min_size=1, max_size=3, unique=True).map(tuple),
    st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,60}[a-z0-9])?", fullmatch=True),
    st.lists(
        st.builds(Port, st.from_regex(r"[A-Za-z0-9._@+-]{1,15}", fullmatch=True), MACS),
        min_size=1,
        max_size=3,
    ).map(tuple),
)


def test_people_can_read_it():
    """Both families of a Service on one node; and how two nodes would be told."""
    both = Place((IPv4Address("10.0.0.1"), IPv6Address("fd00::1")), "node-1", (ETH0,))
    other = Place((IPv4Address("10.0.0.2"),), "node-2", (ETH0, Port("eth1", "02:00:00:00:00:02")))
    assert tell([both, other]) == (
        "10.0.0.1, fd00::1 by node-1 on eth0 (02:00:00:00:00:01); "
        "10.0.0.2 by node-2 on eth0 (02:00:00:00:00:01), eth1 (02:00:00:00:00:02)"
    )


@given(st.lists(PLACES, min_size=1, max_size=3))
def test_what_was_told_is_read_back(places):
    """Whatever the addresses, nodes and interfaces."""
    assert read(tell(places)) == tuple(places)


@given(st.text(max_size=80))
def test_any_other_sentence_tells_no_place(text):
    """A message that somebody wrote by hand is no error."""
    assert all(isinstance(each, Place) for each in read(text))


@pytest.mark.parametrize("name", ["a;b", "a (b)", "a,b"], ids=repr)
def test_an_odd_interface_cannot_break_the_sentence(name):
    """The kernel takes such names."""
    place = Place((ip_address("10.0.0.1"),), "n", (Port(name, ETH0.mac),))
    assert [each.addresses for each in read(tell([place]))] == [place.addresses]


@pytest.mark.parametrize(
    ("status", "expected"), [(True, ["node-1"]), (False, [])], ids=["announced", "by nobody"]
)
def test_a_status_says_where_its_addresses_are(status, expected):
    """Only while they are announced."""
    message = "10.0.0.1 by node-1 on eth0 (02:00:00:00:00:01)"
    told = ServiceStatus(announced=Condition(status, "any", message))
    assert [place.node for place in told.places()] == expected
