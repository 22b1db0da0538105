"""Prepared answers say what fresh ones would, and no longer than that is true."""

import dns.edns
import dns.message
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockcloud.dns.decide.convert import service_view, slice_view
from mockcloud.dns.decide.names import parse
from mockcloud.dns.decide.views import ServiceKey
from mockcloud.dns.decide.zone import Zone, ZoneFacts
from mockcloud.dns.serving.responder import Responder, UpstreamQuery
from mockcloud.dns.wire.query import Fault

WEB = "web.default.svc.cluster.local"


def test_a_record_follows_its_service(world, service):
    """Made, changed, deleted: the very next answer knows."""
    assert world.says(WEB) == ["NXDOMAIN", "!$ SOA"]

    world.put(service("web", clusterIP="10.96.0.1"))
    assert world.says(WEB) == ["web.default.svc.$ A 10.96.0.1"]

    world.put(service("web", clusterIP="10.96.0.2"))
    assert world.says(WEB) == ["web.default.svc.$ A 10.96.0.2"]

    world.remove(service("web"))
    assert world.says(WEB) == ["NXDOMAIN", "!$ SOA"]


def test_a_record_follows_its_endpoints(world, service, endpoints):
    """The headless name, the host names, the way back, and who else leads there."""
    world.put(
        service("redis", clusterIP="None"),
        service("alias", type="ExternalName", externalName="redis.default.svc.cluster.local"),
    )
    asked = [
        ("redis.default.svc.cluster.local", "A"),
        ("redis-0.redis.default.svc.cluster.local", "A"),
        ("_http._tcp.redis.default.svc.cluster.local", "SRV"),
        ("alias.default.svc.cluster.local", "A"),
        ("1.0.244.10.in-addr.arpa", "PTR"),
    ]
    before = [world.says(*each) for each in asked]
    world.put(endpoints("redis", ("10.244.0.1", "redis-0", True)))
    during = [world.says(*each) for each in asked]
    world.put(endpoints("redis", ("10.244.0.1", "redis-0", False)))
    after = [world.says(*each) for each in asked]

    assert before == after
    assert all("NXDOMAIN" in each for each in before)
    assert not any("NXDOMAIN" in each for each in during)


def test_an_srv_answer_follows_the_addresses_in_its_additional_section(world, service, endpoints):
    """A pod that comes back with another address keeps its name: its SRV record does not change."""
    world.put(service("redis", clusterIP="None"), endpoints("redis", ("10.244.0.1", "redis-0", True)))
    name = "_http._tcp.redis.default.svc.cluster.local"
    assert "+redis-0.redis.default.svc.$ A 10.244.0.1" in world.says(name, "SRV")

    world.put(endpoints("redis", ("10.244.0.2", "redis-0", True)))

    assert "+redis-0.redis.default.svc.$ A 10.244.0.2" in world.says(name, "SRV")


def test_an_empty_non_terminal_follows_what_is_below_it(world, service):
    """NODATA while something is below, NXDOMAIN when nothing is."""
    world.put(service("web", clusterIP="10.96.0.1", ports=[{"name": "http", "port": 80}]))
    assert world.says(f"_tcp.{WEB}") == ["!$ SOA"]

    world.put(service("web", clusterIP="10.96.0.1", ports=[{"port": 80}]))

    assert world.says(f"_tcp.{WEB}") == ["NXDOMAIN", "!$ SOA"]


def test_a_pods_name_follows_its_namespace(world):
    """Pod records need no pod, but a namespace."""
    name = "1-2-3-4.default.pod.cluster.local"
    assert world.says(name) == ["1-2-3-4.default.pod.$ A 1.2.3.4"]

    world.responder.changed(world.zone.put_namespace("default", exists=False))

    assert world.says(name) == ["NXDOMAIN", "!$ SOA"]


def test_a_second_datagram_of_the_same_words_is_quick(cluster):
    """In any case of letters, with another id, with or without EDNS."""
    for options in ({}, {"use_edns": 0, "payload": 1232}, {"want_dnssec": True, "payload": 4096}):
        first = dns.message.make_query(WEB, "A", **options)
        cluster.tell(first.to_wire())
        second = dns.message.make_query(WEB.upper(), "A", **options)

        reply = cluster.responder.quick(second.to_wire())

        assert reply is not None
        assert second.is_response(dns.message.from_wire(reply))


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(dns.message.make_query(WEB, "AAAA").to_wire(), id="another-type"),
        pytest.param(dns.message.make_query("xeb" + WEB[3:], "A").to_wire(), id="another-name"),
        pytest.param(dns.message.make_query(WEB, "A", use_edns=0).to_wire(), id="with-edns"),
        pytest.param(dns.message.make_query(WEB, "A", "CH").to_wire(), id="another-class"),
        pytest.param(dns.message.make_query(WEB, "TYPE97").to_wire(), id="type-97-is-not-type-65"),
        pytest.param(b"", id="nothing"),
        pytest.param(bytes(12), id="a-header"),
    ],
)
def test_other_words_are_not(cluster, packet):
    """What differs in anything but its id, its letters' case and flags that change nothing is asked anew."""
    cluster.tell(dns.message.make_query(WEB, "A").to_wire())
    cluster.tell(dns.message.make_query(WEB, "TYPE65").to_wire())

    assert cluster.responder.quick(packet) is None


def test_a_response_with_known_words_is_not_answered(cluster):
    """Or two servers could be made to talk to each other for ever."""
    packet = bytearray(dns.message.make_query(WEB, "A").to_wire())
    cluster.tell(bytes(packet))
    packet[2] |= 0x80

    assert cluster.tell(bytes(packet)) is None
    assert cluster.responder.faults[Fault.RESPONSE] == 1


def test_cookies_do_not_fill_the_cache(cluster):
    """A client that sends another cookie with each question is answered from one entry."""
    for number in range(20):
        cookie = dns.edns.CookieOption(number.to_bytes(8), b"")
        query = dns.message.make_query(WEB, "A", use_edns=0, payload=1232, options=[cookie])
        assert query.is_response(dns.message.from_wire(cluster.tell(query.to_wire())))

    assert len(cluster.responder.cache) == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [WEB, "redis.default.svc.cluster.local", "nosuch.default.svc.cluster.local", "x.y"]
            ),
            st.sampled_from(["A", "AAAA", "SRV", "ANY", "TYPE65"]),
            st.sampled_from([{}, {"use_edns": 0, "payload": 700}, {"want_dnssec": True, "payload": 1232}]),
            st.integers(0, 65535),
            st.booleans(),
            st.booleans(),
        ),
        max_size=10,
    )
)
def test_a_prepared_answer_says_what_a_fresh_one_does(asked):
    """Whatever was asked before it."""
    zone = Zone(ZoneFacts())
    zone.complete = True
    zone.put_namespace("default", exists=True)
    kept = Responder(zone, upstream=False)
    for name, kind, options, number, upper, stream in asked:
        query = dns.message.make_query(name.upper() if upper else name, kind, id=number, **options)
        fresh = Responder(zone, upstream=False).reply(query.to_wire(), stream=stream)
        quick = None if stream else kept.quick(query.to_wire())
        assert (quick or kept.reply(query.to_wire(), stream=stream)) == fresh


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # they only make dictionaries
@given(
    st.lists(st.tuples(st.sampled_from(["10.0.0.1", "fd00::1", "x", ""]), st.text(max_size=70)), max_size=4),
    st.lists(st.tuples(st.text(max_size=70), st.integers(0, 65535)), max_size=3),
    st.one_of(st.none(), st.text(max_size=300)),
)
def test_no_object_stops_it(service, endpoints, addresses, ports, external):
    """Host names, port names and external names of any characters: what can be no name is in no answer."""
    zone = Zone(ZoneFacts())
    spec = {"type": "ExternalName", "externalName": external} if external else {"clusterIP": "None"}
    zone.put_service(ServiceKey("default", "odd"), service_view(service("odd", **spec)))
    hands = [(address, hostname, True) for address, hostname in addresses]
    zone.put_slice(("default", "odd"), slice_view(endpoints("odd", *hands, ports=ports)))
    zone.complete = True
    responder = Responder(zone, upstream=False)
    for name, kind in (("odd.default.svc.cluster.local", "ANY"), ("1.0.0.10.in-addr.arpa", "PTR")):
        query = dns.message.make_query(name, kind)
        assert query.is_response(dns.message.from_wire(responder.reply(query.to_wire(), stream=True)))


@given(st.binary(max_size=64), st.booleans())
def test_no_datagram_stops_it(tail, stream):
    """Bytes behind a header, bytes behind a good question."""
    responder = Responder(Zone(ZoneFacts()), upstream=False)
    good = dns.message.make_query(WEB, "A").to_wire()
    for packet in (tail, b"\0\0\1\0\0\1\0\0\0\0\0\0" + tail, good + tail, good[:-4] + tail):
        for _ in range(2):
            responder.quick(packet)
            reply = responder.reply(packet, stream=stream)
            assert reply is None or reply[:2] == packet[:2]


def test_with_an_upstream_an_errand_is_begun(cluster):
    """What is ours of the answer goes with it."""
    responder = Responder(cluster.zone, upstream=True)
    query = dns.message.make_query("outside.default.svc.cluster.local", "A").to_wire()

    errand = responder.reply(query, stream=False)

    assert isinstance(errand, UpstreamQuery)
    assert errand.begun.elsewhere == parse("api.example.com")
    assert len(errand.begun.records) == 1
    assert len(responder.cache) == 0
