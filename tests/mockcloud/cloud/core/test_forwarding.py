"""What the balancers of a state forward."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from mockcloud.cloud.core import balancers, certificates, instances, networks
from mockcloud.cloud.core.balancers import NewBalancer
from mockcloud.cloud.core.catalogue import Catalogue
from mockcloud.cloud.core.certificates import NewCertificate
from mockcloud.cloud.core.forwarding import (
    TCP_IDLE,
    Backend,
    Check,
    Cookie,
    PoolKey,
    Speaks,
    Way,
    forwardings,
)
from mockcloud.cloud.core.instances import NewInstance
from mockcloud.cloud.core.networks import NewNetwork
from mockcloud.cloud.core.state import Draft, State
from mockcloud.cloud.core.values import (
    Algorithm,
    Balancer,
    CertificateKind,
    Failure,
    Family,
    HealthCheck,
    HttpCheck,
    HttpOptions,
    Instance,
    InstanceTarget,
    IPTarget,
    Listener,
    Protocol,
    SelectorTarget,
    Subnet,
)

CATALOGUE = Catalogue()
NOW = 1_000.0
TCP = HealthCheck(Protocol.TCP, 30_000)


class Cloud:
    """A state with a network, and two instances: `a` with a public address, `b` without; both labelled."""

    def __init__(self) -> None:
        self.state = State()
        whole = IPv4Network("10.0.0.0/16")
        subnets = [Subnet(IPv4Network("10.0.1.0/24"), "eu-central")]
        self.network = self.do(
            lambda draft: networks.create(draft, NewNetwork("net", whole, subnets), CATALOGUE)
        )
        self.a = self.instance("a", {Family.V4: None})
        self.b = self.instance("b", {})

    def do(self, command, *, now=NOW, takes=0.0, failure=None):
        draft = Draft(self.state, now, takes, failure)
        result = command(draft)
        self.state = draft.state
        return result

    def instance(self, name, public) -> Instance:
        wanted = NewInstance(name, "cx22", "debian-12", "fsn1", {"role": "node"}, [self.network.id], public)
        return self.do(lambda draft: instances.create(draft, wanted, CATALOGUE))[0]

    def balancer(self, listeners=(), targets=(), *, takes=0.0, failure=None, **more) -> Balancer:
        wanted = NewBalancer("web", "lb11", "fsn1", listeners=listeners, targets=targets, **more)
        made = self.do(lambda draft: balancers.create(draft, wanted, CATALOGUE), takes=takes, failure=failure)
        return made[0]

    def forwarded(self, now=NOW):
        return forwardings(self.state, now)


@pytest.fixture
def cloud():
    return Cloud()


def listener(port=80, protocol=Protocol.TCP, check=TCP, **more):
    return Listener(protocol, port, 30_000, check, **more)


def test_a_listener_of_tcp(cloud):
    """A proxied port at the balancer's public addresses, with the targets' address and port."""
    made = cloud.balancer([listener()], [InstanceTarget(cloud.a.id)])
    (found,) = cloud.forwarded().ports
    public = cloud.state.addresses_of(made)
    assert found.addresses == (public[Family.V4].ip, public[Family.V6].ip.network_address + 1)
    assert (found.balancer, found.port, found.speaks, found.way) == (made.id, 80, Speaks.TCP, Way.PROXIED)
    ip = cloud.state.addresses_of(cloud.a)[Family.V4].ip
    assert found.backends == (Backend(ip, 30_000, cloud.a.id, source=public[Family.V4].ip),)
    assert (found.keeps_client, found.proxy_protocol, found.idle) == (False, 0, TCP_IDLE)
    assert found.pool == PoolKey("balancer", made.id, 80)


TARGETS = {
    "by-public-address": (lambda cloud: [InstanceTarget(cloud.a.id)], ["public-a"]),
    "by-private-address": (lambda cloud: [InstanceTarget(cloud.b.id, private=True)], ["private-b"]),
    "selector-private": (lambda _: [SelectorTarget("role=node", private=True)], ["private-a", "private-b"]),
    "selector-public-leaves-out-who-has-none": (lambda _: [SelectorTarget("role=node")], ["public-a"]),
    "selector-of-nobody": (lambda _: [SelectorTarget("role=none")], []),
    "an-address-outside": (lambda _: [IPTarget(IPv4Address("192.0.2.9"))], ["192.0.2.9"]),
    "one-instance-twice-is-one": (
        lambda cloud: [InstanceTarget(cloud.b.id, private=True), SelectorTarget("role=node", private=True)],
        ["private-b", "private-a"],
    ),
}


@pytest.mark.parametrize("name", TARGETS)
def test_targets(cloud, name):
    """Each target is where the balancer reaches it; who cannot be reached is left out."""
    targets, expected = TARGETS[name]
    cloud.balancer([listener()], targets(cloud), network=cloud.network.id)
    known = {
        str(cloud.state.addresses_of(cloud.a)[Family.V4].ip): "public-a",
        str(cloud.a.at(cloud.network.id)): "private-a",
        str(cloud.b.at(cloud.network.id)): "private-b",
    }
    (found,) = cloud.forwarded().ports
    assert [known.get(str(each.address), str(each.address)) for each in found.backends] == expected


@pytest.mark.parametrize(
    ("ip", "private"),
    [pytest.param("10.0.7.7", True, id="in-its-network"), pytest.param("192.0.2.9", False, id="outside")],
)
def test_targets_see_the_balancer(cloud, ip, private):
    """Its private address in its network, else its public one."""
    targets = [InstanceTarget(cloud.b.id, private=True), IPTarget(IPv4Address(ip))]
    made = cloud.balancer([listener()], targets, network=cloud.network.id)
    first, second = cloud.forwarded().ports[0].backends
    public = cloud.state.addresses_of(made)[Family.V4].ip
    assert (first.source, second.source) == (made.private.ip, made.private.ip if private else public)


def test_the_private_address_is_one_more(cloud):
    """A balancer in a network listens there, too; one that is closed to the public only there."""
    made = cloud.balancer([listener()], network=cloud.network.id, public=False)
    (found,) = cloud.forwarded().ports
    assert found.addresses == (made.private.ip,)


def test_nowhere_to_listen(cloud):
    """A balancer without any address forwards nothing; its targets are looked at all the same."""
    made = cloud.balancer([listener()], public=False)
    assert cloud.forwarded().ports == ()
    assert list(cloud.forwarded().pools) == [PoolKey("balancer", made.id, 80)]


@pytest.mark.parametrize(
    ("now", "failure", "there"),
    [
        pytest.param(NOW + 4.9, None, False, id="still-made"),
        pytest.param(NOW + 5.0, None, True, id="made"),
        pytest.param(NOW + 5.0, Failure("x", "y"), False, id="its-making-failed"),
    ],
)
def test_the_making_of_a_balancer(cloud, now, failure, there):
    """It forwards from the moment at which its making has ended well."""
    cloud.balancer([listener()], takes=5.0, failure=failure)
    found = cloud.forwarded(now)
    assert bool(found.ports) is there
    assert found.until == (NOW + 5.0 if now < NOW + 5.0 else None)


def test_a_changed_balancer_goes_on(cloud):
    """While an operation changes it, it forwards."""
    made = cloud.balancer([listener()])
    cloud.do(lambda draft: balancers.change_algorithm(draft, made, Algorithm.LEAST_CONNECTIONS), takes=5.0)
    (found,) = cloud.forwarded().ports
    assert found.algorithm is Algorithm.LEAST_CONNECTIONS


def test_proxy_protocol(cloud):
    """Hetzner's is of version 1."""
    cloud.balancer([listener(proxy_protocol=True)])
    assert cloud.forwarded().ports[0].proxy_protocol == 1


def certificate(cloud):
    wanted = NewCertificate("c", CertificateKind.UPLOADED, ("a.test",), "PEM", "", NOW, NOW + 1)
    return cloud.do(lambda draft: certificates.create(draft, wanted, CATALOGUE))[0]


def test_https_with_cookie_and_redirect(cloud):
    """TLS ends at the balancer, and port 80 sends clients there."""
    options = HttpOptions(True, "MINE", 60, (certificate(cloud).id,), redirect_http=True, timeout_idle=30)
    cloud.balancer([listener(443, Protocol.HTTPS, http=options)], [InstanceTarget(cloud.a.id)])
    first, second = cloud.forwarded().ports
    assert (first.speaks, first.cookie, first.idle) == (Speaks.HTTPS, Cookie("MINE", 60), 30.0)
    assert first.certificates == options.certificates
    assert (second.port, second.speaks, second.redirect, second.backends) == (80, Speaks.HTTP, 443, ())


def test_a_redirect_leaves_a_taken_port_alone(cloud):
    """Where port 80 is another listener's, nobody is sent on."""
    options = HttpOptions(certificates=(certificate(cloud).id,), redirect_http=True)
    cloud.balancer([listener(443, Protocol.HTTPS, http=options), listener(80, Protocol.HTTP)])
    assert [(each.port, each.redirect) for each in cloud.forwarded().ports] == [(443, 0), (80, 0)]


CHECKS = {
    "tcp": (
        HealthCheck(Protocol.TCP, 30_001, 5, 3, 2),
        Check(Speaks.TCP, 30_001, 5.0, 3.0, 2, 2),
    ),
    "http": (
        HealthCheck(Protocol.HTTP, 80, 15, 10, 3, HttpCheck("/healthz", "a.test", "ok", ("200",))),
        Check(Speaks.HTTP, 80, 15.0, 10.0, 3, 3, "/healthz", "a.test", ("200",), "ok"),
    ),
    "http-with-tls": (
        HealthCheck(Protocol.HTTP, 80, http=HttpCheck(tls=True)),
        Check(Speaks.HTTPS, 80, 15.0, 10.0, 3, 3, accepts=("2??", "3??")),
    ),
    "tcp-does-not-ask": (
        HealthCheck(Protocol.TCP, 80, http=HttpCheck("/x")),
        Check(Speaks.TCP, 80, 15.0, 10.0, 3, 3),
    ),
}


@pytest.mark.parametrize("name", CHECKS)
def test_checks(cloud, name):
    """How a pool's targets are looked at is as its listener says."""
    given, expected = CHECKS[name]
    made = cloud.balancer([listener(check=given)])
    assert cloud.forwarded().pools[PoolKey("balancer", made.id, 80)].check == expected


def test_a_deleted_balancer_forwards_nothing(cloud):
    """Nor is anybody's health looked at for it."""
    made = cloud.balancer([listener()], [InstanceTarget(cloud.a.id)])
    cloud.do(lambda draft: balancers.delete(draft, made))
    assert cloud.forwarded() == forwardings(State(), NOW)
