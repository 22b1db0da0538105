"""Responses as bytes: cut to what the client takes, with addresses that turn."""

from collections import Counter

import dns.edns
import dns.flags
import dns.message
import pytest

from mockcloud.dns.decide.answer import Answer, Rcode
from mockcloud.dns.decide.names import parse
from mockcloud.dns.wire.prepared import Shape, prepare, shape_of
from mockcloud.dns.wire.query import Edns, Query
from mockcloud.dns.wire.render import render

BIG = "big.default.svc.cluster.local"
NAME = parse(BIG)


def pods(count):
    return [f"10.244.{number // 250}.{number % 250 + 1}" for number in range(count)]


@pytest.fixture
def big(world, service, endpoints):
    """A headless Service of 200 pods."""
    world.put(service("big", clusterIP="None"), endpoints("big", *pods(200)))
    return world


def addresses(message):
    return [str(each) for rrset in message.answer for each in rrset]


@pytest.mark.parametrize(
    ("query", "stream", "shape"),
    [
        pytest.param(Query(NAME, 1, None), False, Shape.PLAIN, id="udp"),
        pytest.param(Query(NAME, 1, Edns(512, dnssec=False)), False, Shape.SMALL, id="udp-512"),
        pytest.param(
            Query(NAME, 1, Edns(0, dnssec=True)), False, Shape.SMALL_DO, id="less-than-512-counts-as-512"
        ),
        pytest.param(Query(NAME, 1, Edns(1232, dnssec=False)), False, Shape.LARGE, id="udp-1232"),
        pytest.param(
            Query(NAME, 1, Edns(65535, dnssec=True)), False, Shape.LARGE_DO, id="udp-more-than-we-send"
        ),
        pytest.param(Query(NAME, 1, None), True, Shape.STREAM, id="tcp"),
        pytest.param(Query(NAME, 1, Edns(512, dnssec=False)), True, Shape.STREAM_EDNS, id="tcp-edns"),
        pytest.param(Query(NAME, 1, Edns(512, dnssec=True)), True, Shape.STREAM_DO, id="tcp-do"),
    ],
)
def test_a_query_says_what_shape_its_answer_has(query, stream, shape):
    """By transport and EDNS."""
    assert shape_of(query, stream=stream) is shape


@pytest.mark.parametrize("shape", Shape)
def test_the_last_record_says_what_we_take(shape):
    """Our OPT is what dnspython reads as one: 1232 bytes, version 0, DO as it was asked."""
    query = Query(NAME, 1, None)
    answer = Answer(Rcode.NXDOMAIN)
    wire = prepare(render(query, answer, recursive=False), answer, shape).reply(
        bytes(12) + NAME, 12 + len(NAME), 0.5
    )

    message = dns.message.from_wire(wire)

    assert (message.edns, message.payload) == ((0, 1232) if shape.opt else (-1, 0))
    assert bool(message.ednsflags & dns.flags.DO) == shape.name.endswith("DO")


@pytest.mark.parametrize(
    ("options", "limit"),
    [
        pytest.param({}, 512, id="without-edns"),
        pytest.param({"use_edns": 0, "payload": 900}, 512, id="a-little-more"),
        pytest.param({"use_edns": 0, "payload": 1232}, 1232, id="as-much-as-we-send"),
        pytest.param({"use_edns": 0, "payload": 65535}, 1232, id="more-than-we-send"),
    ],
)
def test_too_many_addresses_are_cut_and_that_is_said(big, options, limit):
    """TC, with as many whole records as fit: some resolvers do with these, the others come by TCP."""
    query = dns.message.make_query(BIG, "A", **options)
    reply = big.tell(query.to_wire())
    message = dns.message.from_wire(reply)

    assert message.flags & dns.flags.TC
    assert limit - 16 < len(reply) <= limit
    assert set(addresses(message)) < set(pods(200))


def test_by_tcp_all_is_said(big):
    """The whole answer, without TC."""
    message = big.ask(BIG, stream=True)

    assert not message.flags & dns.flags.TC
    assert sorted(addresses(message)) == sorted(pods(200))


def test_over_time_a_cut_answer_shows_every_address(big):
    """Or the pods at the end would never see a client that cannot ask by TCP."""
    seen = set()
    packet = dns.message.make_query(BIG, "A").to_wire()
    for _ in range(200):
        seen.update(addresses(dns.message.from_wire(big.tell(packet))))

    assert seen == set(pods(200))


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_each_address_is_first_as_often_as_the_others(world, service, endpoints, count):
    """Clients take the first: that is the load balancing (CoreDNS' `loadbalance`)."""
    world.put(service("some", clusterIP="None"), endpoints("some", *pods(count)))
    packet = dns.message.make_query("some.default.svc.cluster.local", "A").to_wire()
    first = Counter()
    for _ in range(200 * count):
        found = addresses(dns.message.from_wire(world.tell(packet)))
        assert sorted(found) == pods(count)
        first[found[0]] += 1

    assert sorted(first) == pods(count)
    assert all(140 <= times <= 260 for times in first.values())


def test_additional_records_go_before_anything_is_cut(world, service, endpoints):
    """Missing hints are no truncation (RFC 2181 9)."""
    named = [(pod, f"a-long-host-name-{number}", True) for number, pod in enumerate(pods(6))]
    world.put(service("named", clusterIP="None"), endpoints("named", *named))
    name = "_http._tcp.named.default.svc.cluster.local"

    plain = world.ask(name, "SRV")
    whole = world.ask(name, "SRV", stream=True)

    assert (len(plain.answer[0]), len(plain.additional), bool(plain.flags & dns.flags.TC)) == (6, 0, False)
    assert (len(whole.answer[0]), len(whole.additional)) == (6, 6)


def test_servers_that_do_not_fit_are_cut_too(world, service, endpoints):
    """SRV records are no addresses: they keep their order and lose their end."""
    named = [(pod, f"a-long-host-name-{number}", True) for number, pod in enumerate(pods(40))]
    world.put(service("named", clusterIP="None"), endpoints("named", *named))

    plain = world.ask("_http._tcp.named.default.svc.cluster.local", "SRV")

    assert plain.flags & dns.flags.TC
    assert 0 < len(plain.answer[0]) < 40


def test_an_alias_stays_before_its_addresses(world, service, endpoints):
    """The addresses turn, the alias that leads to them does not; cut or whole."""
    world.put(
        service("big", clusterIP="None"),
        endpoints("big", *pods(100)),
        service("alias", type="ExternalName", externalName=BIG),
    )
    for number in range(5):
        query = dns.message.make_query("alias.default.svc.cluster.local", "A", id=number)
        for stream in (False, True):
            message = dns.message.from_wire(world.tell(query.to_wire(), stream=stream))
            assert str(message.answer[0].name) == "alias.default.svc.cluster.local."
            assert len(message.answer[1]) == (100 if stream else 27)


def test_more_than_a_message_can_hold_is_cut_by_tcp_too(world, service, endpoints):
    """65,535 bytes are all there is."""
    world.put(service("huge", clusterIP="None"), endpoints("huge", *pods(4200)))

    query = dns.message.make_query("huge.default.svc.cluster.local", "A")
    reply = world.tell(query.to_wire(), stream=True)

    assert len(reply) <= 65535
    assert len(addresses(dns.message.from_wire(reply))) > 4000


def test_the_letters_of_the_question_come_back(cluster):
    """Some resolvers mix the case of their letters and want to see it again (draft-vixie-dnsext-dns0x20)."""
    mixed = "wEb.DeFault.Svc.cluSTER.local"
    cluster.ask("web.default.svc.cluster.local")

    message = cluster.ask(mixed)

    assert str(message.question[0].name) == f"{mixed}."
    assert str(message.answer[0].name) == f"{mixed}."


@pytest.mark.parametrize("recursion", [True, False])
def test_the_wish_for_recursion_comes_back(cluster, recursion):
    """RD is copied (RFC 1035 4.1.1); RA is not set where there is nobody to ask."""
    query = dns.message.make_query("web.default.svc.cluster.local", "A")
    query.flags = dns.flags.RD if recursion else 0

    for _ in range(2):
        flags = dns.message.from_wire(cluster.tell(query.to_wire())).flags
        assert flags == dns.flags.QR | dns.flags.AA | (dns.flags.RD if recursion else 0)
