"""What is said to be clean is what no other walk finds anything in."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from mockcloud.kube.resources.core.configmap import CONFIG_MAP
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.resources.services.service import SERVICE
from mockcloud.kube.schema.fields import fields_of
from testkit import objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockcloud.kube.resources.kind import Kind

VALUES: list[Any] = [
    None, True, 0, 1, -1, 1 << 31, 1 << 63, 1.5, "", "x", "1", "1Gi", "0.5", "2026-01-01T00:00:00Z", "eA==",
    [], [None], ["x"], [1], [{}], [{"name": "x"}], {}, {"a": None}, {"a": "x"}, {"a": "1024Mi"},
    {"a": 1}, {"a": {}},
]  # fmt: skip
POD_OF_ALL = objects.pod(
    "web",
    objects.container(
        env=[{"name": "A", "value": "b"}],
        ports=[{"containerPort": 80}],
        resources={"limits": {"cpu": "1"}},
        securityContext={"runAsUser": 1, "privileged": False},
        readinessProbe={"httpGet": {"path": "/", "port": 80}},
    ),
    metadata={"labels": {"app": "web"}, "finalizers": ["a/b"], "creationTimestamp": None},
    volumes=[{"name": "v", "emptyDir": {}}],
    status={"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": None}]},
)
SERVICE_OF_ALL = objects.service(
    ports=[{"port": 80, "targetPort": "http"}], selector={"app": "web"}, status={"loadBalancer": {}}
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value within, and of one field that no kind has in each object."""
    if isinstance(value, dict):
        yield (*path, "prt")
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield (*path, key)
        yield from _places(value[key], (*path, key))


def _with(obj: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = deepcopy(obj)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("kind", "obj"),
    [
        pytest.param(POD, POD_OF_ALL, id="Pod"),
        pytest.param(SERVICE, SERVICE_OF_ALL, id="Service"),
        pytest.param(
            CONFIG_MAP, {**objects.config_map("c", a="b"), "binaryData": {"a": "eA=="}}, id="ConfigMap"
        ),
    ],
)
def test_what_is_clean_is_taken_as_it_is(kind: Kind, obj: dict[str, Any]) -> None:
    """An object as clients send them is clean; with any other value in it it is not, or nothing is wrong."""
    fields = fields_of(kind)
    assert fields.clean(obj)
    for path in _places(obj):
        for value in VALUES:
            changed = _with(obj, path, value)
            if fields.clean(changed):
                found = fields.type_problem(changed), fields.strict_problems(changed), fields.known(changed)
                assert found == (None, [], changed), (path, value)
