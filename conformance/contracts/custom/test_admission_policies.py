"""ValidatingAdmissionPolicies: which are taken, what they say of writes, and what expressions are worth."""

from copy import deepcopy
from typing import Any

import pytest
from conformance.contracts.custom.test_cel import FIELDS, TEXTS, of_spec
from conformance.contracts.custom.test_custom import serve
from conformance.harness.contract import contract
from conformance.harness.side import Side

GROUP = "/apis/admissionregistration.k8s.io/v1"
POLICIES = f"{GROUP}/validatingadmissionpolicies"
BINDINGS = f"{GROUP}/validatingadmissionpolicybindings"
MARKER = {"expression": "object.metadata.name != 'marker'", "message": "marked"}
VALUES = {
    "n": 3,
    "x": 1.5,
    "s": "a-b c",
    "at": "2024-02-29T13:14:15.5Z",
    "took": "1h30m",
    "raw": "YWI=",
    "a-b": 4,
    "namespace": "ns",
    "port": "80%",
    "list": ["b", "a"],
    "numbers": [3, 1, 2],
    "set": ["u", "v"],
    "map": {"k": 1},
    "free": {"any": 1},
    "in": {"deep": "d"},
}


def policy(
    api: Side, name: str, *, group: str = "", resource: str = "configmaps", **spec: Any
) -> dict[str, Any]:
    rule = {
        "apiGroups": [group],
        "apiVersions": ["v1"],
        "resources": [resource],
        "operations": ["CREATE", "UPDATE"],
    }
    constraints = {
        "resourceRules": [rule],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": api.ns}},
    }
    whole = {"matchConstraints": constraints, "validations": [{"expression": "true"}], **spec}
    return {"metadata": {"name": f"{name}.{api.ns}.example.com"}, "spec": whole}


def binding(api: Side, name: str, **spec: Any) -> dict[str, Any]:
    whole = {"policyName": f"{name}.{api.ns}.example.com", "validationActions": ["Deny"], **spec}
    return {"metadata": {"name": f"{name}.{api.ns}.example.com"}, "spec": whole}


def bound(api: Side, made: dict[str, Any], by: dict[str, Any]) -> None:
    """Create a policy and its binding, and wait until they are at work, on creations of ConfigMaps."""
    made["spec"]["validations"] = [MARKER, *made["spec"]["validations"]]
    api.quietly("POST", POLICIES, made)
    api.quietly("POST", BINDINGS, by)
    marker = {"metadata": {"name": "marker"}, "data": {"a": "x"}}
    api.repeat(f"{api.path('configmaps')}?dryRun=All", marker, lambda answer: "marked" in answer)


def gone(api: Side, *names: str) -> None:
    for name in names:
        for path in (BINDINGS, POLICIES):
            api.quietly("DELETE", f"{path}/{name}.{api.ns}.example.com")


BAD: dict[str, dict[str, Any]] = {
    "no bool": {"validations": [{"expression": "1"}]},
    "undeclared": {"validations": [{"expression": "zz && objekt.a"}]},
    "no params": {"validations": [{"expression": "params.a == 1"}]},
    "message": {"validations": [{"expression": "true", "messageExpression": "1"}]},
    "authorizer in a message": {
        "validations": [{"expression": "true", "messageExpression": "authorizer.path('/x').check('get')"}]
    },
    "blank": {"validations": [{"expression": " ", "message": " ", "reason": "Odd"}]},
    "nothing": {"validations": []},
    "constraints": {"matchConstraints": None},
    "no rules": {"matchConstraints": {}},
    "policies": {"failurePolicy": "Odd", "matchConstraints": {"matchPolicy": "Odd"}},
    "variables": {"variables": [{"name": "in", "expression": "1"}, {"name": "", "expression": " "}]},
    "later variable": {
        "variables": [{"name": "a", "expression": "variables.b"}, {"name": "b", "expression": "1"}]
    },
    "variable type": {
        "variables": [{"name": "a", "expression": "1"}],
        "validations": [{"expression": "variables.a == 'x'"}],
    },
    "conditions": {
        "matchConditions": [
            {"name": "a b", "expression": "1"},
            {"name": "c", "expression": "object.x =="},
            {"name": "c", "expression": " "},
            {"name": "", "expression": "true"},
        ]
    },
    "kind": {"paramKind": {"apiVersion": "a/b/c", "kind": "K_"}},
    "no kind": {"paramKind": {}},
    "annotations": {
        "auditAnnotations": [
            {"key": "k", "valueExpression": "1"},
            {"key": "k", "valueExpression": " "},
            {"key": ""},
        ]
    },
}  # fmt: skip


@contract
def test_policies_that_cannot_be(api: Side) -> None:
    """Each rule for policies and bindings, broken alone."""
    for name, change in BAD.items():
        api.ask(name, "POST", POLICIES, policy(api, "p", **deepcopy(change)))
    for name, change in {
        "no policy": {"policyName": ""},
        "no action": {"validationActions": []},
        "actions": {"validationActions": ["Deny", "Warn", "Warn", "Odd"]},
        "params": {"paramRef": {}},
        "both": {"paramRef": {"name": "a", "selector": {}, "parameterNotFoundAction": "Odd"}},
        "resources": {"matchResources": {"resourceRules": [{"operations": ["CREATE"]}]}},
    }.items():
        api.ask(f"binding: {name}", "POST", BINDINGS, binding(api, "p", **change))
    api.ask("good", "POST", POLICIES, policy(api, "p"))
    api.ask("good binding", "POST", BINDINGS, binding(api, "p"))
    for kind in ("validatingadmissionpolicies", "validatingadmissionpolicybindings"):
        api.kubectl(f"get {kind} p.{api.ns}.example.com --no-headers")
    gone(api, "p")


@contract
def test_policies(api: Side) -> None:
    """Variables, conditions, messages, reasons, parameters; what fails; what only warns."""
    maps = api.path("configmaps")
    api.quietly("POST", maps, {"metadata": {"name": "params", "labels": {"l": "v"}}, "data": {"a": "q"}})
    validations = [
        {"expression": "variables.a != 'x'", "messageExpression": "'a is ' + variables.a", "message": "x"},
        {
            "expression": "variables.a != 'y'",
            "messageExpression": "string(object.data.zz)",
            "message": "no y",
        },
        {"expression": "variables.a != 'z'", "reason": "Forbidden"},
        {"expression": "object.data.b != variables.a"},
        {"expression": "params.data.a != variables.a", "message": "as in params"},
        {"expression": "request.operation != 'UPDATE' || oldObject.data == object.data", "message": "stays"},
        {"expression": "namespaceObject.metadata.name == request.namespace"},
        {"expression": "authorizer.group('').resource('pods').namespace('x').check('get').allowed()"},
        {"expression": "authorizer.requestResource.check('create').allowed()"},
    ]
    of_params = {"apiVersion": "v1", "kind": "ConfigMap"}
    made = policy(
        api, "p", validations=validations, paramKind=of_params,
        variables=[{"name": "a", "expression": "object.?data.a.orValue('')"}],
        matchConditions=[{"name": "c", "expression": "object.metadata.name != 'free'"}],
    )  # fmt: skip
    ref = {"name": "params", "parameterNotFoundAction": "Deny"}
    bound(api, made, binding(api, "p", paramRef=ref))
    for name, data in {
        "one": {"a": "x"}, "two": {"a": "y"}, "three": {"a": "z"}, "four": {"a": "w", "b": "w"},
        "five": {"a": "v"}, "six": {"a": "q", "b": "r"}, "free": {"a": "x"}, "seven": {"a": "u", "b": "r"},
    }.items():  # fmt: skip
        api.ask(name, "POST", maps, {"metadata": {"name": name}, "data": data})
    api.patch("changed", "merge", f"{maps}/seven", {"data": {"a": "t"}})
    api.kubectl("create configmap eight --from-literal=a=x")
    gone(api, "p")


@contract
def test_policy_that_ignores(api: Side) -> None:
    """What fails is let pass; a binding is for what its selectors take."""
    maps = api.path("configmaps")
    made = policy(api, "i", failurePolicy="Ignore", validations=[{"expression": "object.data.zz == 'x'"}])
    selector = {"matchExpressions": [{"key": "free", "operator": "DoesNotExist"}]}
    bound(api, made, binding(api, "i", matchResources={"objectSelector": selector}))
    api.ask("failing", "POST", maps, {"metadata": {"name": "a"}, "data": {"a": "x"}})
    api.ask("refused", "POST", maps, {"metadata": {"name": "b"}, "data": {"zz": "y"}})
    labelled = {"metadata": {"name": "c", "labels": {"free": "1"}}, "data": {"zz": "y"}}
    api.ask("not meant", "POST", maps, labelled)
    gone(api, "i")


@pytest.mark.parametrize("topic", TEXTS["values"])
@contract
def test_cel_values(api: Side, topic: str) -> None:
    """What expressions are worth, or why they have no value, by the warnings of a policy that never holds."""
    group = f"{api.ns}.example.com"
    fields = {"of": {"type": "object", "properties": FIELDS}}
    serve(api, of_spec(api, type="object", properties=fields))
    validations = [
        {
            "expression": f"('%s'.format([dyn({text})]) + 'x') == ''",
            "messageExpression": f"'{number}: ' + '%s'.format([dyn({text})])",
        }
        for number, text in enumerate(of_object(topic))
    ]
    made = policy(api, "v", group=group, resource="pools", validations=[MARKER, *validations])
    api.quietly("POST", POLICIES, made)
    api.quietly("POST", BINDINGS, binding(api, "v", validationActions=["Warn"]))
    where = f"/apis/{group}/v1/namespaces/{api.ns}/pools?dryRun=All"
    thing = {
        "apiVersion": f"{group}/v1",
        "kind": "Pool",
        "metadata": {"name": "marker"},
        "spec": {"of": VALUES},
    }
    api.repeat(where, thing, lambda answer: "marked" in answer)
    api.ask("values", "POST", where, {**thing, "metadata": {"name": "a"}})
    gone(api, "v")


def of_object(topic: str) -> list[str]:
    """Expressions about `self` as ones about an object of which no types are known."""
    plain = {
        "self.a__dash__b": "self['a-b']",
        "self.__namespace__": "self['namespace']",
        "self.__in__": "self['in']",
    }
    found = []
    for text in TEXTS["values"][topic]:
        if "has(self.__in__)" in text:
            continue  # has() is for names
        for escaped, name in plain.items():
            text = text.replace(escaped, name)
        found.append(text.replace("self", "object.spec.of"))
    return found
