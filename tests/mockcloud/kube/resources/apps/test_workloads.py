"""Deployments, ReplicaSets, StatefulSets, DaemonSets."""

import pytest

from mockcloud.kube.resources.apps.controllerrevision import CONTROLLER_REVISION
from mockcloud.kube.resources.apps.daemonset import DAEMON_SET
from mockcloud.kube.resources.apps.deployment import DEPLOYMENT
from mockcloud.kube.resources.apps.replicaset import REPLICA_SET
from mockcloud.kube.resources.apps.statefulset import STATEFUL_SET

KINDS = {kind.kind: kind for kind in (DAEMON_SET, DEPLOYMENT, REPLICA_SET, STATEFUL_SET)}


def workload(kind="Deployment", /, selector=None, labels=None, template=None, **spec):
    selector = {"matchLabels": {"app": "web"}} if selector is None else selector
    pods = {
        "metadata": {"labels": {"app": "web"} if labels is None else labels},
        "spec": {"containers": [{"name": "c", "image": "nginx"}], **(template or {})},
    }
    spec = {"selector": selector, "template": pods, **spec}
    return KINDS[kind].defaults({"metadata": {"name": "w", "namespace": "default"}, "spec": spec})


def texts(kind, new, old=None):
    return [str(cause).removeprefix("spec.") for cause in KINDS[kind].problems(new, old)]


def rolling(**fields):
    return {"type": "RollingUpdate", "rollingUpdate": fields}


@pytest.mark.parametrize(
    ("new", "found"),
    [
        pytest.param(workload(), [], id="right"),
        pytest.param(
            workload(labels={"app": "db"}),
            [
                'template.metadata.labels: Invalid value: {"app":"db"}:'
                " `selector` does not match template `labels`"
            ],
            id="selector-does-not-match",
        ),
        pytest.param(
            workload(selector={}),
            ["selector: Invalid value: {}: empty selector is invalid for deployment"],
            id="empty-selector",
        ),
        pytest.param(
            workload(replicas=-1),
            ["replicas: Invalid value: -1: must be greater than or equal to 0"],
            id="negative",
        ),
        pytest.param(
            workload(template={"restartPolicy": "Never"}),
            ['template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
            id="restart-policy",
        ),
        pytest.param(
            workload(strategy={"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}),
            ["strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
            id="recreate-rolling",
        ),
        pytest.param(
            workload(strategy={"type": "Slowly"}),
            ['strategy: Unsupported value: {"type":"Slowly"}: supported values: "Recreate", "RollingUpdate"'],
            id="strategy",
        ),
        pytest.param(
            workload(strategy=rolling(maxUnavailable=0, maxSurge=0)),
            ["strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"],
            id="stuck",
        ),
        pytest.param(
            workload(strategy=rolling(maxUnavailable="150%")),
            ['strategy.rollingUpdate.maxUnavailable: Invalid value: "150%": must not be greater than 100%'],
            id="over-100-percent",
        ),
        pytest.param(
            workload(strategy=rolling(maxSurge="many")),
            [
                'strategy.rollingUpdate.maxSurge: Invalid value: "many": a valid percent string must'
                " be a numeric"
                " string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation"
                " is '[0-9]+%')"
            ],
            id="no-percentage",
        ),
        pytest.param(
            workload(progressDeadlineSeconds=10, minReadySeconds=10),
            ["progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds"],
            id="deadline",
        ),
    ],
)
def test_deployments(new, found):
    """One row a rule."""
    assert texts("Deployment", new) == found


def test_a_deployment_without_selector():
    """It is required, and nothing is guessed from the template."""
    new = workload()
    del new["spec"]["selector"]
    assert texts("Deployment", new) == ["selector: Required value"]


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "DaemonSet"])
def test_selectors_never_change(kind):
    """Else pods would be orphaned."""
    new = workload(kind, selector={"matchLabels": {"app": "db"}}, labels={"app": "db"})
    text = 'selector: Invalid value: {"matchLabels":{"app":"db"}}: field is immutable'
    assert texts(kind, new, workload(kind)) == [text]


def test_only_a_few_fields_of_a_stateful_set_change():
    """The text lists them."""
    old = workload("StatefulSet", serviceName="a")
    assert texts("StatefulSet", old) == []
    assert texts("StatefulSet", workload("StatefulSet", serviceName="a", replicas=3), old) == []
    (text,) = texts("StatefulSet", workload("StatefulSet", serviceName="b"), old)
    assert text.startswith(
        "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals'"
    )


@pytest.mark.parametrize(
    ("kind", "spec", "found"),
    [
        pytest.param(
            "StatefulSet",
            {"podManagementPolicy": "Any"},
            ["podManagementPolicy: Invalid value: \"Any\": must be 'OrderedReady' or 'Parallel'"],
            id="pod-management",
        ),
        pytest.param(
            "StatefulSet",
            {"serviceName": "a.b"},
            ['serviceName: Invalid value: "a.b": must not contain dots'],
            id="name",
        ),
        pytest.param(
            "StatefulSet",
            {"updateStrategy": {"type": "X"}},
            [
                'updateStrategy: Invalid value: {"Type":"X","RollingUpdate":null}: '
                "must be 'RollingUpdate' or 'OnDelete'"
            ],
            id="update",
        ),
        pytest.param(
            "StatefulSet",
            {"updateStrategy": {"type": "OnDelete", "rollingUpdate": {"partition": 1}}},
            [
                'updateStrategy.rollingUpdate: Invalid value: {"Partition":1,"MaxUnavailable":null}: '
                "only allowed for updateStrategy 'RollingUpdate'"
            ],
            id="on-delete-with-rolling",
        ),
        pytest.param(
            "StatefulSet",
            {"ordinals": {"start": -1}, "persistentVolumeClaimRetentionPolicy": {"whenScaled": "X"}},
            [
                "persistentVolumeClaimRetentionPolicy.whenScaled: "
                'Unsupported value: "X": supported values: "Retain", "Delete"',
                "ordinals.start: Invalid value: -1: must be greater than or equal to 0",
            ],
            id="retention-and-ordinals",
        ),
        pytest.param(
            "StatefulSet",
            {"volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {}}]},
            [
                "volumeClaimTemplates[0].spec.accessModes: "
                "Required value: at least 1 access mode is required",
                "volumeClaimTemplates[0].spec.resources[storage]: Required value",
            ],
            id="claims",
        ),
        pytest.param(
            "DaemonSet",
            {"updateStrategy": {"type": "X"}},
            ['updateStrategy: Unsupported value: "X": supported values: "RollingUpdate", "OnDelete"'],
            id="daemon-set-update",
        ),
        pytest.param(
            "DaemonSet",
            {"updateStrategy": rolling(maxUnavailable=0)},
            ["updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0"],
            id="daemon-set-that-cannot-move",
        ),
        pytest.param(
            "DaemonSet",
            {"updateStrategy": rolling(maxUnavailable=1, maxSurge="10%")},
            [
                'updateStrategy.rollingUpdate.maxSurge: Invalid value: "10%": '
                "may not be set when maxUnavailable is non-zero"
            ],
            id="daemon-set-with-both",
        ),
        pytest.param(
            "DaemonSet",
            {"updateStrategy": rolling(maxUnavailable="x")},
            [
                'updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "x": a valid percent string '
                "must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for "
                "validation is '[0-9]+%')",
                "updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0",
            ],
            id="daemon-set-with-junk",
        ),
        pytest.param(
            "DaemonSet",
            {"updateStrategy": rolling(maxUnavailable="101%")},
            [
                'updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "101%": '
                "must not be greater than 100%"
            ],
            id="daemon-set-beyond-all",
        ),
        pytest.param("DaemonSet", {"updateStrategy": {"type": "OnDelete"}}, [], id="daemon-set-on-delete"),
    ],
)
def test_other_sets(kind, spec, found):
    """One row a rule."""
    assert texts(kind, workload(kind, **spec)) == found


def test_pods_of_a_stateful_set_may_mount_its_claims():
    """A claim's name is a volume's. Host names are the set's to give: the template's is not looked at."""
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    new = workload("StatefulSet", serviceName="a", volumeClaimTemplates=[claim])
    pod = new["spec"]["template"]["spec"]
    pod["hostname"] = "Not A Name"
    pod["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    assert texts("StatefulSet", new) == []


def test_a_revision_never_changes_what_it_holds():
    """Its number may rise."""
    old = {"metadata": {"name": "r"}, "revision": 1, "data": {"a": 1}}
    assert list(CONTROLLER_REVISION.validate(old, None)) == []
    assert list(CONTROLLER_REVISION.validate({**old, "revision": 2}, old)) == []
    changed = [str(cause) for cause in CONTROLLER_REVISION.validate({**old, "data": {"a": 2}}, old)]
    assert changed == ['data: Invalid value: {"a":2}: field is immutable']
    bare = [str(cause) for cause in CONTROLLER_REVISION.validate({"revision": -1}, None)]
    assert bare == [
        "revision: Invalid value: -1: must be greater than or equal to 0",
        "data: Required value: data is mandatory",
    ]
