"""The pools of a run: lawful beside the cluster's own, of addresses that nobody has."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from baremetal_lb.decide.pools.parse import parse_config
from e2e.suite.cluster.pools import FEWEST, MAIN, SMALL, WANTED, NoGround, given, taken

OURS = ("here", "there")
CONFIG = """
peers: []
address-pools:
- name: others
  protocol: layer2
  addresses: [10.0.0.0/28]
  service-allocation: {namespaces: [team]}
- name: lan
  protocol: layer2
  interfaces: [eth0]
  addresses: [192.168.10.0/24, "fd00::100-fd00::1ff"]
"""


def pools(config):
    """The pools of a configuration, by name: its own parser finds nothing wrong."""
    return {each.name: each for each in parse_config(config).pools}


def test_addresses_that_are_given_become_two_pools():
    """The cluster's own pools stay; one address of the range is a pool by itself."""
    ground = given(CONFIG, "192.168.20.10-192.168.20.40,fd00::1000-fd00::10ff", OURS)

    found = pools(ground.config)
    assert list(found) == ["others", "lan", MAIN, SMALL]
    assert ground.pools == 4
    assert ground.small == ip_address("192.168.20.10")
    assert ground.has("192.168.20.11")
    assert ground.has("fd00::1000")
    assert not ground.has("192.168.20.10")
    assert not ground.has("192.168.10.1")
    assert ground.lasting == "lan"
    assert (ground.size, ground.last) == (30, ip_address("192.168.20.40"))


def test_a_cluster_without_a_configuration_gets_one():
    """Where addresses are given."""
    ground = given("", "192.168.20.10-192.168.20.40", OURS)

    assert list(pools(ground.config)) == [MAIN, SMALL]
    assert ground.lasting == MAIN


def test_a_cidr_is_without_its_first_and_last_address():
    """As a pool gives it: of a range both ends would be given."""
    ground = given("", "192.168.20.0/27", OURS)

    assert ground.small == ip_address("192.168.20.1")
    assert ground.last == ip_address("192.168.20.30")


def test_addresses_are_taken_from_a_pool_that_anybody_may_have():
    """The last that are free in a row, of each entry; the nodes and interfaces that it selects stay."""
    used = {ip_address(f"192.168.10.{number}") for number in (1, 200, 250)}

    ground = taken(CONFIG, used, OURS)

    found = pools(ground.config)
    assert (ground.small, ground.last) == (ip_address("192.168.10.201"), ip_address("192.168.10.249"))
    assert ground.has("fd00::1ff")
    lan = [(str(each.first), str(each.last)) for each in found["lan"].ranges[:2]]
    assert lan == [("192.168.10.1", "192.168.10.200"), ("192.168.10.250", "192.168.10.254")]
    assert found[MAIN].placement == found["lan"].placement
    assert found["lan"].placement != found["others"].placement


def test_no_more_is_taken_than_wanted_nor_than_half():
    """A cluster in use goes on giving addresses."""
    ground = taken(CONFIG, set(), OURS)
    assert ground.size + 1 == WANTED

    small = CONFIG.replace("192.168.10.0/24", "192.168.10.1-192.168.10.30")
    assert taken(small, set(), OURS).size + 1 == 15


@pytest.mark.parametrize(
    "config",
    [
        pytest.param("", id="nothing"),
        pytest.param(CONFIG.replace("192.168.10.0/24", "192.168.10.0/28"), id="too-small"),
        pytest.param(CONFIG.replace("interfaces: [eth0]", "auto-assign: false"), id="only-on-request"),
    ],
)
def test_no_pool_to_take_from_is_said_with_the_way_out(config):
    """The option that names addresses."""
    with pytest.raises(NoGround, match=f"has {FEWEST} free IPv4 addresses in a row.*--pool"):
        taken(config, set(), OURS)


def test_a_range_of_one_address_is_no_ground():
    """The suite needs two pools."""
    with pytest.raises(NoGround, match="expected a range of IPv4 addresses"):
        given("", "fd00::1-fd00::ff,192.168.20.1", OURS)
