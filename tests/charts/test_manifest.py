"""The plain manifest: what the chart makes, locked up and with the rights that docs/security.md lists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from testkit.chart import __main__ as chart
from testkit.chart import manifest
from testkit.kubectl import find_kubectl, kubectl_environment
from tests.charts.strict import problems

ROOT = Path(__file__).parent.parent.parent
OBJECTS = [each for each in yaml.safe_load_all((ROOT / "deploy/baremetal-lb.yaml").read_text()) if each]
SECURITY = (ROOT / "docs/security.md").read_text()
SYSTEM, SPEAKERS = "baremetal-lb-system", "baremetal-lb-speakers"
PLACES = {None: "cluster", SYSTEM: "release", SPEAKERS: "speakers"}


def of(kind: str) -> list[dict]:
    return [each for each in OBJECTS if each["kind"] == kind]


def pod(kind: str) -> dict:
    (owner,) = of(kind)
    return owner["spec"]["template"]["spec"]


def test_it_is_what_the_chart_makes_today(helm_binary):
    """`make manifest` after a change of the chart."""
    for path, text in chart.made(helm_binary).items():
        assert path.read_text() == text, f"{path.name} is out of date: type make manifest"


def test_its_objects_are_valid():
    """As a strict API sees them."""
    assert [fault for each in OBJECTS for fault in problems(each)] == []


def test_it_has_nothing_of_helms_and_no_key():
    """kubectl made it, not Helm; and a key that everybody has is none."""
    assert not of("Secret")
    for each in OBJECTS:
        labels = each["metadata"].get("labels", {})
        assert "helm.sh/chart" not in labels
        assert labels.get("app.kubernetes.io/managed-by") != "Helm"


def test_its_namespace_comes_first_and_lets_speakers_in():
    """They are in the host's network, which Pod Security's level `baseline` forbids."""
    first = OBJECTS[0]
    assert (first["kind"], first["metadata"]["name"]) == ("Namespace", SYSTEM)
    modes = ("enforce", "audit", "warn")
    assert first["metadata"]["labels"] == {
        f"pod-security.kubernetes.io/{mode}": "privileged" for mode in modes
    }


def test_kustomize_builds_on_it(tmp_path):
    """With a ConfigMap of pools and another image, as docs/install.md shows it."""
    kubectl = find_kubectl()
    if kubectl is None:
        pytest.skip("no kubectl")
    page = (ROOT / "docs/install.md").read_text()
    (example,) = re.findall(r"```yaml\n(resources:.*?)```", page, re.DOTALL)
    base = tmp_path / "path" / "to" / "baremetal-lb" / "deploy"
    base.mkdir(parents=True)
    for each in (ROOT / "deploy").iterdir():
        (base / each.name).write_text(each.read_text())
    (tmp_path / "kustomization.yaml").write_text(example)
    (tmp_path / "config").write_text("address-pools: []\n")

    done = subprocess.run(
        [kubectl, "kustomize", tmp_path],
        env=kubectl_environment(tmp_path / "none"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    made = manifest.objects(done.stdout)
    assert len(made) == len(OBJECTS) + 1
    (config_map,) = [each for each in made if each["kind"] == "ConfigMap"]
    assert (config_map["metadata"]["name"], config_map["metadata"]["namespace"]) == ("config", SYSTEM)
    images = {
        each["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[0]
        for each in made
        if each["kind"] in ("Deployment", "DaemonSet")
    }
    assert images == {"YOURS/baremetal-lb"}


def test_the_controller_is_locked_up():
    """As Pod Security's level `restricted` asks, and beyond."""
    spec = pod("Deployment")
    (container,) = spec["containers"]
    assert not {"hostNetwork", "hostPID", "hostIPC", "volumes"} & set(spec)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 65532
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_speaker_has_one_capability():
    """And nothing of the host but its network."""
    spec = pod("DaemonSet")
    (container,) = spec["containers"]
    assert not {"hostPID", "hostIPC", "volumes"} & set(spec)
    assert spec["hostNetwork"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "runAsUser": 0,
        "runAsGroup": 0,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"], "add": ["NET_RAW"]},
    }


def rights() -> set[tuple[str, str, str, str, str]]:
    """(who, where, resource, names, verbs), of what is bound to the two ServiceAccounts."""
    roles = {
        (each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]): each
        for each in OBJECTS
        if each["kind"] in ("Role", "ClusterRole")
    }
    granted = set()
    for binding in (*of("RoleBinding"), *of("ClusterRoleBinding")):
        (subject,) = binding["subjects"]
        namespace = binding["metadata"].get("namespace")
        role = roles[binding["roleRef"]["kind"], namespace, binding["roleRef"]["name"]]
        for rule in role["rules"]:
            (group,) = rule["apiGroups"]
            for resource in rule["resources"]:
                named = f"{resource}.{group}" if group else resource
                names, verbs = ", ".join(rule.get("resourceNames", ())), ", ".join(rule["verbs"])
                who = subject["name"].removeprefix("baremetal-lb-")
                granted.add((who, PLACES[namespace], named, names, verbs))
    return granted


def test_the_page_lists_exactly_the_rights():
    """docs/security.md says what each is for: none is missing there, none is granted beside."""
    row = r"^\| (controller|speaker) \| (\w+) \| `([^`]+)`(?: named `([^`]+)`)? \| ([a-z, ]+) \| .{5,} \|$"
    listed = set(re.findall(row, SECURITY, re.MULTILINE))
    assert listed == rights()


def test_no_right_is_to_everything():
    """No wildcard, no Secret of somebody else's, nothing of workloads."""
    for _, where, resource, names, verbs in rights():
        assert "*" not in resource + verbs
        if resource == "secrets":
            assert where == "release"
            assert names == "baremetal-lb-membership" or verbs == "create"
        assert resource.partition(".")[0] not in (
            "pods",
            "deployments",
            "daemonsets",
            "roles",
            "clusterroles",
        )


@pytest.mark.parametrize("kind", ["Deployment", "DaemonSet"])
def test_a_slow_start_is_no_death(kind):
    """A busy node, as while all of its pods start, may take a minute to start a daemon: it is not killed."""
    (container,) = pod(kind)["containers"]
    startup = container["startupProbe"]
    assert startup["httpGet"] == container["livenessProbe"]["httpGet"]
    assert startup["failureThreshold"] * startup["periodSeconds"] >= 120
