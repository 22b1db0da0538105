"""Records as objects come, change and go, in any order."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.dns.decide.names import parse
from mockcloud.dns.decide.records import Kind
from mockcloud.dns.decide.views import EndpointView, PortView, ServiceKey, ServiceView, SliceView
from mockcloud.dns.decide.zone import Zone, ZoneFacts

HTTP = (PortView("http", "tcp", 80),)
NAMES = st.sampled_from(["web", "redis", "api"])
NAMESPACES = st.sampled_from(["default", "other"])
KEYS = st.builds(ServiceKey, NAMESPACES, NAMES)
ADDRESSES = st.sampled_from(
    [ip_address(f"10.0.0.{number}") for number in range(1, 6)] + [ip_address("fd00::1")]
)
SERVICES = st.one_of(
    st.none(),
    st.builds(ServiceView, st.tuples(ADDRESSES), st.just(HTTP)),
    st.builds(ServiceView, publish_not_ready=st.booleans()),
    st.builds(ServiceView, external_name=st.just("web.default.svc.cluster.local")),
)
ENDPOINTS = st.builds(EndpointView, ADDRESSES, st.sampled_from(["", "a", "b"]), st.booleans())
SLICES = st.one_of(
    st.none(), st.builds(SliceView, KEYS, st.lists(ENDPOINTS, max_size=3).map(tuple), st.just(HTTP))
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("service"), KEYS, SERVICES),
        st.tuples(st.just("slice"), st.tuples(NAMESPACES, st.sampled_from(["s1", "s2"])), SLICES),
        st.tuples(st.just("namespace"), NAMESPACES, st.booleans()),
    ),
    max_size=15,
)


def take(zone, step):
    """The names that the step changed."""
    sort, key, value = step
    if sort == "service":
        return zone.put_service(key, value)
    if sort == "slice":
        return zone.put_slice(key, value)
    return zone.put_namespace(key, exists=value)


def contents(zone):
    """All that can be seen of the zone, by name."""
    return {name: {kind: set(data) for kind, data in zone.at(name).items()} for name in zone._population}


@given(STEPS)
def test_only_the_last_state_of_each_object_counts(steps):
    """However it came about, a zone holds what a fresh one would hold."""
    zone, last = Zone(ZoneFacts()), {}
    for step in steps:
        take(zone, step)
        last[step[0], step[1]] = step

    fresh = Zone(ZoneFacts())
    for step in last.values():
        take(fresh, step)

    assert contents(zone) == contents(fresh)


@given(STEPS)
def test_every_change_is_reported(steps):
    """A name whose records or whose existence changed is in the answer of the step that did it."""
    zone = Zone(ZoneFacts())
    for step in steps:
        before, serial = contents(zone), zone.serial
        reported = take(zone, step)
        after = contents(zone)
        changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        assert changed <= reported
        assert (zone.serial != serial) == bool(reported)


@given(STEPS)
def test_nothing_is_left_when_all_is_gone(steps):
    """Counts of names must come down to what a new zone has: or a daemon would grow for ever."""
    zone = Zone(ZoneFacts())
    for step in steps:
        take(zone, step)
    for sort, key, _ in steps:
        take(zone, (sort, key, False if sort == "namespace" else None))

    assert zone._population == Zone(ZoneFacts())._population
    assert zone._of == {}


def test_two_services_may_point_back_from_one_address():
    """A pod that two headless Services select has two PTR records."""
    zone = Zone(ZoneFacts())
    for name in ("b", "a"):
        key = ServiceKey("default", name)
        zone.put_service(key, ServiceView())
        zone.put_slice(
            ("default", name), SliceView(key, (EndpointView(ip_address("10.0.0.1"), "x", True),), HTTP)
        )

    assert zone.at(parse("1.0.0.10.in-addr.arpa"))[Kind.PTR] == (
        parse("x.a.default.svc.cluster.local"),
        parse("x.b.default.svc.cluster.local"),
    )


def test_the_name_that_a_pod_was_given_is_the_first_way_back():
    """A StatefulSet's pod is called by its host name, whatever other Services select it."""
    zone = Zone(ZoneFacts())
    for service, hostname in (("api", ""), ("db", "db-0"), ("web", "")):
        key = ServiceKey("default", service)
        zone.put_service(key, ServiceView())
        endpoint = EndpointView(ip_address("10.0.0.1"), hostname, True)
        zone.put_slice(("default", service), SliceView(key, (endpoint,), HTTP))

    found = zone.at(parse("1.0.0.10.in-addr.arpa"))[Kind.PTR]

    assert found[0] == parse("db-0.db.default.svc.cluster.local")
    assert len(found) == 3


def test_a_slice_may_come_before_its_service():
    """The watches of the two kinds are not in step."""
    zone, key = Zone(ZoneFacts()), ServiceKey("default", "web")

    early = zone.put_slice(
        ("default", "s"), SliceView(key, (EndpointView(ip_address("10.0.0.1"), "", True),), HTTP)
    )
    late = zone.put_service(key, ServiceView())

    assert early == set()
    assert parse("web.default.svc.cluster.local") in late


@pytest.mark.parametrize("domain", ["cluster.local", "lab", "k8s.example.com"])
def test_the_domain_is_a_setting(domain):
    """--cluster-domain."""
    zone = Zone(ZoneFacts(domain=parse(domain)))
    zone.put_service(ServiceKey("default", "web"), ServiceView((ip_address("10.96.0.1"),)))

    assert zone.exists(parse(f"web.default.svc.{domain}"))
    assert zone.zone_of(parse(f"x.{domain}")) == parse(domain)
    assert zone.zone_of(parse("example.org")) is None
