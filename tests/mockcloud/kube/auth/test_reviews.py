"""What those are told who ask who somebody is, and what he may."""

import pytest

from mockcloud.kube.auth.access import open_access
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.auth.service_accounts.signing import SigningKey, new_key
from mockcloud.kube.auth.user import User
from mockcloud.kube.resources.authentication import SELF_SUBJECT_REVIEW, TOKEN_REVIEW
from mockcloud.kube.resources.authorization import (
    LOCAL_SUBJECT_ACCESS_REVIEW,
    SELF_SUBJECT_ACCESS_REVIEW,
    SELF_SUBJECT_RULES_REVIEW,
    SUBJECT_ACCESS_REVIEW,
)
from mockcloud.kube.resources.rbac import CLUSTER_ROLE, CLUSTER_ROLE_BINDING
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes.refusals import Refusal

ANN = User("ann", ("devs",), "7", (("team", ("x",)),))
RULES = [
    {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]},
    {"verbs": ["get"], "nonResourceURLs": ["/metrics"]},
]
GET_PODS = {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "a"}}
GET_METRICS = {"nonResourceAttributes": {"verb": "get", "path": "/metrics"}}
ALLOWED = {
    "allowed": True,
    "reason": 'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "r" to User "ann"',
}


@pytest.fixture(scope="module")
def reviewer():
    store = Store()
    store.put(CLUSTER_ROLE.storage, ("", "r"), {"metadata": {"name": "r"}, "rules": RULES})
    subject = {"kind": "User", "name": "ann"}
    binding = {
        "metadata": {"name": "b"},
        "subjects": [subject],
        "roleRef": {"kind": "ClusterRole", "name": "r"},
    }
    store.put(CLUSTER_ROLE_BINDING.storage, ("", "b"), binding)
    key = SigningKey(new_key())
    return open_access(Policy(store), key, {"one": ANN}, lambda: 0.0, lambda: "id").reviewer


def review(kind, spec=None, **fields):
    return {"kind": kind.kind, "apiVersion": kind.group_version, "spec": spec or {}, **fields}


@pytest.mark.parametrize(
    ("kind", "spec", "by", "status"),
    [
        pytest.param(SELF_SUBJECT_ACCESS_REVIEW, GET_PODS, ANN, ALLOWED, id="self"),
        pytest.param(SELF_SUBJECT_ACCESS_REVIEW, GET_PODS, User("bob"), {"allowed": False}, id="another"),
        pytest.param(SELF_SUBJECT_ACCESS_REVIEW, GET_METRICS, ANN, ALLOWED, id="path"),
        pytest.param(SUBJECT_ACCESS_REVIEW, {"user": "ann", **GET_PODS}, User("x"), ALLOWED, id="of-a-user"),
        pytest.param(
            SUBJECT_ACCESS_REVIEW,
            {"groups": ["system:masters"], **GET_PODS},
            User("x"),
            {"allowed": True},
            id="of-a-group",
        ),
    ],
)
def test_who_may_what(reviewer, kind, spec, by, status):
    """The question comes back with the answer, and the reason for a yes."""
    asked = review(kind, spec)
    assert reviewer.answered(kind, asked, by) == {**asked, "metadata": {}, "status": status}


def test_in_a_namespace(reviewer):
    """Who may only ask about one namespace POSTs his question there."""
    asked = review(LOCAL_SUBJECT_ACCESS_REVIEW, {"user": "ann", **GET_PODS}, metadata={"namespace": "a"})
    assert reviewer.answered(LOCAL_SUBJECT_ACCESS_REVIEW, asked, ANN, "a")["status"] == ALLOWED
    with pytest.raises(Refusal, match="must match namespace: b"):
        reviewer.answered(LOCAL_SUBJECT_ACCESS_REVIEW, asked, ANN, "b")


@pytest.mark.parametrize(
    ("kind", "spec", "metadata", "why"),
    [
        pytest.param(
            SELF_SUBJECT_ACCESS_REVIEW, {}, {}, "exactly one of nonResourceAttributes", id="nothing"
        ),
        pytest.param(
            SELF_SUBJECT_ACCESS_REVIEW, {**GET_PODS, **GET_METRICS}, {}, "in combination with", id="both"
        ),
        pytest.param(
            SELF_SUBJECT_ACCESS_REVIEW, GET_PODS, {"name": "x"}, "metadata: .*must be empty", id="a-name"
        ),
        pytest.param(SUBJECT_ACCESS_REVIEW, GET_PODS, {}, "at least one of user or group", id="nobody"),
        pytest.param(
            LOCAL_SUBJECT_ACCESS_REVIEW,
            {"user": "ann", **GET_PODS},
            {"namespace": "b"},
            "spec.resourceAttributes.namespace: Invalid value: .a.: must match metadata.namespace",
            id="another-namespace",
        ),
    ],
)
def test_questions_that_make_no_sense(reviewer, kind, spec, metadata, why):
    """422, with the field."""
    with pytest.raises(Refusal, match=why) as refused:
        reviewer.answered(kind, review(kind, spec, metadata=metadata), ANN)
    assert refused.value.code == 422


def test_all_that_one_may(reviewer):
    """For `kubectl auth can-i --list`; resources and paths apart."""
    asked = review(SELF_SUBJECT_RULES_REVIEW, {"namespace": "a"})
    assert reviewer.answered(SELF_SUBJECT_RULES_REVIEW, asked, ANN)["status"] == {
        "resourceRules": [{"verbs": ("get",), "apiGroups": ("",), "resources": ("pods",)}],
        "nonResourceRules": [{"verbs": ("get",), "nonResourceURLs": ("/metrics",)}],
        "incomplete": False,
    }
    with pytest.raises(Refusal, match="no namespace on request"):
        reviewer.answered(SELF_SUBJECT_RULES_REVIEW, review(SELF_SUBJECT_RULES_REVIEW), ANN)


def test_who_am_i(reviewer):
    """For `kubectl auth whoami`."""
    answer = reviewer.answered(SELF_SUBJECT_REVIEW, review(SELF_SUBJECT_REVIEW), ANN)
    info = {"username": "ann", "uid": "7", "groups": ["devs"], "extra": {"team": ["x"]}}
    assert answer["status"] == {"userInfo": info}


def test_whose_token_is_it(reviewer):
    """A TokenReview tells the user, or why the token is nobody's."""
    answer = reviewer.answered(TOKEN_REVIEW, review(TOKEN_REVIEW, {"token": "one"}), ANN)
    assert (answer["status"]["authenticated"], answer["status"]["user"]["username"]) == (True, "ann")
    answer = reviewer.answered(TOKEN_REVIEW, review(TOKEN_REVIEW, {"token": "two"}), ANN)
    assert answer["status"] == {"user": {}, "error": "invalid bearer token"}
    with pytest.raises(Refusal, match="token is required for TokenReview"):
        reviewer.answered(TOKEN_REVIEW, review(TOKEN_REVIEW), ANN)
