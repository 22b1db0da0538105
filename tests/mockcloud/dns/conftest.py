"""A small cluster's objects, as a zone that is asked and as text that is read."""

import socket
from dataclasses import dataclass
from ipaddress import ip_address
from random import Random

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from mockcloud.dns.decide.convert import service_view, slice_view
from mockcloud.dns.decide.views import ServiceKey
from mockcloud.dns.decide.zone import Zone, ZoneFacts
from mockcloud.dns.serving.responder import Responder, UpstreamQuery
from testkit import objects


def service(name, namespace="default", **spec):
    return objects.service(name, namespace=namespace, **{"ports": None, **spec})


def endpoints(of, *entries, kind="IPv4", ports=(("http", 80),), namespace="default", name=""):
    """A slice; an entry is an address or (address, hostname, ready)."""
    found = []
    for entry in entries:
        address, hostname, ready = entry if isinstance(entry, tuple) else (entry, "", True)
        found.append({"addresses": [address], "conditions": {"ready": ready}})
        if hostname:
            found[-1]["hostname"] = hostname
    return {
        "metadata": {
            "name": name or f"{of}-{kind.lower()}",
            "namespace": namespace,
            "labels": {"kubernetes.io/service-name": of},
        },
        "addressType": kind,
        "endpoints": found,
        "ports": [{"name": port, "port": number, "protocol": "TCP"} for port, number in ports],
    }


@dataclass
class World:
    """A zone with its responder, fed with API objects."""

    zone: Zone
    responder: Responder

    def put(self, *objects):
        for obj in objects:
            metadata = obj["metadata"]
            key = metadata["namespace"], metadata["name"]
            if "spec" in obj:
                changed = self.zone.put_service(ServiceKey(*key), service_view(obj))
            else:
                changed = self.zone.put_slice(key, slice_view(obj))
            self.responder.changed(changed)

    def remove(self, *objects):
        for obj in objects:
            metadata = obj["metadata"]
            key = metadata["namespace"], metadata["name"]
            if "spec" in obj:
                self.responder.changed(self.zone.put_service(ServiceKey(*key), None))
            else:
                self.responder.changed(self.zone.put_slice(key, None))

    def ask(self, name, kind="A", *, stream=False, **options):
        """The response, whole; each is asked twice, and the prepared answer must be no other."""
        query = dns.message.make_query(name, kind, **options)
        first = self.tell(query.to_wire(), stream=stream)
        again = self.tell(query.to_wire(), stream=stream)
        response = dns.message.from_wire(first)
        assert query.is_response(response)
        assert sorted(lines(response)) == sorted(lines(dns.message.from_wire(again)))
        return response

    def tell(self, packet, *, stream=False):
        """What is said to the packet, as a datagram socket would."""
        quick = None if stream else self.responder.quick(packet)
        reply = quick or self.responder.reply(packet, stream=stream)
        assert not isinstance(reply, UpstreamQuery)
        return reply

    def says(self, name, kind="A", **options):
        """The response as text: its code where it is not NOERROR, then its records."""
        return lines(self.ask(name, kind, **options))


def lines(message):
    """Records as `owner type data`, the zone as $; ! marks the authority section, + the additional one."""
    code = dns.rcode.to_text(message.rcode())
    found = [code] if code != "NOERROR" else []
    for mark, section in (("", message.answer), ("!", message.authority), ("+", message.additional)):
        for rrset in section:
            kind = dns.rdatatype.to_text(rrset.rdtype)
            found += [
                f"{mark}{rrset.name} {kind} {data}".replace(".cluster.local.", ".$").replace(
                    "cluster.local. SOA", "$ SOA"
                )
                for data in sorted(str(each) for each in rrset)
                if kind != "OPT"
            ]
    return [line if " SOA " not in line else line[: line.index(" SOA ") + 4] for line in found]


@pytest.fixture
def world():
    """An empty cluster with namespaces `default` and `other`, all of it known."""
    facts = ZoneFacts(servers=(ip_address("10.96.0.10"), ip_address("fd00:10:96::a")))
    zone = Zone(facts)
    zone.complete = True
    made = World(zone, Responder(zone, upstream=False, chance=Random(7).random))
    for namespace in ("default", "other"):
        zone.put_namespace(namespace, exists=True)
    return made


@pytest.fixture
def cluster(world):
    """One Service of each sort that has names."""
    http = [{"name": "http", "port": 80}, {"name": "metrics", "port": 9090}]
    world.put(
        service("web", clusterIP="10.96.1.1", clusterIPs=["10.96.1.1"], ports=http),
        endpoints("web", "10.244.1.5", ports=(("http", 8080),)),
        service("dual", clusterIPs=["10.96.1.2", "fd00:10:96::2"], ports=[{"name": "http", "port": 80}]),
        service("plain", "other", clusterIPs=["10.96.1.3"], ports=[{"port": 53, "protocol": "UDP"}]),
        service("redis", clusterIP="None", clusterIPs=["None"], ports=[{"name": "redis", "port": 6379}]),
        endpoints(
            "redis",
            ("10.244.1.8", "redis-1", True),
            ("10.244.1.7", "redis-0", True),
            ("10.244.1.9", "redis-2", False),
            ports=(("redis", 6379),),
        ),
        service("peers", clusterIP="None", ports=[{"name": "gossip", "port": 7000}]),
        endpoints(
            "peers", "10.244.2.1", ("10.244.2.2", "twin", True), ("10.244.2.3", "twin", True), ports=()
        ),
        endpoints("peers", "fd00:10:244:2::1", kind="IPv6", ports=()),
        service("early", clusterIP="None", publishNotReadyAddresses=True),
        endpoints("early", ("10.244.3.1", "early-0", False), ports=()),
        service("idle", clusterIP="None"),
        service("outside", type="ExternalName", externalName="api.example.com"),
        service("inside", type="ExternalName", externalName="Web.default.svc.cluster.local."),
        service("chain", type="ExternalName", externalName="inside.default.svc.cluster.local"),
        service("broken", type="ExternalName", externalName="gone.other.svc.cluster.local"),
        service("loop", type="ExternalName", externalName="pool.default.svc.cluster.local"),
        service("pool", type="ExternalName", externalName="loop.default.svc.cluster.local"),
        service("number", type="ExternalName", externalName="10.0.0.1"),
        service("long", type="ExternalName", externalName="a" * 64 + ".example.com"),
    )
    return world


@pytest.fixture(scope="session")
def socket_pair():
    """Makes a UDP and a listening TCP socket on one port of 127.0.0.1."""

    def made():
        for _ in range(50):  # the port that is free for one may be somebody's for the other
            datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            datagrams.bind(("127.0.0.1", 0))
            try:
                return datagrams, socket.create_server(datagrams.getsockname())
            except OSError:
                datagrams.close()
        return pytest.fail("no port is free for both")

    return made


@pytest.fixture(name="service")
def service_maker():
    """Makes a Service: name, namespace, spec."""
    return service


@pytest.fixture(name="endpoints")
def endpoints_maker():
    """Makes an EndpointSlice of a Service."""
    return endpoints
