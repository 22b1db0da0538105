"""The builders of API objects: what the API demands, and all else as asked; one for each kind."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from testkit import objects

ROOT = Path(__file__).parents[2]
KINDS = (
    "pod", "service", "node", "endpoint_slice", "deployment", "replica_set", "replication_controller",
    "stateful_set",
)  # fmt: skip


def test_what_a_builder_does_not_name_is_the_specs():
    """It replaces what the builder has there, too."""
    assert objects.service("web", ports=[], type="NodePort")["spec"] == {"ports": [], "type": "NodePort"}
    assert objects.pod("p", nodeName="node-1")["spec"] == {
        "containers": [{"name": "c", "image": "nginx"}],
        "nodeName": "node-1",
    }


def test_metadata_is_added_to_name_and_namespace():
    """A namespace of None leaves it to whoever creates the object."""
    labels = {"labels": {"app": "web"}}
    assert objects.pod("p", metadata=labels)["metadata"] == {"name": "p", "namespace": "default", **labels}
    assert objects.pod("p", namespace=None)["metadata"] == {"name": "p"}


def test_a_workload_selects_its_own_pods():
    """By its labels, which are those of its template."""
    spec = objects.deployment("web", replicas=2)["spec"]
    assert spec["replicas"] == 2
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"] == {"app": "web"}


def test_a_slice_belongs_to_its_service_whatever_other_labels_it_has():
    """Texts are addresses."""
    made = objects.endpoint_slice("web", "10.0.0.1", {"addresses": ["10.0.0.2"], "nodeName": "n"}, name="x")
    assert made["metadata"]["labels"] == {"kubernetes.io/service-name": "web"}
    assert [each["addresses"] for each in made["endpoints"]] == [["10.0.0.1"], ["10.0.0.2"]]
    more = objects.endpoint_slice("web", metadata={"labels": {"a": "b"}})["metadata"]["labels"]
    assert more == {"kubernetes.io/service-name": "web", "a": "b"}


def test_an_object_is_nobody_elses():
    """Tests change what they have been given."""
    first = objects.deployment("web")
    first["spec"]["selector"]["matchLabels"]["x"] = "y"
    assert objects.deployment("web")["spec"]["selector"]["matchLabels"] == {"app": "web"}
    assert "x" not in first["spec"]["template"]["metadata"]["labels"]


def own_builders(path):
    """Functions of a kind's name that write an object's metadata out."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name.lstrip("_") in KINDS:
            keys = (
                each
                for dictionary in ast.walk(node)
                if isinstance(dictionary, ast.Dict)
                for each in dictionary.keys
            )
            if any(isinstance(key, ast.Constant) and key.value == "metadata" for key in keys):
                yield node.name


@pytest.mark.parametrize("package", ["tests", "bench", "conformance", "e2e"])
def test_nobody_builds_these_objects_by_himself(package):
    """18 test files had a `pod()` of their own, 14 a `service()`."""
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in (ROOT / package).rglob("*.py")
        for name in own_builders(path)
        if path != Path(__file__)
    }
    assert found == set()
