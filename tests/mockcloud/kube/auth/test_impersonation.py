"""Whom the Impersonate headers name, and what that takes."""

import pytest

from mockcloud.kube.auth.impersonation import impersonation
from mockcloud.kube.auth.questions import Question
from mockcloud.kube.auth.user import User
from mockcloud.kube.writes.refusals import Refusal

AUTHENTICATED, UNAUTHENTICATED = "system:authenticated", "system:unauthenticated"
ACCOUNT = "system:serviceaccount:a:b"


@pytest.mark.parametrize(
    ("headers", "user", "asked"),
    [
        pytest.param(
            {"impersonate-user": ["ann"]},
            User("ann", (AUTHENTICATED,)),
            [Question("impersonate", "", "users", name="ann")],
            id="user",
        ),
        pytest.param(
            {"impersonate-user": ["ann"], "impersonate-group": ["devs", "ops"]},
            User("ann", ("devs", "ops", AUTHENTICATED)),
            [
                Question("impersonate", "", "users", name="ann"),
                Question("impersonate", "", "groups", name="devs"),
                Question("impersonate", "", "groups", name="ops"),
            ],
            id="groups",
        ),
        pytest.param(
            {"impersonate-user": [ACCOUNT]},
            User(ACCOUNT, ("system:serviceaccounts", "system:serviceaccounts:a", AUTHENTICATED)),
            [Question("impersonate", "", "serviceaccounts", "", "a", "b")],
            id="service-account",
        ),
        pytest.param(
            {"impersonate-user": ["system:anonymous"]},
            User("system:anonymous", (UNAUTHENTICATED,)),
            [Question("impersonate", "", "users", name="system:anonymous")],
            id="anonymous",
        ),
        pytest.param(
            {"impersonate-user": ["x"], "impersonate-uid": ["7"], "impersonate-extra-a%2fb": ["c"]},
            User("x", (AUTHENTICATED,), "7", (("a/b", ("c",)),)),
            [
                Question("impersonate", "", "users", name="x"),
                Question("impersonate", "authentication.k8s.io", "userextras", "a/b", name="c"),
                Question("impersonate", "authentication.k8s.io", "uids", name="7"),
            ],
            id="uid-and-extra",
        ),
    ],
)
def test_who_is_meant_and_what_it_takes(headers, user, asked):
    """A question for each part of the identity; the groups that everybody is in are added."""
    found = impersonation(headers)
    assert (found.user, list(found.questions)) == (user, asked)


def test_other_headers_mean_nothing():
    """A request without the headers is the caller's own."""
    assert impersonation({"accept": ["application/json"]}) is None


def test_a_group_alone_is_nobody():
    """500, as upstream has it."""
    with pytest.raises(Refusal, match="without impersonating a user") as refused:
        impersonation({"impersonate-group": ["devs"]})
    assert refused.value.code == 500
