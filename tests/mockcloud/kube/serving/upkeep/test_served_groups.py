"""APIServices of CustomResourceDefinitions, and FlowSchemas' conditions, in a real process by kubectl."""

from __future__ import annotations

import json
import time

import pytest

SCHEMA = {"openAPIV3Schema": {"type": "object"}}
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "pools.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Cluster",
        "names": {"plural": "pools", "kind": "Pool"},
        "versions": [
            {
                "name": name,
                "served": True,
                "storage": name == "v2",
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }
            for name in ("v1", "v2")
        ],
    },
}
SERVICES = ("apiservice/v1.example.com", "apiservice/v2.example.com")
FLOW = {
    "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
    "kind": "FlowSchema",
    "metadata": {"name": "mine"},
    "spec": {"priorityLevelConfiguration": {"name": "mine"}},
}
LEVEL = {
    "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
    "kind": "PriorityLevelConfiguration",
    "metadata": {"name": "mine"},
    "spec": {"type": "Limited", "limited": {"limitResponse": {"type": "Reject"}}},
}
DANGLING = 'jsonpath={.status.conditions[?(@.type=="Dangling")].status}'


@pytest.fixture(scope="module")
def api(kube_api_factory):
    return kube_api_factory()


def until(api, wanted: str, *words: str) -> None:
    """Until kubectl prints that."""
    end = time.monotonic() + 60
    while (said := api.kubectl(*words, check=False).stdout) != wanted:
        assert time.monotonic() < end, said
        time.sleep(0.05)


@pytest.mark.kubectl
def test_those_of_a_definition_come_and_go(api):
    """One for each version; deleted or bent ones are made right, somebody's own is left alone."""
    api.kubectl("apply", "-f", "-", stdin=json.dumps(DEFINITION))
    api.kubectl("wait", "--for=create", "--timeout=60s", *SERVICES)
    spec = "jsonpath={.spec.groupPriorityMinimum} {.spec.versionPriority} {.status.conditions[0].reason}"
    until(api, "1000 100 Local", "get", "apiservice", "v2.example.com", "-o", spec)
    api.kubectl("delete", "apiservice", "v1.example.com")
    api.kubectl("wait", "--for=create", "--timeout=60s", "apiservice/v1.example.com")
    patch = json.dumps({"spec": {"versionPriority": 7}})
    api.kubectl("patch", "apiservice", "v2.example.com", "--type=merge", "-p", patch)
    until(api, "1000 100 Local", "get", "apiservice", "v2.example.com", "-o", spec)
    api.kubectl("delete", "crd", "pools.example.com")
    api.kubectl("wait", "--for=delete", "--timeout=60s", *SERVICES)


@pytest.mark.kubectl
def test_built_in_groups_have_theirs(api):
    """As `kubectl get apiservices` shows them on a new cluster."""
    found = api.kubectl("get", "apiservices", "--no-headers").stdout.splitlines()
    assert {tuple(line.split()[1:3]) for line in found} == {("Local", "True")}
    assert "v1." in [line.split()[0] for line in found]


@pytest.mark.kubectl
def test_flow_control_of_a_new_cluster(api):
    """Suggestions come back; whether a level is missing is said, and follows."""
    api.kubectl("delete", "flowschema", "probes")
    api.kubectl("wait", "--for=create", "--timeout=60s", "flowschema/probes")
    until(api, "False", "get", "flowschema", "probes", "-o", DANGLING)
    api.kubectl("apply", "-f", "-", stdin=json.dumps(FLOW))
    until(api, "True", "get", "flowschema", "mine", "-o", DANGLING)
    api.kubectl("apply", "-f", "-", stdin=json.dumps(LEVEL))
    until(api, "False", "get", "flowschema", "mine", "-o", DANGLING)
