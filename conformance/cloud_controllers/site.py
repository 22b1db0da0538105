"""A cluster in a cloud, with one of the two cloud controller managers at work."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import boto3
from mockcloud.cloud import environment
from mockcloud.cloud.in_process import InProcessCloud, in_process_cloud
from testkit import daemons
from testkit.api import KubeApi
from testkit.control_planes.processes import Processes

CLUSTER: Final = "lab"
OWNED: Final = [{"Key": f"kubernetes.io/cluster/{CLUSTER}", "Value": "owned"}]
TAINT: Final = {
    "key": "node.cloudprovider.kubernetes.io/uninitialized",
    "value": "true",
    "effect": "NoSchedule",
}
PROVIDED_IP: Final = "alpha.kubernetes.io/provided-node-ip"
LOOPS: Final = "cloud-node-controller,cloud-node-lifecycle-controller,service-lb-controller"


@dataclass
class Site:
    """Nodes are known by their place in the order in which they were launched."""

    cloud: InProcessCloud
    api: KubeApi
    ec2: Any = None
    elb: Any = None
    elbv2: Any = None
    vpc: str = ""
    group: str = ""
    instances: list[dict[str, Any]] = field(default_factory=list)
    balancers: dict[str, str] = field(default_factory=dict)  # names of load balancers -> Services

    def __post_init__(self) -> None:
        told = self.cloud.environment
        session = boto3.session.Session(
            told["AWS_ACCESS_KEY_ID"], told["AWS_SECRET_ACCESS_KEY"], region_name=told["AWS_REGION"]
        )
        self.ec2, self.elb, self.elbv2 = (
            session.client(each, endpoint_url=told["AWS_ENDPOINT_URL"]) for each in ("ec2", "elb", "elbv2")
        )
        self.vpc = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        tags = [{"ResourceType": "security-group", "Tags": OWNED}]
        self.group = self.ec2.create_security_group(
            GroupName="nodes", Description="nodes", VpcId=self.vpc, TagSpecifications=tags
        )["GroupId"]

    def register(self, count: int) -> None:
        """New instances, and their nodes as `--cloud-provider=external` has them."""
        tags = [{"ResourceType": "instance", "Tags": OWNED}]
        made = self.ec2.run_instances(
            MinCount=count,
            MaxCount=count,
            ImageId="ami-0123456789abcdef0",
            SecurityGroupIds=[self.group],
            TagSpecifications=tags,
        )["Instances"]
        for each in made:
            self.instances.append(each)
            annotations = {PROVIDED_IP: each["PrivateIpAddress"]}
            metadata = {"name": each["PrivateDnsName"], "annotations": annotations}
            self.create(
                {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {"taints": [TAINT]}}
            )
            self.set_ready(len(self.instances) - 1, "True")

    def node(self, number: int) -> str:
        """Its name."""
        return str(self.instances[number]["PrivateDnsName"])

    def set_ready(self, number: int, status: str) -> None:
        """What its kubelet, or the node lifecycle controller, says."""
        condition = {"type": "Ready", "status": status, "reason": "Told", "message": "by a test"}
        times = dict.fromkeys(("lastTransitionTime", "lastHeartbeatTime"), "2026-01-01T00:00:00Z")
        patch = {"status": {"conditions": [condition | times]}}
        name = self.node(number)
        self.api.kubectl(
            "patch", "node", name, "--subresource=status", "--type=merge", "-p", json.dumps(patch)
        )

    def create(self, body: Mapping[str, Any]) -> None:
        """Any object."""
        self.api.kubectl("create", "-f", "-", stdin=json.dumps(body))

    def patch(self, service: str, patch: Mapping[str, Any]) -> None:
        """A Service."""
        self.api.kubectl("patch", "service", service, "--type=merge", "-p", json.dumps(patch))

    def get(self, *what: str) -> list[dict[str, Any]]:
        """All of a kind, in all namespaces."""
        found: list[dict[str, Any]] = json.loads(self.api.kubectl("get", *what, "-A", "-o", "json").stdout)[
            "items"
        ]
        return found


@contextmanager
def site(folder: Path, program: Path | None) -> Iterator[Site]:
    """With AWS' own controller where `program` is it; with the one in the box, else."""
    with in_process_cloud() as cloud, KubeApi(folder / "kube").running() as api:
        made = Site(cloud, api)
        with urlopen(f"{cloud.url}/_mock/environment") as answer:
            config = environment.cloud_conf(cloud.url, json.load(answer), CLUSTER)
        path = folder / "cloud.conf"
        path.write_text(config)
        processes = Processes(folder / "logs")
        told = {**os.environ, **cloud.environment, "AWS_EC2_METADATA_DISABLED": "true"}
        processes.start("controller", command(program, api.kubeconfig, path), env=told)
        try:
            yield made
        finally:
            processes.stop()


def command(program: Path | None, kubeconfig: Path, config: Path) -> Sequence[str]:
    """What starts it."""
    if program is None:
        return daemons.module("mockcloud.ccm", "--kubeconfig", str(kubeconfig), "--cloud-config", str(config))
    options = {
        "cloud-provider": "aws",
        "cloud-config": str(config),
        "kubeconfig": str(kubeconfig),
        "leader-elect": "false",
        "controllers": LOOPS,
        "secure-port": "0",
        "webhook-secure-port": "0",
    }
    return [str(program), *(f"--{key}={value}" for key, value in options.items())]
