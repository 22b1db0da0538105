"""Helm 3 and Helm 4 in a lab, with real pods: the life of a release, for charts as people have them."""

import base64
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
from testkit.chart import CHART, helm
from testkit.kubectl import find_kubectl, kubectl_environment
from testkit.lab import Lab
from tests.charts.test_rendering import POOLS

pytestmark = pytest.mark.timeout(900)  # of which a rollout of pods on a busy machine takes most

CHARTS: Final = Path(__file__).parents[2] / "charts"
WAIT: Final = ("--wait", "--timeout", "120s")
RELEASES: Final = {"helm3": helm.HELM3, "helm4": helm.HELM4}
# What undoes an upgrade that fails.
UNDO: Final = {"helm3": "--atomic", "helm4": "--rollback-on-failure"}
KINDS: Final = (
    "deployments,statefulsets,services,secrets,ingresses,poddisruptionbudgets,networkpolicies,roles"
)
MONITORS: Final = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: servicemonitors.monitoring.example}
spec:
  group: monitoring.example
  names: {kind: ServiceMonitor, plural: servicemonitors}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""


@dataclass(frozen=True)
class Admin:
    """Somebody with a lab, a namespace, kubectl and one of Helm's releases."""

    name: str
    binary: Path
    kubeconfig: Path
    namespace: str

    def try_helm(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Whatever it ends with."""
        return helm.run(self.binary, *words, "--namespace", self.namespace, kubeconfig=self.kubeconfig)

    def helm(self, *words: str | Path) -> str:
        """What it prints; it must succeed."""
        done = self.try_helm(*words)
        assert done.returncode == 0, f"helm {' '.join(map(str, words))}: {done.stdout}{done.stderr}"
        return done.stdout

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        """The same."""
        done = subprocess.run(
            [str(find_kubectl()), "--namespace", self.namespace, *words],
            input=stdin,
            env=kubectl_environment(self.kubeconfig),
            capture_output=True,
            text=True,
            check=False,
            timeout=150,
        )
        assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.stderr}"
        return done.stdout

    def get(self, *what: str) -> Any:
        return json.loads(self.kubectl("get", *what, "--output=json"))

    def history(self, release: str) -> list[tuple[int, str]]:
        """The numbers of its revisions, and what has become of each."""
        found = json.loads(self.helm("history", release, "--output=json"))
        return [(each["revision"], each["status"]) for each in found]

    def left(self) -> list[str]:
        """What there is of the kinds that only charts have here."""
        return self.kubectl("get", KINDS, "--output=name").split()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Two nodes, and nobody who gives addresses: the chart of this project is installed by Helm."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("helm")))
        lab = Lab("helm")
        with lab.running("--nodes", "2", "--provider", "none"):
            yield lab


@pytest.fixture(params=RELEASES)
def admin(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Admin]:
    """In a namespace that is gone afterwards."""
    try:
        binary = helm.built(RELEASES[request.param])
    except helm.HelmError as error:
        pytest.skip(str(error))
    found = Admin(request.param, binary, Path(lab.kubeconfig), request.param)
    found.kubectl("create", "namespace", found.namespace)
    yield found
    found.kubectl("delete", "namespace", found.namespace)


def test_a_chart_as_helm_makes_it(admin: Admin, tmp_path: Path) -> None:
    """Installed, tested, upgraded, an upgrade that fails undone, rolled back, listed, uninstalled."""
    helm.run(admin.binary, "create", tmp_path / "web", kubeconfig=None)
    chart = tmp_path / "web"
    admin.helm("install", "web", chart, *WAIT)
    assert "Phase:          Succeeded" in admin.helm("test", "web", "--timeout", "120s")
    admin.helm("upgrade", "web", chart, "--set", "replicaCount=2,ingress.enabled=true", *WAIT)
    assert admin.get("deployment", "web")["status"]["readyReplicas"] == 2
    failing = ("--set", "image.repository=nonesuch/typo", UNDO[admin.name], "--timeout", "10s")
    failed = admin.try_helm("upgrade", "web", chart, *failing)
    assert failed.returncode != 0
    assert "has been rolled back" in failed.stderr
    assert admin.history("web") == [(1, "superseded"), (2, "superseded"), (3, "failed"), (4, "deployed")]
    admin.helm("rollback", "web", "1", *WAIT)
    assert admin.get("deployment", "web")["spec"]["replicas"] == 1
    assert not admin.kubectl("get", "ingress", "--output=name")
    assert [each["name"] for each in json.loads(admin.helm("list", "--output=json"))] == ["web"]
    admin.helm("uninstall", "web", "--wait")
    assert admin.left() == []


def test_a_web_service_with_hooks_tests_and_monitors(admin: Admin) -> None:
    """A Job goes before each revision; the kind that only some clusters have is used where it is."""
    admin.helm("install", "shop", CHARTS / "frontend", *WAIT)
    assert "Succeeded" in admin.helm("test", "shop", "--timeout", "120s")
    admin.kubectl("apply", "--filename=-", stdin=MONITORS)
    try:
        admin.kubectl("wait", "--for=condition=established", "crd/servicemonitors.monitoring.example")
        admin.helm(
            "upgrade", "shop", CHARTS / "frontend", "--set", "message=bye,autoscaling.enabled=true", *WAIT
        )
        assert admin.kubectl("logs", "job/shop-frontend-before") == "revision 2\n"
        assert admin.get("hpa", "shop-frontend")["spec"]["minReplicas"] == 2
        assert admin.get("servicemonitor", "shop-frontend")["spec"]["endpoints"] == [{"port": "metrics"}]
        (pod, *_) = admin.get("pods", "--selector=app.kubernetes.io/instance=shop")["items"]
        assert "MESSAGE=bye" in admin.kubectl("exec", pod["metadata"]["name"], "--", "env")
        admin.helm("rollback", "shop", "1", *WAIT)
        assert admin.get("configmap", "shop-frontend")["data"] == {"message": "hello"}
        assert not admin.kubectl("get", "hpa", "--output=name")
        admin.helm("uninstall", "shop", "--wait")
        assert admin.left() == []
    finally:
        admin.kubectl("delete", "--filename=-", stdin=MONITORS)


def test_a_database_keeps_its_password_and_its_data(admin: Admin) -> None:
    """A StatefulSet with claims, init containers, a Secret that `lookup` finds again, policies and rights."""
    admin.helm("install", "db", CHARTS / "database", *WAIT)
    password = admin.get("secret", "db-database")["data"]["password"]
    assert base64.b64decode(password).isalnum()
    assert admin.kubectl("logs", "db-database-0", "--container=prepare") == "prepared by db-database-0\n"
    admin.helm("upgrade", "db", CHARTS / "database", "--set", "replicas=2", *WAIT)
    assert admin.get("secret", "db-database")["data"]["password"] == password
    assert admin.get("statefulset", "db-database")["status"]["readyReplicas"] == 2
    admin.helm("uninstall", "db", "--wait")
    assert admin.left() == []
    claims = admin.get("persistentvolumeclaims")["items"]
    assert [each["status"]["phase"] for each in claims] == ["Bound", "Bound"]


def test_the_chart_of_this_project(admin: Admin) -> None:
    """As the README types it: a Service gets an address, and answers by it; nothing is left of it."""
    admin = replace(admin, namespace="baremetal-lb-system")
    admin.helm("install", "baremetal-lb", CHART, "--create-namespace", *POOLS, *WAIT)
    assert "Succeeded" in admin.helm("test", "baremetal-lb", "--timeout", "120s")
    admin.helm("upgrade", "baremetal-lb", CHART, "--reuse-values", "--set", "controller.replicas=1", *WAIT)
    assert admin.get("deployments")["items"][0]["status"]["readyReplicas"] == 1
    admin.helm("uninstall", "baremetal-lb", "--wait")
    assert admin.left() == []
    admin.kubectl("wait", "--for=delete", "namespace/baremetal-lb-speakers", "--timeout=60s")
    admin.kubectl("delete", "namespace", admin.namespace)
