"""ValidatingAdmissionPolicies at work, in an API of this process; against a real one: make conformance."""

import orjson
import pytest

from mockcloud.kube.admission.annotations import noted
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.serving import cluster

GROUP = "/apis/admissionregistration.k8s.io/v1"
MAPS = "/api/v1/namespaces/default/configmaps"
RULES = [
    {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "resources": ["configmaps"],
        "operations": ["CREATE", "UPDATE"],
    }
]


async def nobody(*_args: object) -> dict:
    raise AssertionError


@pytest.fixture
async def judged(api):
    """The API, with policies asked."""
    cluster.ask_policies_and_webhooks(api.registry, Policy(api.registry.store), nobody)
    return api


async def policy(
    api, validation: dict | None = None, *, actions: tuple[str, ...] = ("Deny",), **more: object
) -> None:
    """One policy and its binding."""
    spec = {
        "matchConstraints": {"resourceRules": RULES},
        "validations": [validation or {"expression": "true"}],
    }
    binding = {"policyName": "p", "validationActions": list(actions), **more.pop("binding", {})}
    for plural, body in (
        ("validatingadmissionpolicies", {"metadata": {"name": "p"}, "spec": {**spec, **more}}),
        ("validatingadmissionpolicybindings", {"metadata": {"name": "b"}, "spec": binding}),
    ):
        status, made = await api("POST", f"{GROUP}/{plural}", body)
        assert status == 201, made


def config_map(name: str = "m", **data: str) -> dict:
    return {"metadata": {"name": name}, "data": data}


async def denied(api, body: dict) -> str:
    """Why, "" where the object is taken."""
    status, answer = await api("POST", f"{MAPS}?dryRun=All", body)
    return answer["message"].partition("denied request: ")[2] if status != 201 else ""


async def test_a_denial_names_policy_binding_and_reason(judged):
    """And has the code of its reason."""
    await policy(judged, {"expression": "object.data.a != 'x'", "reason": "Forbidden", "message": "no x"})
    status, answer = await judged("POST", MAPS, config_map(a="x"))
    why = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no x"
    assert (status, answer["reason"]) == (403, "Forbidden")
    assert answer["message"] == f'configmaps "m" is forbidden: {why}'
    assert answer["details"]["causes"] == [{"message": why}]
    assert (await judged("POST", MAPS, config_map(a="y")))[0] == 201


@pytest.mark.parametrize(
    ("more", "why"),
    [
        pytest.param({}, "a is 'x'", id="variables"),
        pytest.param(
            {"matchConditions": [{"name": "c", "expression": "object.data.a == 'y'"}]}, "", id="conditions"
        ),
        pytest.param(
            {"variables": [{"name": "a", "expression": "object.data.z"}]}, "*no such key: z", id="failing"
        ),
        pytest.param(
            {"variables": [{"name": "a", "expression": "object.data.z"}], "failurePolicy": "Ignore"},
            "",
            id="ignored",
        ),
        pytest.param(
            {"binding": {"matchResources": {"objectSelector": {"matchLabels": {"l": "v"}}}}},
            "",
            id="selector",
        ),
        pytest.param(
            {"variables": [{"name": "a", "expression": "request.userInfo.username + request.namespace"}]},
            "*a is 'kubernetes-admindefault'",
            id="request",
        ),
        pytest.param(
            {
                "variables": [
                    {
                        "name": "a",
                        "expression": "string(authorizer.group('').resource('pods').check('get').allowed()"
                        " && authorizer.requestResource.check('create').allowed())",
                    }
                ]
            },
            "a is 'true'",
            id="authorizer",
        ),
    ],
)
async def test_what_a_policy_looks_at(judged, more, why):
    """Its variables, conditions and selectors decide; a failure counts by its failurePolicy."""
    validation = {
        "expression": "variables.a == ''",
        "messageExpression": "\"a is '%s'\".format([variables.a])",
    }
    await policy(judged, validation, **{"variables": [{"name": "a", "expression": "object.data.a"}], **more})
    said = await denied(judged, config_map(a="x"))
    assert said.endswith(why.removeprefix("*")) if why.startswith("*") else said == why


async def test_parameters_are_found(judged):
    """By name or by labels; where there are none the binding says what then."""
    ref = {"name": "params", "parameterNotFoundAction": "Deny"}
    kind = {"apiVersion": "v1", "kind": "ConfigMap"}
    await policy(
        judged, {"expression": "object.data.a == params.data.a"}, paramKind=kind, binding={"paramRef": ref}
    )
    assert "no params found" in await denied(judged, config_map(a="x"))
    judged.registry.admission.validating, members = [], judged.registry.admission.validating
    assert (await judged("POST", MAPS, config_map("params", a="y")))[0] == 201
    judged.registry.admission.validating = members
    assert await denied(judged, config_map(a="x")) == "failed expression: object.data.a == params.data.a"
    assert await denied(judged, config_map(a="y")) == ""


async def test_who_only_warns_refuses_nothing(judged):
    """A warning, or a note for the audit log, in place of a refusal."""
    await policy(
        judged,
        {"expression": "false", "message": "never"},
        actions=("Warn", "Audit"),
        auditAnnotations=[{"key": "k", "valueExpression": "'of ' + object.data.a"}],
    )
    headers = {"Authorization": "Bearer secret", "Content-Type": "application/json"}
    with noted():
        async with judged.client.post(MAPS, data=orjson.dumps(config_map(a="x")), headers=headers) as answer:
            assert answer.status == 201
            (warning,) = answer.headers.getall("Warning")
    assert "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': never" in warning


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"validations": [{"expression": "1"}]}, "spec.validations[0].expression", id="type"),
        pytest.param(
            {"validations": [{"expression": "zz"}]}, "spec.validations[0].expression", id="undeclared"
        ),
        pytest.param({"validations": []}, "spec.validations", id="nothing"),
        pytest.param({"variables": [{"name": "in", "expression": "1"}]}, "spec.variables[0].name", id="name"),
        pytest.param({"matchConstraints": None}, "spec.matchConstraints", id="constraints"),
        pytest.param(
            {"matchConditions": [{"name": "c", "expression": "object"}]},
            "spec.matchConditions[0].expression",
            id="condition",
        ),
        pytest.param({"paramKind": {"apiVersion": "v1"}}, "spec.paramKind.kind", id="params"),
    ],
)
async def test_policies_are_judged(api, change, field):
    """What cannot be evaluated is not taken."""
    spec = {"matchConstraints": {"resourceRules": RULES}, "validations": [{"expression": "true"}], **change}
    status, body = await api(
        "POST", f"{GROUP}/validatingadmissionpolicies", {"metadata": {"name": "p"}, "spec": spec}
    )
    assert (status, body["details"]["causes"][0]["field"]) == (422, field)
