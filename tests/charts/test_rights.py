"""What the conformance check of rights makes of roles and of an audit log."""

from __future__ import annotations

import pytest

from conformance.harness.rights import Right, granted, requests

ACCOUNT = "system:a"
RULES = [
    {"apiGroups": [""], "resources": ["services/status"], "verbs": ["patch"]},
    {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "resourceNames": ["x"],
        "verbs": ["get", "update"],
    },
]


def bound(kind: str, namespace: str = "") -> list[dict]:
    """A role with RULES, and its binding to ACCOUNT."""
    where = {"namespace": namespace} if namespace else {}
    subject = {"kind": "ServiceAccount", "namespace": "system", "name": "a"}
    return [
        {"kind": kind, "metadata": {"name": "r", **where}, "rules": RULES},
        {
            "kind": f"{kind}Binding",
            "metadata": {"name": "b", **where},
            "roleRef": {"kind": kind, "name": "r"},
            "subjects": [subject],
        },
    ]


def line(verb: str, code: int = 200, user: str = "system:serviceaccount:system:a", **target: str) -> dict:
    """One of the audit log."""
    return {"verb": verb, "user": {"username": user}, "objectRef": target, "responseStatus": {"code": code}}


@pytest.mark.parametrize(("kind", "namespace"), [("ClusterRole", ""), ("Role", "system")])
def test_a_binding_gives_each_verb_of_each_rule(kind, namespace):
    """In one namespace, or in all."""
    assert granted(bound(kind, namespace)) == {
        Right(ACCOUNT, "patch", "services/status", namespace),
        Right(ACCOUNT, "get", "leases.coordination.k8s.io", namespace, "x"),
        Right(ACCOUNT, "update", "leases.coordination.k8s.io", namespace, "x"),
    }


def test_a_role_that_nobody_is_bound_to_gives_nothing():
    """Only what a ServiceAccount has counts."""
    assert granted(bound("Role", "system")[:1]) == set()


def test_requests_of_others_and_without_an_object_do_not_count():
    """Such as discovery, or an admin's."""
    lease = {"apiGroup": "coordination.k8s.io", "resource": "leases", "namespace": "system", "name": "x"}
    log = [
        line("get", **lease),
        line("patch", 403, resource="services", subresource="status", namespace="default", name="web"),
        line("get", user="admin", **lease),
        {
            "verb": "get",
            "user": {"username": "system:serviceaccount:system:a"},
            "responseStatus": {"code": 200},
        },
    ]
    assert list(requests(log, [ACCOUNT])) == [
        (Right(ACCOUNT, "get", "leases.coordination.k8s.io", "system", "x"), 200),
        (Right(ACCOUNT, "patch", "services/status", "default", "web"), 403),
    ]


@pytest.mark.parametrize(
    ("right", "covers"),
    [
        (Right(ACCOUNT, "get", "secrets"), True),
        (Right(ACCOUNT, "get", "secrets", "system"), True),
        (Right(ACCOUNT, "get", "secrets", "system", "key"), True),
        (Right(ACCOUNT, "get", "secrets", "system", "other"), False),
        (Right(ACCOUNT, "get", "secrets", "default"), False),
        (Right(ACCOUNT, "list", "secrets"), False),
        (Right("system:b", "get", "secrets"), False),
    ],
)
def test_a_right_covers_what_it_allows(right, covers):
    """And nothing else."""
    assert right.covers(Right(ACCOUNT, "get", "secrets", "system", "key")) is covers
