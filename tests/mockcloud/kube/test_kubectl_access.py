"""What a person types about identities and rights, with real kubectl."""

import json

import pytest

pytestmark = pytest.mark.kubectl


def refused(kube_api, *args):
    """What kubectl says when it ends with an error."""
    done = kube_api.kubectl(*args, check=False)
    assert done.returncode == 1, done.stdout
    return done.stderr


def test_roles_made_by_hand(every_kubectl, kube_api):
    """`create role|rolebinding`, `get -o wide`, `describe`, `auth can-i` and its --list."""
    kubectl = every_kubectl
    try:
        kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods,deployments.apps")
        kubectl("create", "rolebinding", "readers", "--role=reader", "--user=ann", "--group=devs")
        assert kubectl("get", "rolebindings", "-o", "wide").split()[-2:] == ["ann", "devs"]
        header, row = (line.split() for line in kubectl("get", "rolebindings").splitlines())
        assert (header, row[:2]) == (["NAME", "ROLE", "AGE"], ["readers", "Role/reader"])
        assert "deployments.apps" in kubectl("describe", "role", "reader")
        assert kubectl("auth", "can-i", "list", "pods", "--as=ann") == "yes\n"
        assert (
            kube_api.kubectl("auth", "can-i", "list", "pods", "-A", "--as=ann", check=False).stdout == "no\n"
        )
        listed = kubectl("auth", "can-i", "--list", "--as=ann")
        assert "deployments.apps" in listed
        assert "selfsubjectreviews.authentication.k8s.io" in listed
        assert kubectl("get", "pods", "--as=bob", "--as-group=devs") == ""
        assert refused(kube_api, "get", "secrets", "--as=ann") == (
            'Error from server (Forbidden): secrets is forbidden: User "ann" cannot list resource "secrets" '
            'in API group "" in the namespace "default"\n'
        )
    finally:
        kubectl("delete", "role/reader", "rolebinding/readers")


def test_a_token_for_an_account(every_kubectl, kube_api):
    """`create serviceaccount`, `create token`, and kubectl with that token."""
    kubectl = every_kubectl
    kubectl("create", "serviceaccount", "robot")
    try:
        token = kubectl("create", "token", "robot", "--duration=1h").strip()
        who = kubectl("auth", "whoami", f"--token={token}", "-o", "json")
        info = json.loads(who)["status"]["userInfo"]
        assert info["username"] == "system:serviceaccount:default:robot"
        assert "system:serviceaccounts:default" in info["groups"]
        assert "cannot list resource" in refused(kube_api, "get", "pods", f"--token={token}")
        kubectl("create", "rolebinding", "robots", "--clusterrole=view", "--serviceaccount=default:robot")
        kubectl("get", "pods", f"--token={token}")
        assert "may not specify a duration less than 10 minutes" in refused(
            kube_api, "create", "token", "robot", "--duration=1s"
        )
    finally:
        kubectl("delete", "serviceaccount/robot", "rolebinding/robots", "--ignore-not-found")
    assert "You must be logged in" in refused(kube_api, "get", "pods", f"--token={token}")


def test_the_kubeconfig_has_a_certificate_that_is_enough(every_kubectl, kube_api, tmp_path):
    """Without the token, the administrator's certificate says who it is, as kubeadm's does."""
    configuration = json.loads(kube_api.kubeconfig.read_text())
    user = configuration["users"][0]["user"]
    del user["token"]
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(configuration))
    info = json.loads(every_kubectl("--kubeconfig", str(path), "auth", "whoami", "-o", "json"))["status"][
        "userInfo"
    ]
    assert (info["username"], info["groups"]) == (
        "kubernetes-admin",
        ["system:masters", "system:authenticated"],
    )


def test_roles_from_a_file(every_kubectl):
    """`auth reconcile` and `apply` of what charts bring."""
    manifest = json.dumps(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "from-a-file"},
            "rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}],
        }
    )
    try:
        assert "reconciled" in every_kubectl("auth", "reconcile", "-f", "-", stdin=manifest)
        assert "configured" in every_kubectl("apply", "-f", "-", stdin=manifest.replace('"get"', '"list"'))
        assert "unchanged" in every_kubectl("apply", "-f", "-", stdin=manifest.replace('"get"', '"list"'))
    finally:
        every_kubectl("delete", "clusterrole", "from-a-file")
