"""What a lab installs of the chart's objects; that the file is the chart's: tests/charts/test_manifest.py."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import yaml

from mockcloud.lab.components.install import key, objects, pool, resource_of

CHARTS = Path(__file__).parents[4] / "deploy" / "baremetal-lb.yaml"
OWNER = {
    "meta.helm.sh/release-name": "baremetal-lb",
    "meta.helm.sh/release-namespace": "baremetal-lb-system",
}


def without_owner(obj):
    metadata = obj["metadata"]
    labels = {key: value for key, value in metadata["labels"].items() if value != "Helm"}
    annotations = {key: value for key, value in metadata["annotations"].items() if key not in OWNER}
    rest = {key: value for key, value in (("labels", labels), ("annotations", annotations)) if value}
    return {
        **obj,
        "metadata": {**{k: v for k, v in metadata.items() if k not in ("labels", "annotations")}, **rest},
    }


def test_it_is_what_people_apply_but_for_a_word_to_its_daemons():
    """The chart's own objects, in their order."""
    wanted = [each for each in yaml.safe_load_all(CHARTS.read_text()) if each]
    (speakers,) = (each for each in wanted if each["kind"] == "DaemonSet")
    (controllers,) = (each for each in wanted if each["kind"] == "Deployment")
    speakers["spec"]["template"]["spec"]["containers"][0]["args"] += ["--rules-url=x"]
    controllers["spec"]["template"]["spec"]["containers"][0]["args"] += ["--quarantine=5"]

    found = objects(["--rules-url=x"], ["--quarantine=5"])
    assert [without_owner(each) for each in found] == wanted


def test_helm_finds_its_marks_on_all_of_it():
    """Else `helm upgrade --install` refuses to take over what is there before its first release."""
    for each in [*objects([]), pool(["10.0.0.0/24"]), key()]:
        assert each["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "Helm"
        assert OWNER.items() <= each["metadata"]["annotations"].items()


def test_the_key_is_new_each_time_and_text():
    """As the controller makes one: 32 random bytes as base64, and once more as the API's `data` wants it."""
    one, other = (b64decode(key()["data"]["secretkey"]) for _ in range(2))
    assert one != other
    assert len(b64decode(one, validate=True)) == 32


def test_the_pool_has_the_labs_addresses():
    """In the form that the page on pools has."""
    (found,) = yaml.safe_load(pool(["10.0.0.0/24", "fd00::/120"])["data"]["config"])["address-pools"]
    assert found == {"name": "lab", "protocol": "layer2", "addresses": ["10.0.0.0/24", "fd00::/120"]}


def test_each_kind_goes_to_its_place():
    """Plural, group and version; with a namespace or for the cluster."""
    places = {resource_of(each).path("here", "x") for each in objects([])}
    assert {
        "/api/v1/namespaces/x",
        "/api/v1/namespaces/here/serviceaccounts/x",
        "/apis/apps/v1/namespaces/here/daemonsets/x",
        "/apis/policy/v1/namespaces/here/poddisruptionbudgets/x",
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/x",
    } <= places, places
