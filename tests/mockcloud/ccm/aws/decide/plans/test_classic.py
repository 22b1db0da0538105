from dataclasses import replace

import pytest

from mockcloud.ccm.aws.decide.plans.classic import PROXY_POLICY, delete_classic, ensure_classic
from mockcloud.ccm.aws.decide.plans.place import Place
from mockcloud.ccm.aws.decide.seen import ClassicBalancer, SecurityGroup, Seen
from tests.mockcloud.ccm.aws.services import ARN, HTTP, HTTPS, NAME, classic

PLACE = Place("vpc-1", ("subnet-1",), ("i-1", "i-2"))
TAGS = {"kubernetes.io/cluster/lab": "owned"}


def as_made(wanted, **changes):
    """What there is when all that was wanted has been made."""
    name = f"k8s-SSLNegotiationPolicy-{wanted.tls_policy}"
    tls = {each: (name,) if wanted.tls_policy and each.certificate else () for each in wanted.listeners}
    proxied = (PROXY_POLICY,) if wanted.proxy_protocol else ()
    balancer = ClassicBalancer(
        host_name="host",
        subnets=frozenset(PLACE.subnets),
        groups=("sg-own", *wanted.further_groups) if wanted.own_group else wanted.groups,
        listeners=tls,
        check=wanted.check,
        attributes={key: dict(each) for key, each in wanted.attributes.items()},
        instances=frozenset(PLACE.instances),
        policies=frozenset({*proxied, *([name] if wanted.tls_policy else [])}),
        node_policies={each.node_port: proxied for each in wanted.listeners} if proxied else {},
    )
    own = SecurityGroup("sg-own", "k8s-elb-x", TAGS, wanted.rules) if wanted.own_group else None
    return Seen(classic=replace(balancer, **changes), own_security_group=own)


def planned(wanted, seen):
    return {each.operation: each.params for each in ensure_classic(wanted, PLACE, seen)}


def test_first_its_group_then_the_balancer_then_the_rest():
    """By names that are found again, wherever it was cut off."""
    calls = planned(classic(), Seen())
    assert list(calls) == [
        "create_security_group",
        "authorize_security_group_ingress",
        "create_load_balancer",
        "modify_load_balancer_attributes",
        "configure_health_check",
        "register_instances_with_load_balancer",
    ]
    group = calls["create_security_group"]
    assert (group["GroupName"], group["VpcId"]) == (f"k8s-elb-{NAME}", "vpc-1")
    assert group["Description"] == f"Security group for Kubernetes ELB {NAME} (default/web)"
    assert group["TagSpecifications"][0]["Tags"] == [{"Key": "kubernetes.io/cluster/lab", "Value": "owned"}]
    made = calls["create_load_balancer"]
    assert (made["LoadBalancerName"], made["Subnets"]) == (NAME, ["subnet-1"])
    assert {"Key": "kubernetes.io/service-name", "Value": "default/web"} in made["Tags"]
    assert made["Listeners"] == [
        {"Protocol": "TCP", "LoadBalancerPort": 80, "InstanceProtocol": "TCP", "InstancePort": 30080}
    ]
    assert calls["register_instances_with_load_balancer"]["Instances"] == [
        {"InstanceId": "i-1"},
        {"InstanceId": "i-2"},
    ]


EVERYTHING = {"proxy-protocol": "*", "ssl-cert": ARN, "ssl-ports": "443", "ssl-negotiation-policy": "P"}


@pytest.mark.parametrize(
    "annotations", [{}, EVERYTHING, {"security-groups": "sg-1"}, {"extra-security-groups": "sg-2"}]
)
def test_what_is_as_it_should_be_costs_no_call(annotations):
    """So a sync without a change only looks."""
    wanted = classic(HTTP, HTTPS, annotations=annotations)
    assert planned(wanted, as_made(wanted)) == {}


def test_ports():
    """One goes, one comes; one that changed does both."""
    calls = planned(classic({**HTTP, "nodePort": 30081}), as_made(classic(HTTP, HTTPS)))
    assert calls["delete_load_balancer_listeners"]["LoadBalancerPorts"] == [80, 443]
    assert [each["InstancePort"] for each in calls["create_load_balancer_listeners"]["Listeners"]] == [30081]


def test_who_may_come_is_changed_in_its_own_group():
    """New ranges first, so that nobody is locked out in between."""
    wanted = classic(loadBalancerSourceRanges=["10.0.0.0/8"])
    calls = planned(wanted, as_made(classic()))
    assert list(calls) == ["authorize_security_group_ingress", "revoke_security_group_ingress"]
    told = calls["revoke_security_group_ingress"]["IpPermissions"]
    assert {each["IpRanges"][0]["CidrIp"] for each in told} == {"0.0.0.0/0"}


def test_subnets_instances_and_groups_follow():
    """Each by the calls that classic balancers have for it."""
    wanted = classic(annotations={"extra-security-groups": "sg-2"})
    seen = as_made(
        wanted, subnets=frozenset({"subnet-9"}), instances=frozenset({"i-2", "i-9"}), groups=("sg-own",)
    )
    calls = planned(wanted, seen)
    assert calls["detach_load_balancer_from_subnets"]["Subnets"] == ["subnet-9"]
    assert calls["attach_load_balancer_to_subnets"]["Subnets"] == ["subnet-1"]
    assert calls["apply_security_groups_to_load_balancer"]["SecurityGroups"] == ["sg-own", "sg-2"]
    assert calls["register_instances_with_load_balancer"]["Instances"] == [{"InstanceId": "i-1"}]
    assert calls["deregister_instances_from_load_balancer"]["Instances"] == [{"InstanceId": "i-9"}]


def test_proxy_protocol_comes_and_goes():
    """A policy, and each node port's use of it."""
    proxied, plain = classic(annotations={"proxy-protocol": "*"}), classic()
    for seen in (Seen(), as_made(plain)):
        calls = planned(proxied, seen)
        assert calls["create_load_balancer_policy"]["PolicyTypeName"] == "ProxyProtocolPolicyType"
        told = calls["set_load_balancer_policies_for_backend_server"]
        assert (told["InstancePort"], told["PolicyNames"]) == (30080, [PROXY_POLICY])
    calls = planned(plain, as_made(proxied))
    assert calls["set_load_balancer_policies_for_backend_server"]["PolicyNames"] == []


def test_a_tls_policy_is_set_on_the_secure_listeners():
    """It is made once."""
    wanted = classic(HTTP, HTTPS, annotations={k: v for k, v in EVERYTHING.items() if k != "proxy-protocol"})
    calls = planned(wanted, Seen())
    attributes = calls["create_load_balancer_policy"]["PolicyAttributes"]
    assert attributes == [{"AttributeName": "Reference-Security-Policy", "AttributeValue": "P"}]
    told = calls["set_load_balancer_policies_of_listener"]
    assert (told["LoadBalancerPort"], told["PolicyNames"]) == (443, ["k8s-SSLNegotiationPolicy-P"])


def test_attributes_check_and_tags():
    """What differs is changed; tags of a person's are told each time, since they are not looked at."""
    wanted = classic(annotations={"connection-idle-timeout": "120", "additional-resource-tags": "a=b"})
    seen = as_made(classic(), check={"Target": "TCP:1"})
    calls = planned(wanted, seen)
    assert calls["modify_load_balancer_attributes"]["LoadBalancerAttributes"]["ConnectionSettings"] == {
        "IdleTimeout": 120
    }
    assert calls["configure_health_check"]["HealthCheck"]["Target"] == "TCP:30080"
    assert calls["add_tags"] == {"LoadBalancerNames": [NAME], "Tags": [{"Key": "a", "Value": "b"}]}


def test_a_group_that_lost_its_tag_gets_it_back():
    """Without it nobody would know whose it is."""
    wanted = classic()
    seen = as_made(wanted)
    bare = replace(seen.own_security_group, tags={})
    told = planned(wanted, replace(seen, own_security_group=bare))["create_tags"]
    assert told == {"Resources": ["sg-own"], "Tags": [{"Key": "kubernetes.io/cluster/lab", "Value": "owned"}]}


def test_inside():
    """A scheme that cannot be changed later."""
    assert (
        planned(classic(annotations={"internal": "true"}), Seen())["create_load_balancer"]["Scheme"]
        == "internal"
    )


def test_deletion_ends_with_the_group():
    """It cannot go before the balancer; a person's groups stay."""
    calls = delete_classic(NAME, as_made(classic()))
    assert [each.operation for each in calls] == ["delete_load_balancer", "delete_security_group"]
    assert delete_classic(NAME, Seen()) == []
    theirs = delete_classic(NAME, as_made(classic(annotations={"security-groups": "sg-1"})))
    assert [each.operation for each in theirs] == ["delete_load_balancer"]
