"""Metadata of every kind, labels, and label selectors."""

import pytest

from mockcloud.kube.resources.built_in import BUILT_IN
from mockcloud.kube.resources.validation.metadata import label_selector, metadata_problems, selects

KNOWN = {kind.kind: kind for kind in BUILT_IN}


def problems(kind, new, old):
    names, namespaced = KNOWN[kind].names, KNOWN[kind].namespaced
    return metadata_problems(new, old, names=names, namespaced=namespaced)


def obj(**metadata):
    return {"metadata": {"name": "x", "namespace": "default", **metadata}}


@pytest.mark.parametrize(
    ("kind", "new", "text"),
    [
        pytest.param("ConfigMap", obj(), [], id="right"),
        pytest.param(
            "ConfigMap", obj(name="", generateName="x-"), ["name: Required value"], id="not-yet-generated"
        ),
        pytest.param("Service", obj(name="web-1", generateName="web-"), [], id="generated"),
        pytest.param("Service", obj(generateName="1-"), ["generateName: Invalid value"], id="bad-stem"),
        pytest.param("ConfigMap", obj(namespace=""), ["namespace: Required value"], id="no-namespace"),
        pytest.param("ConfigMap", obj(namespace="A"), ["namespace: Invalid value"], id="bad-namespace"),
        pytest.param("Node", obj(), ["namespace: Forbidden: not allowed"], id="cluster-wide"),
        pytest.param("ConfigMap", obj(labels={"a b": "c"}), ["labels: Invalid value"], id="label-key"),
        pytest.param("ConfigMap", obj(annotations={"Any.Case/Key": "&"}), [], id="annotation-in-any-case"),
        pytest.param(
            "ConfigMap", obj(annotations={"a b": ""}), ["annotations: Invalid value"], id="annotation-key"
        ),
        pytest.param(
            "ConfigMap",
            obj(annotations={"a": "x" * 262144}),
            ["annotations: Too long: may not be more than 262144 bytes"],
            id="annotations-too-long",
        ),
        pytest.param("ConfigMap", obj(finalizers=["a/b/c"]), ["finalizers: Invalid value"], id="finalizer"),
        pytest.param(
            "ConfigMap",
            obj(ownerReferences=[{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": ""}]),
            ['ownerReferences.uid: Invalid value: "": must not be empty'],
            id="owner-without-uid",
        ),
        pytest.param(
            "ConfigMap",
            obj(
                ownerReferences=[
                    {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": name, "controller": True}
                    for name in "pq"
                ]
            ),
            ["ownerReferences: Invalid value: ["],
            id="two-controllers",
        ),
    ],
)
def test_new_metadata(kind, new, text):
    """One row a rule; the beginnings of the texts."""
    found = [str(cause).removeprefix("metadata.") for cause in problems(kind, new, None)]
    assert len(found) == len(text)
    assert all(one.startswith(start) for one, start in zip(found, text, strict=True))


def test_two_controllers_are_named():
    """The text names both owners."""
    owners = [
        {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": name, "controller": True} for name in "pq"
    ]
    (cause,) = problems("ConfigMap", obj(ownerReferences=owners), None)
    assert cause.message.endswith(
        'Only one reference can have Controller set to true. Found "true" in references for Pod/p and Pod/q'
    )


@pytest.mark.parametrize("key", ["name", "namespace", "uid", "creationTimestamp"])
def test_what_is_fixed_at_birth(key):
    """These never change."""
    old = obj(uid="u", creationTimestamp="2026-11-21T10:00:00Z")
    new = obj(**{**old["metadata"], key: "y"})
    texts = [str(cause) for cause in problems("ConfigMap", new, old)]
    assert texts == [f'metadata.{key}: Invalid value: "y": field is immutable']


def test_no_finalizer_is_added_while_the_object_goes():
    """One may only be taken away."""
    old = obj(deletionTimestamp="2026-11-21T10:00:00Z", finalizers=["a/b"])
    assert problems("ConfigMap", obj(deletionTimestamp="x", finalizers=[]), old) == []
    (cause,) = problems("ConfigMap", obj(deletionTimestamp="x", finalizers=["a/b", "c/d"]), old)
    assert str(cause) == (
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted,"
        ' found new finalizers []string{"c/d"}'
    )


@pytest.mark.parametrize(
    ("selector", "labels", "matches"),
    [
        pytest.param({}, {"a": "1"}, True, id="empty-selects-all"),
        pytest.param({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True, id="labels"),
        pytest.param({"matchLabels": {"a": "1"}}, {"a": "2"}, False, id="other-value"),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]}, {}, False, id="in"
        ),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {}, True, id="not-in"
        ),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"a": ""}, True, id="exists"
        ),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"a": ""}, False, id="absent"
        ),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "Near"}]}, {"a": ""}, False, id="unknown"
        ),
    ],
)
def test_selects(selector, labels, matches):
    """LabelSelector semantics."""
    assert selects(selector, labels) is matches


@pytest.mark.parametrize(
    ("requirement", "text"),
    [
        pytest.param({"key": "a", "operator": "Exists"}, [], id="right"),
        pytest.param(
            {"key": "a", "operator": "In"},
            [
                "s.matchExpressions[0].values: Required value: must be specified when `operator` is"
                " 'In' or 'NotIn'"
            ],
            id="in-without-values",
        ),
        pytest.param(
            {"key": "a", "operator": "Exists", "values": ["x"]},
            [
                "s.matchExpressions[0].values: Forbidden:"
                " may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            ],
            id="exists-with-values",
        ),
        pytest.param(
            {"key": "a", "operator": "Near"},
            ['s.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator'],
            id="operator",
        ),
    ],
)
def test_label_selector(requirement, text):
    """Texts of k8s.io/apimachinery."""
    assert [str(cause) for cause in label_selector("s", {"matchExpressions": [requirement]})] == text
