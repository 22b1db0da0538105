from mockcloud.ccm.aws.decide.calls import Made
from mockcloud.ccm.aws.decide.plans.place import Place
from mockcloud.ccm.aws.decide.plans.target_groups import deletion, ensure_group
from mockcloud.ccm.aws.decide.seen import TargetGroup
from mockcloud.ccm.aws.decide.wanted.network import check_params
from tests.mockcloud.ccm.aws.services import network

PLACE = Place("vpc-1", ("subnet-1",), ("i-1", "i-2"))
LOCAL = {"externalTrafficPolicy": "Local", "healthCheckNodePort": 32000}


def seen(wanted, targets=(("i-1", 30080), ("i-2", 30080)), attributes=(), **check):
    mapped = wanted.mappings[0]
    checked = {**check_params(mapped.check), **check}
    return TargetGroup(
        "arn:tg",
        mapped.group_name,
        "TCP",
        30080,
        checked,
        attached=True,
        targets=frozenset(targets),
        attributes=dict(attributes),
    )


def planned(wanted, group=None, place=PLACE):
    calls, arn = ensure_group(wanted.mappings[0], group, wanted, place)
    return {each.operation: each.params for each in calls}, arn


def test_a_new_group_is_tagged_and_filled():
    """Targets are instances at the node port; its ARN comes with the answer."""
    wanted = network()
    calls, arn = planned(wanted)
    made = calls["create_target_group"]
    assert made["Name"] == wanted.mappings[0].group_name
    assert (made["VpcId"], made["Port"], made["Protocol"], made["TargetType"]) == (
        "vpc-1",
        30080,
        "TCP",
        "instance",
    )
    assert {"Key": "kubernetes.io/cluster/lab", "Value": "owned"} in made["Tags"]
    assert isinstance(arn, Made)
    assert calls["register_targets"] == {
        "TargetGroupArn": arn,
        "Targets": [{"Id": "i-1", "Port": 30080}, {"Id": "i-2", "Port": 30080}],
    }
    assert list(calls) == ["create_target_group", "register_targets"]


def test_a_group_as_it_is_wanted_costs_no_call():
    """Nor does one whose attributes nobody asks for."""
    wanted = network(**LOCAL)
    assert planned(wanted, seen(wanted, attributes={"preserve_client_ip.enabled": "false"})) == ({}, "arn:tg")


def test_targets_go_before_others_come():
    """So that a full balancer can be given other nodes."""
    wanted = network()
    calls, _ = planned(wanted, seen(wanted, [("i-1", 30080), ("i-9", 30080)]))
    assert list(calls) == ["deregister_targets", "register_targets"]
    assert calls["deregister_targets"]["Targets"] == [{"Id": "i-9", "Port": 30080}]
    assert calls["register_targets"]["Targets"] == [{"Id": "i-2", "Port": 30080}]


def test_a_hundred_targets_a_call():
    """More are told in several."""
    place = Place("vpc-1", (), tuple(f"i-{number:03}" for number in range(250)))
    calls, _ = ensure_group(network().mappings[0], None, network(), place)
    assert [len(each.params["Targets"]) for each in calls[1:]] == [100, 100, 50]


def test_a_health_check_is_changed_where_it_can_be():
    """Thresholds together: AWS wants an NLB's to be equal."""
    wanted = network(**LOCAL)
    calls, _ = planned(wanted, seen(wanted, HealthCheckPath="/", HealthyThresholdCount=3))
    assert calls == {
        "modify_target_group": {
            "TargetGroupArn": "arn:tg",
            "HealthCheckPath": "/healthz",
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 2,
        }
    }
    calls, _ = planned(wanted, seen(wanted, HealthCheckPort="1"))
    assert calls["modify_target_group"] == {"TargetGroupArn": "arn:tg", "HealthCheckPort": "32000"}


def test_attributes_that_are_asked_for():
    """Of a new group, and of one that has others."""
    told = {"target-group-attributes": "proxy_protocol_v2.enabled=true"}
    wanted = network(annotations=told)
    attributes = [{"Key": "proxy_protocol_v2.enabled", "Value": "true"}]
    assert planned(wanted)[0]["modify_target_group_attributes"]["Attributes"] == attributes
    present = seen(wanted, attributes={"proxy_protocol_v2.enabled": "false"})
    assert planned(wanted, present)[0]["modify_target_group_attributes"]["Attributes"] == attributes
    assert planned(wanted, seen(wanted, attributes={"proxy_protocol_v2.enabled": "true"}))[0] == {}


def test_deletion():
    """One call each."""
    [call] = deletion([seen(network())])
    assert (call.operation, call.params) == ("delete_target_group", {"TargetGroupArn": "arn:tg"})
