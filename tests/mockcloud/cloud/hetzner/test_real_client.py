"""Hetzner's own Python client cannot tell: every operation that it has for what this cloud has."""

import pytest

from mockcloud.cloud.faults import Point


@pytest.fixture
def refused(hcloud):
    """What the client raises for an error of the API."""
    return hcloud.APIException


def services(port=80, **more):
    from hcloud.load_balancers import LoadBalancerService

    return LoadBalancerService(protocol="tcp", listen_port=port, destination_port=30_000 + port, **more)


def to_server(server, **more):
    from hcloud.load_balancers import LoadBalancerTarget

    return LoadBalancerTarget(type="server", server=server, **more)


def test_what_can_be_had_is_listed_by_name(client):
    """Places, sizes, images, prices."""
    assert [each.name for each in client.locations.get_all()] == ["fsn1", "nbg1", "hel1", "ash", "hil"]
    assert client.locations.get_by_name("hel1").network_zone == "eu-central"
    assert client.server_types.get_by_name("cx32").cores == 4
    assert client.load_balancer_types.get_by_name("lb21").max_services == 15
    assert client.images.get_by_name_and_architecture("debian-12", "x86").os_flavor == "debian"
    with pytest.warns(DeprecationWarning, match="datacenters"):  # old clients read them
        assert client.datacenters.get_all()[0].location.name == "fsn1"


def test_a_server_is_made_stopped_started_and_gone(client, make_server):
    """Its status follows; its addresses go with it."""
    server = make_server("a", labels={"role": "node"})
    assert (server.status, server.labels) == ("running", {"role": "node"})
    assert client.servers.get_by_name("a").public_net.ipv4.ip == "198.18.0.1"
    server.power_off().wait_until_finished()
    server.reload()
    assert server.status == "off"
    server.power_on().wait_until_finished()
    server.update(name="b", labels={"role": "edge"})
    assert [each.name for each in client.servers.get_all(label_selector="role in (edge, x)")] == ["b"]
    assert client.primary_ips.get_all()
    server.delete().wait_until_finished()
    assert client.servers.get_all() == []
    assert client.primary_ips.get_all() == []


def test_a_balancer_with_all_that_it_can_have(client, network, make_server, make_balancer):
    """As the cloud controller uses it: made, services, targets by private address, changed, gone."""
    server = make_server("node-1", networks=[network], labels={"pool": "a"})
    balancer = make_balancer(labels={"cluster": "x"}, network=network)
    assert (balancer.private_net[0].ip, balancer.public_net.enabled) == ("10.0.1.3", True)
    balancer.add_service(services()).wait_until_finished()
    balancer.add_target(to_server(server, use_private_ip=True)).wait_until_finished()
    balancer.update_service(services(proxyprotocol=True)).wait_until_finished()
    balancer.reload()
    (service,) = balancer.services
    assert (service.destination_port, service.proxyprotocol, service.health_check.port) == (
        30080,
        True,
        30080,
    )
    (target,) = balancer.targets
    assert (target.server.id, target.use_private_ip) == (server.id, True)
    assert [(each.listen_port, each.status) for each in target.health_status] == [(80, "unknown")]
    assert [each.id for each in client.load_balancers.get_all(label_selector="cluster=x")] == [balancer.id]
    balancer.remove_target(to_server(server)).wait_until_finished()
    balancer.delete_service(services()).wait_until_finished()
    balancer.disable_public_interface().wait_until_finished()
    balancer.reload()
    assert (balancer.services, balancer.targets, balancer.public_net.enabled) == ([], [], False)
    balancer.delete().action.wait_until_finished()
    assert client.load_balancers.get_by_name("web") is None


def test_targets_by_label_are_those_that_match_now(client, make_server, make_balancer):
    """Also servers that come later."""
    from hcloud.load_balancers import LoadBalancerTarget, LoadBalancerTargetLabelSelector

    selector = LoadBalancerTargetLabelSelector(selector="pool=a")
    target = LoadBalancerTarget(type="label_selector", label_selector=selector)
    balancer = make_balancer(targets=[target], services=[services()])
    assert balancer.targets[0].targets == []
    server = make_server("late", labels={"pool": "a"})
    balancer.reload()
    assert [each.server.id for each in balancer.targets[0].targets] == [server.id]


def test_http_options_and_their_defaults(make_balancer):
    """What is not said has the API's defaults."""
    from hcloud.load_balancers import LoadBalancerService, LoadBalancerServiceHttp

    http = LoadBalancerServiceHttp(sticky_sessions=True, cookie_name="KEEP")
    balancer = make_balancer(services=[LoadBalancerService(protocol="http", http=http)])
    (service,) = balancer.services
    assert (service.listen_port, service.destination_port) == (80, 80)
    options = service.http
    assert (options.sticky_sessions, options.cookie_name, options.timeout_idle) == (True, "KEEP", 60)
    assert (service.health_check.protocol, service.health_check.http.path) == ("http", "/")


def test_networks_have_parts_and_routes(client, network):
    """And cannot go while somebody is in them."""
    from hcloud.networks import NetworkRoute, NetworkSubnet

    network.add_subnet(
        NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.0.2.0/24")
    ).wait_until_finished()
    network.add_route(NetworkRoute(destination="10.100.0.0/16", gateway="10.0.1.5")).wait_until_finished()
    network.reload()
    assert [each.ip_range for each in network.subnets] == ["10.0.1.0/24", "10.0.2.0/24"]
    assert [each.gateway for each in network.routes] == ["10.0.1.5"]
    network.delete_route(NetworkRoute(destination="10.100.0.0/16", gateway="10.0.1.5")).wait_until_finished()
    network.delete_subnet(NetworkSubnet(ip_range="10.0.2.0/24")).wait_until_finished()
    network.delete()
    assert client.networks.get_all() == []


def test_addresses_move_from_one_to_another(client, make_server):
    """A floating one is assigned and unassigned; a primary one outlives its server where it is told to."""
    from hcloud.locations import Location

    one = make_server("one")
    made = client.floating_ips.create(
        type="ipv4", home_location=Location(name="fsn1"), name="vip"
    ).floating_ip
    made.assign(one).wait_until_finished()
    made.reload()
    assert made.server.id == one.id
    made.change_dns_ptr(made.ip, "vip.example.org").wait_until_finished()
    made.unassign().wait_until_finished()
    made.reload()
    assert (made.server, made.dns_ptr[0]["dns_ptr"]) == (None, "vip.example.org")
    made.delete()
    kept = client.primary_ips.create(
        name="kept", type="ipv4", location=Location(name="fsn1"), auto_delete=False
    ).primary_ip
    assert client.primary_ips.get_by_name("kept").ip == kept.ip
    kept.delete()


def test_errors_have_the_codes_that_clients_act_on(client, make_server, make_balancer, network, refused):
    """Each by its own request."""
    balancer, server = make_balancer(services=[services()]), make_server("a")

    def code_of(act) -> str:
        with pytest.raises(refused) as caught:
            act()
        return caught.value.code

    assert code_of(lambda: make_balancer("web")) == "uniqueness_error"
    assert code_of(lambda: balancer.add_service(services())) == "source_port_already_used"
    assert code_of(lambda: balancer.delete_service(services(443))) == "not_found"
    assert code_of(lambda: client.load_balancers.get_by_id(7)) == "not_found"
    private = to_server(server, use_private_ip=True)
    assert code_of(lambda: balancer.add_target(private)) == "load_balancer_not_attached_to_network"
    balancer.attach_to_network(network).wait_until_finished()
    assert code_of(lambda: balancer.add_target(private)) == "server_not_attached_to_network"
    balancer.add_target(to_server(server)).wait_until_finished()
    assert code_of(lambda: balancer.add_target(to_server(server))) == "target_already_defined"
    assert code_of(balancer.disable_public_interface) == "targets_without_use_private_ip"
    balancer.change_protection(delete=True).wait_until_finished()
    assert code_of(balancer.delete) == "protected"
    assert code_of(network.delete) == "resource_in_use"
    assert code_of(lambda: client.volumes.get_all()) == "unsupported_error"
    assert code_of(lambda: balancer.add_service(services(70_000))) == "invalid_input"


def test_a_service_too_many_is_refused_by_the_type(make_balancer, refused):
    """lb11 has five; a larger type has room, and cannot be left again."""
    from hcloud.load_balancer_types import LoadBalancerType

    balancer = make_balancer(services=[services(port) for port in range(1, 6)])
    with pytest.raises(refused) as caught:
        balancer.add_service(services(6))
    assert caught.value.code == "resource_limit_exceeded"
    balancer.change_type(LoadBalancerType(name="lb21")).wait_until_finished()
    balancer.add_service(services(6)).wait_until_finished()
    with pytest.raises(refused) as caught:
        balancer.change_type(LoadBalancerType(name="lb11"))
    assert caught.value.code == "invalid_load_balancer_type"


def test_operations_take_as_long_as_they_are_told_and_lock_what_they_are_on(
    cloud, client, make_balancer, refused
):
    """By the cloud's own clock: a test need not wait for it."""
    balancer = make_balancer()
    cloud.ask(lambda server: setattr(server.cloud, "operation_seconds", 3600.0))
    action = balancer.add_service(services())
    assert action.status == "running"
    with pytest.raises(refused) as caught:
        balancer.add_service(services(443))
    assert caught.value.code == "locked"
    cloud.advance(1800)
    action.reload()
    assert (action.status, action.progress) == ("running", 50)
    cloud.advance(1800)
    action.wait_until_finished()
    assert [each.command for each in balancer.get_actions(status=["success"])][-1] == "add_service"


def test_a_wrong_token_is_refused(hcloud, cloud, refused):
    """As the API words it."""
    with pytest.raises(refused) as caught:
        hcloud.Client("other", api_endpoint=cloud.hcloud_endpoint).locations.get_all()
    assert caught.value.code == "unauthorized"


def test_lists_come_in_pages(client, make_server):
    """The client asks for all of them, 50 at a time."""
    for number in range(53):
        make_server(f"s-{number:02}")
    assert len(client.servers.get_all()) == 53
    (first, meta) = client.servers.get_list(page=2, per_page=20)
    assert (first[0].name, meta.pagination.last_page, meta.pagination.total_entries) == ("s-20", 3, 53)


def test_faults_strike_where_and_as_often_as_they_are_ordered(cloud, client, make_balancer, refused):
    """An error; an answer that is lost after the change was made; an action that fails."""
    import requests

    cloud.fault(Point.REQUEST, path="/v1/servers", count=1, status=503, code="unavailable")
    with pytest.raises(refused) as caught:
        client.servers.get_all()
    assert caught.value.code == "unavailable"
    assert client.servers.get_all() == []
    cloud.fault(Point.ANSWER, path="/v1/load_balancers", method="POST", count=1)
    with pytest.raises(requests.ConnectionError):
        make_balancer("lost")
    assert client.load_balancers.get_by_name("lost") is not None
    cloud.fault(Point.OPERATION, path="*/actions/add_service", count=1, code="action_failed")
    from hcloud.actions import ActionFailedException

    with pytest.raises(ActionFailedException):
        client.load_balancers.get_by_name("lost").add_service(services()).wait_until_finished()
    assert {call["fault"] for call in cloud.calls()} >= {"1", "2"}


def test_a_certificate_belongs_to_its_key_and_to_the_balancers_that_have_it(client, make_balancer, refused):
    """An uploaded one is read; https needs one; it cannot go while it is in use."""
    import trustme
    from hcloud.load_balancers import LoadBalancerService, LoadBalancerServiceHttp

    authority = trustme.CA()
    issued, other = authority.issue_cert("web.example.org"), authority.issue_cert("x.example.org")
    pem = issued.cert_chain_pems[0].bytes().decode()
    key = issued.private_key_pem.bytes().decode()
    with pytest.raises(refused) as caught:
        client.certificates.create("web", pem, other.private_key_pem.bytes().decode())
    assert caught.value.code == "invalid_input"
    made = client.certificates.create("web", pem, key)
    assert made.domain_names == ["web.example.org"]
    https = LoadBalancerService(
        protocol="https", listen_port=443, http=LoadBalancerServiceHttp(certificates=[made])
    )
    make_balancer(services=[https])
    with pytest.raises(refused) as caught:
        made.delete()
    assert caught.value.code == "resource_in_use"
