import pytest

from mockcloud.ccm.aws.decide.calls import Made
from mockcloud.ccm.aws.decide.plans.network import delete_network, ensure_network
from mockcloud.ccm.aws.decide.plans.place import Place
from mockcloud.ccm.aws.decide.seen import Listener, NetworkBalancer, Seen, TargetGroup
from mockcloud.ccm.aws.decide.wanted.network import DEFAULT_ATTRIBUTES, check_params
from mockcloud.ccm.aws.decide.wanted.refusal import Refused
from tests.mockcloud.ccm.aws.services import ARN, HTTP, HTTPS, NAME, network

PLACE = Place("vpc-1", ("subnet-1", "subnet-2"), ("i-1",))


def as_made(wanted, *extra):
    """What there is when all that was wanted has been made; `extra` are groups left over."""
    groups = [
        TargetGroup(
            f"arn:tg-{each.port}",
            each.group_name,
            each.node_protocol,
            each.node_port,
            check_params(each.check),
            attached=True,
            targets=frozenset({("i-1", each.node_port)}),
        )
        for each in wanted.mappings
    ]
    listeners = tuple(
        Listener(f"arn:l-{m.port}", m.port, m.protocol, g.arn, m.certificate, m.policy)
        for m, g in zip(wanted.mappings, groups, strict=True)
    )
    balancer = NetworkBalancer("arn:lb", "host", PLACE.subnets, dict(DEFAULT_ATTRIBUTES), listeners)
    return Seen(network=balancer, groups=(*groups, *extra))


def left_over(name="k8s-default-web-0000000000"):
    return TargetGroup("arn:old", name, "TCP", 1, {}, attached=False)


def operations(calls):
    return [each.operation for each in calls]


def test_the_balancer_comes_first_then_each_ports_group_and_listener():
    """By the balancer all the rest is found again, wherever it was cut off."""
    wanted = network(HTTP, HTTPS)
    calls = ensure_network(wanted, PLACE, Seen())
    port = ["create_target_group", "register_targets", "create_listener"]
    assert operations(calls) == ["create_load_balancer", *port, *port]
    made = calls[0].params
    assert (made["Name"], made["Type"]) == (NAME, "network")
    assert made["SubnetMappings"] == [{"SubnetId": "subnet-1"}, {"SubnetId": "subnet-2"}]
    assert "Scheme" not in made
    listener = calls[3].params
    assert (listener["Port"], listener["Protocol"]) == (80, "TCP")
    assert listener["LoadBalancerArn"] == Made("balancer", ("LoadBalancers", 0, "LoadBalancerArn"))
    assert listener["DefaultActions"][0]["TargetGroupArn"].by == wanted.mappings[0].group_name


def test_what_is_as_it_should_be_costs_no_call():
    """So a sync without a change only looks."""
    wanted = network(HTTP, HTTPS, annotations={"ssl-cert": ARN, "ssl-ports": "443"})
    assert ensure_network(wanted, PLACE, as_made(wanted)) == []


def test_a_port_that_is_gone_takes_its_listener_and_group_along():
    """The listener first: a group that is led to cannot go."""
    calls = ensure_network(network(HTTP), PLACE, as_made(network(HTTP, HTTPS)))
    assert [(each.operation, *each.params.values()) for each in calls] == [
        ("delete_listener", "arn:l-443"),
        ("delete_target_group", "arn:tg-443"),
    ]


def test_another_node_port_is_another_group():
    """The listener is led to it, then the old one goes."""
    calls = ensure_network(network({**HTTP, "nodePort": 30081}), PLACE, as_made(network()))
    assert operations(calls) == [
        "create_target_group",
        "register_targets",
        "modify_listener",
        "delete_target_group",
    ]
    assert calls[2].params["ListenerArn"] == "arn:l-80"
    assert calls[3].params == {"TargetGroupArn": "arn:tg-80"}


def test_what_was_cut_off_is_carried_on_and_what_is_left_over_goes():
    """A group without a listener is used again; one of no port is deleted."""
    wanted = network()
    whole = as_made(wanted)
    cut = Seen(
        network=NetworkBalancer("arn:lb", "h", (), dict(DEFAULT_ATTRIBUTES)),
        groups=(*whole.groups, left_over()),
    )
    calls = ensure_network(wanted, PLACE, cut)
    assert operations(calls) == ["create_listener", "delete_target_group"]
    assert calls[0].params["DefaultActions"][0]["TargetGroupArn"] == "arn:tg-80"
    assert calls[1].params == {"TargetGroupArn": "arn:old"}


@pytest.mark.parametrize(
    "annotations",
    [{"ssl-cert": ARN}, {"ssl-cert": ARN, "ssl-negotiation-policy": "P"}],
)
def test_a_listener_gets_its_certificate_by_a_change(annotations):
    """The port stays; and from TLS back."""
    secure = network(annotations=annotations)
    [call] = ensure_network(secure, PLACE, as_made(network()))
    assert call.operation == "modify_listener"
    assert call.params["Protocol"] == "TLS"
    assert call.params["Certificates"] == [{"CertificateArn": ARN}]
    assert call.params.get("SslPolicy", "") == annotations.get("ssl-negotiation-policy", "")
    [back] = ensure_network(network(), PLACE, as_made(secure))
    assert (back.params["Protocol"], "Certificates" in back.params) == ("TCP", False)


def test_attributes_are_changed_where_they_differ():
    """Of a new balancer, too."""
    wanted = network(annotations={"cross-zone-load-balancing-enabled": "true"})
    told = [{"Key": "load_balancing.cross_zone.enabled", "Value": "true"}]
    for seen in (Seen(), as_made(wanted)):
        assert ensure_network(wanted, PLACE, seen)[-1].params["Attributes"] == told


def test_inside_and_with_addresses():
    """As many addresses as subnets, or it is refused."""
    wanted = network(annotations={"internal": "true", "eip-allocations": "e-1,e-2"})
    made = ensure_network(wanted, PLACE, Seen())[0].params
    assert made["Scheme"] == "internal"
    assert made["SubnetMappings"][1] == {"SubnetId": "subnet-2", "AllocationId": "e-2"}
    with pytest.raises(Refused, match=r"EIP AllocationIDs \(1\) and SubnetIDs \(2\)"):
        ensure_network(network(annotations={"eip-allocations": "e-1"}), PLACE, Seen())


def test_the_balancer_is_deleted_last():
    """As long as there is anything of it, it can be found."""
    calls = delete_network(as_made(network(), left_over()))
    assert operations(calls) == [
        "delete_listener",
        "delete_target_group",
        "delete_target_group",
        "delete_load_balancer",
    ]
    assert delete_network(Seen()) == []
