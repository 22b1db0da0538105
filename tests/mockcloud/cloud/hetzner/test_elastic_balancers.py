"""AWS' balancers through Hetzner's client: seen as far as it can tell, deleted, else left alone."""

from ipaddress import IPv4Network

import pytest

from mockcloud.cloud.core.catalogue import Catalogue
from mockcloud.cloud.core.elastic import balancers, frontends, groups, members
from mockcloud.cloud.core.elastic.balancers import NewElastic, PlaceWish
from mockcloud.cloud.core.elastic.frontends import NewFrontend
from mockcloud.cloud.core.elastic.groups import CheckWish, NewGroup
from mockcloud.cloud.core.elastic.members import MemberWish
from mockcloud.cloud.core.elastic_values import Action, BalancerKind, Forward, Frontend, Protocol, Routing
from mockcloud.cloud.core.health import Health, HealthStatus
from mockcloud.cloud.core.values import Address

TAGS = {"kubernetes.io/cluster/lab": "owned", "kubernetes.io/service-name": "default/web"}


@pytest.fixture
def server(make_server, network):
    """In the network, without public addresses."""
    from hcloud.servers import ServerCreatePublicNetwork

    closed = ServerCreatePublicNetwork(enable_ipv4=False, enable_ipv6=False)
    return make_server("node-1", networks=[network], public_net=closed)


@pytest.fixture
def nlb(cloud, network, server):
    """As the AWS controller makes it: a group of instances behind port 80, looked at by HTTP."""
    catalogue = Catalogue()

    def make(draft):
        place = PlaceWish("fsn1", network.id, IPv4Network("10.0.1.0/24"))
        wanted = NewElastic("web", BalancerKind.NETWORK, [place], labels=TAGS)
        made, _ = balancers.create(draft, wanted, catalogue)
        check = CheckWish(Protocol.HTTP, 10_256, path="/healthz", interval=10)
        group = groups.create(draft, NewGroup("g", Protocol.TCP, 30_080, network.id, check=check), catalogue)
        members.register(draft, group, [MemberWish(server.id)], catalogue)
        action = Action(Routing.FORWARD, (Forward(group.id),))
        frontends.create(draft, made, NewFrontend(Protocol.TCP, 80, action), catalogue)
        return made

    return cloud.ask(lambda running: running.cloud.run(make))


def test_it_is_seen_with_its_services_targets_and_health(cloud, client, nlb, server):
    """The same balancer, in the words that Hetzner has."""
    (seen,) = client.load_balancers.get_all()
    assert (seen.id, seen.name, seen.labels) == (nlb.id, "web", TAGS)
    assert (seen.public_net.ipv4.ip, seen.public_net.ipv6.ip) == ("198.18.0.1", None)
    assert [each.ip for each in seen.private_net] == ["10.0.1.3"]
    assert seen.load_balancer_type.name == "network"
    (service,) = seen.services
    assert (service.protocol, service.listen_port, service.destination_port) == ("tcp", 80, 30_080)
    check = service.health_check
    assert (check.protocol, check.port, check.interval, check.http.path) == ("http", 10_256, 10, "/healthz")
    (target,) = seen.targets
    assert (target.server.id, target.use_private_ip) == (server.id, True)
    assert [(each.listen_port, each.status) for each in target.health_status] == [(80, "unknown")]

    def tell(running):
        running.cloud.believe(looks_at_groups=lambda *_: Health(HealthStatus.HEALTHY))

    cloud.ask(tell)
    (target,) = client.load_balancers.get_by_name("web").targets
    assert target.health_status[0].status == "healthy"


def test_no_type_of_aws_is_on_offer(client, nlb):
    """Who lists what can be had sees Hetzner's."""
    assert [each.name for each in client.load_balancer_types.get_all()] == ["lb11", "lb21", "lb31"]


def test_it_cannot_be_changed_but_for_its_labels_and_protection(hcloud, client, nlb):
    """Services and targets are in AWS' words; a name is for life."""
    from hcloud.load_balancers import LoadBalancerService

    seen = client.load_balancers.get_by_id(nlb.id)
    service = LoadBalancerService(protocol="tcp", listen_port=81, destination_port=81)
    for change in (lambda: seen.add_service(service), lambda: seen.update(name="other")):
        with pytest.raises(hcloud.APIException, match=r"network|AWS") as refused:
            change()
        assert refused.value.code == "unsupported_error"
    assert seen.update(labels={"a": "b"}).labels == {"a": "b"}


def test_its_addresses_have_reverse_names_as_others_have(hcloud, client, nlb):
    """Of the family that it has."""
    seen = client.load_balancers.get_by_id(nlb.id)
    seen.change_dns_ptr("198.18.0.1", "web.example").wait_until_finished()
    seen.reload()
    assert seen.public_net.ipv4.dns_ptr == "web.example"
    with pytest.raises(hcloud.APIException, match="not an address of this resource"):
        seen.change_dns_ptr("2001:db8::1", "web.example")


def test_deleted_here_it_is_gone_there(cloud, client, nlb):
    """With its listeners; protected it stays, whoever protected it."""
    seen = client.load_balancers.get_by_id(nlb.id)
    seen.change_protection(delete=True).wait_until_finished()
    with pytest.raises(Exception, match="protected"):
        seen.delete()
    seen.change_protection(delete=False).wait_until_finished()
    seen.delete()
    assert client.load_balancers.get_all() == []
    for kind in (Address, Frontend):
        assert cloud.ask(lambda running, kind=kind: running.cloud.state.all(kind)) == []


def test_a_protocol_that_is_only_the_cores_is_refused(hcloud, make_balancer):
    """Hetzner's balancers speak no UDP."""
    from hcloud.load_balancers import LoadBalancerService

    balancer = make_balancer()
    with pytest.raises(hcloud.APIException, match="expected tcp, http or https") as refused:
        balancer.add_service(LoadBalancerService(protocol="udp", listen_port=53, destination_port=53))
    assert refused.value.code == "invalid_input"
