"""What a Service asks for, or what is wrong with that."""

from ipaddress import ip_address

import pytest

from baremetal_lb.decide.ipam.requests import annotation, read, terms_of, without_requests
from baremetal_lb.model.addresses import Family
from baremetal_lb.model.api_names import CONSENT, DEPRECATED, METALLB, OURS, Reason
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.reasons import Refusal
from baremetal_lb.model.services import FamilyPolicy, ServicePort, ServiceView, TrafficPolicy

V4, V6 = "10.96.0.1", "fd00:96::1"


def view(*cluster_ips, asks=None, **fields):
    return ServiceView(
        ObjectKey("shop", "web"),
        *("u", "1", "2026"),
        is_load_balancer=True,
        cluster_ips=tuple(map(ip_address, cluster_ips or (V4,))),
        annotations=asks or {},
        **fields,
    )


@pytest.mark.parametrize(
    ("cluster_ips", "policy", "families", "primary", "all_required"),
    [
        ((V4,), FamilyPolicy.SINGLE, (Family.V4,), Family.V4, False),
        ((V6,), FamilyPolicy.SINGLE, (Family.V6,), Family.V6, False),
        ((V6, V4), FamilyPolicy.PREFER, (Family.V4, Family.V6), Family.V6, False),
        ((V4, V6), FamilyPolicy.REQUIRE, (Family.V4, Family.V6), Family.V4, True),
        ((V6, V4), FamilyPolicy.SINGLE, (Family.V6,), Family.V6, False),
    ],
)
def test_families_follow_the_cluster_ips(cluster_ips, policy, families, primary, all_required):
    """Sorted IPv4 first; the first cluster IP's is the primary one."""
    request = read(view(*cluster_ips, family_policy=policy))
    assert (request.families, request.primary, request.all_required) == (families, primary, all_required)


def test_addresses_come_from_field_and_annotation():
    """Both at once are fine as long as they agree."""
    asks = {METALLB + "loadBalancerIPs": "fd00::5, 10.0.0.5"}
    asked = view(V4, V6, asks=asks, load_balancer_ip="10.0.0.5", family_policy=FamilyPolicy.PREFER)
    assert list(map(str, read(asked).addresses)) == ["10.0.0.5", "fd00::5"]


@pytest.mark.parametrize(
    ("asked", "reason", "detail"),
    [
        (view(asks={OURS + "loadBalancerIPs": "10.0.0"}), Reason.INVALID_REQUEST, "'10.0.0' is not an IP"),
        (view(load_balancer_ip="fd00::5"), Reason.WRONG_FAMILY, "fd00::5 is IPv6, the Service is IPv4"),
        (
            view(asks={OURS + "loadBalancerIPs": "10.0.0.5"}, load_balancer_ip="10.0.0.6"),
            Reason.INVALID_REQUEST,
            "10.0.0.6 and 10.0.0.5 are both IPv4",
        ),
        (view(family_policy=FamilyPolicy.REQUIRE), Reason.NOT_DUAL_STACK, "the only cluster IP is 10.96.0.1"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_with_its_text(asked, reason, detail):
    """And by the field or annotation that has it."""
    refusal = read(asked)
    assert refusal.reason is reason
    assert detail in str(refusal)


def test_a_service_without_a_cluster_ip_has_no_family_yet():
    """It may get one."""
    bare = ServiceView(ObjectKey("shop", "web"), "u", "1", "2026", is_load_balancer=True)
    refusal = read(bare)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.NO_CLUSTER_IP


def test_the_first_prefix_that_has_a_name_wins_and_an_empty_value_is_none():
    """Ours, then MetalLB's, then its old one."""
    asks = {DEPRECATED + "address-pool": "old", METALLB + "address-pool": "new", OURS + "address-pool": ""}
    assert annotation(view(asks=asks), "address-pool") == (METALLB + "address-pool", "new")
    assert read(view(asks={OURS + "address-pool": " lab "})).pool == "lab"
    assert annotation(view(), "address-pool") is None


def test_consent_is_asked_for_by_a_key_of_ours_only():
    """A key under MetalLB's prefix holds in any namespace."""
    ours = terms_of(view(asks={OURS + "allow-shared-ip": "k", CONSENT: "a, b,"}))
    theirs = terms_of(view(asks={METALLB + "allow-shared-ip": "k", CONSENT: "a"}))
    assert (ours.key, ours.guests) == ("k", frozenset({"a", "b"}))
    assert (theirs.key, theirs.guests) == ("k", None)
    assert terms_of(view()).key is None


def test_the_backend_matters_under_policy_local_only():
    """Then only equal selectors share."""
    selector = (("app", "web"),)
    assert terms_of(view(selector=selector)).backend is None
    local = view(selector=selector, traffic_policy=TrafficPolicy.LOCAL, ports=(ServicePort("TCP", 80),))
    assert (terms_of(local).backend, terms_of(local).ports) == (selector, {ServicePort("TCP", 80)})


def test_a_service_with_a_senseless_request_would_take_any_family():
    """It keeps what it has."""
    assert without_requests(view()).families == (Family.V4, Family.V6)
