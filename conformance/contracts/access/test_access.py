"""Who callers are and what they may: roles, bindings, reviews, impersonation, tokens of ServiceAccounts."""

import json
from base64 import urlsafe_b64decode
from typing import Any

import pytest
from conformance.harness.contract import contract
from conformance.harness.side import Side

RBAC = "rbac.authorization.k8s.io/v1"
REVIEWS = "/apis/authorization.k8s.io/v1"
AUTHENTICATION = "/apis/authentication.k8s.io/v1"
READ = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}
ANN = {"kind": "User", "name": "ann"}


def role(*rules: Any, **fields: Any) -> dict[str, Any]:
    """A Role or ClusterRole `r`."""
    return {"metadata": {"name": "r"}, "rules": list(rules), **fields}


def binding(*subjects: Any, name: str = "b", **reference: Any) -> dict[str, Any]:
    """A binding, of Role `r` where nothing else is said."""
    return {
        "metadata": {"name": name},
        "subjects": list(subjects),
        "roleRef": {"kind": "Role", "name": "r", **reference},
    }


def cluster_path(plural: str, name: str = "") -> str:
    """Of a ClusterRole or ClusterRoleBinding."""
    return f"/apis/{RBAC}/{plural}" + (f"/{name}" if name else "")


ROLES = {
    "plain": role(READ),
    "no-rules": role(),
    "null-rules": {"metadata": {"name": "r"}, "rules": None},
    "no-verbs": role({**READ, "verbs": []}),
    "no-groups": role({"resources": ["pods"], "verbs": ["get"]}),
    "no-resources": role({"apiGroups": [""], "verbs": ["get"]}),
    "paths": role({"nonResourceURLs": ["/x"], "verbs": ["get"]}),
    "both": role({**READ, "nonResourceURLs": ["/x"]}),
    "odd-name": {"metadata": {"name": "a:b C"}, "rules": []},
    "percent": {"metadata": {"name": "a%b"}, "rules": []},
    "dots": {"metadata": {"name": ".."}, "rules": []},
}


@pytest.mark.parametrize("body", ROLES.values(), ids=ROLES)
@contract
def test_roles(api: Side, body: dict[str, Any]) -> None:
    """Rules and names of Roles."""
    api.create("create", f"{RBAC}/roles", body)


@pytest.mark.parametrize("body", ROLES.values(), ids=ROLES)
@contract
def test_cluster_roles(api: Side, body: dict[str, Any]) -> None:
    """Rules and names of ClusterRoles, which may be for paths."""
    api.ask("create", "POST", f"{cluster_path('clusterroles')}?dryRun=All", body)


SELECTOR = {"matchLabels": {"x": "y"}}
AGGREGATIONS = {
    "one": {"clusterRoleSelectors": [SELECTOR]},
    "none": {"clusterRoleSelectors": []},
    "bad": {"clusterRoleSelectors": [{"matchLabels": {"x": "-"}}]},
}


@pytest.mark.parametrize("rule", AGGREGATIONS.values(), ids=AGGREGATIONS)
@contract
def test_aggregated_roles(api: Side, rule: dict[str, Any]) -> None:
    """Selectors of the roles that one is made of."""
    body = {"metadata": {"name": "r"}, "aggregationRule": rule}
    api.ask("create", "POST", f"{cluster_path('clusterroles')}?dryRun=All", body)


ACCOUNT = {"kind": "ServiceAccount", "name": "default"}
GROUP = "rbac.authorization.k8s.io"
BINDINGS = {
    "user": binding(ANN),
    "group": binding({"kind": "Group", "name": "devs"}),
    "account": binding(ACCOUNT),
    "account-elsewhere": binding({**ACCOUNT, "namespace": "kube-system"}),
    "cluster-role": binding(ANN, kind="ClusterRole", name="view"),
    "nobody": binding(),
    "no-role": binding(ANN, name="x", apiGroup=GROUP) | {"roleRef": {"kind": "Role", "name": ""}},
    "bad-role-name": {**binding(ANN), "roleRef": {"kind": "Role", "name": "a/b"}},
    "kind": {**binding(ANN), "roleRef": {"kind": "Pod", "name": "r"}},
    "group-of-role": {**binding(ANN), "roleRef": {"kind": "Role", "name": "r", "apiGroup": "x"}},
    "nameless": binding({"kind": "User", "name": ""}),
    "kind-of-subject": binding({"kind": "Pod", "name": "x"}),
    "group-of-account": binding({**ACCOUNT, "apiGroup": "x"}),
    "group-of-user": binding({**ANN, "apiGroup": "x"}),
    "bad-account": binding({**ACCOUNT, "name": "A B"}),
}


@pytest.mark.parametrize("body", BINDINGS.values(), ids=BINDINGS)
@contract
def test_bindings(api: Side, body: dict[str, Any]) -> None:
    """Subjects and the role."""
    api.create("create", f"{RBAC}/rolebindings", body)
    api.ask("cluster", "POST", f"{cluster_path('clusterrolebindings')}?dryRun=All", body)


@contract
def test_a_binding_keeps_its_role(api: Side) -> None:
    """What it binds to cannot change; whom it binds can."""
    api.quietly("POST", api.path(f"{RBAC}/rolebindings"), binding(ANN))
    path = api.path(f"{RBAC}/rolebindings", "b")
    api.ask("role", "PUT", path, {**binding(ANN), "roleRef": {"kind": "ClusterRole", "name": "view"}})
    api.ask("subjects", "PUT", path, binding({"kind": "User", "name": "bob"}))
    api.kubectl("get rolebindings -o wide")
    api.kubectl("get roles")
    api.kubectl("describe rolebinding b")


@contract
def test_default_roles(api: Side) -> None:
    """What every cluster starts with, rule by rule."""
    for plural in ("clusterroles", "clusterrolebindings", "roles", "rolebindings"):
        selector = "?labelSelector=kubernetes.io/bootstrapping=rbac-defaults"
        found = api.quietly("GET", f"/apis/{RBAC}/{plural}{selector}").body["items"]
        for each in found:
            metadata = each["metadata"]
            place = f"{metadata.get('namespace', '')}/{metadata['name']}"
            kept = {key: value for key, value in each.items() if key != "metadata"}
            api.record(f"{plural} {place}", {**kept, "labels": metadata["labels"]})


FORBIDDEN = {
    "list": ("GET", "/api/v1/services"),
    "list-in": ("GET", "/api/v1/namespaces/{ns}/services"),
    "get": ("GET", "/api/v1/namespaces/{ns}/services/x"),
    "watch": ("GET", "/api/v1/services?watch=true"),
    "of-one": ("GET", "/api/v1/namespaces/{ns}/services?fieldSelector=metadata.name=x"),
    "delete": ("DELETE", "/apis/apps/v1/namespaces/{ns}/deployments/x"),
    "delete-all": ("DELETE", "/apis/apps/v1/namespaces/{ns}/deployments"),
    "scale": ("GET", "/apis/apps/v1/namespaces/{ns}/deployments/x/scale"),
    "namespace": ("GET", "/api/v1/namespaces/{ns}"),
    "nodes": ("GET", "/api/v1/nodes/x/status"),
    "unknown": ("GET", "/api/v1/nothings"),
    "unknown-group": ("GET", "/apis/nowhere/v1/things"),
    "path": ("GET", "/metrics"),
    "html": ("GET", "/%3Cx%3E"),
    "root": ("GET", "/"),
}


@pytest.mark.parametrize(("method", "path"), FORBIDDEN.values(), ids=FORBIDDEN)
@contract
def test_forbidden(api: Side, method: str, path: str) -> None:
    """Refusals name who, what and where, for a user and for nobody."""
    path = path.replace("{ns}", api.ns)
    api.ask("ann", method, path, Impersonate_User="ann")
    api.ask("nobody", method, path, Authorization="")


@contract
def test_what_everybody_may(api: Side) -> None:
    """Discovery for who is somebody, version and health for all."""
    for path in ("/healthz", "/livez", "/readyz"):
        api.ask(path, "GET", path, Authorization="")
    for path in ("/api", "/apis", "/apis/apps/v1", "/version", "/openapi/v3"):
        for name, header in (("ann", {"Impersonate_User": "ann"}), ("nobody", {"Authorization": ""})):
            api.record(f"{name} {path}", api.ask("x", "GET", path, **header).status)
            api.transcript.pop(-2)
    api.ask("wrong", "GET", "/api/v1/pods", Authorization="Bearer wrong")
    api.ask("basic", "GET", "/api/v1/pods", Authorization="Basic eDp5")


@contract
def test_rights_by_bindings(api: Side) -> None:
    """Come at once, in their namespace, for names alone, for parts."""
    named = {
        "apiGroups": [""],
        "resources": ["configmaps"],
        "resourceNames": ["c"],
        "verbs": ["get", "delete"],
    }
    scale = {"apiGroups": ["*"], "resources": ["*/scale"], "verbs": ["get"]}
    api.quietly("POST", api.path(f"{RBAC}/roles"), role(READ, named, scale))
    api.quietly("POST", api.path(f"{RBAC}/rolebindings"), binding(ANN))
    api.wait(api.path("serviceaccounts", "default"), "the account", lambda body: "metadata" in body)
    for question in (
        "list pods", "get pods/x", "delete pods", "list pods -n default", "get pods --subresource=log",
        "get configmaps/c", "get configmaps/d", "list configmaps", "get deployments.apps --subresource=scale",
        "get /healthz", "get /metrics",
    ):  # fmt: skip
        api.kubectl(f"auth can-i {question} --as=ann")
    api.kubectl("auth can-i --list --as=ann")
    api.kubectl("auth whoami --as=ann --as-group=devs -o yaml")
    api.kubectl("get pods --as=ann")
    api.kubectl("get secrets --as=ann")


@contract
def test_impersonation(api: Side) -> None:
    """Of users, groups, accounts; whoever may not is told which right is missing."""
    who = {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"}
    path = f"{AUTHENTICATION}/selfsubjectreviews"
    for name in ("ann", "system:anonymous", "system:serviceaccount:a:b", "system:serviceaccount:a:"):
        api.ask(name, "POST", path, who, Impersonate_User=name)
    api.ask("group", "POST", path, who, Impersonate_User="ann", Impersonate_Group="devs")
    api.ask("uid", "POST", path, who, Impersonate_User="ann", Impersonate_Uid="7")
    api.ask("extra", "POST", path, who, Impersonate_User="ann", Impersonate_Extra_Team="x")
    api.ask("group alone", "GET", "/api/v1/pods", Impersonate_Group="devs")


def _access(spec: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"spec": spec, **fields}


PODS = {"resourceAttributes": {"verb": "get", "resource": "pods"}}
METRICS = {"nonResourceAttributes": {"verb": "get", "path": "/metrics"}}
ASKED = {
    "self": ("selfsubjectaccessreviews", _access(PODS)),
    "self-path": ("selfsubjectaccessreviews", _access(METRICS)),
    "self-nothing": ("selfsubjectaccessreviews", _access({})),
    "self-both": ("selfsubjectaccessreviews", _access({**PODS, **METRICS})),
    "self-named": ("selfsubjectaccessreviews", _access(PODS, metadata={"name": "x"})),
    "user": ("subjectaccessreviews", _access({**PODS, "user": "ann"})),
    "master": ("subjectaccessreviews", _access({**PODS, "groups": ["system:masters"]})),
    "nobody": ("subjectaccessreviews", _access(PODS)),
    "scheduler": ("subjectaccessreviews", _access({**PODS, "user": "system:kube-scheduler"})),
    "rules-nowhere": ("selfsubjectrulesreviews", _access({})),
    "unknown-field": ("selfsubjectaccessreviews", _access({**PODS, "x": 1})),
}


@pytest.mark.parametrize(("plural", "body"), ASKED.values(), ids=ASKED)
@contract
def test_access_reviews(api: Side, plural: str, body: dict[str, Any]) -> None:
    """Questions of who may what, and those that make no sense."""
    api.ask("administrator", "POST", f"{REVIEWS}/{plural}", body)
    api.ask("ann", "POST", f"{REVIEWS}/{plural}", body, Impersonate_User="ann")


@contract
def test_reviews_are_no_tables(api: Side) -> None:
    """What is answered has no columns; who takes JSON, too, gets that."""
    table = "application/json;as=Table;v=v1;g=meta.k8s.io"
    for plural in ("selfsubjectaccessreviews", "selfsubjectrulesreviews"):
        answer = api.tried("POST", f"{REVIEWS}/{plural}", _access(PODS), Accept=table)
        api.record(plural, [answer["status"], answer["body"].get("reason")])
    both = f"{table},application/json"
    answer = api.tried("POST", f"{REVIEWS}/selfsubjectaccessreviews", _access(PODS), Accept=both)
    api.record("either", [answer["status"], answer["body"]["kind"]])


@contract
def test_rules_reviews(api: Side) -> None:
    """All that one may; bindings have no order that anybody promises."""
    for name in ("administrator", "ann"):
        header = {} if name == "administrator" else {"Impersonate_User": name}
        body = _access({"namespace": "default"})
        status = api.quietly("POST", f"{REVIEWS}/selfsubjectrulesreviews", body, **header).body["status"]
        for key in ("resourceRules", "nonResourceRules"):
            api.record(
                f"{name} {key}", sorted(status[key], key=lambda rule: json.dumps(rule, sort_keys=True))
            )


@contract
def test_local_reviews(api: Side) -> None:
    """Asked in a namespace, for that namespace."""
    path = f"{REVIEWS}/namespaces/{api.ns}/localsubjectaccessreviews"
    asked = {"verb": "get", "resource": "pods"}
    here = {"user": "ann", "resourceAttributes": {**asked, "namespace": api.ns}}
    api.ask("here", "POST", path, _access(here, metadata={"namespace": api.ns}))
    api.ask("without metadata", "POST", path, _access(here))
    elsewhere = {"user": "ann", "resourceAttributes": {**asked, "namespace": "default"}}
    api.ask("elsewhere", "POST", path, _access(elsewhere, metadata={"namespace": api.ns}))
    api.ask("path", "POST", path, _access({"user": "ann", **METRICS}, metadata={"namespace": api.ns}))


@contract
def test_no_escalation(api: Side) -> None:
    """Who manages roles grants no more than he has, unless he may escalate or bind."""
    manage = {
        "apiGroups": [GROUP],
        "resources": ["roles", "rolebindings"],
        "verbs": ["create", "update", "get"],
    }
    api.quietly("POST", api.path(f"{RBAC}/roles"), role(manage, READ))
    api.quietly("POST", api.path(f"{RBAC}/rolebindings"), binding(ANN))
    ann = {"Impersonate_User": "ann"}
    roles, bindings = api.path(f"{RBAC}/roles"), api.path(f"{RBAC}/rolebindings")
    more = {"apiGroups": ["", "apps"], "resources": ["pods", "pods/log"], "verbs": ["get", "delete"]}
    api.wait(api.path(f"{RBAC}/roles", "r"), "the role", lambda body: body.get("rules"))
    api.ask("less", "POST", roles, {**role(READ), "metadata": {"name": "less"}}, **ann)
    api.ask("more", "POST", roles, {**role(more), "metadata": {"name": "more"}}, **ann)
    names = {**READ, "resourceNames": ["a", "b"], "verbs": ["get", "patch"]}
    api.ask("names", "POST", roles, {**role(names), "metadata": {"name": "names"}}, **ann)
    api.ask("widen", "PUT", api.path(f"{RBAC}/roles", "r"), role(manage, READ, more), **ann)
    api.ask("bind own", "POST", bindings, binding(ANN, name="own") | {"metadata": {"name": "own"}}, **ann)
    view = {"roleRef": {"kind": "ClusterRole", "name": "system:node-proxier"}, "metadata": {"name": "v"}}
    api.ask("bind more", "POST", bindings, binding(ANN) | view, **ann)
    gone = {"roleRef": {"kind": "Role", "name": "gone"}, "metadata": {"name": "g"}}
    api.ask("bind nothing", "POST", bindings, binding(ANN) | gone, **ann)


def _claims(token: str) -> dict[str, Any]:
    """What a token says, without what only one signer would say."""
    said: dict[str, Any] = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    said["lives"] = said.pop("exp") - said.pop("iat")
    del said["nbf"]
    if "warnafter" in said["kubernetes.io"]:
        said["kubernetes.io"]["warnafter"] = "some time"
    return said


TOKENS = {
    "plain": {},
    "audience": {"spec": {"audiences": ["x"], "expirationSeconds": 1200}},
    "short": {"spec": {"expirationSeconds": 10}},
    "long": {"spec": {"expirationSeconds": 1 << 33}},
    "named": {"metadata": {"name": "x"}},
    "elsewhere": {"metadata": {"namespace": "x"}},
    "no-pod": {"spec": {"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "x"}}},
    "pod": {"spec": {"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "p"}}},
    "pods-first": {
        "spec": {
            "expirationSeconds": 3607,
            "boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "p"},
        }
    },
    "another-pod": {"spec": {"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "p", "uid": "x"}}},
    "service": {"spec": {"boundObjectRef": {"kind": "Service", "apiVersion": "v1", "name": "p"}}},
}


@pytest.mark.parametrize("body", TOKENS.values(), ids=TOKENS)
@contract
def test_tokens(api: Side, body: dict[str, Any]) -> None:
    """Asked for, read, reviewed, shown, and no longer good when their pod is gone."""
    account = api.path("serviceaccounts", "default")
    api.wait(account, "the account", lambda found: "metadata" in found)
    api.quietly(
        "POST",
        api.path("pods"),
        {"metadata": {"name": "p"}, "spec": spec_of("node-1")},
    )
    answer = api.ask("token", "POST", f"{account}/token", body)
    if answer.status != 201:
        return
    token = answer.body["status"]["token"]
    api.transcript[-1].answer["body"]["status"]["token"] = "<token>"
    said = _claims(token)
    del said["jti"]
    api.record("claims", said)
    for audiences in ([], ["x"], ["y"]):
        spec = {"token": token, **({"audiences": audiences} if audiences else {})}
        review = api.ask(f"review {audiences}", "POST", f"{AUTHENTICATION}/tokenreviews", {"spec": spec})
        _hide_token(api, review.body)
    api.ask("shown", "GET", "/api/v1/pods", Authorization=f"Bearer {token}")
    # One that has not been shown yet: a real API remembers those that it has seen for 10 s.
    unseen = api.quietly("POST", f"{account}/token", body).body["status"]["token"]
    api.quietly("DELETE", api.path("pods", "p") + "?gracePeriodSeconds=0")
    api.wait(api.path("pods", "p"), "the end of the pod", lambda found: found.get("code") == 404)
    review = {"spec": {"token": unseen}}
    gone = api.ask("review of a pod that is gone", "POST", f"{AUTHENTICATION}/tokenreviews", review)
    _hide_token(api, gone.body)


def _hide_token(api: Side, review: Any) -> None:
    if isinstance(review, dict) and "spec" in review:
        api.transcript[-1].answer["body"]["spec"]["token"] = "<token>"


def _status_alone(api: Side) -> None:
    """Of what is allowed only that it is: objects differ by what else has happened to them."""
    if api.transcript[-1].answer["status"] in (200, 201):
        del api.transcript[-1].answer["body"]


def spec_of(node: str) -> dict[str, Any]:
    """Of a pod on that node."""
    return {"nodeName": node, "containers": [{"name": "c", "image": "i"}]}


@contract
def test_what_a_node_may(api: Side) -> None:
    """Its own node, pods, lease and their tokens; nothing of others."""
    merge = {"Content_Type": "application/merge-patch+json"}
    agent = {"Impersonate_User": "system:node:node-1", "Impersonate_Group": "system:nodes"}
    account = api.path("serviceaccounts", "default")
    api.wait(account, "the account", lambda found: "metadata" in found)
    for name in ("node-1", "node-2"):
        pod = api.quietly("POST", api.path("pods"), {"metadata": {"name": name}, "spec": spec_of(name)}).body
        bound = {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": pod["metadata"]["uid"]}
        path = api.path("pods", name)
        for label, spec in (("token", {}), ("audience", {"audiences": ["x"]})):
            body = {"spec": {"boundObjectRef": bound, **spec}}
            api.ask(f"{label} {name}", "POST", f"{account}/token", body, **agent)
            _status_alone(api)
        for label, part, body in (
            ("status", "/status", {"status": {}}),
            ("labels", "/status", {"metadata": {"labels": {"a": "b"}}}),
        ):
            api.ask(f"{label} {name}", "PATCH", path + part, body, **agent, **merge)
            _status_alone(api)
        taints = {"spec": {"taints": [{"key": "k", "effect": "PreferNoSchedule"}]}}
        api.ask(f"taints {name}", "PATCH", f"/api/v1/nodes/{name}", taints, **agent, **merge)
        api.ask(f"delete {name}", "DELETE", path + "?gracePeriodSeconds=0", **agent)
        _status_alone(api)
    api.ask("token of nobody", "POST", f"{account}/token", {}, **agent)
    api.ask("pod", "POST", api.path("pods"), {"metadata": {"name": "m"}, "spec": spec_of("node-1")}, **agent)
    leases, lease = "/apis/coordination.k8s.io/v1/namespaces", {"metadata": {"name": "node-2"}}
    api.ask("lease", "POST", f"{leases}/kube-node-lease/leases", lease, **agent)
    api.ask("lease elsewhere", "POST", f"{leases}/{api.ns}/leases", lease, **agent)


REVIEWED = {"nothing": {"spec": {}}, "junk": {"spec": {"token": "x"}}, "jwt": {"spec": {"token": "a.b.c"}}}


@pytest.mark.parametrize("body", REVIEWED.values(), ids=REVIEWED)
@contract
def test_token_reviews(api: Side, body: dict[str, Any]) -> None:
    """Of what is no token."""
    api.ask("review", "POST", f"{AUTHENTICATION}/tokenreviews", body)


COMMANDS = (
    "create role r --verb=get,list --resource=pods,deployments.apps",
    "create clusterrole r --verb=get --non-resource-url=/x --dry-run=server",
    "create rolebinding b --role=r --user=ann --group=devs --serviceaccount=default:default",
    "create clusterrolebinding b --clusterrole=view --user=ann --dry-run=server",
    "create serviceaccount s",
    "get sa,roles,rolebindings",
    "describe role r",
    "describe rolebinding b",
    "describe serviceaccount s",
    "auth can-i get pods --as=ann",
    "auth can-i get pods --as=bob",
    "auth can-i --list --as=ann",
    "auth whoami --as=ann",
    "create token nobody",
    "create token s --duration=1s",
    "delete role r",
    "auth can-i get pods --as=ann",
)


@contract
def test_commands(api: Side) -> None:
    """What a person types."""
    for command in COMMANDS:
        api.kubectl(command)


@contract
def test_the_authorities_of_each_namespace(api: Side) -> None:
    """ConfigMap kube-root-ca.crt comes by itself, and again."""
    path = api.path("configmaps", "kube-root-ca.crt")
    made = api.wait(path, "the ConfigMap", lambda body: "data" in body)
    api.record("keys", [sorted(made["data"]), made["metadata"]["annotations"]])
    api.quietly("DELETE", path)
    again = api.wait(
        path,
        "another",
        lambda body: body.get("metadata", {}).get("uid") not in (None, made["metadata"]["uid"]),
    )
    api.record("again", again["data"] == made["data"])
