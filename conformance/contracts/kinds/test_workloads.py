"""Pods and workloads: defaults, refusals, rollouts with the tests in the kubelet's place."""

import pytest
from conformance.harness.contract import contract
from conformance.harness.nodes import run_all, run_pod
from conformance.harness.side import Side
from testkit import objects
from testkit.refused_pods import refused_pods

CONTAINER = {"name": "web", "image": "nginx"}


def pod(name: str, **spec: object) -> dict:
    spec = {"automountServiceAccountToken": False, **spec}
    return objects.pod(name, CONTAINER, namespace=None, metadata={"labels": {"app": "web"}}, **spec)


def deployment(**spec: object) -> dict:
    pods = {"containers": [CONTAINER], "pod_spec": {"automountServiceAccountToken": False}}
    return objects.deployment(namespace=None, **pods, **spec)


def account(api: Side) -> None:
    """Wait for the account that pods run as."""
    api.wait(api.path("serviceaccounts"), "the default account", lambda body: body["items"])


PODS = {
    "bare": {},
    "tag": {"containers": [{"name": "web", "image": "nginx:1.27"}]},
    "latest": {"containers": [{"name": "web", "image": "nginx:latest"}]},
    "ports": {"containers": [{**CONTAINER, "ports": [{"containerPort": 80, "name": "http"}]}]},
    "probes": {
        "containers": [
            {
                **CONTAINER,
                "readinessProbe": {"httpGet": {"port": 80}},
                "livenessProbe": {"tcpSocket": {"port": "http"}},
                "ports": [{"name": "http", "containerPort": 80}],
            }
        ]
    },
    "resources": {"containers": [{**CONTAINER, "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}]},
    "requests": {"containers": [{**CONTAINER, "resources": {"requests": {"cpu": "0.5"}}}]},
    "quantity": {
        "containers": [{**CONTAINER, "resources": {"requests": {"cpu": "1500m", "memory": "1024Mi"}}}]
    },
    "env": {
        "containers": [
            {**CONTAINER, "env": [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]}
        ]
    },
    "volumes": {
        "volumes": [
            {"name": "e", "emptyDir": {}},
            {"name": "c", "configMap": {"name": "c"}},
            {"name": "s", "secret": {"secretName": "s"}},
        ]
    },
    "host-network": {"hostNetwork": True, "containers": [{**CONTAINER, "ports": [{"containerPort": 80}]}]},
    "init": {"initContainers": [{"name": "first", "image": "busybox"}]},
    "node": {"nodeName": "node-1"},
    "restart": {"restartPolicy": "Never"},
    "mounted": {"automountServiceAccountToken": None},
    "account": {"serviceAccountName": "nobody"},
    "no-containers": {"containers": []},
    "no-image": {"containers": [{"name": "web"}]},
    "no-name": {"containers": [{"image": "nginx"}]},
    "same-name": {"containers": [CONTAINER, CONTAINER]},
    "name-junk": {"containers": [{"name": "A b", "image": "nginx"}]},
    "port-junk": {
        "containers": [{**CONTAINER, "ports": [{"containerPort": 0}, {"containerPort": 80, "protocol": "X"}]}]
    },
    "pull-junk": {"containers": [{**CONTAINER, "imagePullPolicy": "Often"}]},
    "restart-junk": {"restartPolicy": "Maybe"},
    "dns-junk": {"dnsPolicy": "Maybe"},
    "mount-missing": {"containers": [{**CONTAINER, "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]},
    "quantity-junk": {"containers": [{**CONTAINER, "resources": {"requests": {"cpu": "lots"}}}]},
    "request-over-limit": {
        "containers": [{**CONTAINER, "resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}}]
    },
    "probe-junk": {"containers": [{**CONTAINER, "readinessProbe": {}}]},
    "env-junk": {"containers": [{**CONTAINER, "env": [{"name": "a=b"}]}]},
    "grace-negative": {"terminationGracePeriodSeconds": -1},
    "hostname-junk": {"hostname": "A b"},
    "volume-junk": {"volumes": [{"name": "v"}, {"name": "v", "emptyDir": {}}]},
}


@contract
def test_refused_pods(api: Side) -> None:
    """What is wrong with a pod, in upstream's words and order."""
    account(api)
    for refused in refused_pods():
        api.create(refused.name, "pods", pod("p", **{"nodeSelector": {"no": "where"}, **refused.spec}))


@pytest.mark.parametrize("spec", [pytest.param(each, id=name) for name, each in PODS.items()])
@contract
def test_pods(api: Side, spec: dict) -> None:
    """A pod's defaults, or why it is none."""
    account(api)
    api.create(
        "create",
        "pods",
        pod("p", **{"nodeSelector": {"no": "where"}, **spec}) if "nodeName" not in spec else pod("p", **spec),
    )


DEPLOYMENTS = {
    "bare": {"replicas": 0},
    "replicas": {"replicas": -1},
    "recreate": {"replicas": 0, "strategy": {"type": "Recreate"}},
    "recreate-with-rolling": {
        "replicas": 0,
        "strategy": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}},
    },
    "surge": {"replicas": 0, "strategy": {"rollingUpdate": {"maxSurge": "50%", "maxUnavailable": 0}}},
    "surge-zero": {"replicas": 0, "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}},
    "surge-junk": {"replicas": 0, "strategy": {"rollingUpdate": {"maxSurge": "many"}}},
    "strategy-junk": {"replicas": 0, "strategy": {"type": "Foo"}},
    "selector-other": {"replicas": 0, "selector": {"matchLabels": {"app": "other"}}},
    "selector-empty": {"replicas": 0, "selector": {}},
    "selector-missing": {"replicas": 0, "selector": None},
    "expression": {
        "replicas": 0,
        "selector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]},
    },
    "expression-junk": {"replicas": 0, "selector": {"matchExpressions": [{"key": "app", "operator": "Foo"}]}},
    "template-missing": {"replicas": 0, "template": None},
    "deadline": {"replicas": 0, "minReadySeconds": 10, "progressDeadlineSeconds": 5},
    "replicas-text": {"replicas": "two"},
}


@pytest.mark.parametrize("spec", [pytest.param(each, id=name) for name, each in DEPLOYMENTS.items()])
@contract
def test_deployments(api: Side, spec: dict) -> None:
    """A Deployment's defaults, or why it is none."""
    api.create("create", "apps/v1/deployments", deployment(**spec))


@contract
def test_selector_is_immutable(api: Side) -> None:
    """What no update may change, of Deployments and pods."""
    api.quietly("POST", api.path("apps/v1/deployments"), deployment(replicas=0))
    change = {
        "spec": {
            "selector": {"matchLabels": {"app": "x"}},
            "template": {"metadata": {"labels": {"app": "x"}}},
        }
    }
    api.patch("selector", "merge", api.path("apps/v1/deployments", "web"), change)
    account(api)
    api.quietly("POST", api.path("pods"), pod("p", nodeSelector={"no": "where"}))
    path = api.path("pods", "p")
    api.wait(path, "the scheduler's word", lambda body: body["status"].get("conditions"))
    api.patch("image", "strategic", path, {"spec": {"containers": [{"name": "web", "image": "redis"}]}})
    api.patch("command", "strategic", path, {"spec": {"containers": [{"name": "web", "command": ["x"]}]}})
    api.patch("node", "merge", path, {"spec": {"nodeName": "node-1"}})
    api.patch("generation", "merge", path, {"metadata": {"labels": {"a": "b"}}})


@contract
def test_scale_subresource(api: Side) -> None:
    """What kubectl scale and autoscalers talk to."""
    made = api.quietly("POST", api.path("apps/v1/deployments"), deployment(replicas=0, paused=True)).body
    path = api.path("apps/v1/deployments", "web") + "/scale"
    api.wait(
        path.removesuffix("/scale"),
        "the controller to have seen it",
        lambda body: body["status"].get("observedGeneration"),
    )
    api.ask("read", "GET", path)
    api.patch("patch", "merge", path, {"spec": {"replicas": 0}})
    api.patch("junk", "merge", path, {"spec": {"replicas": -1}})
    body = {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": "web", "namespace": api.ns},
        "spec": {"replicas": 0},
    }
    api.ask("replace", "PUT", path, body)
    stale = {**body, "metadata": {**body["metadata"], "resourceVersion": made["metadata"]["resourceVersion"]}}
    api.ask("replace stale", "PUT", path, stale)
    api.ask("other name", "PUT", path, {**body, "metadata": {"name": "x", "namespace": api.ns}})


@contract
def test_rollout(api: Side) -> None:
    """A Deployment from apply to its second revision and back, by kubectl."""
    account(api)
    api.kubectl("apply -f -", deployment(replicas=2))
    path = api.path("apps/v1/deployments", "web")
    api.wait(path, "two pods", lambda body: body["status"].get("updatedReplicas") == 2)
    api.kubectl("rollout status deployment/web --watch=false")
    run_all(api, "app=web", 2)
    api.kubectl("rollout status deployment/web --timeout=20s")

    def done(body: dict) -> bool:
        return body["status"].get("availableReplicas") == 2 and len(body["status"]["conditions"]) == 2

    api.record("deployment", api.wait(api.path("apps/v1/deployments", "web"), "available", done))
    api.get("replica sets", "apps/v1/replicasets")
    pods = api.wait(api.path("pods"), "pods", lambda body: True)
    api.record("pods", [{**pod, "spec": {**pod["spec"], "nodeName": "any"}} for pod in pods["items"]])
    api.kubectl("get deployments")
    api.kubectl("get deployments -o wide")
    api.kubectl("get replicasets -o wide")
    api.kubectl("get pods")
    api.kubectl("describe deployment web")
    api.kubectl("rollout history deployment/web")
    api.kubectl("scale deployment web --replicas=1")
    api.wait(
        api.path("pods"),
        "one pod",
        lambda body: len([p for p in body["items"] if "deletionTimestamp" not in p["metadata"]]) == 1,
    )
    api.kubectl("set image deployment/web web=nginx:2")
    api.wait(api.path("apps/v1/replicasets"), "a second replica set", lambda body: len(body["items"]) == 2)
    api.kubectl("rollout history deployment/web")
    api.kubectl("rollout undo deployment/web")
    api.kubectl("rollout pause deployment/web")
    api.kubectl("rollout resume deployment/web")
    api.kubectl("rollout restart deployment/web")
    api.kubectl("delete deployment web")
    api.wait(api.path("apps/v1/replicasets"), "the replica sets to go", lambda body: not body["items"])
    api.kubectl("get deployments")


@contract
def test_graceful_deletion(api: Side) -> None:
    """A pod on a node is marked and stays until its node lets it go."""
    account(api)
    api.quietly("POST", api.path("pods"), pod("p", nodeName="node-1"))
    run_pod(api, "p", "10.244.1.99")
    path = api.path("pods", "p")
    api.kubectl("get pods -o wide")
    api.ask("delete", "DELETE", path)
    api.kubectl("get pods")
    api.ask("shorter", "DELETE", path + "?gracePeriodSeconds=1")
    api.ask("longer", "DELETE", path + "?gracePeriodSeconds=60")
    api.ask("now", "DELETE", path + "?gracePeriodSeconds=0")
    api.get("gone", "pods", "p")
    api.quietly("POST", api.path("pods"), pod("q", nodeSelector={"no": "where"}))
    api.wait(api.path("pods", "q"), "the scheduler's word", lambda body: body["status"].get("conditions"))
    api.ask("unscheduled", "DELETE", api.path("pods", "q"))


@contract
def test_unschedulable(api: Side) -> None:
    """A pod that fits nowhere says so."""
    account(api)
    api.quietly("POST", api.path("pods"), pod("p", nodeSelector={"no": "where"}))
    told = api.wait(
        api.path("pods", "p"), "the scheduler's word", lambda body: body["status"].get("conditions")
    )
    api.record("pod", told)
    api.kubectl("get pods -o wide")


CLAIM = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def stateful_set(**spec: object) -> dict:
    pods = {"containers": [CONTAINER], "pod_spec": {"automountServiceAccountToken": False}}
    return objects.stateful_set("db", namespace=None, **pods, **spec)


STATEFUL_SETS = {
    "bare": {"replicas": 0},
    "claims": {"replicas": 0, "volumeClaimTemplates": [CLAIM]},
    "claim-junk": {"replicas": 0, "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {}}]},
    "claim-modes": {
        "replicas": 0,
        "volumeClaimTemplates": [
            {
                "metadata": {"name": "data"},
                "spec": {
                    "accessModes": ["Often", "ReadWriteOncePod", "ReadWriteOnce"],
                    "volumeMode": "Tape",
                    "storageClassName": "A b",
                    "resources": {"requests": {"storage": "0"}},
                },
            }
        ],
    },
    "parallel": {"replicas": 0, "podManagementPolicy": "Parallel"},
    "policy-junk": {"replicas": 0, "podManagementPolicy": "Often"},
    "on-delete": {"replicas": 0, "updateStrategy": {"type": "OnDelete"}},
    "on-delete-with-rolling": {
        "replicas": 0,
        "updateStrategy": {"type": "OnDelete", "rollingUpdate": {"partition": 1}},
    },
    "partition": {"replicas": 0, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
    "partition-negative": {"replicas": 0, "updateStrategy": {"rollingUpdate": {"partition": -2}}},
    "strategy-junk": {"replicas": 0, "updateStrategy": {"type": "Often"}},
    "retention": {"replicas": 0, "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}},
    "retention-junk": {"replicas": 0, "persistentVolumeClaimRetentionPolicy": {"whenScaled": "Often"}},
    "ordinals": {"replicas": 0, "ordinals": {"start": 5}},
    "ordinals-negative": {"replicas": 0, "ordinals": {"start": -5}},
    "service-junk": {"replicas": 0, "serviceName": "A b"},
    "no-service": {"replicas": 0, "serviceName": ""},
    "selector-empty": {"replicas": 0, "selector": {}},
    "selector-other": {"replicas": 0, "selector": {"matchLabels": {"app": "other"}}},
    "template-missing": {"replicas": 0, "template": None},
    "numbers": {"replicas": -1, "minReadySeconds": -1},
}


@pytest.mark.parametrize("spec", [pytest.param(each, id=name) for name, each in STATEFUL_SETS.items()])
@contract
def test_stateful_sets(api: Side, spec: dict) -> None:
    """A StatefulSet's defaults, or why it is none."""
    api.create("create", "apps/v1/statefulsets", stateful_set(**spec))


@contract
def test_stateful_set_changes(api: Side) -> None:
    """What may change later, and the scale subresource."""
    api.quietly("POST", api.path("apps/v1/statefulsets"), stateful_set(replicas=0))
    path = api.path("apps/v1/statefulsets", "db")
    api.wait(path, "the controller's word", lambda body: body["status"].get("observedGeneration"))
    api.patch("service", "merge", path, {"spec": {"serviceName": "other"}})
    api.patch("claims", "merge", path, {"spec": {"volumeClaimTemplates": [CLAIM]}})
    api.patch(
        "partition", "strategic", path, {"spec": {"updateStrategy": {"rollingUpdate": {"partition": 3}}}}
    )
    api.ask("scale", "GET", f"{path}/scale")
    api.patch("scaled", "merge", f"{path}/scale", {"spec": {"replicas": 0}})


@contract
def test_applied_again(api: Side) -> None:
    """Nothing is counted as a change that only leaves out defaults."""
    body = stateful_set(replicas=0, volumeClaimTemplates=[CLAIM])
    for _ in range(2):
        api.kubectl("apply -f -", body)
    path = api.path("apps/v1/statefulsets", "db")
    api.quietly("PUT", path, body)
    found = api.wait(path, "the set", lambda body: True)
    api.record("generation", found["metadata"]["generation"])


@contract
def test_stateful_set_rollout(api: Side) -> None:
    """From apply to its second revision and back, by kubectl; each pod waits for the one before."""
    account(api)
    api.kubectl("apply -f -", stateful_set(replicas=2, updateStrategy={"type": "RollingUpdate"}))
    run_all(api, "app=db", 1)
    path = api.path("apps/v1/statefulsets", "db")
    api.wait(path, "one that is ready", lambda body: body["status"].get("readyReplicas") == 1)
    api.kubectl("rollout status statefulset/db --watch=false")
    _run_stateful(api, 2)
    api.kubectl("rollout status statefulset/db --timeout=20s")
    api.record("set", api.wait(path, "ready", lambda body: body["status"].get("availableReplicas") == 2))
    api.get("revisions", "apps/v1/controllerrevisions")
    pods = api.wait(api.path("pods"), "pods", lambda body: True)
    api.record("pods", [{**pod, "spec": {**pod["spec"], "nodeName": "any"}} for pod in pods["items"]])
    api.kubectl("get statefulsets")
    api.kubectl("get statefulsets -o wide")
    api.kubectl("get controllerrevisions")
    api.kubectl("describe statefulset db")
    api.kubectl("rollout history statefulset/db")
    api.kubectl("set image statefulset/db web=nginx:2")
    _replaced(api, "db-1", "nginx:2")

    def half(body: dict) -> bool:
        status = body["status"]
        return (status.get("updatedReplicas"), status.get("readyReplicas")) == (1, 2)

    api.wait(path, "one that is updated", half)
    api.kubectl("rollout status statefulset/db --watch=false")
    _replaced(api, "db-0", "nginx:2")
    api.wait(
        path, "updated", lambda body: body["status"]["currentRevision"] == body["status"]["updateRevision"]
    )
    api.kubectl("rollout history statefulset/db")
    api.kubectl("rollout history statefulset/db --revision=1")
    api.kubectl("rollout undo statefulset/db")
    api.wait(
        api.path("apps/v1/controllerrevisions"),
        "the first revision as the third",
        lambda body: sorted(each["revision"] for each in body["items"]) == [2, 3],
    )
    api.kubectl("rollout history statefulset/db")
    api.kubectl("delete statefulset db --cascade=orphan")
    api.wait(
        api.path("pods"),
        "orphans",
        lambda body: not any("ownerReferences" in p["metadata"] for p in body["items"]),
    )
    api.kubectl("get statefulsets")


@contract
def test_stateful_set_scaled_down(api: Side) -> None:
    """The highest goes first, and the next when that is gone."""
    account(api)
    api.quietly(
        "POST", api.path("apps/v1/statefulsets"), stateful_set(replicas=3, podManagementPolicy="Parallel")
    )
    run_all(api, "app=db", 3)
    api.wait(
        api.path("apps/v1/statefulsets", "db"), "ready", lambda body: body["status"].get("readyReplicas") == 3
    )
    api.kubectl("scale statefulset db --replicas=1")
    for name in ("db-2", "db-1"):
        _end(api, name)
    body = api.wait(
        api.path("apps/v1/statefulsets", "db"), "one", lambda body: body["status"].get("replicas") == 1
    )
    api.record("status", body["status"])


@contract
def test_volume_claims(api: Side) -> None:
    """A claim's defaults, its protection, and what may not change."""
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **CLAIM}
    api.create("create", "persistentvolumeclaims", body)
    path = api.path("persistentvolumeclaims", "data")
    api.patch("modes", "merge", path, {"spec": {"accessModes": ["ReadWriteMany"]}})
    api.patch("labels", "merge", path, {"metadata": {"labels": {"a": "b"}}})
    api.create("junk", "persistentvolumeclaims", {**body, "metadata": {"name": "junk"}, "spec": {}})
    api.kubectl("get pvc")
    api.kubectl("delete pvc data")
    api.get("gone", "persistentvolumeclaims", "data")


def _run_stateful(api: Side, count: int) -> None:
    """Report each pod of the set as running, as it comes."""
    for index in range(count):
        api.wait(api.path("pods"), f"{index + 1} pods", lambda body, index=index: len(body["items"]) > index)
        name = f"db-{index}"
        api.wait(api.path("pods", name), f"{name} on a node", lambda body: body["spec"].get("nodeName"))
        run_pod(api, name, f"10.244.1.{10 + index}")


def _end(api: Side, name: str) -> None:
    """What a kubelet does when a pod is told to go: it goes."""
    path = api.path("pods", name)
    api.wait(path, f"{name} told to go", lambda body: body["metadata"].get("deletionTimestamp"))
    api.quietly("DELETE", path + "?gracePeriodSeconds=0")


def _replaced(api: Side, name: str, image: str) -> None:
    """Let a pod end and run its successor."""
    _end(api, name)
    path = api.path("pods", name)

    def new(body: dict) -> bool:
        spec = body.get("spec") or {}
        return bool(spec.get("nodeName")) and spec["containers"][0]["image"] == image

    api.wait(path, f"{name} with {image}", new)
    run_pod(api, name, "10.244.1.77")
