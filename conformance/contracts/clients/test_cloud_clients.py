"""Go's clients of both clouds cannot tell: hcloud-go, as Hetzner's cloud controller uses it, and AWS' SDK."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from mockcloud.cloud.core.values import ResourceKind
from mockcloud.cloud.in_process import InProcessCloud, in_process_cloud
from testkit.control_planes.build import BuildError
from testkit.control_planes.cloud_clients import build_cloud_clients

SOURCE = Path(__file__).parents[2] / "cloud_clients"
# What is left when all is deleted: what AWS' dialect had made unasked, and what is remembered.
KEPT = {
    ResourceKind.NETWORK,
    ResourceKind.SECURITY_GROUP,
    ResourceKind.TERMINATED,
    ResourceKind.OPERATION,
}


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    """An empty one."""
    with in_process_cloud() as running:
        yield running


@pytest.fixture(scope="module")
def program() -> Path:
    """That of SOURCE."""
    try:
        return build_cloud_clients(SOURCE)
    except BuildError as error:
        pytest.skip(str(error))


def steps(program: Path, cloud: InProcessCloud, which: str) -> list[str]:
    """What the program says; it must come to its end, and leave nothing."""
    with urlopen(f"{cloud.url}/_mock/environment") as answer:
        told = {**os.environ, **json.load(answer), **cloud.environment}
    done = subprocess.run([program, which], env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    tables = cloud.ask(lambda server: server.cloud.state.tables)
    assert {kind for kind, table in tables.items() if table} <= KEPT
    return done.stdout.splitlines()


def test_hetzners_library_for_go(program: Path, cloud: InProcessCloud) -> None:
    """The calls of its cloud controller manager for a Service, a changed port and a node that goes."""
    assert steps(program, cloud, "hetzner") == [
        "server node-1 running 10.0.1.2",
        "server node-2 running 10.0.1.3",
        "balancer web lb11 10.0.1.4",
        "service 80 -> 30081 every 7s",
        "target 1001 private=true health=unknown",
        "target 1002 private=true health=unknown",
        "twice: true",
        "deleted twice: true",
    ]


def test_aws_library_for_go(program: Path, cloud: InProcessCloud) -> None:
    """Its waiters, paginators and modelled errors, with an NLB before two of seven instances."""
    assert steps(program, cloud, "aws") == [
        "account 123456789012",
        "instances 7",
        "balancer network internet-facing 3 zones",
        "target 30080 initial Elb.InitialHealthChecking",
        "target 30080 initial Elb.InitialHealthChecking",
        "a modelled error: true",
    ]
