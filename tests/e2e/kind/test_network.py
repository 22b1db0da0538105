"""A pool out of kind's network: at the end of each subnet, where docker gives last, and nobody is."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.pools.entries import parse_entry
from e2e.kind.network import MOST, NoRoom, pool


def inspected(*subnets, gateway=None, containers=()):
    """What `docker network inspect kind` prints, as far as it matters."""
    config = [{"Subnet": each} for each in subnets]
    if gateway:
        config[0]["Gateway"] = gateway
    members = {
        str(number): {"Name": f"node-{number}", "IPv4Address": each, "IPv6Address": ""}
        for number, each in enumerate(containers)
    }
    return json.dumps(
        [{"Name": "kind", "IPAM": {"Driver": "default", "Config": config}, "Containers": members}]
    )


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        pytest.param(inspected("172.18.0.0/16"), ["172.18.255.5-172.18.255.254"], id="as-docker-makes-it"),
        pytest.param(
            inspected("fc00:f853:ccd:e793::/64", "172.18.0.0/16"),
            [
                "172.18.255.5-172.18.255.254",
                "fc00:f853:ccd:e793:ffff:ffff:ffff:ff05-fc00:f853:ccd:e793:ffff:ffff:ffff:fffe",
            ],
            id="ipv6-first",
        ),
        pytest.param(inspected("10.0.0.0/24"), ["10.0.0.126-10.0.0.254"], id="half-of-a-small-one"),
        pytest.param(
            inspected("10.0.0.0/24", containers=["10.0.0.200/24"]),
            ["10.0.0.201-10.0.0.254"],
            id="beside-a-container",
        ),
    ],
)
def test_the_end_of_each_subnet_is_the_pool(text, ranges):
    """IPv4 first, as many addresses as are free in a row, at most 250."""
    assert pool(text) == ranges


@pytest.mark.parametrize(
    ("text", "has"),
    [
        pytest.param(inspected(), "has no subnet", id="no-subnet"),
        pytest.param(inspected("fd00::/64"), "has fd00::/64", id="no-ipv4"),
        pytest.param(inspected("10.0.0.0/28"), "has 10.0.0.0/28", id="too-small"),
        pytest.param(
            inspected("10.0.0.0/24", gateway="10.0.0.254"), "has 10.0.0.0/24", id="gateway-at-the-end"
        ),
    ],
)
def test_a_network_without_room_is_named(text, has):
    """With its subnets, and what was expected."""
    with pytest.raises(NoRoom, match=f"'kind' {has}: expected an IPv4 subnet with 16 free addresses"):
        pool(text)


@given(st.integers(16, 27), st.sets(st.integers(1, 2**16 - 2), max_size=30))
def test_nobodys_address_is_in_it(length, members):
    """Whatever the subnet and its members: the pool is inside, without broadcast, and free."""
    subnet = ip_network(f"172.18.0.0/{length}")
    used = [subnet[each] for each in members if each < subnet.num_addresses - 1]
    try:
        ranges = pool(inspected(str(subnet), containers=[f"{each}/{length}" for each in used]))
    except NoRoom:
        return

    (found,) = map(parse_entry, ranges)
    assert found.first in subnet
    assert found.last < subnet.broadcast_address
    assert int(found.last) - int(found.first) < MOST
    assert not any(each in found for each in used)
    assert ip_address(found.first) > subnet.network_address
