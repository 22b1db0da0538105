"""What the audit log tells of a request."""

import json


def events(path, **wanted):
    found = [json.loads(line) for line in path.read_text().splitlines()]
    return [each for each in found if all(each.get(key) == value for key, value in wanted.items())]


def test_who_did_what_and_by_which_right(kube_api_factory, tmp_path):
    """Caller, as whom, verb, object, code, and by which binding; a watch is told when it begins."""
    path = tmp_path / "audit"
    api = kube_api_factory("--audit-log", str(path))
    assert path.stat().st_mode & 0o777 == 0o600
    api.kubectl("create", "clusterrolebinding", "anns", "--clusterrole=view", "--user=ann")
    api.kubectl("get", "configmap", "x", "--as=ann", "--ignore-not-found")
    api.kubectl("get", "secret", "x", "--as=ann", check=False)
    [found] = events(path, requestURI="/api/v1/namespaces/default/configmaps/x")
    assert (found["level"], found["stage"], found["verb"]) == ("Metadata", "ResponseComplete", "get")
    assert found["user"]["username"] == "kubernetes-admin"
    assert found["impersonatedUser"] == {"username": "ann", "groups": ["system:authenticated"]}
    reference = {"resource": "configmaps", "namespace": "default", "name": "x", "apiVersion": "v1"}
    assert (found["objectRef"], found["responseStatus"]["code"]) == (reference, 404)
    assert found["annotations"] == {
        "authorization.k8s.io/decision": "allow",
        "authorization.k8s.io/reason": (
            'RBAC: allowed by ClusterRoleBinding "anns" of ClusterRole "view" to User "ann"'
        ),
    }
    [refused] = events(path, requestURI="/api/v1/namespaces/default/secrets/x")
    assert (refused["annotations"]["authorization.k8s.io/decision"], refused["responseStatus"]["code"]) == (
        "forbid",
        403,
    )
    api.kubectl("get", "configmaps", "--watch", "--request-timeout=1s", check=False)
    stages = [each["stage"] for each in events(path, verb="watch")]
    assert stages[0] == "ResponseStarted"
