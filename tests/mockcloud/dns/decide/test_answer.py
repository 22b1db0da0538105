"""The Kubernetes DNS specification 1.1.0, line by line, and what the protocol's RFCs add."""

import pytest

from mockcloud.dns.decide.answer import MOST_ALIASES, Rcode, answer
from mockcloud.dns.decide.names import parse
from mockcloud.dns.decide.records import Kind

DEFAULT = "default.svc.cluster.local"
DUAL_REVERSE = "2." + "0." * 19 + "6.9.0.0.0.1.0.0.0.0.d.f.ip6.arpa"
NODATA = ["!$ SOA"]
NXDOMAIN = ["NXDOMAIN", "!$ SOA"]


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        pytest.param("dns-version.$", "TXT", ['dns-version.$ TXT "1.1.0"'], id="2.2-schema-version"),
        pytest.param("web.default.svc.$", "A", ["web.default.svc.$ A 10.96.1.1"], id="2.3.1-cluster-ip"),
        pytest.param(
            "dual.default.svc.$", "AAAA", ["dual.default.svc.$ AAAA fd00:10:96::2"], id="2.3.1-ipv6"
        ),
        pytest.param("web.default.svc.$", "AAAA", NODATA, id="2.3.1-no-ipv6"),
        pytest.param(
            "_http._tcp.web.default.svc.$",
            "SRV",
            [
                "_http._tcp.web.default.svc.$ SRV 0 100 80 web.default.svc.$",
                "+web.default.svc.$ A 10.96.1.1",
            ],
            id="2.3.2-srv",
        ),
        pytest.param("_http._udp.web.default.svc.$", "SRV", NXDOMAIN, id="2.3.2-other-protocol"),
        pytest.param("_._udp.plain.other.svc.$", "SRV", NXDOMAIN, id="2.3.2-unnamed-port-has-none"),
        pytest.param(
            "1.1.96.10.in-addr.arpa", "PTR", ["1.1.96.10.in-addr.arpa. PTR web.default.svc.$"], id="2.3.3"
        ),
        pytest.param(
            DUAL_REVERSE,
            "PTR",
            [f"{DUAL_REVERSE}. PTR dual.default.svc.$"],
            id="2.3.3-ipv6",
        ),
        pytest.param(
            "redis.default.svc.$",
            "A",
            ["redis.default.svc.$ A 10.244.1.7", "redis.default.svc.$ A 10.244.1.8"],
            id="2.4.1-ready-endpoints-only",
        ),
        pytest.param("idle.default.svc.$", "A", NXDOMAIN, id="2.4.1-nobody-ready"),
        pytest.param(
            "redis-0.redis.default.svc.$",
            "A",
            ["redis-0.redis.default.svc.$ A 10.244.1.7"],
            id="2.4.1-hostname",
        ),
        pytest.param("redis-2.redis.default.svc.$", "A", NXDOMAIN, id="2.4.1-hostname-not-ready"),
        pytest.param(
            "early-0.early.default.svc.$",
            "A",
            ["early-0.early.default.svc.$ A 10.244.3.1"],
            id="2.1-published-not-ready",
        ),
        pytest.param(
            "twin.peers.default.svc.$",
            "A",
            ["twin.peers.default.svc.$ A 10.244.2.2", "twin.peers.default.svc.$ A 10.244.2.3"],
            id="2.4.1-one-hostname-two-addresses",
        ),
        pytest.param(
            "10-244-2-1.peers.default.svc.$",
            "A",
            ["10-244-2-1.peers.default.svc.$ A 10.244.2.1"],
            id="2.1-hostname-assigned",
        ),
        pytest.param(
            "fd00-10-244-2--1.peers.default.svc.$",
            "AAAA",
            ["fd00-10-244-2--1.peers.default.svc.$ AAAA fd00:10:244:2::1"],
            id="2.1-hostname-assigned-ipv6",
        ),
        pytest.param(
            "_redis._tcp.redis.default.svc.$",
            "SRV",
            [
                "_redis._tcp.redis.default.svc.$ SRV 0 50 6379 redis-0.redis.default.svc.$",
                "_redis._tcp.redis.default.svc.$ SRV 0 50 6379 redis-1.redis.default.svc.$",
                "+redis-0.redis.default.svc.$ A 10.244.1.7",
                "+redis-1.redis.default.svc.$ A 10.244.1.8",
            ],
            id="2.4.2-one-srv-an-endpoint",
        ),
        pytest.param(
            "7.1.244.10.in-addr.arpa",
            "PTR",
            ["7.1.244.10.in-addr.arpa. PTR redis-0.redis.default.svc.$"],
            id="2.4.3-ptr",
        ),
        pytest.param(
            "9.1.244.10.in-addr.arpa",
            "PTR",
            ["NXDOMAIN", "!in-addr.arpa. SOA"],
            id="2.4.3-not-ready-has-none",
        ),
        pytest.param(
            "outside.default.svc.$", "CNAME", ["outside.default.svc.$ CNAME api.example.com."], id="2.5-cname"
        ),
        pytest.param(
            "outside.default.svc.$",
            "A",
            ["outside.default.svc.$ CNAME api.example.com."],
            id="2.5-target-is-outside",
        ),
        pytest.param("1-2-3-4.default.pod.$", "A", ["1-2-3-4.default.pod.$ A 1.2.3.4"], id="2.6-pod-record"),
        pytest.param(
            "fd00--5.default.pod.$", "AAAA", ["fd00--5.default.pod.$ AAAA fd00::5"], id="2.6-pod-record-ipv6"
        ),
    ],
)
def test_the_specification_holds(cluster, name, kind, expected):
    """Each section's records, as the specification's own examples ask for them."""
    assert cluster.says(name.replace("$", "cluster.local"), kind) == expected


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        pytest.param(
            "inside.default.svc.$",
            "A",
            ["inside.default.svc.$ CNAME web.default.svc.$", "web.default.svc.$ A 10.96.1.1"],
            id="one-step",
        ),
        pytest.param(
            "chain.default.svc.$",
            "A",
            [
                "chain.default.svc.$ CNAME inside.default.svc.$",
                "inside.default.svc.$ CNAME web.default.svc.$",
                "web.default.svc.$ A 10.96.1.1",
            ],
            id="two-steps",
        ),
        pytest.param(
            "inside.default.svc.$",
            "AAAA",
            ["inside.default.svc.$ CNAME web.default.svc.$", "!$ SOA"],
            id="target-has-no-such-type",
        ),
        pytest.param(
            "broken.default.svc.$",
            "A",
            ["NXDOMAIN", "broken.default.svc.$ CNAME gone.other.svc.$", "!$ SOA"],
            id="target-does-not-exist",
        ),
        pytest.param(
            "loop.default.svc.$",
            "A",
            ["loop.default.svc.$ CNAME pool.default.svc.$", "pool.default.svc.$ CNAME loop.default.svc.$"],
            id="in-a-circle",
        ),
        pytest.param("number.default.svc.$", "A", NXDOMAIN, id="an-address-is-no-name"),
        pytest.param("long.default.svc.$", "A", NXDOMAIN, id="a-label-that-no-name-can-have"),
        pytest.param("endpoint.outside.default.svc.$", "CNAME", NXDOMAIN, id="nothing-is-below-an-alias"),
    ],
)
def test_an_external_name_is_followed_inside_the_cluster(cluster, name, kind, expected):
    """The chain is in the answer, and its end decides the code (RFC 6604)."""
    assert cluster.says(name.replace("$", "cluster.local"), kind) == expected


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        pytest.param("$", "A", NODATA, id="apex"),
        pytest.param("svc.$", "A", NODATA, id="svc"),
        pytest.param("pod.$", "AAAA", NODATA, id="pod"),
        pytest.param("default.svc.$", "A", NODATA, id="namespace"),
        pytest.param("default.pod.$", "A", NODATA, id="namespace-of-pods"),
        pytest.param("empty.svc.$", "A", NXDOMAIN, id="no-such-namespace"),
        pytest.param("1-2-3-4.empty.pod.$", "A", NXDOMAIN, id="pod-of-no-namespace"),
        pytest.param("1-2-3-4.default.pod.$", "AAAA", NODATA, id="pod-of-the-other-family"),
        pytest.param("1-2-3.default.pod.$", "A", NXDOMAIN, id="pod-without-an-address"),
        pytest.param("x.1-2-3-4.default.pod.$", "A", NXDOMAIN, id="below-a-pod"),
        pytest.param("nosuch.default.svc.$", "A", NXDOMAIN, id="no-such-service"),
        pytest.param("web.other.svc.$", "A", NXDOMAIN, id="service-of-another-namespace"),
        pytest.param("_tcp.web.default.svc.$", "A", NODATA, id="empty-non-terminal"),
        pytest.param("web.default.svc.$", "MX", NODATA, id="type-that-nothing-has"),
        pytest.param("web.default.svc.$", "TYPE65", NODATA, id="https-record"),
        pytest.param("nosuch.$", "A", NXDOMAIN, id="below-the-zone"),
        pytest.param("web.default.svc.$.$", "A", NXDOMAIN, id="search-path-appended-once-too-often"),
        pytest.param("example.com", "A", ["NXDOMAIN", "!. SOA"], id="outside"),
        pytest.param("nosuch", "A", ["NXDOMAIN", "!. SOA"], id="one-label"),
        pytest.param(".", "A", ["NXDOMAIN", "!. SOA"], id="root"),
        pytest.param("in-addr.arpa", "A", ["!in-addr.arpa. SOA"], id="reverse-apex"),
    ],
)
def test_what_is_not_there_is_told_apart_from_what_has_no_such_record(cluster, name, kind, expected):
    """NODATA or NXDOMAIN, each with the SOA that says how long it may be kept (RFC 2308)."""
    assert cluster.says(name.replace("$", "cluster.local"), kind) == expected


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        pytest.param(
            "dual.default.svc.$",
            "SRV",
            [
                "dual.default.svc.$ SRV 0 50 80 dual.default.svc.$",
                "+dual.default.svc.$ A 10.96.1.2",
                "+dual.default.svc.$ AAAA fd00:10:96::2",
            ],
            id="srv-of-the-service-itself",
        ),
        pytest.param(
            "10-244-1-5.web.default.svc.$",
            "A",
            ["10-244-1-5.web.default.svc.$ A 10.244.1.5"],
            id="endpoints-of-a-service-with-an-address",
        ),
        pytest.param("$", "SOA", ["$ SOA"], id="soa"),
        pytest.param(
            "$",
            "NS",
            ["cluster.local. NS ns.dns.$", "+ns.dns.$ A 10.96.0.10", "+ns.dns.$ AAAA fd00:10:96::a"],
            id="ns",
        ),
        pytest.param("ns.dns.$", "A", ["ns.dns.$ A 10.96.0.10"], id="name-server"),
        pytest.param("dual.default.svc.$", "ANY", ["dual.default.svc.$ A 10.96.1.2"], id="any-gets-one-set"),
    ],
)
def test_what_coredns_knows_beyond_the_specification(cluster, name, kind, expected):
    """Extensions that people have come to use."""
    assert cluster.says(name.replace("$", "cluster.local"), kind) == expected


def test_an_answer_says_how_long_it_holds(cluster):
    """30 s, as kubeadm sets it; negative ones, too; the schema's version for eight hours."""
    web = cluster.ask("web.default.svc.cluster.local")
    missing = cluster.ask("nosuch.default.svc.cluster.local")
    version = cluster.ask("dns-version.cluster.local", "TXT")

    assert web.answer[0].ttl == 30
    assert (missing.authority[0].ttl, missing.authority[0][0].minimum) == (30, 30)
    assert version.answer[0].ttl == 28800


def test_nothing_is_denied_before_all_is_known(cluster):
    """A daemon that has just started must not say that a Service does not exist."""
    cluster.zone.complete = False

    assert cluster.says("nosuch.default.svc.cluster.local") == ["SERVFAIL"]
    assert cluster.says("web.default.svc.cluster.local") == ["web.default.svc.$ A 10.96.1.1"]


@pytest.mark.parametrize(
    ("name", "records", "elsewhere"),
    [
        pytest.param("example.com", 0, "example.com", id="outside"),
        pytest.param("outside.default.svc.cluster.local", 1, "api.example.com", id="alias-to-the-outside"),
        pytest.param("1.1.1.1.in-addr.arpa", 0, "1.1.1.1.in-addr.arpa", id="address-without-a-record"),
        pytest.param("nosuch.default.svc.cluster.local", 0, None, id="inside"),
        pytest.param("1.1.96.10.in-addr.arpa", 0, None, id="address-with-a-record"),
    ],
)
def test_with_an_upstream_the_rest_is_asked_elsewhere(cluster, name, records, elsewhere):
    """Names of others, and addresses that no record here is about, as kubeadm's Corefile says."""
    found = answer(cluster.zone, parse(name), Kind.A, upstream=True)

    assert len(found.records) == records
    assert found.elsewhere == (parse(elsewhere) if elsewhere else None)


def test_an_alias_chain_has_an_end(world, service):
    """Nobody waits for a chain of hundreds: what was found so far is the answer."""
    for number in range(50):
        world.put(service(f"a{number}", type="ExternalName", externalName=f"a{number + 1}.{DEFAULT}"))

    found = answer(world.zone, parse(f"a0.{DEFAULT}"), Kind.A, upstream=False)

    assert len(found.records) == MOST_ALIASES + 1
    assert found.rcode is Rcode.NOERROR


def test_an_answer_names_all_that_it_depends_on(cluster):
    """Or a prepared answer would outlive its records."""
    found = answer(cluster.zone, parse("chain.default.svc.cluster.local"), Kind.A, upstream=False)
    servers = answer(
        cluster.zone, parse("_redis._tcp.redis.default.svc.cluster.local"), Kind.SRV, upstream=False
    )

    assert found.depends == {
        parse(f"{name}.default.svc.cluster.local") for name in ("chain", "inside", "web")
    }
    assert parse("redis-0.redis.default.svc.cluster.local") in servers.depends
    assert found.rcode is Rcode.NOERROR
