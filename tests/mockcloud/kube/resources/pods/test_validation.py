"""Pods, their containers, and what may change in them."""

import pytest

from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.resources.pods.validation import SYSCTL, UPDATABLE, pod_problems
from testkit import objects
from testkit.refused_pods import refused_pods

IMAGE = {"name": "c", "image": "nginx"}
VISITOR = {"name": "visitor", "image": "busybox"}
ONE_OF = (
    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
)


def pod(*containers, **spec):
    return POD.defaults(objects.pod("web", *(containers or [IMAGE]), **spec))


def texts(new, old=None):
    return [str(cause).removeprefix("spec.") for cause in pod_problems(new, old)]


@pytest.mark.parametrize(
    ("new", "found"),
    [
        pytest.param(pod(), [], id="right"),
        pytest.param(POD.defaults({"spec": {}}), ["containers: Required value"], id="no-containers"),
        pytest.param(
            pod({"name": "", "image": ""}),
            ["containers[0].name: Required value", "containers[0].image: Required value"],
            id="nameless",
        ),
        pytest.param(pod(IMAGE, IMAGE), ['containers[1].name: Duplicate value: "c"'], id="same-name"),
        pytest.param(
            pod(initContainers=[IMAGE]),
            ['initContainers[0].name: Duplicate value: "c"'],
            id="same-name-as-init",
        ),
        pytest.param(
            pod(IMAGE | {"ports": [{"containerPort": 0}]}),
            ["containers[0].ports[0].containerPort: Required value"],
            id="port-0",
        ),
        pytest.param(
            pod(IMAGE | {"ports": [{"containerPort": 80, "name": "a"}, {"containerPort": 81, "name": "a"}]}),
            ['containers[0].ports[1].name: Duplicate value: "a"'],
            id="same-port-name",
        ),
        pytest.param(
            pod(IMAGE | {"ports": [{"containerPort": 80, "protocol": "X"}]}),
            [
                'containers[0].ports[0].protocol: Unsupported value: "X": supported values: "SCTP",'
                ' "TCP", "UDP"'
            ],
            id="protocol",
        ),
        pytest.param(
            pod(
                IMAGE | {"ports": [{"containerPort": 80, "hostPort": 8080}]},
                IMAGE | {"name": "d", "ports": [{"containerPort": 80, "hostPort": 8080}]},
            ),
            ['containers[1].ports[0].hostPort: Duplicate value: "TCP//8080"'],
            id="same-host-port",
        ),
        pytest.param(
            pod(IMAGE | {"imagePullPolicy": "Maybe"}),
            [
                'containers[0].imagePullPolicy: Unsupported value: "Maybe": supported values:'
                ' "Always", "IfNotPresent", "Never"'
            ],
            id="pull-policy",
        ),
        pytest.param(
            pod(IMAGE | {"env": [{"name": ""}, {"name": "A", "valueFrom": {}}]}),
            [
                "containers[0].env[0].name: Required value",
                f'containers[0].env[1].valueFrom: Invalid value: "": {ONE_OF}',
            ],
            id="environment",
        ),
        pytest.param(
            pod(
                IMAGE | {"env": [{"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]}
            ),
            [
                'containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value`'
                " is not empty"
            ],
            id="value-and-source",
        ),
        pytest.param(
            pod(IMAGE | {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}),
            ['containers[0].volumeMounts[0].name: Not found: "v"'],
            id="mount-of-nothing",
        ),
        pytest.param(
            pod(
                IMAGE
                | {"volumeMounts": [{"name": "v", "mountPath": "/v"}, {"name": "v", "mountPath": "/v"}]},
                volumes=[{"name": "v"}],
            ),
            ['containers[0].volumeMounts[1].mountPath: Invalid value: "/v": must be unique'],
            id="mounted-twice",
        ),
        pytest.param(
            pod(IMAGE | {"readinessProbe": {"periodSeconds": 5}}),
            ["containers[0].readinessProbe: Required value: must specify a handler type"],
            id="probe-of-nothing",
        ),
        pytest.param(
            pod(IMAGE | {"readinessProbe": {"httpGet": {"port": 80}, "exec": {"command": ["x"]}}}),
            ["containers[0].readinessProbe.httpGet: Forbidden: may not specify more than 1 handler type"],
            id="probe-of-two",
        ),
        pytest.param(
            pod(IMAGE | {"livenessProbe": {"tcpSocket": {"port": 0}, "successThreshold": 2}}),
            [
                "containers[0].livenessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and"
                " 65535, inclusive",
                "containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
            ],
            id="liveness",
        ),
        pytest.param(
            pod(IMAGE | {"startupProbe": {"exec": {}, "failureThreshold": -1}}),
            [
                "containers[0].startupProbe.exec.command: Required value",
                "containers[0].startupProbe.failureThreshold: Invalid value: -1:"
                " must be greater than or equal to 0",
            ],
            id="startup",
        ),
        pytest.param(
            pod(restartPolicy="Sometimes"),
            [
                'restartPolicy: Unsupported value: "Sometimes": supported values: "Always",'
                ' "OnFailure", "Never"'
            ],
            id="restart-policy",
        ),
        pytest.param(
            pod(dnsPolicy="Foo"),
            [
                'dnsPolicy: Unsupported value: "Foo": supported values:'
                ' "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"'
            ],
            id="dns-policy",
        ),
        pytest.param(
            pod(volumes=[{"name": "v", "emptyDir": {}, "secret": {"secretName": "s"}}, {"name": "v"}]),
            [
                "volumes[0].secret: Forbidden: may not specify more than 1 volume type",
                'volumes[1].name: Duplicate value: "v"',
            ],
            id="volumes",
        ),
        pytest.param(
            pod(activeDeadlineSeconds=0),
            ["activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"],
            id="deadline",
        ),
        pytest.param(
            pod(hostname="a.b"), ['hostname: Invalid value: "a.b": must not contain dots'], id="hostname"
        ),
        pytest.param(
            pod(securityContext={"sysctls": [{"name": "a.b"}, {"name": "foo-"}, {"name": "a.b"}]}),
            [
                'securityContext.sysctls[1].name: Invalid value: "foo-": must have at most 253 characters '
                f"and match regex ^{SYSCTL.pattern}$",
                'securityContext.sysctls[2].name: Duplicate value: "a.b"',
            ],
            id="sysctls",
        ),
        pytest.param(
            pod(ephemeralContainers=[IMAGE]),
            ["ephemeralContainers: Forbidden: cannot be set on create"],
            id="ephemeral-containers",
        ),
    ],
)
def test_new_pods(new, found):
    """One row a rule."""
    assert texts(new) == found


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        pytest.param(pod(), pod(), [], id="nothing"),
        pytest.param(pod(), pod(IMAGE | {"image": "nginx:2", "imagePullPolicy": "Always"}), [], id="image"),
        pytest.param(pod(), pod(nodeName="n"), [], id="binding"),
        pytest.param(
            pod(nodeName="n"),
            pod(nodeName="m"),
            [f"spec: Forbidden: {UPDATABLE}\nchanged: nodeName"],
            id="moving",
        ),
        pytest.param(pod(), pod(tolerations=[{"key": "a"}]), [], id="added-toleration"),
        pytest.param(
            pod(tolerations=[{"key": "a"}]),
            pod(),
            ["tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"],
            id="removed-toleration",
        ),
        pytest.param(
            pod(),
            pod(IMAGE, IMAGE | {"name": "d"}),
            ["containers: Forbidden: pod updates may not add or remove containers"],
            id="added-container",
        ),
        pytest.param(
            pod(),
            pod(restartPolicy="Never"),
            [f"spec: Forbidden: {UPDATABLE}\nchanged: restartPolicy"],
            id="restart-policy",
        ),
        pytest.param(pod(), pod(ephemeralContainers=[VISITOR]), [], id="a-visitor"),
        pytest.param(
            pod(ephemeralContainers=[VISITOR]),
            pod(),
            ['ephemeralContainers: Forbidden: existing ephemeral containers "visitor" may not be removed'],
            id="a-visitor-stays",
        ),
    ],
)
def test_changed_pods(old, new, found):
    """Images and little else."""
    assert texts(new, old) == found


@pytest.mark.parametrize("refused", [pytest.param(each, id=each.name) for each in refused_pods()])
def test_pods_that_a_real_api_refuses(refused):
    """Every cause, in its words and order."""
    metadata = {"name": "web", "namespace": "default"}
    new = POD.defaults({"metadata": metadata, "spec": refused.spec})
    assert [str(cause) for cause in pod_problems(new, None)] == refused.causes


def test_a_deadline_may_come_nearer_alone():
    """As may no change of it do."""
    old = pod(activeDeadlineSeconds=50)
    assert texts(pod(activeDeadlineSeconds=40), old) == []
    longer = ["activeDeadlineSeconds: Invalid value: 60: must be less than or equal to previous value"]
    assert texts(pod(activeDeadlineSeconds=60), old) == longer
    gone = "must not update from a positive integer to nil value"
    assert texts(pod(), old) == [f"activeDeadlineSeconds: Invalid value: null: {gone}"]
