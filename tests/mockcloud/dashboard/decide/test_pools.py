"""Pools of the page: sizes and use, and texts that are nobody's pools."""

from __future__ import annotations

from ipaddress import ip_network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.dashboard.decide.pools import Span, shown, span


def config_map(text: str, verdict: str = "accepted: 1 pool") -> dict[str, object]:
    return {"metadata": {"annotations": {"baremetal-lb.io/verdict": verdict}}, "data": {"config": text}}


POOLS = """
address-pools:
- name: lan
  protocol: layer2
  addresses: [192.168.10.200-192.168.10.203, "fd00:10::200"]
- name: reserved
  auto-assign: false
  addresses: [192.168.20.0/28]
"""


@pytest.mark.parametrize(
    ("text", "skip", "size"),
    [
        pytest.param("192.168.10.200-192.168.10.250", True, 51, id="range"),
        pytest.param("192.168.10.200 - 192.168.10.250", True, 51, id="range with spaces"),
        pytest.param("192.168.10.7", True, 1, id="one address"),
        pytest.param("192.168.10.0/24", True, 254, id="without network and broadcast address"),
        pytest.param("192.168.10.0/24", False, 256, id="with them"),
        pytest.param("192.168.10.0/31", True, 2, id="RFC 3021"),
        pytest.param("fd00::/64", True, 2**64 - 1, id="without the subnet-router anycast"),
        pytest.param("fd00::/127", True, 2, id="RFC 6164"),
        pytest.param("192.168.10.9-192.168.10.1", True, 0, id="ends before it starts"),
        pytest.param("192.168.10.1-fd00::1", True, None, id="two families"),
        pytest.param("192.168.10.0/99", True, None, id="no such prefix"),
        pytest.param("<img src=x>", True, None, id="no address"),
        pytest.param("", True, None, id="nothing"),
    ],
)
def test_what_an_entry_gives(text, skip, size):
    """As the balancer reads it."""
    found = span(text, skip_edges=skip)
    assert (None if found is None else found.count(avoid_buggy=False)) == size


@given(st.integers(0, 2**32 - 1), st.integers(24, 32))
def test_without_buggy_addresses(number, prefix):
    """As counted one by one."""
    network = ip_network((number, prefix), strict=False)
    found = Span(4, int(network.network_address), int(network.broadcast_address))
    assert found.count(avoid_buggy=True) == sum(int(each) % 256 not in {0, 255} for each in network)


def test_use():
    """Each address counts once, in the pool that has it; names of a cloud's balancers in none."""
    told = shown(
        config_map(POOLS), ["192.168.10.200", "192.168.10.200", "fd00:10::200", "lb.example", "8.8.8.8"]
    )
    lan, reserved = told.pools
    assert (told.said, told.wrong) == ("accepted: 1 pool", False)
    assert (lan.name, lan.size, lan.used, lan.share, lan.automatic) == ("lan", "5", 2, 0.4, True)
    assert (reserved.size, reserved.used, reserved.automatic) == ("14", 0, False)


@pytest.mark.parametrize(
    ("text", "pools"),
    [
        pytest.param("", 0, id="empty"),
        pytest.param("just words", 0, id="words"),
        pytest.param("[1, 2]", 0, id="list"),
        pytest.param("address-pools: 7", 0, id="number for pools"),
        pytest.param("address-pools: [7, null, x]", 0, id="pools that are none"),
        pytest.param("address-pools: [{name: [a], addresses: 5}]", 1, id="other shapes inside"),
        pytest.param("address-pools: [{addresses: [null, {a: b}]}]", 1, id="addresses that are none"),
    ],
)
def test_odd_texts_cost_nothing_else(text, pools):
    """What can be read is shown."""
    assert len(shown(config_map(text), ["192.168.10.1"]).pools) == pools


def test_what_is_wrong_is_said():
    """A verdict, no YAML, an address that is none, no ConfigMap."""
    assert shown(config_map(POOLS, "rejected: x"), []).wrong
    broken = shown(config_map("a: [", "rejected: not YAML"), [])
    assert (broken.wrong, broken.pools) == (True, ())
    (bad,) = shown(config_map("address-pools: [{name: a, addresses: [nowhere, 192.168.10.1]}]"), []).pools
    assert (bad.size, bad.note) == ("1", "cannot be read: nowhere")
    assert shown(None, []).said.startswith("there is no ConfigMap baremetal-lb-system/config")


BOMB = "\n".join(
    ["a: &a [x]", *(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise("abcdefghijkl")), ""]
)


def test_a_text_that_stands_for_billions_of_values_is_shown_in_short():
    """Aliases: 9 ** 11 values in 600 letters; and many pools that are one, of many addresses that are one."""
    [row] = shown(config_map(f"{BOMB}address-pools:\n- {{name: *l, addresses: [*l, 10.0.0.1]}}\n"), ()).pools
    assert (row.name, row.addresses, row.size) == ("a list", ("a list", "10.0.0.1"), "1")
    assert row.note == "cannot be read: a list"
    many = f"p: &p {{name: x, addresses: [{'10.0.0.1, ' * 1000}]}}\naddress-pools: [{'*p , ' * 1000}]\n"
    found = shown(config_map(many), ["10.0.0.1"])
    assert found.said == "accepted: 1 pool; 900 more pools are not shown"
    assert len(found.pools) == 100
    assert {(len(each.addresses), each.note) for each in found.pools} == {
        (100, "900 more entries are not counted")
    }
