"""AWS' own cloud controller manager, unmodified, in the place that `--ccm none` leaves it: packets flow."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from conformance.cloud_controllers.scenarios import PREFIX
from conformance.cloud_controllers.site import command
from mockcloud.testing.cloud_lab import MockCloudLab, cloud_lab
from mockcloud.testing.command import LabFailed, what_is_missing
from testkit import objects
from testkit.control_planes.build import BuildError
from testkit.control_planes.cloud_controller import build_cloud_controller
from testkit.control_planes.processes import Processes

PATIENCE: Final = 90.0
SPEC: Final = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 80}]}
NLB: Final = {"metadata": {"annotations": {f"{PREFIX}type": "nlb"}}}
SERVICES: Final = {"classic": {}, "nlb": NLB, "local": {**NLB, "externalTrafficPolicy": "Local"}}


@dataclass(frozen=True)
class Cluster:
    """A lab in a cloud, whose controller is AWS'."""

    lab: MockCloudLab
    session: Any

    def client(self, name: str) -> Any:
        """boto3's, of one of AWS' services."""
        return self.session.client(name, endpoint_url=self.lab.environment["AWS_ENDPOINT_URL"])

    def kubectl(self, *words: str, stdin: str = "") -> str:
        """What it prints."""
        return self.lab.kubectl(*words, stdin=stdin)

    def names(self) -> list[str]:
        """The host names of all Services that have a balancer."""
        shown = self.kubectl("get", "services", "-o", "json")
        statuses = (each["status"]["loadBalancer"] for each in json.loads(shown)["items"])
        return [entry["hostname"] for each in statuses for entry in each.get("ingress", [])]

    def page(self, name: str) -> str:
        """What the client on the internet gets; empty while nobody answers."""
        try:
            return self.lab.run("client", "curl", "-sS", "-m", "3", f"http://{name}/")
        except LabFailed:
            return ""

    def rules(self) -> dict[str, int]:
        """How many there are in each security group."""
        groups = self.client("ec2").describe_security_groups()["SecurityGroups"]
        return {each["GroupId"]: len(each["IpPermissions"]) for each in groups}

    def left(self) -> int:
        """Balancers and target groups."""
        elbv2 = self.client("elbv2")
        return (
            len(elbv2.describe_load_balancers()["LoadBalancers"])
            + len(elbv2.describe_target_groups()["TargetGroups"])
            + len(self.client("elb").describe_load_balancers()["LoadBalancerDescriptions"])
        )


def until(reached: Callable[[], bool], what: str) -> None:
    """Ask again until it is so."""
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end, f"after {PATIENCE:g} s: {what}"
        time.sleep(0.2)


@contextmanager
def at_work(lab: MockCloudLab, program: Path, folder: Path) -> Iterator[None]:
    """The controller, on this host's side of the lab."""
    words = ("cloud", "env", "--lab", lab.name, "--cloud-conf")
    told = {**os.environ, "XDG_STATE_HOME": str(folder)}
    config = folder / "cloud.conf"
    said = subprocess.run(
        [sys.executable, "-m", "mockcloud", *words], env=told, capture_output=True, text=True, check=True
    )
    config.write_text(said.stdout)
    processes = Processes(folder / "logs")
    keys = {**told, **lab.environment, "AWS_EC2_METADATA_DISABLED": "true"}
    processes.start("controller", command(program, Path(lab.kubeconfig), config), env=keys)
    try:
        yield
    finally:
        processes.stop()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Three nodes that nobody has initialized yet, and AWS' controller, which begins."""
    if missing := what_is_missing("cloud"):
        pytest.skip(missing)
    try:
        program = build_cloud_controller()
    except BuildError as error:
        pytest.skip(str(error))
    with cloud_lab(("--ccm", "none"), state=tmp_path) as lab, at_work(lab, program, tmp_path):
        told = lab.environment
        session = boto3.session.Session(
            told["AWS_ACCESS_KEY_ID"], told["AWS_SECRET_ACCESS_KEY"], region_name=told["AWS_REGION"]
        )
        yield Cluster(lab, session)


@pytest.mark.timeout(600)
def test_packets_flow_and_nothing_is_left(cluster: Cluster) -> None:
    """Nodes are initialized; each kind of balancer answers, also without a node that goes; all is undone."""
    until(
        lambda: "uninitialized" not in cluster.kubectl("get", "nodes", "-o", "json"), "nodes have the taint"
    )
    cluster.kubectl("create", "deployment", "web", "--image=nginx", "--port=80", "--replicas=2")
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    before = cluster.rules()

    for name, more in SERVICES.items():
        cluster.kubectl("create", "-f", "-", stdin=json.dumps(objects.service(name, **SPEC | more)))
    until(lambda: len(cluster.names()) == len(SERVICES), "not all Services have a host name")
    until(lambda: all("nginx" in cluster.page(name) for name in cluster.names()), "not all balancers answer")

    gone = instance(cluster, "node-3")
    cluster.client("ec2").terminate_instances(InstanceIds=[gone])
    until(lambda: "node-3" not in cluster.kubectl("get", "nodes", "-o", "name"), "its Node is still there")
    until(lambda: gone not in targets(cluster), "it still is a target")
    until(lambda: all("nginx" in cluster.page(name) for name in cluster.names()), "not all answer without it")

    cluster.kubectl("delete", "service", *SERVICES, "--wait=false")
    until(lambda: not cluster.names() and cluster.left() == 0, "balancers or target groups are left")
    until(lambda: cluster.rules() == before, "security groups are not as they were")


def instance(cluster: Cluster, node: str) -> str:
    """Its id."""
    provider_id = cluster.kubectl("get", "node", node, "-o", "jsonpath={.spec.providerID}")
    return provider_id.rpartition("/")[2]


def targets(cluster: Cluster) -> set[str]:
    """Instances that any balancer sends to."""
    elbv2, elb = cluster.client("elbv2"), cluster.client("elb")
    groups = [each["TargetGroupArn"] for each in elbv2.describe_target_groups()["TargetGroups"]]
    found = {
        each["Target"]["Id"]
        for group in groups
        for each in elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        if each["TargetHealth"]["State"] != "draining"
    }
    balancers = elb.describe_load_balancers()["LoadBalancerDescriptions"]
    return found | {each["InstanceId"] for balancer in balancers for each in balancer["Instances"]}
