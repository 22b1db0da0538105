"""What becomes of MetalLB's pools and advertisements."""

import pytest
import yaml

from baremetal_lb.decide.migration.mapping import has_edges, map_objects
from baremetal_lb.decide.migration.metallb_objects import read
from baremetal_lb.decide.pools.parse import parse_config


def pool(name: str = "lan", labels: dict | None = None, **spec) -> dict:
    metadata = {"name": name, "labels": labels or {}}
    return {
        "kind": "IPAddressPool",
        "metadata": metadata,
        "spec": {"addresses": ["10.0.0.1-10.0.0.9"], **spec},
    }


def advertised(name: str = "l2", kind: str = "L2Advertisement", **spec) -> dict:
    return {"kind": kind, "metadata": {"name": name}, "spec": spec}


def mapped(*manifests: dict) -> tuple[list[dict], tuple[str, ...]]:
    """Entries and notes; every entry must be one that our own parser takes."""
    found = map_objects(read(manifests))
    parse_config(yaml.safe_dump({"address-pools": list(found.pools)}))
    return list(found.pools), found.notes


def test_a_plain_pool_that_is_advertised_needs_no_word_more():
    """Name, protocol and addresses; nothing is said where nothing changes."""
    assert mapped(pool(), advertised()) == (
        [{"name": "lan", "protocol": "layer2", "addresses": ["10.0.0.1-10.0.0.9"]}],
        (),
    )


def test_every_field_of_a_pool_has_its_counterpart():
    """serviceAllocation with all its selectors, too."""
    selector = {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "c", "operator": "Exists"}]}
    ours = {"match-labels": {"a": "b"}, "match-expressions": [{"key": "c", "operator": "Exists"}]}
    (entry,), notes = mapped(
        pool(
            autoAssign=False,
            avoidBuggyIPs=True,
            serviceAllocation={
                "priority": 3,
                "namespaces": ["x"],
                "namespaceSelectors": [selector],
                "serviceSelectors": [{"matchExpressions": [{"key": "k", "operator": "In", "values": ["v"]}]}],
            },
        ),
        advertised(),
    )
    assert notes == ()
    assert entry["auto-assign"] is False
    assert entry["avoid-buggy-ips"] is True
    assert entry["service-allocation"] == {
        "priority": 3,
        "namespaces": ["x"],
        "namespace-selectors": [ours],
        "service-selectors": [{"match-expressions": [{"key": "k", "operator": "In", "values": ["v"]}]}],
    }


def test_an_empty_service_allocation_still_pins_the_pool():
    """In MetalLB such a pool comes before those without one."""
    (entry,), _ = mapped(pool(serviceAllocation={}), advertised())
    assert entry["service-allocation"] == {}


@pytest.mark.parametrize(
    ("address", "gives"),
    [
        ("10.0.0.0/24", True),
        ("10.0.0.0/31", False),
        ("10.0.0.0/32", False),
        ("10.0.0.0-10.0.0.255", False),
        ("fd00::/64", True),
        ("fd00::/127", False),
        ("nonsense", False),
    ],
)
def test_the_ends_of_a_cidr_stay_given_as_metallb_gives_them(address, gives):
    """Some Service may have one of them."""
    assert has_edges(address) is gives


def test_the_key_for_it_is_written_where_it_matters():
    """And not for ranges."""
    (entry,), _ = mapped(pool(addresses=["10.0.0.0/24"]), advertised())
    assert entry["skip-network-broadcast"] is False


def test_nodes_and_interfaces_of_one_advertisement_are_the_pools():
    """Preferences, too."""
    node = {"matchLabels": {"rack": "1"}}
    (entry,), notes = mapped(
        pool(),
        advertised(
            nodeSelectors=[node],
            interfaces=["eth0", "eth1"],
            preferredNodeSelectors=[{"weight": 7, "preference": node}],
        ),
    )
    assert entry["node-selectors"] == [{"match-labels": {"rack": "1"}}]
    assert entry["interfaces"] == ["eth0", "eth1"]
    assert entry["preferred-node-selectors"] == [{"weight": 7, "preference": {"match-labels": {"rack": "1"}}}]
    assert notes == ()


def test_several_advertisements_of_a_pool_add_up():
    """One without nodes or interfaces means all of them; equal ones are written once."""
    rack = [{"matchLabels": {"rack": "1"}}]
    (narrow,), _ = mapped(
        pool(), advertised("a", nodeSelectors=rack, interfaces=["eth0"]), advertised("b", nodeSelectors=rack)
    )
    assert narrow["node-selectors"] == [{"match-labels": {"rack": "1"}}]
    assert "interfaces" not in narrow
    (wide,), _ = mapped(pool(), advertised("a", nodeSelectors=rack), advertised("b"))
    assert "node-selectors" not in wide


def test_an_advertisement_counts_for_its_own_pools_only():
    """By name, and by labels of the pool."""
    entries, notes = mapped(
        pool("one", {"zone": "a"}),
        pool("two", addresses=["10.1.0.1-10.1.0.9"]),
        advertised("x", ipAddressPoolSelectors=[{"matchLabels": {"zone": "a"}}], interfaces=["eth0"]),
        advertised("y", ipAddressPools=["two"], interfaces=["eth1"]),
    )
    assert [each["interfaces"] for each in entries] == [["eth0"], ["eth1"]]
    assert notes == ()


@pytest.mark.parametrize(
    ("manifests", "protocol", "note"),
    [
        pytest.param(
            [], "layer2", "no L2Advertisement has it, so MetalLB announces it nowhere", id="nowhere"
        ),
        pytest.param([advertised("b", "BGPAdvertisement")], "bgp", "announced by BGP only", id="bgp-only"),
        pytest.param(
            [advertised(), advertised("b", "BGPAdvertisement")],
            "layer2",
            "by layer 2 only from now on",
            id="both",
        ),
        pytest.param(
            [advertised(serviceSelectors=[{"matchLabels": {"a": "b"}}])],
            "layer2",
            "here all Services of the pool are announced",
            id="service-selectors",
        ),
        pytest.param(
            [
                advertised("a", nodeSelectors=[{"matchLabels": {"n": "1"}}], interfaces=["eth0"]),
                advertised("b", nodeSelectors=[{"matchLabels": {"n": "2"}}], interfaces=["eth1"]),
            ],
            "layer2",
            "name other interfaces for other nodes",
            id="pairs-of-nodes-and-interfaces",
        ),
        pytest.param([advertised(), advertised("p", "BGPPeer")], "layer2", "BGPPeer p", id="a-peer"),
        pytest.param(
            [advertised(shiny=True)], "layer2", "L2Advertisement l2: spec.shiny", id="unknown-field"
        ),
    ],
)
def test_what_is_lost_or_changes_is_said(manifests, protocol, note):
    """A pool that is announced by BGP is given, not announced; whatever else has no counterpart is named."""
    (entry,), notes = mapped(pool(), *manifests)
    assert entry["protocol"] == protocol
    assert any(note in each for each in notes)
