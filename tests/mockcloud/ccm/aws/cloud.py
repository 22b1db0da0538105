"""The mock cloud without a wire, for thousands of syncs a test: its handlers are asked as AWS is.

It can be cut off between any two calls, before or after what was asked is done.
"""

import asyncio
import time
from dataclasses import dataclass, field

from botocore import xform_name
from botocore.exceptions import ClientError

from mockcloud.ccm.aws.client import Aws, AwsRefusal
from mockcloud.ccm.objects.nodes import parse_node
from mockcloud.cloud.aws.errors import AwsError, error_of
from mockcloud.cloud.aws.services import OPERATIONS
from mockcloud.cloud.clock import Clock
from mockcloud.cloud.core import default_network
from mockcloud.cloud.core.refusal import Refusal
from mockcloud.cloud.service import CloudService
from testkit import objects

CLUSTER = "lab"
CUT_OFF = "the test cut it off here"
OWNED = {"Key": f"kubernetes.io/cluster/{CLUSTER}", "Value": "owned"}
NAMES = {
    service: {xform_name(name): name for name in operations} for service, operations in OPERATIONS.items()
}


class Killed(Exception):
    """The controller ends here, as by kill -9."""


@dataclass
class Cut:
    """After how many changes it is killed; `answered`: the last of them is made first."""

    changes: int
    answered: bool = False
    how: type[Exception] = Killed


class Direct(Aws):
    """AWS' client for a cloud in the same process."""

    def __init__(self, cloud, cut=None):
        self.cloud = cloud
        self.cut = cut
        self.changes = []

    async def call(self, service, operation, params):
        await asyncio.sleep(0)  # as over a wire, another may come between
        changing = not operation.startswith("describe_")
        if changing:
            self.changes.append(operation)
        here = changing and self.cut is not None and len(self.changes) > self.cut.changes
        if here and not self.cut.answered:
            raise self.cut.how(CUT_OFF)
        answer = ask(self.cloud, service, operation, params)
        if here:
            raise self.cut.how(CUT_OFF)
        return answer

    async def rows(self, service, operation, key, **params):
        found = await self.call(service, operation, params)
        return list(found.get(key) or ())


def ask(cloud, service, operation, params):
    """One of its handlers, by botocore's name of the operation; AwsRefusal."""
    name = NAMES[service][operation]
    try:
        return OPERATIONS[service][name](cloud, dict(params))
    except (AwsError, Refusal) as refused:
        error = error_of(refused, service) if isinstance(refused, Refusal) else refused
        told = {"Error": {"Code": error.code, "Message": error.message}}
        raise AwsRefusal(ClientError(told, name)) from error


@dataclass
class Account:
    """A cloud with a VPC, nodes' security group, and instances."""

    cloud: CloudService = field(
        default_factory=lambda: CloudService(Clock(time.monotonic, time.time_ns() / 1e9))
    )
    vpc: str = ""
    group: str = ""
    instances: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.cloud.run(lambda draft: default_network.ensure(draft, self.cloud.catalogue, "eu-central"))
        self.vpc = self.ask("ec2", "describe_vpcs")["Vpcs"][0]["VpcId"]
        tags = [{"ResourceType": "security-group", "Tags": [OWNED]}]
        self.group = self.ask(
            "ec2",
            "create_security_group",
            GroupName="nodes",
            Description="nodes",
            VpcId=self.vpc,
            TagSpecifications=tags,
        )["GroupId"]

    def ask(self, service, operation, **params):
        return ask(self.cloud, service, operation, params)

    def launch(self, count=1):
        """The ids of new instances."""
        tags = [{"ResourceType": "instance", "Tags": [OWNED]}]
        made = self.ask(
            "ec2",
            "run_instances",
            MinCount=count,
            MaxCount=count,
            ImageId="ami-0123456789abcdef0",
            SecurityGroupIds=[self.group],
            TagSpecifications=tags,
        )
        found = [each["InstanceId"] for each in made["Instances"]]
        self.instances += found
        return found

    def nodes(self):
        """A Node for each instance."""
        return [
            parse_node(objects.node(each, metadata={"uid": each}, providerID=f"aws:///zone/{each}"))
            for each in self.instances
        ]

    def left(self):
        """All that a controller may have made, without the names and numbers that AWS gives."""
        balancers = self.ask("elbv2", "describe_load_balancers")["LoadBalancers"]
        groups = self.ask("elbv2", "describe_target_groups")["TargetGroups"]
        names = {each["LoadBalancerArn"]: each["LoadBalancerName"] for each in balancers}
        names |= {each["TargetGroupArn"]: each["TargetGroupName"] for each in groups}
        rules = self.ask("ec2", "describe_security_groups")["SecurityGroups"]
        by_id = {each["GroupId"]: each["GroupName"] for each in rules}
        return {
            "balancers": sorted(self._balancer(each, names) for each in balancers),
            "groups": sorted(self._target_group(each) for each in groups),
            "classic": [self._classic(each) for each in self._classics()],
            "rules": {each["GroupName"]: sorted(_rules(each, by_id)) for each in rules},
        }

    def _balancer(self, row, names):
        arn = {"LoadBalancerArn": row["LoadBalancerArn"]}
        attributes = self.ask("elbv2", "describe_load_balancer_attributes", **arn)["Attributes"]
        listeners = self.ask("elbv2", "describe_listeners", **arn)["Listeners"]
        told = [
            (each["Port"], each["Protocol"], names[each["DefaultActions"][0]["TargetGroupArn"]])
            for each in listeners
        ]
        changed = {each["Key"]: each["Value"] for each in attributes}["load_balancing.cross_zone.enabled"]
        return row["LoadBalancerName"], row["Scheme"], changed, *sorted(told)

    def _target_group(self, row):
        arn = {"TargetGroupArn": row["TargetGroupArn"]}
        health = self.ask("elbv2", "describe_target_health", **arn)["TargetHealthDescriptions"]
        there = [
            self.instances.index(each["Target"]["Id"])
            for each in health
            if each["TargetHealth"].get("Reason") != "Target.DeregistrationInProgress"
        ]
        check = [row["HealthCheckPort"], row["HealthyThresholdCount"], row["HealthCheckPath"] or ""]
        return row["TargetGroupName"], *check, *sorted(there)

    def _classics(self):
        return self.ask("elb", "describe_load_balancers")["LoadBalancerDescriptions"]

    def _classic(self, row):
        listeners = row["ListenerDescriptions"]
        groups = self.ask("ec2", "describe_security_groups", GroupIds=row["SecurityGroups"])
        attributes = self.ask(
            "elb", "describe_load_balancer_attributes", LoadBalancerName=row["LoadBalancerName"]
        )["LoadBalancerAttributes"]
        return {
            "name": row["LoadBalancerName"],
            "scheme": row["Scheme"],
            "listeners": sorted(_plain(each["Listener"]) for each in listeners),
            "check": row["HealthCheck"],
            "instances": sorted(self.instances.index(each["InstanceId"]) for each in row["Instances"]),
            "proxied": sorted(each["InstancePort"] for each in row["BackendServerDescriptions"]),
            "groups": [each["GroupName"] for each in groups["SecurityGroups"]],
            "idle": attributes["ConnectionSettings"]["IdleTimeout"],
        }


def _plain(listener):
    return tuple(sorted((key, value) for key, value in listener.items() if value is not None))


def _rules(group, names):
    for each in group["IpPermissions"]:
        head = each["IpProtocol"], each["FromPort"] or 0
        for told in each["IpRanges"]:
            yield *head, told["CidrIp"], told["Description"] or ""
        for told in each["UserIdGroupPairs"]:
            yield *head, names[told["GroupId"]], told["Description"] or ""
