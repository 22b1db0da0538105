"""The dispatch by kind: metadata rules first, then the kind's own."""

import copy

import pytest

from mockcloud.kube.resources.apps.deployment import DEPLOYMENT
from mockcloud.kube.resources.built_in import BUILT_IN
from mockcloud.kube.resources.pods.pod import POD
from testkit import objects

KNOWN = {kind.kind: kind for kind in BUILT_IN}
CONTAINER = {"name": "c", "image": "nginx"}


def pod(**spec):
    return POD.defaults(objects.pod("p", CONTAINER, **spec))


def deployment(selector="web", labels="web", **spec):
    spec = {"selector": {"matchLabels": {"app": selector}}, **spec}
    return DEPLOYMENT.defaults(
        objects.deployment("d", labels={"app": labels}, containers=[CONTAINER], **spec)
    )


@pytest.mark.parametrize(
    ("kind", "obj", "text"),
    [
        pytest.param("Pod", pod(), [], id="pod"),
        pytest.param("Deployment", deployment(), [], id="deployment"),
        pytest.param(
            "Namespace",
            {"metadata": {"name": "a.b"}},
            ['metadata.name: Invalid value: "a.b": must not contain dots'],
            id="namespace-name",
        ),
        pytest.param(
            "Node",
            {"metadata": {"name": "n", "namespace": "x"}},
            ["metadata.namespace: Forbidden: not allowed on this type"],
            id="cluster-wide",
        ),
        pytest.param(
            "ServiceAccount", {"metadata": {"name": "a", "namespace": "x"}}, [], id="kind-without-rules"
        ),
    ],
)
def test_kinds_without_complaint_or_with_one(kind, obj, text):
    """Every kind goes through the metadata rules, then through its own."""
    assert [str(cause) for cause in KNOWN[kind].problems(obj, None)] == text


def test_nothing_that_is_validated_is_changed():
    """Rules only look."""
    obj, old = deployment(), deployment(selector="x")
    before = copy.deepcopy((obj, old))
    DEPLOYMENT.problems(obj, old)
    assert (obj, old) == before
