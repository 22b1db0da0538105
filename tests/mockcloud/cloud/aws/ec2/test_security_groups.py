"""Security groups, by boto3."""

import pytest
from botocore.exceptions import WaiterError

WEB = {
    "IpProtocol": "tcp",
    "FromPort": 80,
    "ToPort": 80,
    "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}],
}


@pytest.fixture
def group(ec2):
    """A group without rules."""
    return ec2.create_security_group(GroupName="web", Description="for web")["GroupId"]


@pytest.fixture
def described(ec2):
    """One group, as it is shown."""

    def describe(number: str):
        (found,) = ec2.describe_security_groups(GroupIds=[number])["SecurityGroups"]
        return found

    return describe


def test_what_is_opened_is_shown_together(ec2, group, described):
    """Peers of one protocol and range of ports in one permission, whoever asked for them, and when."""
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[WEB])
    more = {
        **WEB,
        "IpRanges": [],
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
        "UserIdGroupPairs": [{"GroupId": group}],
    }
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[more])
    assert [each.get("CidrIpv6") for each in made["SecurityGroupRules"]] == ["::/0", None]
    (permission,) = described(group)["IpPermissions"]
    assert permission["IpRanges"] == WEB["IpRanges"]
    assert permission["Ipv6Ranges"] == [{"CidrIpv6": "::/0"}]
    assert [each["GroupId"] for each in permission["UserIdGroupPairs"]] == [group]


def test_what_is_closed_is_gone(ec2, group, described):
    """By the same permission, whatever it says of itself, or by a rule's id."""
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[WEB])
    ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="udp", FromPort=53, ToPort=53, CidrIp="10.0.0.0/8"
    )
    ec2.revoke_security_group_ingress(
        GroupId=group, SecurityGroupRuleIds=[made["SecurityGroupRules"][0]["SecurityGroupRuleId"]]
    )
    assert [each["IpProtocol"] for each in described(group)["IpPermissions"]] == ["udp"]
    ec2.revoke_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "17", "FromPort": 53, "ToPort": 53, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
        ],
    )
    assert described(group)["IpPermissions"] == []


def test_rules_out_are_others_than_rules_in(ec2, group, described):
    """All is let out at first."""
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[WEB])
    assert [each["FromPort"] for each in described(group)["IpPermissionsEgress"]] == [80]
    assert described(group)["IpPermissions"] == []


@pytest.mark.parametrize(
    ("change", "code", "part"),
    [
        ({"IpProtocol": "carrier-pigeon"}, "InvalidParameterValue", "Unknown protocol"),
        ({"ToPort": 70_000}, "InvalidParameterValue", "TCP/UDP port (70000) out of range"),
        ({"FromPort": 90}, "InvalidParameterValue", "(90:80)"),
        ({"IpRanges": [{"CidrIp": "10.0.0.0"}]}, "InvalidParameterValue", "CIDR block 10.0.0.0 is malformed"),
        ({"IpRanges": []}, "MissingParameter", "source group"),
        (
            {"IpRanges": [], "UserIdGroupPairs": [{"GroupId": "sg-0123456789abcdef0"}]},
            "InvalidGroup.NotFound",
            "does not exist",
        ),
    ],
)
def test_rules_that_cannot_be(ec2, group, described, refused, change, code, part):
    """Each has its code and says what is wrong; nothing is opened."""
    found, said = refused(
        ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[{**WEB, **change}]
    )
    assert (found, part in said) == (code, True)
    assert described(group)["IpPermissions"] == []


def test_a_rule_is_there_once(ec2, group, refused):
    """Twice, or not at all, is told with what rule it is."""
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[WEB])
    assert refused(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[WEB]) == (
        "InvalidPermission.Duplicate",
        'the specified rule "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW" already exists',
    )
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[WEB])
    asked = {"GroupId": group, "IpPermissions": [WEB]}
    assert refused(ec2.revoke_security_group_ingress, **asked)[0] == "InvalidPermission.NotFound"


def test_sixty_rules_are_the_most(ec2, group, refused):
    """Each peer is one."""
    ranges = [{"CidrIp": f"10.0.{number}.0/24"} for number in range(61)]
    asked = {"GroupId": group, "IpPermissions": [{**WEB, "IpRanges": ranges}]}
    code, _ = refused(ec2.authorize_security_group_ingress, **asked)
    assert code == "RulesPerSecurityGroupLimitExceeded"


def test_a_group_that_is_needed_stays(ec2, group, run, refused):
    """By an instance, or by another group's rules; the default one always."""
    other = ec2.create_security_group(GroupName="other", Description="other")["GroupId"]
    (number,) = run(SecurityGroupIds=[group])
    pair = {**WEB, "IpRanges": [], "UserIdGroupPairs": [{"GroupId": other}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[pair])
    for each in (group, other):
        assert refused(ec2.delete_security_group, GroupId=each)[0] == "DependencyViolation"
    ec2.terminate_instances(InstanceIds=[number])
    for each in (group, other):
        ec2.delete_security_group(GroupId=each)
    (default,) = ec2.describe_security_groups()["SecurityGroups"]
    assert default["GroupName"] == "default"
    assert refused(ec2.delete_security_group, GroupId=default["GroupId"])[0] == "CannotDelete"


def test_names_are_for_one_each(ec2, group, refused):
    """In a VPC; some are the cloud's own."""
    asked = {"Description": "again"}
    assert refused(ec2.create_security_group, GroupName="web", **asked)[0] == "InvalidGroup.Duplicate"
    for name in ("default", "sg-mine"):
        assert refused(ec2.create_security_group, GroupName=name, **asked)[0] == "InvalidParameterValue"
    assert refused(ec2.describe_security_groups, GroupNames=["none"])[0] == "InvalidGroup.NotFound"


def test_groups_are_found_by_what_they_have(ec2, group):
    """Name, description, VPC, rules, tags; and gone is gone."""
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[WEB])
    ec2.create_tags(Resources=[group], Tags=[{"Key": "owner", "Value": "me"}])
    for name, value in (
        ("group-name", "w*"),
        ("description", "for web"),
        ("ip-permission.cidr", "0.0.0.0/0"),
        ("ip-permission.from-port", "80"),
        ("tag:owner", "me"),
    ):
        found = ec2.describe_security_groups(Filters=[{"Name": name, "Values": [value]}])["SecurityGroups"]
        assert [each["GroupId"] for each in found] == [group], name
    ec2.delete_security_group(GroupId=group)
    with pytest.raises(WaiterError, match=r"InvalidGroup\.NotFound"):
        ec2.get_waiter("security_group_exists").wait(GroupIds=[group], WaiterConfig={"MaxAttempts": 1})
