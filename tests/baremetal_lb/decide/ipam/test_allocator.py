"""Every way an address is asked for, given, kept and refused, in the steps that users take."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from baremetal_lb.model.services import Condition, FamilyPolicy, ServiceStatus, TrafficPolicy

V6 = "fd00:96::1"
BOTH = f"10.96.0.1 {V6}"
LAB = "name: lab, addresses: [10.0.0.1-10.0.0.2]"
DUAL = "name: dual, addresses: [10.0.0.1-10.0.0.4, fd00::1-fd00::4]"


def test_the_lowest_free_address_is_given_in_the_order_of_the_entries(cluster):
    """As MetalLB does: entries as listed, lowest first; a freed address is the next one given."""
    cluster.pools("name: lab, addresses: [10.0.0.5-10.0.0.6, 10.0.0.1]")
    cluster.create("a").create("b").create("c")
    assert [cluster.has(name) for name in "abc"] == ["10.0.0.5", "10.0.0.6", "10.0.0.1"]
    cluster.delete("b").create("d")
    assert cluster.has("d") == "10.0.0.6"


def test_network_and_broadcast_addresses_are_left_out_unless_wanted(cluster):
    """MetalLB gives 192.168.10.0 first; `skip-network-broadcast: false` asks for that."""
    cluster.pools(
        "name: a, addresses: [10.0.0.0/30]",
        "name: b, addresses: [10.1.0.0/30], skip-network-broadcast: false",
    )
    for name in "abcdefg":
        cluster.create(name)
    given = [cluster.has(name) for name in "abcdefg"]
    assert given == ["10.0.0.1", "10.0.0.2", "10.1.0.0", "10.1.0.1", "10.1.0.2", "10.1.0.3", ""]


def test_buggy_addresses_are_skipped_and_refused(cluster):
    """avoid-buggy-ips: neither given nor to be had by asking."""
    cluster.pools("name: lab, addresses: [10.0.0.254-10.0.1.1], avoid-buggy-ips: true")
    cluster.create("a").create("b").create("c").create("d", load_balancer_ip="10.0.0.255")
    assert [cluster.has(name) for name in "abcd"] == ["10.0.0.254", "10.0.1.1", "", ""]
    assert cluster.says("c") == 'Exhausted: pool "lab": full: 2 of 2 IPv4 addresses in use'
    assert cluster.says("d") == 'BuggyAddress: 10.0.0.255: pool "lab" has avoid-buggy-ips'


def test_a_full_pool_says_so_and_serves_the_oldest_first_when_an_address_frees_up(cluster):
    """Who waits longest is served first, and everybody is told why he waits."""
    cluster.pools(LAB).create("a").create("b").create("c").create("d")
    assert cluster.says("d") == 'Exhausted: pool "lab": full: 2 of 2 IPv4 addresses in use'
    cluster.delete("a")
    assert cluster.has("c") == "10.0.0.1"
    assert cluster.has("d") == ""
    cluster.change("b", is_load_balancer=False)
    assert cluster.has("d") == "10.0.0.2"


def test_every_pool_that_was_considered_is_in_the_reason(cluster):
    """Full, not auto-assign, pinned elsewhere, wrong family: all of it, not only the last."""
    cluster.pools(
        "name: full, addresses: [10.0.0.1]",
        "name: manual, addresses: [10.0.1.1], auto-assign: false",
        "name: theirs, addresses: [10.0.2.1], service-allocation: {namespaces: [x, y]}",
        "name: six, addresses: ['fd00::1']",
        "name: labelled, addresses: [10.0.3.1],"
        " service-allocation: {service-selectors: [{match-labels: {a: b}}]}",
    )
    cluster.create("a").create("b")
    assert cluster.says("b") == (
        'NoSuitablePool: pool "full": full: 1 of 1 IPv4 addresses in use; '
        'pool "six": has no IPv4 addresses; '
        'pool "manual": not auto-assign; '
        'pool "theirs": pinned to other namespaces (x, y); '
        'pool "labelled": pinned to Services with other labels'
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"load_balancer_ip": "10.0.0.2"}, "10.0.0.2", id="spec-field"),
        pytest.param({"asks": {"loadBalancerIPs": "10.0.0.2"}}, "10.0.0.2", id="our-annotation"),
        pytest.param({"asks": {"metallb.io/loadBalancerIPs": "10.0.0.2"}}, "10.0.0.2", id="metallb"),
        pytest.param({"asks": {"metallb.universe.tf/loadBalancerIPs": " 10.0.0.2 "}}, "10.0.0.2", id="old"),
        pytest.param(
            {"asks": {"metallb.io/loadBalancerIPs": "10.0.0.1", "loadBalancerIPs": "10.0.0.2"}},
            "10.0.0.2",
            id="our-prefix-wins",
        ),
        pytest.param({"asks": {"address-pool": "manual"}}, "10.0.9.1", id="pool"),
        pytest.param({"load_balancer_ip": "10.0.9.2"}, "10.0.9.2", id="address-of-a-manual-pool"),
        pytest.param(
            {"load_balancer_ip": "10.0.0.2", "asks": {"loadBalancerIPs": "10.0.0.2"}},
            "10.0.0.2",
            id="both-agree",
        ),
        pytest.param(
            {"load_balancer_ip": "10.0.0.2", "asks": {"address-pool": "lab"}}, "10.0.0.2", id="both"
        ),
    ],
)
def test_what_is_asked_for_is_given(cluster, fields, expected):
    """Field and annotations, under three prefixes of which the first found wins."""
    cluster.pools(LAB, "name: manual, addresses: [10.0.9.1-10.0.9.2], auto-assign: false")
    assert cluster.create("a", **fields).has("a") == expected


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"load_balancer_ip": "10.9.9.9"}, "NotInPool: 10.9.9.9: is in no pool", id="outside"),
        pytest.param(
            {"load_balancer_ip": "x"},
            "InvalidRequest: spec.loadBalancerIP: 'x' is not an IP address",
            id="junk",
        ),
        pytest.param(
            {"asks": {"metallb.io/loadBalancerIPs": "fd00::1"}},
            "WrongFamily: metallb.io/loadBalancerIPs: fd00::1 is IPv6, the Service is IPv4",
            id="family",
        ),
        pytest.param(
            {"asks": {"loadBalancerIPs": "10.0.0.1,10.0.0.2"}},
            "InvalidRequest: baremetal-lb.io/loadBalancerIPs: 10.0.0.1 and 10.0.0.2 are both IPv4;"
            " ask for one address a family",
            id="two-of-a-family",
        ),
        pytest.param(
            {"load_balancer_ip": "10.0.0.1", "asks": {"loadBalancerIPs": "10.0.0.2"}},
            "InvalidRequest: baremetal-lb.io/loadBalancerIPs: 10.0.0.1 and 10.0.0.2 are both IPv4;"
            " ask for one address a family",
            id="field-against-annotation",
        ),
        pytest.param(
            {"asks": {"address-pool": "nope"}},
            'UnknownPool: unknown pool "nope"; there are "lab", "pinned"',
            id="pool",
        ),
        pytest.param(
            {"asks": {"address-pool": "pinned"}},
            'PinnedElsewhere: pool "pinned": pinned to other namespaces (x)',
            id="pinned",
        ),
        pytest.param(
            {"load_balancer_ip": "10.0.0.1", "asks": {"address-pool": "pinned"}},
            'NotInPool: 10.0.0.1: is in pool "lab", not in the requested pool "pinned"',
            id="address-of-another-pool",
        ),
        pytest.param(
            {"ips": ""},
            "NoClusterIP: the Service has no cluster IP (yet), so its family is not known",
            id="no-cluster-ip",
        ),
        pytest.param(
            {"family_policy": FamilyPolicy.REQUIRE},
            "NotDualStack: ipFamilyPolicy RequireDualStack, but the only cluster IP is 10.96.0.1",
            id="one-cluster-ip",
        ),
    ],
)
def test_what_can_not_be_had_says_why(cluster, fields, reason):
    """One text for the condition, the Event and the log."""
    cluster.pools(LAB, "name: pinned, addresses: [10.0.2.1], service-allocation: {namespaces: [x]}")
    cluster.create("a", **fields)
    assert cluster.says("a") == reason
    assert cluster.events("a") == ["AllocationFailed"]


def test_an_address_in_use_names_its_holder(cluster):
    """The other Service, by namespace and name."""
    cluster.pools(LAB).create("x/a").create("b", load_balancer_ip="10.0.0.1")
    assert cluster.says("b") == "InUse: 10.0.0.1: in use by x/a"
    cluster.delete("x/a")
    assert cluster.has("b") == "10.0.0.1"


def test_pinned_pools_come_first_by_priority_then_by_name_then_the_others_in_order(cluster):
    """1 is best and 0 means none; MetalLB leaves ties and the order of the others to chance."""
    cluster.pools(
        "name: z, addresses: [10.0.0.1]",
        "name: y, addresses: [10.0.1.1]",
        "name: d, addresses: [10.0.2.1], service-allocation: {namespaces: [default]}",
        "name: c, addresses: [10.0.3.1], service-allocation: {priority: 20}",
        "name: b, addresses: [10.0.4.1], service-allocation: {priority: 20}",
        "name: a, addresses: [10.0.5.1], service-allocation: {priority: 50}",
    )
    order = [cluster.create(f"s{number}").services for number in range(6)]
    assert order
    pools = [view.status.pool for view in cluster.services.values()]
    assert pools == ["b", "c", "a", "d", "z", "y"]


def test_namespace_labels_open_and_close_a_pinned_pool(cluster):
    """namespace-selectors look at the namespace's labels, also when those change."""
    cluster.pools(
        "name: team, addresses: [10.0.0.1],"
        " service-allocation: {namespace-selectors: [{match-labels: {team: a}}]}"
    )
    cluster.create("x/a")
    assert cluster.says("x/a") == 'PinnedElsewhere: pool "team": pinned to namespaces with other labels'
    cluster.namespace("x", team="a")
    assert cluster.has("x/a") == "10.0.0.1"
    cluster.namespace("x", team="b")
    assert cluster.has("x/a") == ""
    assert cluster.events("x/a") == ["AllocationFailed", "IPAllocated", "ClearAssignment", "AllocationFailed"]


def test_the_new_address_is_taken_before_the_old_one_goes(cluster):
    """A changed request that can't be met leaves the old address, and is met as soon as it can be."""
    cluster.pools(LAB).create("a").create("b")
    cluster.change("a", load_balancer_ip="10.0.0.2")
    assert cluster.has("a") == "10.0.0.1"
    assert cluster.says("a") == (
        "RequestRefused: 10.0.0.1 is kept; the request can't be met: 10.0.0.2: in use by default/b"
    )
    cluster.delete("b")
    assert cluster.has("a") == "10.0.0.2"
    assert cluster.says("a") == 'Allocated: 10.0.0.2 from pool "lab"'
    cluster.create("c")
    assert cluster.has("c") == "10.0.0.1"


def test_a_senseless_request_takes_nothing_away_not_even_over_a_restart(cluster):
    """A typing error in an annotation must not cut a live Service."""
    cluster.pools(LAB).create("a").change("a", load_balancer_ip="10.0.0.")
    assert cluster.has("a") == "10.0.0.1"
    assert cluster.says("a").startswith("RequestRefused: 10.0.0.1 is kept")
    cluster.restart().create("b")
    assert cluster.has("a") == "10.0.0.1"


def test_a_senseless_request_does_not_hold_on_to_what_no_pool_has(cluster):
    """The admin took the pool away: that counts, whatever the Service asks."""
    cluster.pools(LAB).create("a").change("a", load_balancer_ip="junk")
    cluster.pools("name: new, addresses: [10.1.0.1]")
    assert cluster.has("a") == ""
    assert cluster.says("a") == "InvalidRequest: spec.loadBalancerIP: 'junk' is not an IP address"


def test_another_pool_is_moved_to(cluster):
    """The annotation of the pool moves with it, and one Event tells each half."""
    cluster.pools(LAB, "name: other, addresses: [10.1.0.1]").create("a")
    cluster.events()
    cluster.change("a", asks={"address-pool": "other"})
    assert cluster.services["default", "a"].status.pool == "other"
    assert cluster.has("a") == "10.1.0.1"
    assert cluster.texts() == [
        'Released IP ["10.0.0.1"] of "default/a": the Service asks for something else',
        'Assigned IP ["10.1.0.1"]',
    ]


def test_changing_the_type_away_releases_and_cleans_up(cluster):
    """Nothing of ours stays on a Service that is no load balancer."""
    cluster.pools(LAB).create("a").change("a", is_load_balancer=False)
    assert cluster.services["default", "a"].status == ServiceStatus()
    assert cluster.events() == ["IPAllocated", "IPReleased"]


def test_a_status_edited_by_hand_is_repaired(cluster):
    """What we gave counts, not what somebody wrote over it."""
    cluster.pools(LAB).create("a")
    view = cluster.services["default", "a"]
    cluster.change(
        "a", status=replace(view.status, addresses=(ip_address("10.0.0.2"),), foreign=("x.example",))
    )
    assert cluster.services["default", "a"].status == view.status


def test_classes_are_kept_apart(cluster):
    """Flag empty: class-less Services only; flag set: that class only. Others are not touched."""
    cluster.pools(LAB).create("a", load_balancer_class="other.example/lb").create("b")
    assert cluster.services["default", "a"].status == ServiceStatus()
    assert cluster.has("b") == "10.0.0.1"
    theirs = replace(cluster, load_balancer_class="other.example/lb", notes=[])
    theirs.restart()
    assert theirs.has("a") == "10.0.0.2"
    assert theirs.has("b") == "10.0.0.1"


def test_an_address_on_somebody_elses_service_is_not_given_twice(cluster):
    """Whatever another controller shows on its Services is taken."""
    status = ServiceStatus((ip_address("10.0.0.1"),))
    cluster.pools(LAB).create("theirs", load_balancer_class="x", status=status).create("a")
    assert cluster.has("a") == "10.0.0.2"
    assert cluster.services["default", "theirs"].status == status
    cluster.delete("theirs").create("b")
    assert cluster.has("b") == "10.0.0.1"


def test_nobody_joins_an_address_that_another_controller_shows_and_nobody_is_put_off_it(cluster):
    """Whatever its annotations say; who held it before goes on, over a restart too."""
    key = {"allow-shared-ip": "k"}
    cluster.pools(LAB).create("a", asks=key)
    theirs = {"load_balancer_class": "x", "status": ServiceStatus((ip_address("10.0.0.1"),))}
    cluster.create("theirs", ports="UDP/53", asks=key, **theirs)
    cluster.create("b", ports="TCP/443", asks=key).create("c", ports="TCP/444", load_balancer_ip="10.0.0.1")
    assert [cluster.has(name) for name in "abc"] == ["10.0.0.1", "10.0.0.2", ""]
    assert cluster.says("c") == (
        "InUse: 10.0.0.1: in use by default/theirs, which another controller serves; "
        "10.0.0.1: in use by default/a"
    )
    cluster.restart()
    assert cluster.has("a") == "10.0.0.1"
    cluster.change("theirs", status=ServiceStatus()).create("d", ports="TCP/445", asks=key)
    assert cluster.has("d") == "10.0.0.1"


def test_an_address_of_a_node_is_never_given(cluster):
    """Neither by choice nor by request; the reason names the node."""
    cluster.own(one="10.0.0.1").pools(LAB).create("a").create("b", load_balancer_ip="10.0.0.1").create("c")
    assert cluster.has("a") == "10.0.0.2"
    assert cluster.says("b") == "NodeAddress: 10.0.0.1: belongs to node one"
    assert cluster.says("c") == (
        'Exhausted: pool "lab": full: 1 of 2 IPv4 addresses in use,'
        " 1 never given (a node's, or by --never-give)"
    )
    cluster.own()
    assert cluster.has("b") == "10.0.0.1"


def test_a_freed_address_rests_for_its_pools_cooldown(cluster):
    """Not given by choice meanwhile; who asks for it by name knows it and gets it."""
    cluster.pools("name: lab, addresses: [10.0.0.1-10.0.0.2], cooldown: 60s").create("a").create("b")
    cluster.delete("a").delete("b").create("c")
    assert cluster.says("c") == (
        'CoolingDown: pool "lab": full: 0 of 2 IPv4 addresses in use, 2 cooling down until 13:47:40Z'
    )
    cluster.create("d", load_balancer_ip="10.0.0.2")
    assert cluster.has("d") == "10.0.0.2"
    cluster.wait(59)
    assert cluster.has("c") == ""
    cluster.wait(1)
    assert cluster.has("c") == "10.0.0.1"


# Dual stack


@pytest.mark.parametrize(
    ("pools", "policy", "expected"),
    [
        pytest.param([DUAL], FamilyPolicy.PREFER, "10.0.0.1 fd00::1", id="prefer-both"),
        pytest.param([DUAL], FamilyPolicy.REQUIRE, "10.0.0.1 fd00::1", id="require-both"),
        pytest.param([LAB], FamilyPolicy.PREFER, "10.0.0.1", id="prefer-with-one"),
        pytest.param([LAB], FamilyPolicy.REQUIRE, "", id="require-with-one"),
        pytest.param(
            ["name: six, addresses: ['fd00::9']"], FamilyPolicy.PREFER, "fd00::9", id="the-other-family"
        ),
        pytest.param(
            [LAB, "name: d, addresses: [10.1.0.1, 'fd00::7']"],
            FamilyPolicy.PREFER,
            "10.1.0.1 fd00::7",
            id="both-first",
        ),
        pytest.param(
            ["name: six, addresses: ['fd00::9']", LAB], FamilyPolicy.PREFER, "10.0.0.1", id="primary-first"
        ),
        pytest.param(
            [LAB, "name: six, addresses: ['fd00::9']"], FamilyPolicy.REQUIRE, "", id="not-across-pools"
        ),
    ],
)
def test_dual_stack(cluster, pools, policy, expected):
    """One pool must have both; where one address will do, the primary family's comes first."""
    assert cluster.pools(*pools).create("a", BOTH, family_policy=policy).has("a") == expected


def test_a_second_address_is_added_in_place(cluster):
    """When the Service's own pool gets the other family, or a free address of it."""
    cluster.pools(LAB).create("a", BOTH)
    assert cluster.says("a") == (
        'Allocated: 10.0.0.1 from pool "lab"; no second address: pool "lab": has no IPv6 addresses'
    )
    cluster.events()
    cluster.pools("name: lab, addresses: [10.0.0.1-10.0.0.2, 'fd00::1']")
    assert cluster.has("a") == "10.0.0.1 fd00::1"
    assert cluster.texts() == ['Assigned additional IP "fd00::1"']
    cluster.create("b", BOTH)
    assert cluster.has("b") == "10.0.0.2"
    cluster.delete("a")
    assert cluster.has("b") == "10.0.0.2 fd00::1"


def test_prefer_with_one_cluster_ip_gets_one_address(cluster):
    """MetalLB seems to go back and forth there."""
    cluster.pools(DUAL).create("a", "10.96.0.1", family_policy=FamilyPolicy.PREFER)
    assert cluster.has("a") == "10.0.0.1"


def test_an_address_asked_for_in_one_family_is_completed_in_the_other(cluster):
    """The other family comes from the same pool."""
    cluster.pools(DUAL).create("a", BOTH, asks={"loadBalancerIPs": "fd00::3"})
    assert cluster.has("a") == "10.0.0.1 fd00::3"


def test_who_asks_for_one_address_waits_for_the_other_family_too(cluster):
    """What comes free in the family that was not asked for by name helps as well."""
    cluster.pools("name: d, addresses: [10.0.0.1-10.0.0.9, 'fd00::1']").create("a", BOTH)
    cluster.create("b", BOTH, load_balancer_ip="10.0.0.5", family_policy=FamilyPolicy.REQUIRE)
    assert cluster.has("b") == ""
    cluster.delete("a")
    assert cluster.has("b") == "10.0.0.5 fd00::1"


def test_both_addresses_may_be_asked_for(cluster):
    """One a family, in any order; the result is IPv4 first."""
    cluster.pools(DUAL).create("a", BOTH, asks={"loadBalancerIPs": "fd00::3, 10.0.0.2"})
    assert cluster.has("a") == "10.0.0.2 fd00::3"


def test_going_down_to_one_family_gives_the_other_back(cluster):
    """SingleStack: the second address goes, the first stays."""
    cluster.pools(DUAL).create("a", BOTH)
    cluster.change("a", cluster_ips=(ip_address("10.96.0.1"),), family_policy=FamilyPolicy.SINGLE)
    assert cluster.has("a") == "10.0.0.1"
    cluster.create("b", V6)
    assert cluster.has("b") == "fd00::1"


# Pools change under live Services


def test_an_address_that_is_still_in_some_pool_stays(cluster):
    """Renamed, split, grown: the bookkeeping moves, the address does not, and no Event is raised."""
    cluster.pools(LAB).create("a").create("b")
    cluster.events()
    cluster.pools("name: one, addresses: [10.0.0.2]", "name: two, addresses: [10.0.0.1, 10.0.0.3]")
    assert [(cluster.has(name), cluster.services["default", name].status.pool) for name in "ab"] == [
        ("10.0.0.1", "two"),
        ("10.0.0.2", "one"),
    ]
    assert cluster.events() == []


def test_an_address_in_no_pool_any_more_is_replaced(cluster):
    """As MetalLB does, with an Event that says why."""
    cluster.pools(LAB).create("a")
    cluster.events()
    cluster.pools("name: lab, addresses: [10.1.0.1]")
    assert cluster.has("a") == "10.1.0.1"
    assert cluster.texts() == [
        'current IP for "default/a" not allowed by config, will attempt for new IP assignment: '
        "10.0.0.1: is in no pool any more",
        'Assigned IP ["10.1.0.1"]',
    ]
    cluster.pools()
    assert cluster.has("a") == ""
    assert cluster.says("a") == "NoPools: the configuration has no address pool"


def test_on_removal_keep_leaves_the_address_until_its_service_goes(cluster):
    """Over restarts too; nobody else gets it, and back in a pool it is an address like others."""
    cluster.pools("name: lab, addresses: [10.0.0.1], on-removal: keep").create("a")
    cluster.pools("name: new, addresses: [10.1.0.1]")
    assert cluster.has("a") == "10.0.0.1"
    assert cluster.says("a").startswith("OutsidePools: 10.0.0.1: in no pool any more, kept")
    cluster.restart()
    assert cluster.has("a") == "10.0.0.1"
    cluster.pools("name: new, addresses: [10.0.0.1-10.0.0.2]").create("b")
    assert cluster.says("a") == 'Allocated: 10.0.0.1 from pool "new"'
    assert cluster.has("b") == "10.0.0.2"


def test_without_any_configuration_nothing_is_given_and_nothing_taken(cluster):
    """At the start the ConfigMap may be missing or broken: live Services keep what they have."""
    held = ServiceStatus((ip_address("10.0.0.2"),), (), "lab", Condition(True, "Allocated", "told earlier"))
    cluster.create("old", status=held).create("new")
    cluster.allocator.without_config("the ConfigMap is broken")
    cluster.settle("new")
    assert cluster.services["default", "old"].status == held
    assert cluster.says("new") == "NoPools: the ConfigMap is broken"
    cluster.pools(LAB)
    assert cluster.has("old") == "10.0.0.2"
    assert cluster.has("new") == "10.0.0.1"


# Restarts


def test_a_restart_changes_nothing_and_says_nothing(cluster):
    """Held addresses are adopted before the older, pending Service may take one; no Event is repeated."""
    cluster.pools("name: lab, addresses: [10.0.0.1-10.0.0.2, 'fd00::1']").create(
        "waits", load_balancer_ip="10.0.0.9"
    )
    cluster.create("a", BOTH).create("b", BOTH).create("c")
    before = dict(cluster.services)
    cluster.events()
    for _ in range(3):
        cluster.restart()
    assert before == cluster.services
    assert cluster.events() == []


def test_a_restart_does_not_repeat_an_event_whose_wording_has_aged(cluster):
    """Counts in a reason move on while a Service waits; that alone is no news."""
    cluster.pools("name: d, addresses: [10.0.0.1, 10.0.0.2]").create(
        "a", BOTH, family_policy=FamilyPolicy.REQUIRE
    )
    cluster.create("b").create("c")
    cluster.events()
    assert cluster.restart().events() == []


def test_a_service_deleted_and_made_anew_unseen_is_another_service(cluster):
    """The relist shows the same name with another uid: what it had is not what it holds."""
    cluster.pools(LAB).create("a", load_balancer_ip="10.0.0.2")
    view = replace(
        cluster.services["default", "a"], uid="another", load_balancer_ip=None, status=ServiceStatus()
    )
    cluster.services["default", "a"] = view
    cluster.settle("a")
    assert cluster.has("a") == "10.0.0.1"
    assert cluster.create("b", load_balancer_ip="10.0.0.2").has("b") == "10.0.0.2"


def test_of_two_services_with_one_address_the_older_keeps_it(cluster):
    """However it came to be: after a restart it is one's alone, and the other is told."""
    status = ServiceStatus((ip_address("10.0.0.1"),), (), "lab")
    cluster.create("a", status=status).create("b", status=status)
    cluster.config = "address-pools: [{name: lab, protocol: layer2, addresses: [10.0.0.1-10.0.0.2]}]"
    cluster.restart()
    assert [cluster.has("a"), cluster.has("b")] == ["10.0.0.1", "10.0.0.2"]
    assert "ClearAssignment" in cluster.events("b")


def test_old_annotations_raise_one_event_for_each_change(cluster):
    """Not one for each pass, and not again after a restart."""
    cluster.pools(LAB).create("a", asks={"metallb.universe.tf/address-pool": "lab"})
    assert cluster.events() == ["DeprecatedAnnotation", "IPAllocated"]
    cluster.change("a").settle("a").restart()
    assert cluster.events() == []


def test_local_policy_alone_changes_nothing(cluster):
    """externalTrafficPolicy matters to sharing only."""
    cluster.pools(LAB).create("a").change("a", traffic_policy=TrafficPolicy.LOCAL)
    assert cluster.has("a") == "10.0.0.1"


def test_large_pools_cost_nothing(cluster):
    """A /8 and an IPv6 /64 are counted and searched without being listed."""
    cluster.pools("name: big, addresses: [10.0.0.0/8, 'fd00::/64']").create("a", BOTH)
    cluster.create("b", BOTH, asks={"loadBalancerIPs": "10.255.255.254,fd00::ffff:ffff:ffff:ffff"})
    assert cluster.has("a") == "10.0.0.1 fd00::1"
    assert cluster.has("b") == "10.255.255.254 fd00::ffff:ffff:ffff:ffff"
