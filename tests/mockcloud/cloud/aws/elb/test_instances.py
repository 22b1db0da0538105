"""elb's instances and policies through boto3."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mockcloud.cloud.aws.resources import instance_id
from mockcloud.cloud.core import instances
from mockcloud.cloud.core.health import Health, HealthStatus

AWS = Path(sys.executable).parent / "aws"
FAST = {"Delay": 0.02, "MaxAttempts": 500}
PROXY = {
    "PolicyName": "k8s-proxyprotocol-enabled",
    "PolicyTypeName": "ProxyProtocolPolicyType",
    "PolicyAttributes": [{"AttributeName": "ProxyProtocol", "AttributeValue": "true"}],
}


@pytest.fixture
def seen(mock_cloud):
    """Says what whoever looks at instances has seen of all of them."""

    def tell(status):
        mock_cloud.ask(lambda running: running.cloud.believe(looks=lambda *_: Health(status)))

    return tell


def test_boto3_waits_until_instances_serve_and_until_they_are_gone(elb, web, node, seen):
    """Registration is in progress until somebody has looked."""
    who = [{"InstanceId": node}]
    registered = elb.register_instances_with_load_balancer(LoadBalancerName=web, Instances=who)
    assert registered["Instances"] == who
    (state,) = elb.describe_instance_health(LoadBalancerName=web)["InstanceStates"]
    assert state == {
        "InstanceId": node,
        "State": "OutOfService",
        "ReasonCode": "ELB",
        "Description": "Instance registration is still in progress.",
    }
    seen(HealthStatus.HEALTHY)
    for name in ("any_instance_in_service", "instance_in_service"):
        elb.get_waiter(name).wait(LoadBalancerName=web, WaiterConfig=FAST)
    left = elb.deregister_instances_from_load_balancer(LoadBalancerName=web, Instances=who)
    assert left["Instances"] == []
    elb.get_waiter("instance_deregistered").wait(LoadBalancerName=web, Instances=who, WaiterConfig=FAST)


def test_an_instance_that_fails_is_out_of_service(elb, web, node, seen):
    """In AWS' words."""
    elb.register_instances_with_load_balancer(LoadBalancerName=web, Instances=[{"InstanceId": node}])
    seen(HealthStatus.UNHEALTHY)
    (state,) = elb.describe_instance_health(LoadBalancerName=web)["InstanceStates"]
    assert (state["State"], state["ReasonCode"]) == ("OutOfService", "Instance")
    assert "at least the UnhealthyThreshold number" in state["Description"]


def test_instances_that_are_nobody_are_refused(do, elb, web, make_instance):
    """Those that are terminated, too; a balancer has let go of them already."""
    gone = make_instance("gone")
    who = [{"InstanceId": instance_id(gone.id)}]
    elb.register_instances_with_load_balancer(LoadBalancerName=web, Instances=who)
    do(lambda draft: instances.delete(draft, gone))
    assert elb.describe_instance_health(LoadBalancerName=web)["InstanceStates"] == []
    for ask in (
        elb.register_instances_with_load_balancer,
        elb.deregister_instances_from_load_balancer,
        elb.describe_instance_health,
    ):
        with pytest.raises(elb.exceptions.InvalidEndPointException, match="Could not find EC2 instance"):
            ask(LoadBalancerName=web, Instances=who)


def test_the_proxy_protocol_is_a_policy_of_the_instances_port(elb, web, described):
    """As the controller sets it, and looks whether it is set."""
    elb.create_load_balancer_policy(LoadBalancerName=web, **PROXY)
    elb.create_load_balancer_policy(LoadBalancerName=web, **PROXY)  # it is there already
    names = [PROXY["PolicyName"]]
    elb.set_load_balancer_policies_for_backend_server(
        LoadBalancerName=web, InstancePort=30_080, PolicyNames=names
    )
    assert described(web)["BackendServerDescriptions"] == [{"InstancePort": 30_080, "PolicyNames": names}]
    assert described(web)["Policies"]["OtherPolicies"] == names
    (found,) = elb.describe_load_balancer_policies(LoadBalancerName=web)["PolicyDescriptions"]
    assert found["PolicyTypeName"] == "ProxyProtocolPolicyType"
    assert found["PolicyAttributeDescriptions"] == PROXY["PolicyAttributes"]
    with pytest.raises(elb.exceptions.InvalidConfigurationRequestException):
        elb.delete_load_balancer_policy(LoadBalancerName=web, PolicyName=names[0])
    elb.set_load_balancer_policies_for_backend_server(
        LoadBalancerName=web, InstancePort=30_080, PolicyNames=[]
    )
    assert described(web)["BackendServerDescriptions"] == []
    elb.delete_load_balancer_policy(LoadBalancerName=web, PolicyName=names[0])
    with pytest.raises(elb.exceptions.PolicyNotFoundException):
        elb.describe_load_balancer_policies(LoadBalancerName=web, PolicyNames=names)


def test_policies_that_cannot_be_have_their_exceptions(elb, web):
    """Types, names, listeners."""
    raised = elb.exceptions
    elb.create_load_balancer_policy(LoadBalancerName=web, **PROXY)
    with pytest.raises(raised.DuplicatePolicyNameException):
        elb.create_load_balancer_policy(LoadBalancerName=web, **{**PROXY, "PolicyAttributes": []})
    with pytest.raises(raised.PolicyTypeNotFoundException):
        elb.create_load_balancer_policy(LoadBalancerName=web, **{**PROXY, "PolicyTypeName": "Nobodys"})
    with pytest.raises(raised.PolicyNotFoundException):
        elb.set_load_balancer_policies_of_listener(
            LoadBalancerName=web, LoadBalancerPort=80, PolicyNames=["x"]
        )
    with pytest.raises(raised.ListenerNotFoundException):
        elb.set_load_balancer_policies_of_listener(LoadBalancerName=web, LoadBalancerPort=81, PolicyNames=[])
    samples = elb.describe_load_balancer_policies()["PolicyDescriptions"]
    assert all(each["PolicyName"].startswith("ELBSample-") for each in samples)


def test_a_cookie_is_a_policy_of_a_listener(elb, make, described):
    """It is listed among its kind, with its time."""
    name = make(listeners=[{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 8080}])[
        "LoadBalancerName"
    ]
    elb.create_load_balancer_policy(
        LoadBalancerName=name,
        PolicyName="sticky",
        PolicyTypeName="LBCookieStickinessPolicyType",
        PolicyAttributes=[{"AttributeName": "CookieExpirationPeriod", "AttributeValue": "60"}],
    )
    elb.set_load_balancer_policies_of_listener(
        LoadBalancerName=name, LoadBalancerPort=80, PolicyNames=["sticky"]
    )
    made = described(name)
    assert made["ListenerDescriptions"][0]["PolicyNames"] == ["sticky"]
    cookies = made["Policies"]["LBCookieStickinessPolicies"]
    assert cookies == [{"PolicyName": "sticky", "CookieExpirationPeriod": 60}]


def test_a_classic_one_through_hetzners_client_and_the_other_way_round(mock_cloud, elb, web, node, described):
    """Both dialects are views of the same balancers."""
    hcloud = pytest.importorskip("hcloud")
    from hcloud.load_balancer_types import LoadBalancerType
    from hcloud.load_balancers import LoadBalancerService
    from hcloud.locations import Location

    client = hcloud.Client(mock_cloud.token, api_endpoint=mock_cloud.hcloud_endpoint, poll_interval=0.01)
    elb.register_instances_with_load_balancer(LoadBalancerName=web, Instances=[{"InstanceId": node}])
    seen = client.load_balancers.get_by_name(web)
    assert [(each.protocol, each.listen_port, each.destination_port) for each in seen.services] == [
        ("tcp", 80, 30_080)
    ]
    (target,) = seen.targets
    assert (target.type, target.use_private_ip) == ("server", True)
    more = LoadBalancerService(protocol="tcp", listen_port=81, destination_port=30_081)
    seen.add_service(more).wait_until_finished()
    ports = [each["Listener"]["LoadBalancerPort"] for each in described(web)["ListenerDescriptions"]]
    assert ports == [80, 81]
    client.load_balancers.create(
        name="theirs",
        load_balancer_type=LoadBalancerType(name="lb11"),
        location=Location(name="fsn1"),
        services=[more],
    )
    theirs = described("theirs")
    assert theirs["ListenerDescriptions"][0]["Listener"]["InstancePort"] == 30_081
    assert theirs["HealthCheck"]["Target"] == "TCP:30081"
    assert (theirs["Subnets"], theirs["Instances"]) == ([], [])
    elb.delete_load_balancer(LoadBalancerName="theirs")
    assert [each.name for each in client.load_balancers.get_all()] == [web]


def test_the_cli_makes_and_shows_both_kinds(mock_cloud, elb, vpc, subnets):
    """As a process: parameters in its own way, answers read by its own models."""

    def aws(*words):
        found = subprocess.run([AWS, *words], capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stderr
        return json.loads(found.stdout or "{}")

    listener = "Protocol=TCP,LoadBalancerPort=80,InstanceProtocol=TCP,InstancePort=30080"
    classic = ("--load-balancer-name", "web")
    aws("elb", "create-load-balancer", *classic, "--listeners", listener, "--subnets", subnets[0])
    (shown,) = aws("elb", "describe-load-balancers")["LoadBalancerDescriptions"]
    assert shown["HealthCheck"]["Target"] == "TCP:30080"
    made = aws("elbv2", "create-load-balancer", "--name", "web", "--type", "network", "--subnets", subnets[0])
    group = aws(
        *("elbv2", "create-target-group", "--name", "nodes", "--protocol", "TCP", "--port", "30080"),
        *("--vpc-id", vpc),
    )["TargetGroups"][0]["TargetGroupArn"]
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    action = f"Type=forward,TargetGroupArn={group}"
    aws(
        *("elbv2", "create-listener", "--load-balancer-arn", balancer, "--protocol", "TCP", "--port", "80"),
        *("--default-actions", action),
    )
    aws("elbv2", "wait", "load-balancer-available", "--names", "web")
    (found,) = aws("elbv2", "describe-target-groups", "--load-balancer-arn", balancer)["TargetGroups"]
    assert found["LoadBalancerArns"] == [balancer]
