"""The chart on a real API server: it is taken; upgrade, rollback and uninstall keep what they should."""

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from testkit.chart import CHART, helm
from testkit.chart.manifest import objects
from testkit.control_planes import planes
from testkit.control_planes.build import programs_dir
from testkit.kubectl import find_kubectl, kubectl_environment
from tests.charts.test_rendering import POOLS, WAYS

SYSTEM, SPEAKERS, MEMBERSHIP = "baremetal-lb-system", "baremetal-lb-speakers", "baremetal-lb-membership"
CUSTOM = "monitoring.coreos.com/v1"  # this API server does not have them
LIST = {"apiVersion": "v1", "kind": "List"}
HERE = ("--namespace", SYSTEM)
COMPONENT = "app.kubernetes.io/component"
OURS = "app.kubernetes.io/instance=baremetal-lb"
# All kinds of which the chart has objects.
KINDS = (
    "configmaps,secrets,leases,serviceaccounts,services,deployments,daemonsets,poddisruptionbudgets,networkpolicies,"
    "roles,rolebindings,clusterroles,clusterrolebindings,namespaces"
)


@dataclass
class Cluster:
    """A real control plane without nodes, and what an admin types."""

    kubeconfig: Path
    helm_binary: Path

    def helm(self, *arguments: str | Path) -> str:
        """What it prints; AssertionError with its words where it fails."""
        done = helm.run(self.helm_binary, *arguments, kubeconfig=self.kubeconfig)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """The same."""
        binary = find_kubectl()
        assert binary
        done = subprocess.run(
            [binary, *arguments],
            input=stdin,
            env=kubectl_environment(self.kubeconfig),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def get(self, *arguments: str) -> Any:
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def key(self) -> str:
        """The heartbeats' key."""
        return str(self.get("secret", MEMBERSHIP, *HERE)["data"]["secretkey"])

    def left(self) -> list[str]:
        """What the release still has, but for what Kubernetes itself is about to delete."""
        found = self.get(KINDS, "--all-namespaces", "--selector", OURS)["items"]
        return [
            f"{each['kind']} {each['metadata']['name']}"
            for each in found
            if "deletionTimestamp" not in each["metadata"]
        ]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    try:
        binary = helm.find_or_build()
    except helm.HelmError as error:
        pytest.skip(str(error))
    with planes.real(tmp_path_factory.mktemp("chart"), programs_dir()) as kubeconfig:
        yield Cluster(kubeconfig, binary)


@pytest.fixture
def installed(cluster: Cluster) -> Iterator[Cluster]:
    """The chart with pools, as the README types it; uninstalled in the end."""
    cluster.helm("install", "baremetal-lb", CHART, *HERE, "--create-namespace", *POOLS)
    yield cluster
    if "baremetal-lb" in cluster.helm("list", "--short", *HERE):
        cluster.helm("uninstall", "baremetal-lb", *HERE)
    cluster.kubectl("delete", "pod", "baremetal-lb-test", *HERE, "--ignore-not-found")  # one that failed
    cluster.kubectl("wait", "--for=delete", f"namespace/{SPEAKERS}", "--timeout=60s")


def test_the_key_stays_over_upgrade_and_rollback(installed: Cluster) -> None:
    """Speakers of both releases understand each other; one that is deleted is made anew."""
    first = installed.key()
    installed.helm(
        "upgrade", "baremetal-lb", CHART, *HERE, "--reuse-values", "--set", "controller.replicas=3"
    )
    assert installed.key() == first
    installed.helm("rollback", "baremetal-lb", *HERE)
    assert installed.key() == first
    installed.kubectl("delete", "secret", MEMBERSHIP, *HERE)
    installed.helm("upgrade", "baremetal-lb", CHART, *HERE, "--reuse-values")
    renewed = installed.key()
    assert renewed != first
    installed.helm("upgrade", "baremetal-lb", CHART, *HERE, "--reuse-values")
    assert installed.key() == renewed


def test_what_the_daemons_wrote_stays_over_an_upgrade(installed: Cluster) -> None:
    """The verdict on the ConfigMap, and who leads."""
    installed.kubectl("annotate", "configmap", "config", *HERE, "baremetal-lb.io/verdict=accepted: 1 pools")
    held = json.dumps({"spec": {"holderIdentity": "somebody", "leaseDurationSeconds": 15}})
    installed.kubectl("patch", "lease", "baremetal-lb-controller", *HERE, "--type=merge", f"--patch={held}")
    installed.helm(
        "upgrade", "baremetal-lb", CHART, *HERE, "--reuse-values", "--set", "controller.logLevel=debug"
    )
    verdict = installed.get("configmap", "config", *HERE)["metadata"]["annotations"][
        "baremetal-lb.io/verdict"
    ]
    assert verdict == "accepted: 1 pools"
    assert installed.get("lease", "baremetal-lb-controller", *HERE)["spec"]["holderIdentity"] == "somebody"


def test_an_uninstall_leaves_services_and_nothing_of_ours(installed: Cluster) -> None:
    """A Service's address stands in its status, so that the next install finds it."""
    installed.kubectl("create", "service", "loadbalancer", "web", "--tcp=80")
    try:
        status = json.dumps(
            {"status": {"loadBalancer": {"ingress": [{"ip": "192.168.10.200", "ipMode": "VIP"}]}}}
        )
        installed.kubectl(
            "patch", "service", "web", "--subresource=status", "--type=merge", f"--patch={status}"
        )
        before = installed.get("service", "web")
        installed.helm("uninstall", "baremetal-lb", *HERE)
        assert installed.get("service", "web") == before
        assert installed.left() == []
    finally:
        installed.kubectl("delete", "service", "web")


def test_two_releases_stand_side_by_side(installed: Cluster) -> None:
    """In namespaces, and with classes, of their own; one in the namespace of another is refused."""
    done = helm.run(installed.helm_binary, "install", "other", CHART, *HERE, kubeconfig=installed.kubeconfig)
    assert done.returncode != 0
    assert "exists and cannot be imported into the current release" in done.stderr
    lab = ("--namespace", "lab-lb")
    installed.helm(
        "install",
        "baremetal-lb",
        CHART,
        *lab,
        "--create-namespace",
        "--set",
        "loadBalancerClass=example.com/lab",
    )
    before = installed.left()
    installed.helm("uninstall", "baremetal-lb", *lab)
    after = installed.left()
    assert len(before) == 2 * len(after) - 1  # the other one has no pools
    assert f"Namespace {SPEAKERS}" in after


def end_the_test_pod(cluster: Cluster, phase: str) -> None:
    """As a kubelet would, which is not here."""
    cluster.kubectl("wait", "--for=create", "pod/baremetal-lb-test", *HERE, "--timeout=60s")
    patch = json.dumps({"status": {"phase": phase}})
    cluster.kubectl("patch", "pod", "baremetal-lb-test", *HERE, "--subresource=status", f"--patch={patch}")


@pytest.mark.parametrize(("phase", "left"), [("Succeeded", []), ("Failed", ["Pod baremetal-lb-test"])])
def test_helm_test_cleans_up(installed: Cluster, phase: str, left: list[str]) -> None:
    """Its address is free again in any case; a pod that failed stays, for its log."""
    with ThreadPoolExecutor() as pool:
        testing = pool.submit(
            helm.run, installed.helm_binary, "test", "baremetal-lb", *HERE, kubeconfig=installed.kubeconfig
        )
        end_the_test_pod(installed, phase)
        done = testing.result()
    assert (done.returncode == 0) is (phase == "Succeeded"), done.stderr
    found = installed.get(f"{KINDS},pods", *HERE, "--selector", f"{OURS},{COMPONENT}=test")["items"]
    there = [each for each in found if "deletionTimestamp" not in each["metadata"]]
    assert [f"{each['kind']} {each['metadata']['name']}" for each in there] == left


@pytest.fixture(scope="module")
def prepared(cluster: Cluster) -> Cluster:
    """With the namespaces that must be there before the rest can be tried."""
    _make_sure_of(cluster, {SYSTEM, SPEAKERS})
    return cluster


def _make_sure_of(cluster: Cluster, namespaces: set[str]) -> None:
    for name in namespaces:
        if not cluster.kubectl("get", "namespace", name, "--ignore-not-found"):
            cluster.kubectl("create", "namespace", name)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_object_is_taken(prepared: Cluster, way) -> None:
    """By server-side validation, which knows more than types: names, ranges, what contradicts what."""
    rendered = objects(helm.template(prepared.helm_binary, CHART, *way))
    there = ("Namespace", "ServiceAccount")
    items = [each for each in rendered if each["apiVersion"] != CUSTOM and each["kind"] not in there]
    _make_sure_of(prepared, {each["metadata"].get("namespace") for each in items} - {None})
    accounts = [each for each in rendered if each["kind"] == "ServiceAccount"]  # pods are refused without
    prepared.kubectl("apply", "--filename=-", stdin=json.dumps({**LIST, "items": accounts}))
    body = json.dumps({**LIST, "items": items})
    said = prepared.kubectl("create", "--dry-run=server", "--validate=strict", "--filename=-", stdin=body)
    assert len(said.splitlines()) == len(items)
