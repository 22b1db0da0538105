import pytest

from mockcloud.ccm.aws.decide.wanted import spec
from mockcloud.ccm.aws.decide.wanted.annotations import PREFIX, annotations_of
from mockcloud.ccm.aws.decide.wanted.refusal import Refused
from mockcloud.ccm.objects.nodes import parse_node
from mockcloud.ccm.objects.services import SOURCE_RANGES, parse_service
from testkit import objects
from tests.mockcloud.ccm.aws.services import ARN, DNS, HTTP, HTTPS, classic, network, service

NLB = {"type": "nlb"}
GROUP = "target-group-attributes"
REFUSED = [
    pytest.param(
        classic,
        [HTTP],
        {},
        {"sessionAffinity": "ClientIP"},
        "unsupported load balancer affinity: ClientIP",
        id="affinity",
    ),
    pytest.param(
        network,
        [HTTP, DNS],
        NLB,
        {},
        "mixed protocol is not supported for LoadBalancer",
        id="mixed protocols",
    ),
    pytest.param(classic, [DNS], {}, {}, "Protocol UDP not supported by LoadBalancer", id="classic and UDP"),
    pytest.param(
        network,
        [{**DNS, "protocol": "SCTP"}],
        NLB,
        {},
        "Protocol SCTP not supported by LoadBalancer",
        id="SCTP",
    ),
    pytest.param(
        classic,
        [HTTP],
        {},
        {"loadBalancerIP": "192.0.2.1"},
        "LoadBalancerIP cannot be specified for AWS ELB",
        id="address",
    ),
    pytest.param(
        classic,
        [HTTP],
        {GROUP: "a=b"},
        {},
        "target group annotations attribute is only supported for NLB",
        id="group attributes, classic",
    ),
    pytest.param(
        network,
        [HTTP],
        {GROUP: "stickiness.enabled=true"},
        {},
        'the attribute "stickiness.enabled" is not supported',
        id="unknown attribute",
    ),
    pytest.param(
        network,
        [HTTP],
        {GROUP: "preserve_client_ip.enabled="},
        {},
        "attribute value is empty",
        id="empty attribute",
    ),
    pytest.param(
        network,
        [HTTP],
        {GROUP: "preserve_client_ip.enabled=no"},
        {},
        "invalid attribute value",
        id="wrong attribute",
    ),
    pytest.param(
        network,
        [DNS],
        {GROUP: "preserve_client_ip.enabled=false"},
        {},
        "can't be disabled for UDP ports",
        id="UDP keeps the client",
    ),
    pytest.param(
        classic,
        [HTTP],
        {},
        {"loadBalancerSourceRanges": ["10.0.0.0/33"]},
        "service.Spec.LoadBalancerSourceRanges: [10.0.0.0/33] is not valid",
        id="source ranges",
    ),
]


@pytest.mark.parametrize(("kind", "ports", "annotations", "fields", "words"), REFUSED)
def test_what_no_balancer_is_like_is_refused_in_upstreams_words(kind, ports, annotations, fields, words):
    """They become the Service's Event."""
    with pytest.raises(Refused) as refused:
        kind(*ports, annotations=annotations, **fields)
    assert words in str(refused.value)


def test_a_service_without_ports_is_refused():
    """The API takes none such, but for a headless one."""
    wanted = parse_service(objects.service(metadata={"uid": "u"}, type="LoadBalancer", ports=[]))
    with pytest.raises(Refused, match="requested load balancer with no ports"):
        spec.check(wanted, annotations_of({}))


def test_source_ranges_are_the_fields_else_the_annotations_else_everywhere():
    """As networks, each once, sorted."""
    assert spec.source_ranges(service()) == ("0.0.0.0/0",)
    ranged = service(loadBalancerSourceRanges=["10.1.2.3/8", " 10.0.0.0/8", "192.0.2.0/24"])
    assert spec.source_ranges(ranged) == ("10.0.0.0/8", "192.0.2.0/24")
    body = objects.service(metadata={"uid": "u", "annotations": {SOURCE_RANGES: "10.0.0.0/8, 192.0.2.0/24"}})
    assert spec.source_ranges(parse_service(body)) == ("10.0.0.0/8", "192.0.2.0/24")
    body["metadata"]["annotations"][SOURCE_RANGES] = "junk"
    with pytest.raises(Refused, match="load-balancer-source-ranges: junk is not valid"):
        spec.source_ranges(parse_service(body))


@pytest.mark.parametrize(
    ("annotations", "secure"),
    [
        pytest.param({}, [False, False], id="no certificate"),
        pytest.param({"ssl-cert": ARN}, [True, True], id="all ports"),
        pytest.param({"ssl-cert": ARN, "ssl-ports": "*"}, [True, True], id="star"),
        pytest.param({"ssl-cert": ARN, "ssl-ports": "443"}, [False, True], id="by number"),
        pytest.param({"ssl-cert": ARN, "ssl-ports": "https,x"}, [False, True], id="by name"),
    ],
)
def test_tls_ends_at_the_ports_that_are_named(annotations, secure):
    """With a certificate only."""
    wanted = service(HTTP, HTTPS, annotations=annotations)
    given = annotations_of(wanted.meta.annotations)
    assert [spec.secure(port, given, port.name) for port in wanted.ports] == secure


def test_targets_are_nodes_with_the_labels_that_are_asked_for():
    """An empty value is any."""
    nodes = [
        parse_node(objects.node(name, metadata={"uid": name, "labels": labels}))
        for name, labels in {"a": {"disk": "ssd"}, "b": {"disk": "hdd"}, "c": {}}.items()
    ]

    def chosen(wanted):
        return [
            each.meta.name
            for each in spec.targets(nodes, annotations_of({f"{PREFIX}target-node-labels": wanted}))
        ]

    assert [chosen("disk=ssd"), chosen("disk="), chosen("disk=ssd,x=y")] == [["a"], ["a", "b"], []]
    assert len(spec.targets(nodes, annotations_of({}))) == 3
