from mockcloud.ccm.aws.decide.calls import EC2, Call, Made
from mockcloud.ccm.aws.decide.plans.rules import grant, lacking, revoke, same
from mockcloud.ccm.aws.decide.seen import Rule

WEB = Rule("tcp", 80, 80, "0.0.0.0/0", description="a")


def test_rules_that_differ_in_their_description_only_are_one():
    """AWS refuses the second as a duplicate."""
    assert same(WEB) == same(Rule("tcp", 80, 80, "0.0.0.0/0"))
    assert lacking([WEB], [Rule("tcp", 80, 80, "0.0.0.0/0", description="b")]) == []
    assert lacking([WEB], [Rule("udp", 80, 80, "0.0.0.0/0")]) == [WEB]


def test_one_call_for_all_that_is_granted_or_taken():
    """None for nothing; ranges and groups, ports where there are any."""
    assert grant("sg-1", []) == []
    assert grant("sg-1", [WEB]) == [
        Call(
            EC2,
            "authorize_security_group_ingress",
            {
                "GroupId": "sg-1",
                "IpPermissions": [
                    {
                        "IpProtocol": "tcp",
                        "FromPort": 80,
                        "ToPort": 80,
                        "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "a"}],
                    }
                ],
            },
        )
    ]
    made = Made("group", ("GroupId",))
    [call] = revoke(made, [Rule("-1", None, None, group="sg-2")])
    assert call.operation == "revoke_security_group_ingress"
    assert call.params == {
        "GroupId": made,
        "IpPermissions": [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-2"}]}],
    }
