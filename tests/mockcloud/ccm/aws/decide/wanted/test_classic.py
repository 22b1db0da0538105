import pytest

from mockcloud.ccm.aws.decide.seen import ClassicListener, Rule
from mockcloud.ccm.aws.decide.wanted.refusal import Refused
from tests.mockcloud.ccm.aws.services import ARN, HTTP, HTTPS, NAME, classic

LOCAL = {"externalTrafficPolicy": "Local", "healthCheckNodePort": 32000}


@pytest.mark.parametrize(
    ("annotations", "spoken"),
    [
        pytest.param({}, ("TCP", "TCP", ""), id="plain"),
        pytest.param({"backend-protocol": "http"}, ("HTTP", "HTTP", ""), id="HTTP"),
        pytest.param({"backend-protocol": "tcp"}, ("TCP", "TCP", ""), id="TCP"),
        pytest.param({"ssl-cert": ARN}, ("SSL", "TCP", ARN), id="a certificate"),
        pytest.param(
            {"ssl-cert": ARN, "backend-protocol": "http"}, ("HTTPS", "HTTP", ARN), id="HTTPS, then HTTP"
        ),
        pytest.param({"ssl-cert": ARN, "backend-protocol": "ssl"}, ("SSL", "SSL", ARN), id="SSL through"),
        pytest.param({"ssl-cert": ARN, "ssl-ports": "443"}, ("TCP", "TCP", ""), id="another port's"),
    ],
)
def test_what_a_listener_speaks(annotations, spoken):
    """To clients and to nodes."""
    wanted = classic(annotations=annotations)
    assert wanted.listeners == (ClassicListener(80, spoken[0], 30080, spoken[1], spoken[2]),)


def test_names_of_ports_are_compared_in_lower_case_and_unknown_protocols_refused():
    """As upstream has it for classic balancers."""
    port = {**HTTPS, "name": "HTTPS"}
    assert classic(port, annotations={"ssl-cert": ARN, "ssl-ports": "https"}).listeners[0].certificate == ARN
    with pytest.raises(Refused, match=f"Invalid backend protocol udp for {ARN}"):
        classic(annotations={"ssl-cert": ARN, "backend-protocol": "udp"})


def check(annotations=(), **spec):
    return classic(HTTP, HTTPS, annotations=annotations, **spec).check


CHECKS = [
    pytest.param({}, {}, "TCP:30080", id="cluster"),
    pytest.param({"backend-protocol": "ssl"}, {}, "SSL:30080", id="SSL"),
    pytest.param({}, LOCAL, "HTTP:32000/healthz", id="local"),
    pytest.param(
        {"healthcheck-port": "traffic-port"}, LOCAL, "HTTP:30080/healthz", id="local, the traffic's"
    ),
    pytest.param({"healthcheck-protocol": "HTTP"}, {}, "HTTP:30080/", id="HTTP"),
    pytest.param({"healthcheck-protocol": "HTTP", "healthcheck-path": "/ok"}, {}, "HTTP:30080/ok", id="path"),
    pytest.param({"healthcheck-port": "8080"}, {}, "TCP:8080", id="port"),
    pytest.param({"healthcheck-path": "/ok"}, {}, "TCP:30080", id="a path without HTTP"),
]


@pytest.mark.parametrize(("annotations", "spec", "target"), CHECKS)
def test_how_nodes_are_looked_at(annotations, spec, target):
    """On the first port; with policy Local where kube-proxy answers."""
    assert check(annotations, **spec)["Target"] == target


def test_thresholds():
    """Upstream's defaults, the annotations, and what is too little."""
    assert check() == {
        "Target": "TCP:30080",
        "HealthyThreshold": 2,
        "UnhealthyThreshold": 6,
        "Timeout": 5,
        "Interval": 10,
    }
    assert check({"healthcheck-interval": "30"})["Interval"] == 30
    with pytest.raises(Refused, match="Timeout must be at least 2; Interval must be at least 5"):
        check({"healthcheck-interval": "4", "healthcheck-timeout": "1"})
    with pytest.raises(Refused, match="failed parsing health check annotation value"):
        check({"healthcheck-interval": "often"})
    with pytest.raises(Refused, match="healthcheck-port=http"):
        check({"healthcheck-port": "http"})


def test_attributes():
    """Each has a value; what is told by no annotation, and has no default, is left out."""
    assert classic().attributes == {
        "AccessLog": {"Enabled": False},
        "ConnectionDraining": {"Enabled": False},
        "ConnectionSettings": {"IdleTimeout": 60},
        "CrossZoneLoadBalancing": {"Enabled": False},
    }
    told = classic(
        annotations={
            "access-log-enabled": "true",
            "access-log-emit-interval": "5",
            "access-log-s3-bucket-name": "logs",
            "access-log-s3-bucket-prefix": "web",
            "connection-draining-enabled": "true",
            "connection-draining-timeout": "30",
            "connection-idle-timeout": "120",
            "cross-zone-load-balancing-enabled": "true",
        }
    )
    assert told.attributes == {
        "AccessLog": {"Enabled": True, "EmitInterval": 5, "S3BucketName": "logs", "S3BucketPrefix": "web"},
        "ConnectionDraining": {"Enabled": True, "Timeout": 30},
        "ConnectionSettings": {"IdleTimeout": 120},
        "CrossZoneLoadBalancing": {"Enabled": True},
    }


def test_proxy_protocol_is_for_all_ports_or_none():
    """Another value is refused."""
    assert classic(annotations={"proxy-protocol": "*"}).proxy_protocol
    assert not classic().proxy_protocol
    with pytest.raises(Refused, match="the only value supported currently is '\\*'"):
        classic(annotations={"proxy-protocol": "80"})


def test_its_own_group_lets_in_who_may_come():
    """Each port and ICMP for path MTU discovery; groups of a person's replace it."""
    wanted = classic(loadBalancerSourceRanges=["10.0.0.0/8"])
    assert wanted.name == NAME
    assert wanted.own_group
    assert wanted.rules == {Rule("tcp", 80, 80, "10.0.0.0/8"), Rule("icmp", 3, 4, "10.0.0.0/8")}
    told = classic(annotations={"security-groups": "sg-1, sg-2", "extra-security-groups": "sg-3"})
    assert (told.own_group, told.groups, told.further_groups) == (False, ("sg-1", "sg-2"), ("sg-3",))
