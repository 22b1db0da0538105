"""A container's whole environment."""

import base64

import pytest

from mockcloud.node.pods.downward.fields import Place, PodFields
from mockcloud.node.pods.environment.convert import env_from, variable
from mockcloud.node.pods.environment.expansion import TooLong
from mockcloud.node.pods.environment.variables import Known, NoVariable, expanded, variables
from mockcloud.node.pods.files.sources import Kind
from mockcloud.node.pods.spec import ContainerSpec, PodSpec

OBJECTS = {
    (Kind.CONFIG_MAP, "conf"): {
        "data": {"level": "debug", "a.b": "dotted", "bad=key": "x"},
        "binaryData": {"blob": base64.b64encode(b"\xff").decode()},
    },
    (Kind.SECRET, "sec"): {"data": {"password": base64.b64encode(b"s3cret").decode()}},
}
PLACE = Place(
    "node-1", ("192.168.10.11", "fd00:10::11"), ("10.244.1.2", "fd00::2"), {"cpu": "2", "memory": "1Gi"}
)


def environment(env=(), sources=(), services=None, **limits):
    container = ContainerSpec(
        "main",
        "busybox",
        env=tuple(variable(one) for one in env),
        env_from=tuple(env_from(one) for one in sources),
        limits=limits,
    )
    metadata = {"labels": {"app": "web"}, "annotations": {"note": "hi"}}
    fields = PodFields(PodSpec("u-1", "shop", "web-1", (container,)), metadata, "robot", PLACE)
    return variables(container, Known(lambda kind, name: OBJECTS.get((kind, name)), fields, services or {}))


def field(path):
    return {"name": "X", "valueFrom": {"fieldRef": {"fieldPath": path}}}


def key(kind, name, key, **more):
    return {"name": "X", "valueFrom": {kind: {"name": name, "key": key, **more}}}


def test_later_ones_see_earlier_ones_and_services():
    """Not those that come after; a value may be redefined by what was there."""
    env = [
        {"name": "A", "value": "1"},
        {"name": "B", "value": "$(A)-$(API_SERVICE_HOST)-$(C)"},
        {"name": "C", "value": "3"},
        {"name": "A", "value": "$(A)2"},
    ]
    found = environment(env, services={"API_SERVICE_HOST": "10.96.0.7", "A": "of a service"})
    assert found == {"A": "12", "B": "1-10.96.0.7-$(C)", "C": "3", "API_SERVICE_HOST": "10.96.0.7"}


def test_env_from_takes_all_keys_after_a_prefix_and_env_wins():
    """Text only; a key that no variable can be called is left out."""
    sources = [{"configMapRef": {"name": "conf"}, "prefix": "C_"}, {"secretRef": {"name": "sec"}}]
    found = environment([{"name": "C_level", "value": "own"}, {"name": "P", "value": "$(password)"}], sources)
    assert found == {"C_level": "own", "C_a.b": "dotted", "password": "s3cret", "P": "s3cret"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("metadata.name", "web-1"),
        ("metadata.namespace", "shop"),
        ("metadata.uid", "u-1"),
        ("metadata.labels['app']", "web"),
        ("metadata.annotations['note']", "hi"),
        ("metadata.labels['none']", ""),
        ("spec.nodeName", "node-1"),
        ("spec.serviceAccountName", "robot"),
        ("status.podIP", "10.244.1.2"),
        ("status.podIPs", "10.244.1.2,fd00::2"),
        ("status.hostIP", "192.168.10.11"),
        ("status.hostIPs", "192.168.10.11,fd00:10::11"),
    ],
)
def test_fields_of_the_pod_are_found_by_path(path, expected):
    """All that the API allows in an environment."""
    assert environment([field(path)]) == {"X": expected}


@pytest.mark.parametrize(
    ("resource", "limits", "expected"),
    [
        pytest.param("limits.memory", {"memory": "64Mi"}, str(64 << 20), id="limit"),
        pytest.param("limits.cpu", {}, "2", id="without-limit-the-node"),
        pytest.param("requests.memory", {"memory": "64Mi"}, str(64 << 20), id="request-is-the-limit"),
        pytest.param("requests.cpu", {}, "0", id="no-request"),
    ],
)
def test_resources_are_the_containers_or_else_the_nodes(resource, limits, expected):
    """As kubelet defaults them."""
    env = [{"name": "X", "valueFrom": {"resourceFieldRef": {"resource": resource}}}]
    assert environment(env, **limits) == {"X": expected}


@pytest.mark.parametrize(
    ("env", "message"),
    [
        pytest.param(key("configMapKeyRef", "gone", "k"), 'configmap "gone" not found', id="no-map"),
        pytest.param(key("secretKeyRef", "gone", "k"), 'secret "gone" not found', id="no-secret"),
        pytest.param(
            key("configMapKeyRef", "conf", "k"), "couldn't find key k in ConfigMap shop/conf", id="no-key"
        ),
        pytest.param(
            key("secretKeyRef", "sec", "k"), "couldn't find key k in Secret shop/sec", id="no-secret-key"
        ),
        pytest.param(field("spec.hostname"), "unsupported fieldPath: spec.hostname", id="no-field"),
    ],
)
def test_what_is_missing_is_told_in_kubelets_words(env, message):
    """The message of CreateContainerConfigError."""
    with pytest.raises(NoVariable) as caught:
        environment([env])
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "env",
    [
        key("configMapKeyRef", "gone", "k", optional=True),
        key("configMapKeyRef", "conf", "k", optional=True),
        key("secretKeyRef", "sec", "k", optional=True),
    ],
)
def test_what_is_optional_may_be_missing(env):
    """There is no such variable then."""
    assert environment([env]) == {}


def test_a_missing_source_of_all_keys_is_told_unless_optional():
    """envFrom, as env."""
    with pytest.raises(NoVariable, match='secret "gone" not found'):
        environment(sources=[{"secretRef": {"name": "gone"}}])
    assert environment(sources=[{"secretRef": {"name": "gone", "optional": True}}]) == {}


def test_values_that_name_each_other_are_refused_before_they_fill_the_memory():
    """Ten times the one before, twenty times over; and many of nearly the most."""
    grows = [{"name": "A0", "value": "x" * 1000}]
    grows += [{"name": f"A{i}", "value": f"$(A{i - 1})" * 10} for i in range(1, 20)]
    with pytest.raises(TooLong, match="131071 bytes in one text"):
        environment(grows)
    with pytest.raises(TooLong, match="6291456 bytes of variables"):
        environment(
            [{"name": "A", "value": "x" * 100000}, *({"name": f"B{i}", "value": "$(A)"} for i in range(5000))]
        )
    with pytest.raises(TooLong, match="6291456 bytes of variables"):
        expanded(("$(A)",) * 5000, {"A": "x" * 100000})
