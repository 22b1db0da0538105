"""What the audit log is read for: rights that a daemon lacks."""

import json

from e2e.real.audit import refused

ACCOUNTS = "system:serviceaccount:lb:"


def event(verb, resource, *, user="system:serviceaccount:lb:speaker", decision="allow", **about):
    return json.dumps(
        {
            "verb": verb,
            "user": {"username": user},
            "annotations": {"authorization.k8s.io/decision": decision},
            "objectRef": {"resource": resource, **about},
        }
    )


def test_a_refused_right_is_told_once_and_by_its_name():
    """User, verb, resource with subresource and group, namespace; what others are refused is not told."""
    lacking = event(
        "patch",
        "leases",
        subresource="status",
        apiGroup="coordination.k8s.io",
        namespace="lb",
        decision="forbid",
    )
    nobody = json.dumps({**json.loads(event("get", "pods")), "user": {}})
    log = [
        event("get", "nodes"),
        nobody,
        lacking,
        lacking,
        event("get", "nodes", user="system:node:a", decision="forbid"),
    ]
    told = f"{ACCOUNTS}speaker: patch leases/status.coordination.k8s.io in lb"
    assert refused(log, ACCOUNTS) == [told]


def test_what_is_refused_while_a_release_is_uninstalled_does_not_count():
    """From the end of its binding to the next one, and for the account of that binding only."""
    helm = {"user": "admin", "name": "lb:speaker"}
    log = [
        event("delete", "clusterrolebindings", **helm),
        event("get", "nodes", decision="forbid"),
        event("get", "pods", user=f"{ACCOUNTS}controller", decision="forbid"),
        event("create", "clusterrolebindings", **helm),
        event("get", "services", decision="forbid"),
    ]
    assert refused(log, ACCOUNTS) == [f"{ACCOUNTS}controller: get pods", f"{ACCOUNTS}speaker: get services"]
