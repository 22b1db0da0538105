"""What AWS' balancers forward: zones, who keeps the client's address, who drains, until when it holds."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from mockcloud.cloud.core import certificates, instances
from mockcloud.cloud.core.certificates import NewCertificate
from mockcloud.cloud.core.elastic import balancers, classic, frontends, groups
from mockcloud.cloud.core.elastic.attributes import (
    CROSS_ZONE,
    DRAINING,
    IDLE_TIMEOUT,
    KEEPS_CLIENT,
    PROXY_PROTOCOL,
    STICKY,
    TCP_IDLE_TIMEOUT,
)
from mockcloud.cloud.core.elastic.forwarding import forwardings, group_pool
from mockcloud.cloud.core.elastic.frontends import NewFrontend
from mockcloud.cloud.core.elastic.members import MemberWish
from mockcloud.cloud.core.elastic_values import (
    Action,
    BalancerKind,
    Protocol,
    Routing,
    TargetGroup,
    TargetType,
)
from mockcloud.cloud.core.forwarding import Backend, Check, Cookie, Speaks, Way
from mockcloud.cloud.core.values import Algorithm, Balancer, CertificateKind, HealthCheck, HttpCheck
from tests.mockcloud.cloud.core.elastic.cloud import NOW, Cloud
from tests.mockcloud.cloud.core.elastic.test_classic import Classic

BOTH = ("fsn1", "nbg1")


class Scene(Cloud):
    """A balancer in two zones, an instance in each of them behind port 80."""

    def __init__(self, listens=Protocol.TCP, *, kind=BalancerKind.NETWORK, takes=0.0, public=True, **more):
        super().__init__()
        self.near, self.far = self.instance("near"), self.instance("far", "nbg1")
        self.nodes = self.group(**more)
        self.register(self.nodes, *(each.id for each in (self.near, self.far)))
        self.web = self.balancer("web", kind, BOTH, takes=takes, public=public)
        self.port = self.frontend(self.web, self.nodes, listens)

    def ports(self, now=NOW):
        return forwardings(self.state, now).ports

    def set(self, name, value):
        group = self.state.get(TargetGroup, self.nodes.id)
        self.do(lambda draft: groups.change_attributes(draft, group, {name: value}))

    def set_on_balancer(self, name, value):
        web = self.state.get(Balancer, self.web.id)
        self.do(lambda draft: balancers.change_attributes(draft, web, {name: value}))

    def at(self, instance) -> Backend:
        """As a target that sees the balancer by its address in the same zone."""
        source = next(each.ip for each in self.web.places if each.zone == instance.zone)
        return Backend(instance.at(self.network), 30_000, instance.id, source=source)


def test_a_network_balancer_forwards_in_each_zone_to_the_targets_there():
    """With the client's address, for 350 seconds of silence, by the zone's public and private address."""
    scene = Scene()
    first, second = scene.ports()
    assert [str(each) for each in first.addresses] == ["198.18.0.1", "10.0.1.4"]
    assert [str(each) for each in second.addresses] == ["198.18.0.2", "10.0.2.2"]
    assert (first.backends, second.backends) == ((scene.at(scene.near),), (scene.at(scene.far),))
    for each in (first, second):
        assert (each.way, each.speaks, each.port) == (Way.TRANSLATED, Speaks.TCP, 80)
        assert (each.keeps_client, each.idle, each.sticks_to_source) == (True, 350.0, False)


def test_an_internal_one_listens_privately():
    """No address of the internet."""
    assert [str(each) for port in Scene(public=False).ports() for each in port.addresses] == [
        "10.0.1.4",
        "10.0.2.2",
    ]


@pytest.mark.parametrize(
    ("own", "of_balancer", "crosses"),
    [
        (None, "true", True),
        ("true", "false", True),
        ("false", "true", False),
        (None, "false", False),
    ],
)
def test_across_zones_each_zone_reaches_all(own, of_balancer, crosses):
    """The group's word goes before the balancer's."""
    scene = Scene()
    scene.set_on_balancer(CROSS_ZONE, of_balancer)
    if own is not None:
        scene.set(CROSS_ZONE, own)
    assert [len(each.backends) for each in scene.ports()] == ([2, 2] if crosses else [1, 1])


def test_udp_and_both_at_once():
    """UDP flows are forgotten after 120 seconds; TCP_UDP is two ways in."""
    (udp, _) = Scene(Protocol.UDP, protocol=Protocol.UDP).ports()
    assert (udp.speaks, udp.idle) == (Speaks.UDP, 120.0)
    both = Scene(Protocol.TCP_UDP, protocol=Protocol.TCP_UDP).ports()
    assert [each.speaks for each in both] == [Speaks.TCP, Speaks.TCP, Speaks.UDP, Speaks.UDP]


def test_attributes_decide_how_it_is_done():
    """No client address, sources that stick, another idle time; the PROXY protocol is a proxy's."""
    scene = Scene()
    scene.set(KEEPS_CLIENT, "false")
    scene.set(STICKY, "true")
    given = {TCP_IDLE_TIMEOUT: "60"}
    scene.do(lambda draft: frontends.change_attributes(draft, scene.port, given))
    first = scene.ports()[0]
    assert (first.keeps_client, first.sticks_to_source, first.idle) == (False, True, 60.0)
    scene.set(PROXY_PROTOCOL, "true")
    (proxied,) = scene.ports()
    assert (proxied.way, proxied.proxy_protocol) == (Way.PROXIED, 2)
    assert (len(proxied.addresses), len(proxied.backends)) == (4, 2)


def test_a_group_is_one_pool_that_fails_open():
    """It is looked at once, whichever listeners forward to it; a port of 0 is each target's own."""
    scene = Scene(check={"protocol": Protocol.HTTP, "path": "/healthz", "interval": 10})
    scene.frontend(scene.web, scene.nodes, port=81)
    found = forwardings(scene.state, NOW)
    ((key, pool),) = found.pools.items()
    assert key == group_pool(scene.nodes.id)
    assert {each.pool for each in found.ports} == {key}
    assert pool.check == Check(Speaks.HTTP, 0, 10.0, 6.0, 5, 2, "/healthz", accepts=("200-399",))
    assert pool.fails_open
    assert pool.backends == (scene.at(scene.near), scene.at(scene.far))


def test_who_drains_stays_and_takes_nothing_new_until_it_is_gone():
    """The forwarding holds until then."""
    scene = Scene()
    scene.deregister(scene.nodes, scene.near.id)
    assert scene.ports()[0].backends == (replace(scene.at(scene.near), draining=True),)
    assert forwardings(scene.state, NOW).until == NOW + 300
    after = forwardings(scene.state, NOW + 300)
    assert (after.ports[0].backends, after.until) == ((), None)


def test_stopped_instances_and_zones_that_are_not_enabled_get_nothing():
    """Also where nobody is healthy and it fails open."""
    scene = Scene()
    scene.do(lambda draft: instances.order(draft, scene.near, "stop_server"))
    assert scene.ports()[0].backends == ()
    place = scene.place("fsn1")
    web = scene.state.get(Balancer, scene.web.id)
    scene.do(lambda draft: balancers.set_places(draft, web, [place], scene.catalogue))
    scene.set_on_balancer(CROSS_ZONE, "true")
    (only,) = scene.ports()
    assert only.backends == ()


def test_addresses_are_in_their_zone_or_in_all():
    """A target that is for all zones is reached from each."""
    scene = Scene(target_type=TargetType.INSTANCE)
    pods = scene.group("pods", target_type=TargetType.IP)
    scene.register(
        pods, MemberWish(IPv4Address("10.0.1.99"), zone="fsn1"), MemberWish(IPv4Address("192.168.0.1"))
    )
    scene.frontend(scene.web, pods, port=81)
    first, second = (each for each in scene.ports() if each.port == 81)
    assert [str(each.address) for each in first.backends] == ["10.0.1.99", "192.168.0.1"]
    assert [str(each.address) for each in second.backends] == ["192.168.0.1"]


def test_nothing_is_forwarded_while_it_is_made():
    """The forwarding holds until then."""
    scene = Scene(takes=10.0)
    assert scene.ports() == ()
    assert forwardings(scene.state, NOW).until == NOW + 10
    assert len(scene.ports(NOW + 10)) == 2


def test_tls_ends_at_a_proxy_with_its_certificate():
    """One way in for all zones."""
    cloud = Cloud()
    wanted = NewCertificate("c", CertificateKind.UPLOADED, ("a.test",), "PEM", "", 0.0, 1.0)
    number = cloud.do(lambda draft: certificates.create(draft, wanted, cloud.catalogue))[0].id
    cloud.frontend(cloud.balancer(zones=BOTH), cloud.group(), Protocol.TLS, 443, certificate=number)
    (port,) = forwardings(cloud.state, NOW).ports
    assert (port.way, port.speaks, port.certificates) == (Way.PROXIED, Speaks.TLS, (number,))


def test_an_application_balancer_speaks_http_with_its_own_idle_time_and_cookie():
    """By AWS' algorithm names; redirects to HTTPS are carried."""
    scene = Scene(Protocol.HTTP, kind=BalancerKind.APPLICATION, protocol=Protocol.HTTP)
    scene.set(STICKY, "true")
    scene.set("load_balancing.algorithm.type", "least_outstanding_requests")
    (port,) = scene.ports()
    assert (port.way, port.speaks, port.idle) == (Way.PROXIED, Speaks.HTTP, 60.0)
    assert (port.cookie, port.algorithm) == (Cookie("AWSALB", 86_400), Algorithm.LEAST_CONNECTIONS)
    for number, options in ((81, {"Protocol": "HTTPS", "Port": "443"}), (82, {"Protocol": "#{protocol}"})):
        wanted = NewFrontend(Protocol.HTTP, number, Action(Routing.REDIRECT, options=options))
        scene.do(lambda draft, w=wanted: frontends.create(draft, scene.web, w, scene.catalogue))
    assert [(each.port, each.redirect) for each in scene.ports()] == [(80, 0), (81, 443)]


def test_a_classic_balancer_is_a_proxy_with_its_own_idle_time_and_check():
    """By all of its addresses; who drains gets nothing new, and the forwarding holds until it is gone."""
    cloud = Classic()
    a = cloud.instance()
    check = HealthCheck(Protocol.HTTP, 32_123, 10, 5, 6, HttpCheck("/healthz", status_codes=("200",)), 2)
    cloud.change(classic.configure_check, check)
    cloud.change(classic.attach, [cloud.place("nbg1")], cloud.catalogue)
    cloud.change(classic.register, [a.id], cloud.catalogue)
    cloud.change(balancers.change_attributes, {IDLE_TIMEOUT: "1200", DRAINING: "true"})
    found = forwardings(cloud.state, NOW)
    (port,), (pool,) = found.ports, found.pools.values()
    backend = Backend(a.at(cloud.network), 30_080, a.id, source=cloud.web.places[0].ip)
    assert (port.way, port.idle, port.backends) == (Way.PROXIED, 1200.0, (backend,))
    assert len(port.addresses) == 4
    assert pool.check == Check(Speaks.HTTP, 32_123, 10.0, 5.0, 2, 6, "/healthz", accepts=("200",))
    cloud.change(classic.deregister, [a.id])
    found = forwardings(cloud.state, NOW)
    assert [each.draining for each in found.ports[0].backends] == [True]
    assert found.until == NOW + 300
