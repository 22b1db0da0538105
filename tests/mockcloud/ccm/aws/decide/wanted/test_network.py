import pytest

from mockcloud.ccm.aws.decide.wanted.network import Check, check_params
from mockcloud.ccm.aws.decide.wanted.refusal import Refused
from tests.mockcloud.ccm.aws.services import ARN, DNS, HTTP, HTTPS, NAME, network

LOCAL = {"externalTrafficPolicy": "Local", "healthCheckNodePort": 32000}


def check(annotations=(), **spec):
    return network(annotations=annotations, **spec).mappings[0].check


def test_each_port_is_a_listener_and_a_target_group_at_its_node_port():
    """A port without a node port cannot be reached, and is left out."""
    wanted = network(HTTP, HTTPS, {**HTTP, "name": "x", "port": 81, "nodePort": 0})
    assert wanted.name == NAME
    assert [(each.port, each.protocol, each.node_port) for each in wanted.mappings] == [
        (80, "TCP", 30080),
        (443, "TCP", 30443),
    ]
    assert len({each.group_name for each in wanted.mappings}) == 2
    assert network(DNS).mappings[0].node_protocol == "UDP"


def test_what_cannot_be_changed_in_a_group_is_in_its_name():
    """Its port, protocol, health check's protocol and interval: another one is another group."""
    names = {
        network(*ports, annotations=annotations).mappings[0].group_name
        for ports, annotations in (
            ((), {}),
            (({**HTTP, "nodePort": 30081},), {}),
            (({**HTTP, "port": 81},), {}),
            ((), {"healthcheck-protocol": "http"}),
            ((), {"healthcheck-interval": "10"}),
            ((), {"ssl-cert": ARN, "backend-protocol": "ssl"}),
        )
    }
    assert len(names) == 6
    same = network(annotations={"healthcheck-port": "8080", "healthcheck-healthy-threshold": "5"})
    assert same.mappings[0].group_name == network().mappings[0].group_name


def test_tls_ends_at_the_balancer_or_goes_on_to_the_nodes():
    """By backend-protocol; UDP has none."""
    secure = network(HTTPS, annotations={"ssl-cert": ARN, "ssl-negotiation-policy": "P"}).mappings[0]
    assert (secure.protocol, secure.node_protocol) == ("TLS", "TCP")
    assert (secure.certificate, secure.policy) == (ARN, "P")
    onward = network(HTTPS, annotations={"ssl-cert": ARN, "backend-protocol": "ssl"}).mappings[0]
    assert (onward.protocol, onward.node_protocol) == ("TLS", "TLS")
    assert network(DNS, annotations={"ssl-cert": ARN}).mappings[0].protocol == "UDP"


CHECKS = [
    pytest.param({}, {}, Check("traffic-port", "", "TCP", 30, 3, 3), id="cluster"),
    pytest.param({}, LOCAL, Check("32000", "/healthz", "HTTP", 10, 2, 2), id="local"),
    pytest.param(
        {"healthcheck-protocol": "http"}, {}, Check("traffic-port", "/", "HTTP", 30, 3, 3), id="HTTP"
    ),
    pytest.param(
        {"healthcheck-protocol": "tcp"}, LOCAL, Check("32000", "", "TCP", 10, 2, 2), id="local by TCP"
    ),
    pytest.param(
        {
            "healthcheck-protocol": "HTTPS",
            "healthcheck-path": "/ok",
            "healthcheck-port": "8443",
            "healthcheck-interval": "5",
            "healthcheck-healthy-threshold": "4",
            "healthcheck-unhealthy-threshold": "5",
        },
        {},
        Check("8443", "/ok", "HTTPS", 5, 4, 5),
        id="all of it",
    ),
]


@pytest.mark.parametrize(("annotations", "spec", "wanted"), CHECKS)
def test_how_nodes_are_looked_at(annotations, spec, wanted):
    """Upstream's defaults, and what the annotations change."""
    assert check(annotations, **spec) == wanted


@pytest.mark.parametrize(
    ("annotations", "words"),
    [
        ({"healthcheck-protocol": "udp"}, "Unsupported health check protocol UDP"),
        ({"healthcheck-port": "http"}, "Invalid health check port 'http'"),
        ({"healthcheck-interval": "1m"}, r"failed to parse annotation service\..*-interval=1m"),
    ],
)
def test_a_health_check_that_cannot_be_is_refused(annotations, words):
    """In upstream's words."""
    with pytest.raises(Refused, match=words):
        check(annotations)


def test_the_port_that_is_looked_at():
    """The traffic's own, or another."""
    assert network().mappings[0].check_port == 30080
    assert network(**LOCAL).mappings[0].check_port == 32000


def test_attributes():
    """Cross-zone is off where nothing is said; a bucket is told only where logs are on."""
    assert network().attributes == {
        "load_balancing.cross_zone.enabled": "false",
        "access_logs.s3.enabled": "false",
    }
    told = {
        "cross-zone-load-balancing-enabled": "true",
        "access-log-enabled": "true",
        "access-log-s3-bucket-name": "logs",
    }
    assert network(annotations=told).attributes == {
        "load_balancing.cross_zone.enabled": "true",
        "access_logs.s3.enabled": "true",
        "access_logs.s3.bucket": "logs",
        "access_logs.s3.prefix": "",
    }


def test_attributes_of_groups_are_left_alone_where_nothing_is_said():
    """An annotation that is taken away changes nothing: upstream's way."""
    assert network().group_attributes is None
    told = {"target-group-attributes": "preserve_client_ip.enabled=false,proxy_protocol_v2.enabled=true"}
    assert network(annotations=told).group_attributes == {
        "preserve_client_ip.enabled": "false",
        "proxy_protocol_v2.enabled": "true",
    }


def test_a_path_is_told_only_where_it_can_be():
    """A TCP check has none."""
    assert "HealthCheckPath" not in check_params(check())
    assert check_params(check({"healthcheck-protocol": "http"}))["HealthCheckPath"] == "/"


def test_addresses_and_inside():
    """One allocation a subnet."""
    assert network(annotations={"eip-allocations": "e-1,e-2"}).addresses == ("e-1", "e-2")
    assert network(annotations={"internal": "true"}).internal
