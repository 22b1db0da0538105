"""ResourceQuotas and LimitRanges: what they may be, what they refuse, what is counted."""

from typing import Any

import pytest
from conformance.harness.contract import contract
from conformance.harness.side import Side
from testkit import objects

CONTAINER = {"name": "web", "image": "nginx"}


def quota(hard: dict[str, str], **spec: Any) -> dict[str, Any]:
    return objects.made("ResourceQuota", "q", spec={"hard": hard, **spec})


def selector(name: str, operator: str, *values: str) -> dict[str, Any]:
    expression = {"scopeName": name, "operator": operator, "values": list(values)}
    return {"scopeSelector": {"matchExpressions": [expression]}}


QUOTAS = {
    "bare": quota({"pods": "5", "requests.cpu": "2", "count/jobs.batch": "1"}),
    "negative": quota({"pods": "-1"}),
    "part": quota({"pods": "1.5"}),
    "junk": quota({"wishes": "3"}),
    "name-junk": quota({"a b": "3"}),
    "scope-junk": quota({"pods": "1"}, scopes=["Odd"]),
    "scope-unsuited": quota({"services": "1"}, scopes=["BestEffort"]),
    "scope-conflict": quota({"pods": "1"}, scopes=["Terminating", "NotTerminating"]),
    "selector": quota({"pods": "1"}, **selector("PriorityClass", "In", "high")),
    "selector-operator": quota({"pods": "1"}, **selector("Terminating", "In", "x")),
    "selector-values": quota({"pods": "1"}, **selector("PriorityClass", "In")),
    "selector-exists": quota({"pods": "1"}, **selector("PriorityClass", "Exists", "x")),
    "selector-junk": quota({"pods": "1"}, **selector("PriorityClass", "Odd")),
}


@pytest.mark.parametrize("body", [pytest.param(each, id=name) for name, each in QUOTAS.items()])
@contract
def test_quotas(api: Side, body: dict[str, Any]) -> None:
    """A quota, or why it is none."""
    api.create("create", "resourcequotas", body, query="?dryRun=All")


def limits(kind: str, **amounts: dict[str, str]) -> dict[str, Any]:
    return objects.made("LimitRange", "l", spec={"limits": [{"type": kind, **amounts}]})


LIMITS = {
    "bare": limits("Container", max={"cpu": "2"}, min={"cpu": "100m", "memory": "1Mi"}),
    "default": limits("Container", default={"cpu": "1"}, defaultRequest={"memory": "1Gi"}),
    "pod": limits("Pod", max={"cpu": "2"}, default={"cpu": "1"}, defaultRequest={"cpu": "1"}),
    "claim": limits("PersistentVolumeClaim", min={"cpu": "1"}),
    "min-over-max": limits("Container", min={"cpu": "2"}, max={"cpu": "1"}),
    "request-over-limit": limits("Container", default={"cpu": "1"}, defaultRequest={"cpu": "2"}),
    "ratio": limits("Container", maxLimitRequestRatio={"cpu": "500m"}),
    "ratio-beyond": limits(
        "Container", min={"cpu": "1"}, max={"cpu": "2"}, maxLimitRequestRatio={"cpu": "4"}
    ),
}


@pytest.mark.parametrize("body", [pytest.param(each, id=name) for name, each in LIMITS.items()])
@contract
def test_limit_ranges(api: Side, body: dict[str, Any]) -> None:
    """A range's defaults, or why it is none."""
    api.create("create", "limitranges", body, query="?dryRun=All")


def counted(api: Side, **amounts: str) -> dict[str, Any]:
    """The quota when so much is used."""
    path = api.path("resourcequotas", "q")
    return api.wait(path, f"{amounts}", lambda body: body["status"].get("used") == amounts)


def pod(name: str, **resources: dict[str, str]) -> dict[str, Any]:
    containers = [{**CONTAINER, "resources": resources}]
    return objects.pod(name, *containers, namespace=None, automountServiceAccountToken=False)


@contract
def test_a_quota_is_kept(api: Side) -> None:
    """Charged at once, given back, never exceeded."""
    api.wait(api.path("serviceaccounts"), "the default account", lambda body: body["items"])
    hard = {"pods": "2", "requests.cpu": "1", "services": "2", "services.nodeports": "1", "secrets": "9"}
    api.kubectl(f"create quota q --hard={','.join(f'{name}={most}' for name, most in hard.items())}")
    nothing = {"requests.cpu": "0", "services": "0", "services.nodeports": "0", "secrets": "0"}
    api.record("at first", counted(api, pods="0", **nothing)["status"])
    api.create("unstated", "pods", pod("p"))
    api.create("fits", "pods", pod("p", requests={"cpu": "700m"}))
    api.create("cpu", "pods", pod("r", requests={"cpu": "400m"}))
    service = objects.service("s", namespace=None, ports=[{"port": 80}])
    api.create("inside", "services", service)
    ports = objects.service("n", namespace=None, ports=[{"port": 80}, {"port": 81}], type="NodePort")
    for port, name in zip(ports["spec"]["ports"], "ab", strict=True):
        port["name"] = name
    api.create("ports", "services", ports)
    path = api.path("services", "s")
    api.record(
        "used", counted(api, **{**nothing, "pods": "1", "requests.cpu": "700m", "services": "1"})["status"]
    )
    api.patch(
        "to node port",
        "merge",
        path,
        {"spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30999}]}},
    )
    api.kubectl("get quota")
    api.kubectl("describe quota q")
    api.quietly("DELETE", api.path("pods", "p") + "?gracePeriodSeconds=0")
    left = {**nothing, "pods": "0", "services": "1", "services.nodeports": "1"}
    api.record("given back", counted(api, **left)["status"])
    api.patch("scopes", "merge", api.path("resourcequotas", "q"), {"spec": {"scopes": ["BestEffort"]}})
    api.patch("raise", "merge", api.path("resourcequotas", "q"), {"spec": {"hard": {"pods": "3"}}})
    raised = api.wait(
        api.path("resourcequotas", "q"), "raised", lambda body: body["status"]["hard"].get("pods") == "3"
    )
    api.record("raised", raised["status"])
    api.ask("delete", "DELETE", api.path("resourcequotas", "q"))


@contract
def test_limits_of_containers(api: Side) -> None:
    """Defaults for who says nothing, refusals for who asks for too little or too much."""
    api.wait(api.path("serviceaccounts"), "the default account", lambda body: body["items"])
    body = limits(
        "Container",
        min={"cpu": "100m"},
        max={"cpu": "2"},
        default={"cpu": "1", "memory": "1Gi"},
        maxLimitRequestRatio={"cpu": "4"},
    )
    body["spec"]["limits"] += [
        {"type": "Pod", "max": {"memory": "2Gi"}},
        {"type": "PersistentVolumeClaim", "max": {"storage": "2Gi"}, "min": {"storage": "1Gi"}},
    ]
    api.create("range", "limitranges", body)
    api.create("defaults", "pods", pod("p"), query="?dryRun=All")
    api.create("too little", "pods", pod("p", requests={"cpu": "50m"}, limits={"cpu": "100m"}))
    api.create("too much", "pods", pod("p", requests={"cpu": "1"}, limits={"cpu": "3"}))
    api.create("ratio", "pods", pod("p", requests={"cpu": "100m"}, limits={"cpu": "1"}))
    api.create("pod", "pods", pod("p", limits={"memory": "3Gi"}))
    for size in ("500Mi", "1Gi", "3Gi"):
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
        claim = objects.made("PersistentVolumeClaim", "c", spec={**spec, "storageClassName": ""})
        api.create(f"claim {size}", "persistentvolumeclaims", claim, query="?dryRun=All")
    api.kubectl("get limits")
