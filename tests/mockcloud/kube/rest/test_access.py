"""Who may do what, over HTTP: ann has a token, and no rights but those that everybody has."""

import jwt
import pytest

ANN = {"Authorization": "Bearer ann"}
RBAC = "/apis/rbac.authorization.k8s.io/v1"
PODS = "/api/v1/namespaces/default/pods"
ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
READ = {"verbs": ["get", "list", "watch"], "apiGroups": [""], "resources": ["pods"]}


def role(name="r", *rules):
    return {"metadata": {"name": name}, "rules": list(rules)}


def binding(role, kind="ClusterRole", user="ann", name="b"):
    return {
        "metadata": {"name": name},
        "roleRef": {"kind": kind, "name": role},
        "subjects": [{"kind": "User", "name": user}],
    }


async def made(api, path, body, **headers):
    status, answer = await api("POST", path, body, **headers)
    assert status == 201, answer
    return answer


async def test_rights_come_and_go_with_bindings(api):
    """403 in upstream's words, until a binding says otherwise, and again when it is gone."""
    status, refused = await api("GET", PODS, **ANN)
    assert (status, refused["reason"]) == (403, "Forbidden")
    assert refused["message"] == (
        'pods is forbidden: User "ann" cannot list resource "pods" in API group "" in the namespace "default"'
    )
    bindings = f"{RBAC}/namespaces/default/rolebindings"
    await made(api, bindings, binding("view"))
    assert (await api("GET", PODS, **ANN))[0] == 200
    assert (await api("GET", "/api/v1/pods", **ANN))[0] == 403
    assert (await api("GET", "/api/v1/namespaces/default/secrets", **ANN))[0] == 403
    assert (await api("DELETE", f"{bindings}/b"))[0] == 200
    assert (await api("GET", PODS, **ANN))[0] == 403


async def test_what_everybody_may(api):
    """Discovery, and questions about oneself, to all who are somebody; version and health to all."""
    for path in ("/api", "/apis", "/openapi/v3", "/apis/apps/v1"):
        assert (await api("GET", path, **ANN))[0] == 200
        assert (await api("GET", path, Authorization=""))[0] == 403
    for path in ("/version", "/healthz"):
        assert (await api("GET", path, Authorization=""))[0] == 200
    who = {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"}
    answer = await made(api, "/apis/authentication.k8s.io/v1/selfsubjectreviews", who, **ANN)
    assert answer["status"]["userInfo"] == {"username": "ann", "groups": ["devs", "system:authenticated"]}


async def test_acting_as_somebody_else(api):
    """An administrator may; others need the right to impersonate that user."""
    as_ann = {"Impersonate-User": "ann"}
    status, refused = await api("GET", PODS, **as_ann)
    assert (status, 'User "ann" cannot list' in refused["message"]) == (403, True)
    status, refused = await api("GET", PODS, **ANN, **{"Impersonate-User": "bob"})
    assert (status, refused["message"]) == (
        403,
        'users "bob" is forbidden: User "ann" cannot impersonate resource "users" in API group "" at the '
        "cluster scope",
    )
    await made(
        api,
        f"{RBAC}/clusterroles",
        role(
            "be-bob",
            {"verbs": ["impersonate"], "apiGroups": [""], "resources": ["users"], "resourceNames": ["bob"]},
        ),
    )
    await made(api, f"{RBAC}/clusterrolebindings", binding("be-bob"))
    status, refused = await api("GET", PODS, **ANN, **{"Impersonate-User": "bob"})
    assert (status, 'User "bob" cannot list' in refused["message"]) == (403, True)


async def test_nobody_grants_what_he_does_not_have(api):
    """Roles and bindings alike; `escalate` and `bind` allow it."""
    manage = {"verbs": ["create", "update"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["*"]}
    await made(api, f"{RBAC}/clusterroles", role("manager", manage))
    await made(api, f"{RBAC}/clusterrolebindings", binding("manager"))
    roles, bindings = (f"{RBAC}/namespaces/default/{plural}" for plural in ("roles", "rolebindings"))
    status, refused = await api("POST", roles, role("r", READ), **ANN)
    assert (status, refused["message"]) == (
        403,
        'roles.rbac.authorization.k8s.io "r" is forbidden: user "ann" '
        '(groups=["devs" "system:authenticated"]) '
        "is attempting to grant RBAC permissions not currently held:\n"
        '{APIGroups:[""], Resources:["pods"], Verbs:["get" "list" "watch"]}',
    )
    assert (await api("POST", bindings, binding("view", name="v"), **ANN))[0] == 403
    bind = {"verbs": ["bind"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"]}
    await made(api, f"{RBAC}/clusterroles", role("binder", {**bind, "resourceNames": ["view"]}))
    await made(api, f"{RBAC}/clusterrolebindings", binding("binder", name="c"))
    await made(api, bindings, binding("view", name="v"), **ANN)
    assert (await api("POST", bindings, binding("edit", name="e"), **ANN))[0] == 403
    await made(api, roles, role("r", READ), **ANN)  # which `view` has given him now


async def test_a_binding_keeps_its_role(api):
    """What it binds to changes by making another one."""
    path = f"{RBAC}/namespaces/default/rolebindings"
    await made(api, path, binding("view"))
    status, refused = await api("PUT", f"{path}/b", binding("edit"))
    assert (status, refused["details"]["causes"][0]["message"].endswith("cannot change roleRef")) == (
        422,
        True,
    )


@pytest.mark.parametrize(
    ("plural", "body", "field"),
    [
        pytest.param(
            "roles",
            role("r", {"verbs": ["get"], "nonResourceURLs": ["/x"]}),
            "rules[0].nonResourceURLs",
            id="paths",
        ),
        pytest.param(
            "roles", role("r", {"apiGroups": [""], "resources": ["pods"]}), "rules[0].verbs", id="no-verbs"
        ),
        pytest.param("roles", role("r", {"verbs": ["get"]}), "rules[0].apiGroups", id="no-groups"),
        pytest.param("rolebindings", binding("x", kind="Pod"), "roleRef.kind", id="kind"),
        pytest.param("rolebindings", binding(""), "roleRef.name", id="no-role"),
        pytest.param("rolebindings", binding("x", user=""), "subjects[0].name", id="nobody"),
    ],
)
async def test_rules_of_the_kinds(api, plural, body, field):
    """422 with the field."""
    status, refused = await api("POST", f"{RBAC}/namespaces/default/{plural}", body)
    assert (status, refused["details"]["causes"][0]["field"]) == (422, field)


async def test_a_service_account_by_its_token(api):
    """Asked for, shown, and no more when the pod that it is bound to is gone."""
    await made(api, PODS, {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
    bound = {"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "p"}}
    request = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "spec": bound}
    token = (await made(api, f"{ACCOUNTS}/default/token", request))["status"]["token"]
    shown = {"Authorization": f"Bearer {token}"}
    status, refused = await api("GET", PODS, **shown)
    who = "system:serviceaccount:default:default"
    assert (status, f'User "{who}" cannot list' in refused["message"]) == (403, True)
    review = {"spec": {"token": token}}
    answer = await made(api, "/apis/authentication.k8s.io/v1/tokenreviews", review)
    assert answer["status"]["user"]["username"] == who
    assert (await api("POST", f"{ACCOUNTS}/default/token", request, **ANN))[0] == 403
    assert (await api("DELETE", f"{PODS}/p"))[0] == 200
    assert (await api("GET", PODS, **shown))[0] == 401


async def test_a_pod_gets_its_tokens_volume(api):
    """In each container, unless the pod or its account says otherwise; its account has to be there."""
    spec = {"containers": [{"name": "c", "image": "i"}], "initContainers": [{"name": "d", "image": "i"}]}
    pod = await made(api, PODS, {"metadata": {"name": "p"}, "spec": spec})
    [volume] = pod["spec"]["volumes"]
    assert volume["name"].startswith("kube-api-access-")
    kinds = [next(iter(source)) for source in volume["projected"]["sources"]]
    assert kinds == ["serviceAccountToken", "configMap", "downwardAPI"]
    mount = {
        "name": volume["name"],
        "readOnly": True,
        "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
    }
    for key in ("containers", "initContainers"):
        assert pod["spec"][key][0]["volumeMounts"] == [mount]
    spec["automountServiceAccountToken"] = False
    pod = await made(api, PODS, {"metadata": {"name": "q"}, "spec": spec})
    assert "volumes" not in pod["spec"]
    status, refused = await api(
        "POST", PODS, {"metadata": {"name": "r"}, "spec": {**spec, "serviceAccountName": "x"}}
    )
    why = 'error looking up service account default/x: serviceaccount "x" not found'
    assert (status, refused["message"]) == (403, f'pods "r" is forbidden: {why}')


async def test_others_find_the_key_of_the_tokens(api):
    """OpenID Connect discovery, for accounts: from the document to the keys that check a token."""
    token = (await made(api, f"{ACCOUNTS}/default/token", {"spec": {"audiences": ["them"]}}))["status"][
        "token"
    ]
    assert (await api("GET", "/openid/v1/jwks", **ANN))[0] == 403
    own = (await made(api, f"{ACCOUNTS}/default/token", {"kind": "TokenRequest"}))["status"]["token"]
    account = {"Authorization": f"Bearer {own}"}
    status, document = await api("GET", "/.well-known/openid-configuration", **account)
    assert (status, document["jwks_uri"].endswith("/openid/v1/jwks")) == (200, True)
    _, keys = await api("GET", "/openid/v1/jwks", **account)
    options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    key = jwt.PyJWK(keys["keys"][0])
    said = jwt.decode(token, key, audience="them", issuer=document["issuer"], options=options)
    assert said["sub"] == "system:serviceaccount:default:default"
