"""Who may share an address with whom, and what the one who may not is told."""

import pytest

from baremetal_lb.model.services import TrafficPolicy

LAB = "name: lab, addresses: [10.0.0.1-10.0.0.9]"
KEY = {"allow-shared-ip": "web"}
THEIRS = {"metallb.io/allow-shared-ip": "web"}
LOCAL = TrafficPolicy.LOCAL
APP, OTHER = (("app", "a"),), (("app", "b"),)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param({}, {"ports": "TCP/443"}, id="other-port"),
        pytest.param({"ports": "TCP/53"}, {"ports": "UDP/53"}, id="same-port-other-protocol"),
        pytest.param(
            {"traffic_policy": LOCAL, "selector": APP},
            {"ports": "TCP/443", "traffic_policy": LOCAL, "selector": APP},
            id="local-with-equal-selectors",
        ),
        pytest.param(
            {"selector": APP}, {"ports": "TCP/443", "selector": OTHER}, id="cluster-with-any-selectors"
        ),
    ],
)
def test_two_that_may_share_do(cluster, first, second):
    """The lowest address that is free or shareable is the one that is shared."""
    cluster.pools(LAB).create("a", asks=KEY, **first).create("b", asks=KEY, **second)
    assert [cluster.has("a"), cluster.has("b")] == ["10.0.0.1", "10.0.0.1"]


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        pytest.param({"asks": KEY}, {"asks": KEY}, "port TCP/80 is in use by default/a", id="port"),
        pytest.param({"asks": KEY}, {"ports": "TCP/443"}, "in use by default/a", id="one-without-key"),
        pytest.param(
            {},
            {"asks": KEY, "ports": "TCP/443"},
            "in use by default/a, which does not share it",
            id="other-without-key",
        ),
        pytest.param(
            {"asks": {"allow-shared-ip": "x"}},
            {"asks": KEY, "ports": "TCP/443"},
            'in use by default/a with sharing key "x", not "web"',
            id="other-key",
        ),
        pytest.param(
            {"asks": KEY, "traffic_policy": LOCAL, "selector": APP},
            {"asks": KEY, "ports": "TCP/443", "traffic_policy": LOCAL, "selector": OTHER},
            "in use by default/a; with externalTrafficPolicy Local only equal selectors share",
            id="local-with-other-selectors",
        ),
        pytest.param(
            {"asks": KEY, "traffic_policy": LOCAL},
            {"asks": KEY, "ports": "TCP/443"},
            "in use by default/a; one has externalTrafficPolicy Local, the other Cluster",
            id="local-and-cluster",
        ),
    ],
)
def test_two_that_may_not_share_are_told_exactly_why(cluster, first, second, why):
    """The other Service and the clash, not only that it failed."""
    cluster.pools(LAB).create("a", **first).create("b", load_balancer_ip="10.0.0.1", **second)
    assert cluster.has("b") == ""
    reason, _, message = cluster.says("b").partition(": ")
    assert message == f"10.0.0.1: {why}"
    assert reason == ("SharingRefused" if "asks" in second else "InUse")
    assert cluster.events("b") == ["SharingRefused" if "asks" in second else "AllocationFailed"]


def test_a_key_under_metallbs_prefix_is_good_in_any_namespace(cluster):
    """As with MetalLB: no consent is asked."""
    cluster.pools(LAB).create("x/a", asks=THEIRS).create("y/b", asks=THEIRS, ports="TCP/443")
    assert [cluster.has("x/a"), cluster.has("y/b")] == ["10.0.0.1", "10.0.0.1"]


def test_a_key_under_our_prefix_asks_for_consent(cluster):
    """It holds in its own namespace and those that the first owner lists."""
    cluster.pools(LAB).create("x/a", asks={**KEY, "share-with-namespaces": "y, z"})
    cluster.create("y/b", asks=KEY, ports="TCP/443").create("w/c", asks=KEY, ports="TCP/444")
    assert [cluster.has(name) for name in ("x/a", "y/b", "w/c")] == ["10.0.0.1", "10.0.0.1", "10.0.0.2"]
    cluster.create("w/d", asks=KEY, ports="TCP/445", load_balancer_ip="10.0.0.1")
    assert cluster.says("w/d") == (
        "SharingRefused: 10.0.0.1: in use by x/a, which does not share with namespace w"
    )


def test_consent_can_not_be_had_by_the_other_prefix(cluster):
    """Who keeps an address to its namespace keeps it from MetalLB's keys too, and the other way round."""
    cluster.pools(LAB).create("x/a", asks=KEY).create("y/b", asks=THEIRS, ports="TCP/443")
    assert [cluster.has("x/a"), cluster.has("y/b")] == ["10.0.0.1", "10.0.0.2"]
    cluster.create("z/c", asks=KEY, ports="TCP/444", load_balancer_ip="10.0.0.2")
    assert cluster.says("z/c") == (
        "SharingRefused: 10.0.0.2: in use by y/b; the key of z/c holds in its own namespace only"
    )


def test_a_sole_owner_may_change_its_key(cluster):
    """In place: nobody else is concerned."""
    cluster.pools(LAB).create("a", asks=KEY).change("a", asks={"allow-shared-ip": "other"})
    cluster.create("b", asks={"allow-shared-ip": "other"}, ports="TCP/443")
    assert [cluster.has("a"), cluster.has("b")] == ["10.0.0.1", "10.0.0.1"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"asks": {"allow-shared-ip": "other"}}, id="key"),
        pytest.param({"asks": {}}, id="key-removed"),
        pytest.param({"ports": "TCP/443 TCP/80"}, id="ports"),
        pytest.param({"traffic_policy": LOCAL}, id="policy"),
    ],
)
def test_sharing_is_judged_again_when_the_terms_change(cluster, change):
    """Who does not fit any more moves to another address; the other one stays."""
    cluster.pools(LAB).create("a", asks=KEY).create("b", asks=KEY, ports="TCP/443")
    cluster.events()
    cluster.change("b", **change)
    assert [cluster.has("a"), cluster.has("b")] == ["10.0.0.1", "10.0.0.2"]
    assert cluster.events("b") == ["ClearAssignment", "IPAllocated"]


def test_who_waits_for_a_port_gets_it_when_it_frees_up(cluster):
    """Although the address itself stays in use; MetalLB leaves it pending."""
    cluster.pools("name: lab, addresses: [10.0.0.1]").create("a", asks=KEY, ports="TCP/80 TCP/443")
    cluster.create("b", asks=KEY, ports="TCP/443")
    assert cluster.says("b") == (
        'SharingRefused: pool "lab": full: 1 of 1 IPv4 addresses in use;'
        " sharing 10.0.0.1: port TCP/443 is in use by default/a"
    )
    cluster.change("a", ports="TCP/80")
    assert cluster.has("b") == "10.0.0.1"


def test_who_waits_for_a_key_gets_in_when_the_owner_opens_up(cluster):
    """A key added later lets those in who have it."""
    cluster.pools("name: lab, addresses: [10.0.0.1]").create("a").create("b", asks=KEY, ports="TCP/443")
    assert cluster.has("b") == ""
    cluster.change("a", asks=KEY)
    assert cluster.has("b") == "10.0.0.1"


def test_sharers_stay_together_over_a_restart_and_the_first_owners_end(cluster):
    """Who is on an address is not put off it because the one who consented has gone."""
    cluster.pools(LAB).create("x/a", asks={**KEY, "share-with-namespaces": "y"})
    cluster.create("y/b", asks=KEY, ports="TCP/443").create("x/c", asks=KEY, ports="TCP/444")
    cluster.delete("x/a").restart()
    assert [cluster.has("y/b"), cluster.has("x/c")] == ["10.0.0.1", "10.0.0.1"]


def test_an_address_is_free_when_its_last_sharer_has_gone(cluster):
    """And counts once, however many share it."""
    cluster.pools("name: lab, addresses: [10.0.0.1]")
    cluster.create("a", asks=KEY).create("b", asks=KEY, ports="TCP/443").create("c")
    assert cluster.says("c") == 'Exhausted: pool "lab": full: 1 of 1 IPv4 addresses in use'
    cluster.delete("a")
    assert cluster.has("c") == ""
    cluster.delete("b")
    assert cluster.has("c") == "10.0.0.1"
