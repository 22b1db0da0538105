"""The daemon as a process: an API, a cloud by AWS' wire, and nodes that have registered."""

import asyncio
import signal
from contextlib import contextmanager

import boto3
import pytest

from mockcloud.ccm.leadership.election import NAME, NAMESPACE
from mockcloud.client.resources import LEASES, NODES
from mockcloud.cloud.faults import Point
from mockcloud.cluster_defaults import UNINITIALIZED
from testkit import daemons
from tests.mockcloud.ccm.conftest import PATIENCE

CLUSTER = "lab"
OWNED = [{"Key": f"kubernetes.io/cluster/{CLUSTER}", "Value": "owned"}]
NLB = {"service.beta.kubernetes.io/aws-load-balancer-type": "nlb"}
TAINT = {"key": UNINITIALIZED, "value": "true", "effect": "NoSchedule"}


class Site:
    """A VPC with two instances, asked with boto3."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.ec2, self.elbv2, self.elb = (boto3.client(each) for each in ("ec2", "elbv2", "elb"))
        self.vpc = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        tags = [{"ResourceType": "security-group", "Tags": OWNED}]
        self.group = self.ec2.create_security_group(
            GroupName="nodes", Description="nodes", VpcId=self.vpc, TagSpecifications=tags
        )["GroupId"]
        made = self.ec2.run_instances(
            MinCount=2,
            MaxCount=2,
            ImageId="ami-0123456789abcdef0",
            SecurityGroupIds=[self.group],
            TagSpecifications=[{"ResourceType": "instance", "Tags": OWNED}],
        )
        self.instances = {each["PrivateDnsName"]: each["InstanceId"] for each in made["Instances"]}

    def balancers(self):
        """Host names, of both kinds."""
        classic = self.elb.describe_load_balancers()["LoadBalancerDescriptions"]
        return [
            each["DNSName"] for each in (*self.elbv2.describe_load_balancers()["LoadBalancers"], *classic)
        ]

    def rules(self):
        return self.ec2.describe_security_groups(GroupIds=[self.group])["SecurityGroups"][0]["IpPermissions"]

    def targets(self, *, leaving=True):
        """Instances that balancers lead to; without `leaving` those that are drained are none."""
        groups = self.elbv2.describe_target_groups()["TargetGroups"]
        classic = self.elb.describe_load_balancers()["LoadBalancerDescriptions"]
        return {each["InstanceId"] for balancer in classic for each in balancer["Instances"]} | {
            each["Target"]["Id"]
            for group in groups
            for each in self.elbv2.describe_target_health(TargetGroupArn=group["TargetGroupArn"])[
                "TargetHealthDescriptions"
            ]
            if leaving or "Deregistration" not in each["TargetHealth"].get("Reason", "")
        }


@pytest.fixture
def site(mock_cloud):
    return Site(mock_cloud)


@pytest.fixture
async def cluster(bare_cluster, site):
    """Its nodes have registered as `--cloud-provider=external` has it."""
    await bare_cluster.client.delete(LEASES, NAME, namespace=NAMESPACE)
    for name in site.instances:
        await bare_cluster.add_node(name, taints=[TAINT])
    yield bare_cluster
    await bare_cluster.client.delete(LEASES, NAME, namespace=NAMESPACE)


@contextmanager
def daemon(api, site, log):
    command = daemons.module(
        *("mockcloud.ccm", "--kubeconfig", str(api.identity)),
        *("--cluster-name", CLUSTER, "--vpc", site.vpc),
    )
    with daemons.running(command, log=log) as process:
        yield process


async def struck(site):
    """Returns when the only fault that was ordered has struck."""
    async with asyncio.timeout(PATIENCE):
        # The cloud is on a thread of its own.
        while site.cloud.ask(lambda server: [each.count for each in server.faults.rules.values()]) != [0]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def spec_of(cluster, name):
    return (cluster.one(NODES, name) or {"spec": {}})["spec"]


@pytest.mark.parametrize("annotations", [NLB, {}], ids=["nlb", "classic"])
async def test_a_service_is_reached_by_name_and_leaves_nothing(api, cluster, site, tmp_path, annotations):
    """Nodes become the cloud's; a balancer by annotation; then all of it goes. No right is missing."""
    with daemon(api, site, tmp_path / "log") as process:
        for name, instance in site.instances.items():
            await cluster.until(
                lambda n=name, i=instance: spec_of(cluster, n).get("providerID", "").endswith(i)
            )
        first = cluster.one(NODES, next(iter(site.instances)))
        assert "taints" not in first["spec"]
        labels = first["metadata"]["labels"]
        assert labels["topology.kubernetes.io/zone"].startswith("eu-central-1")
        assert labels["topology.kubernetes.io/region"] == "eu-central-1"
        assert labels["node.kubernetes.io/instance-type"] == "t3.micro"
        assert labels["topology.k8s.aws/zone-id"].startswith("euc1-az")
        assert labels["topology.k8s.aws/network-node-layer-1"]
        await cluster.create(metadata={"annotations": annotations})
        await cluster.until(cluster.ingress)
        [host_name] = site.balancers()
        assert cluster.ingress() == [{"hostname": host_name}]
        await cluster.until(lambda: cluster.reasons() == ["EnsuringLoadBalancer", "EnsuredLoadBalancer"])
        assert site.targets() == set(site.instances.values())
        assert site.rules()
        await cluster.delete()
        await cluster.until(lambda: cluster.service() is None)
        assert (site.balancers(), site.targets(), site.rules()) == ([], set(), [])
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert api.refused() == []


async def test_an_instance_that_is_terminated_takes_its_node_out(api, cluster, site, tmp_path):
    """Its Node is not ready any more, and is deleted; the balancer leads to the others."""
    gone, stays = site.instances
    with daemon(api, site, tmp_path / "log"):
        await cluster.create(metadata={"annotations": NLB})
        await cluster.until(lambda: len(site.targets()) == 2 if cluster.ingress() else False)
        site.ec2.terminate_instances(InstanceIds=[site.instances[gone]])
        await cluster.set_ready(gone, "Unknown")
        await cluster.until(lambda: cluster.one(NODES, gone) is None)
        # It may have been updated before, as the nodes came: an Event follows each update.
        await cluster.until(lambda: site.targets(leaving=False) == {site.instances[stays]})
        await cluster.until(lambda: "UpdatedLoadBalancer" in cluster.reasons())


@pytest.mark.parametrize(
    "operation", ["CreateTargetGroup", "CreateListener", "AuthorizeSecurityGroupIngress"]
)
async def test_a_daemon_that_is_killed_in_the_middle_leaves_one_balancer(
    api, cluster, site, tmp_path, operation
):
    """kill -9 when a call is made and not yet answered; the next carries on, and deletion leaves nothing."""
    site.cloud.fault(Point.ANSWER, path=f"/*/{operation}", delay=5.0, count=1)
    with daemon(api, site, tmp_path / "log") as first:
        await cluster.create(metadata={"annotations": NLB})
        await struck(site)
        first.kill()
        first.wait()
    await cluster.client.delete(LEASES, NAME, namespace=NAMESPACE)  # 15 s, else
    with daemon(api, site, tmp_path / "log"):
        await cluster.until(cluster.ingress)
        assert len(site.balancers()) == 1
        await cluster.delete()
        await cluster.until(lambda: cluster.service() is None)
    assert (site.balancers(), site.targets(), site.rules()) == ([], set(), [])


async def test_what_the_cloud_says_is_on_the_service(api, cluster, site, tmp_path):
    """Upstream's words before it; once it can be, it is made."""
    site.cloud.fault(
        Point.REQUEST, path="/elbv2/CreateLoadBalancer", status=400, code="TooManyLoadBalancers", count=1
    )
    with daemon(api, site, tmp_path / "log"):
        await cluster.create(metadata={"annotations": NLB})
        await cluster.until(lambda: "SyncLoadBalancerFailed" in cluster.reasons())
        [told] = [each for each in cluster.events() if each["reason"] == "SyncLoadBalancerFailed"]
        assert told["message"].startswith("Error syncing load balancer: failed to ensure load balancer: ")
        assert "TooManyLoadBalancers" in told["message"]
        await cluster.until(cluster.ingress)


def test_what_is_missing_is_one_line(api, site, tmp_path):
    """Not a stack trace; exit code 2."""
    with pytest.raises(
        daemons.StartError, match="the VPC is not known: expected --vpc, MOCKCLOUD_VPC_ID, or VPC in"
    ):
        daemons.start(
            daemons.module("mockcloud.ccm", "--kubeconfig", "none", "--cluster-name", "lab"),
            log=tmp_path / "log",
        )
