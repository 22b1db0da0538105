"""Admission webhooks, through the handler: whom the API asks, and what becomes of their answers."""

import base64

import orjson
import pytest

from mockcloud.kube.admission.webhooks.dispatch import CallFailed
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.serving import cluster

CONFIGS = "/apis/admissionregistration.k8s.io/v1"
MAPS = "/api/v1/namespaces/default/configmaps"
CHANGES = [
    {
        "operations": ["CREATE", "UPDATE"],
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "resources": ["configmaps"],
    }
]


class Webhook:
    """What webhooks were asked, and what each answers, by the path of its URL."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict]] = []
        self.answers: dict[str, dict | Exception] = {}

    async def __call__(self, client: dict, review: dict, _seconds: float) -> dict:
        name = client["url"].rpartition("/")[2]
        self.asked.append((name, review["request"]))
        answer = self.answers.get(name, {"allowed": True})
        if isinstance(answer, Exception):
            raise answer
        return {**review, "response": {"uid": review["request"]["uid"], **answer}}


def patched(*operations: dict) -> dict:
    text = base64.b64encode(orjson.dumps(operations)).decode()
    return {"allowed": True, "patchType": "JSONPatch", "patch": text}


@pytest.fixture
async def hook(api):
    webhook = Webhook()
    cluster.ask_policies_and_webhooks(api.registry, Policy(api.registry.store), webhook)
    return webhook


async def configure(api, *names: str, mutating: bool = False, **more: object) -> None:
    kind = "mutatingwebhookconfigurations" if mutating else "validatingwebhookconfigurations"
    hooks = [
        {
            "name": f"{name}.hooks.example.com",
            "clientConfig": {"url": f"https://hooks.example.com/{name}"},
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "rules": CHANGES,
            **more,
        }
        for name in names
    ]
    body = {"metadata": {"name": f"c-{names[0]}"}, "webhooks": hooks}
    status, made = await api("POST", f"{CONFIGS}/{kind}", body)
    assert status == 201, made


def config_map(name: str, **data: str) -> dict:
    return {"metadata": {"name": name}, "data": data}


async def test_a_denial_is_the_answer_and_warnings_go_along(api, hook):
    """Code, reason and text are the webhook's; nothing is stored; what it was asked is the write."""
    await configure(api, "no")
    status = {"message": "not today", "reason": "Odd", "code": 418}
    hook.answers["no"] = {"allowed": False, "status": status, "warnings": ["think again"]}
    headers = {"Authorization": "Bearer secret", "Content-Type": "application/json"}
    async with api.client.post(MAPS, data=orjson.dumps(config_map("a", x="1")), headers=headers) as answer:
        said = await answer.json()
        assert answer.headers.getall("Warning") == ['299 - "think again"']
    assert (said["code"], said["reason"]) == (418, "Odd")
    assert said["message"] == 'admission webhook "no.hooks.example.com" denied the request: not today'
    assert (await api("GET", f"{MAPS}/a"))[0] == 404
    ((_, request),) = hook.asked
    assert request["kind"] == {"group": "", "version": "v1", "kind": "ConfigMap"}
    assert request["resource"] == {"group": "", "version": "v1", "resource": "configmaps"}
    shown = ("operation", "name", "namespace", "oldObject", "dryRun")
    assert [request[key] for key in shown] == ["CREATE", "a", "default", None, False]
    assert (request["object"]["data"], request["userInfo"]["username"]) == ({"x": "1"}, "kubernetes-admin")


async def test_patches_are_made_one_after_the_other_and_again_where_wanted(api, hook):
    """Each sees what those before it made; one with IfNeeded is asked again when one after it changed it."""
    await configure(api, "a", "b", mutating=True, reinvocationPolicy="IfNeeded")
    hook.answers["a"] = patched({"op": "add", "path": "/data/a", "value": "1"})
    hook.answers["b"] = patched(
        {"op": "add", "path": "/data/b", "value": "2"}, {"op": "add", "path": "/odd", "value": 1}
    )
    _, made = await api("POST", MAPS, config_map("a", x="0"))
    assert made["data"] == {"x": "0", "a": "1", "b": "2"}
    assert "odd" not in made
    assert [name for name, _ in hook.asked] == ["a", "b", "a"]
    assert [sorted(request["object"]["data"]) for _, request in hook.asked] == [
        ["x"],
        ["a", "x"],
        ["a", "b", "x"],
    ]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(
            CallFailed('Post "https://x/?timeout=10s": context deadline exceeded'),
            'failed to call webhook: Post "https://x/?timeout=10s": context deadline exceeded',
            id="no answer",
        ),
        pytest.param(
            {"uid": "other", "allowed": True},
            'received invalid webhook response: expected response.uid="',
            id="to another question",
        ),
        pytest.param(
            {"allowed": True, "patch": "W10=", "patchType": "JSONPatch"},
            "received invalid webhook response: validating webhook may not return response.patch",
            id="a patch",
        ),
    ],
)
async def test_a_failure_ends_the_write_or_is_let_pass(api, hook, answer, why):
    """As failurePolicy says; Fail is the default."""
    await configure(api, "bad")
    hook.answers["bad"] = answer
    status, said = await api("POST", MAPS, config_map("a"))
    head = 'Internal error occurred: failed calling webhook "bad.hooks.example.com": '
    assert (status, said["reason"], said["message"][: len(head + why)]) == (500, "InternalError", head + why)
    ignore = [{"op": "add", "path": "/webhooks/0/failurePolicy", "value": "Ignore"}]
    where = f"{CONFIGS}/validatingwebhookconfigurations/c-bad"
    await api("PATCH", where, ignore, **{"Content-Type": "application/json-patch+json"})
    assert (await api("POST", MAPS, config_map("a")))[0] == 201


SELECTING = {"namespaceSelector": {"matchLabels": {"watched": "yes"}}}


@pytest.mark.parametrize(
    ("more", "method", "path", "asked"),
    [
        pytest.param({}, "POST", MAPS, 1, id="rule"),
        pytest.param({"rules": [{**CHANGES[0], "resources": ["*/*"]}]}, "POST", MAPS, 1, id="everything"),
        pytest.param(
            {"rules": [{**CHANGES[0], "resources": ["configmaps/status"]}]}, "POST", MAPS, 0, id="part"
        ),
        pytest.param({"rules": [{**CHANGES[0], "scope": "Cluster"}]}, "POST", MAPS, 0, id="scope"),
        pytest.param({"rules": [{**CHANGES[0], "operations": ["DELETE"]}]}, "POST", MAPS, 0, id="operation"),
        pytest.param(SELECTING, "POST", MAPS, 0, id="namespace"),
        pytest.param({"objectSelector": {"matchLabels": {"a": "b"}}}, "POST", MAPS, 0, id="labels"),
        pytest.param({"objectSelector": {"matchLabels": {"l": "1"}}}, "POST", MAPS, 1, id="its labels"),
        pytest.param({"sideEffects": "NoneOnDryRun"}, "POST", f"{MAPS}?dryRun=All", 1, id="dry run"),
        pytest.param(
            {"rules": [{**CHANGES[0], "apiGroups": ["*"], "resources": ["*"]}]},
            "DELETE",
            f"{CONFIGS}/validatingwebhookconfigurations/c-who",
            0,
            id="never of webhooks themselves",
        ),
    ],
)
async def test_who_is_asked(api, hook, more, method, path, asked):
    """Rules, selectors, and that nobody can be locked out."""
    await configure(api, "who", **more)
    body = {"metadata": {"name": "a", "labels": {"l": "1"}}} if method == "POST" else None
    assert (await api(method, path, body))[0] in (200, 201)
    assert len(hook.asked) == asked


async def test_an_equivalent_version_is_asked_about_in_the_rules_version(api, hook):
    """matchPolicy Equivalent, the default: the object is shown in the version that the rule names."""
    rules = [{**CHANGES[0], "apiGroups": ["events.k8s.io"], "resources": ["events"]}]
    await configure(api, "same", rules=rules)
    await configure(api, "exact", rules=rules, matchPolicy="Exact")
    event = {
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "Pod", "namespace": "default", "name": "p"},
        "message": "m",
        "reason": "r",
        "type": "Normal",
    }
    assert (await api("POST", "/api/v1/namespaces/default/events", event))[0] == 201
    ((name, request),) = hook.asked
    assert (name, request["kind"]["group"], request["requestKind"]["group"]) == ("same", "events.k8s.io", "")
    assert request["object"]["note"] == "m"


@pytest.mark.parametrize(
    ("change", "causes"),
    [
        pytest.param({"name": "a.b"}, ["webhooks[0].name"], id="name"),
        pytest.param({"sideEffects": None}, ["webhooks[0].sideEffects"], id="side-effects"),
        pytest.param({"timeoutSeconds": 31}, ["webhooks[0].timeoutSeconds"], id="timeout"),
        pytest.param({"clientConfig": {}}, ["webhooks[0].clientConfig"], id="nobody"),
        pytest.param({"clientConfig": {"url": "http://x"}}, ["webhooks[0].clientConfig.url"], id="plain"),
        pytest.param(
            {"admissionReviewVersions": ["v9"]}, ["webhooks[0].admissionReviewVersions"], id="reviews"
        ),
        pytest.param(
            {"rules": [{**CHANGES[0], "resources": ["*", "pods"]}]},
            ["webhooks[0].rules[0].resources"],
            id="rule",
        ),
    ],
)
async def test_rules_of_configurations(api, change, causes):
    """What may not be configured."""
    whole = {
        "name": "a.example.com",
        "clientConfig": {"url": "https://hooks.example.com/a"},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "rules": CHANGES,
    }
    body = {"metadata": {"name": "c"}, "webhooks": [{**whole, **change}]}
    status, said = await api("POST", f"{CONFIGS}/validatingwebhookconfigurations", body)
    assert (status, [each["field"] for each in said["details"]["causes"]]) == (422, causes)
