"""How a refusal names what was asked for."""

import pytest

from mockcloud.kube.auth.questions import Question, forbidden
from mockcloud.kube.auth.user import User

ANN = User("ann")


@pytest.mark.parametrize(
    ("question", "message", "details"),
    [
        pytest.param(
            Question("list", "", "services"),
            'services is forbidden: User "ann" cannot list resource "services" in API group "" at the '
            "cluster scope",
            {"kind": "services"},
            id="cluster",
        ),
        pytest.param(
            Question("patch", "apps", "deployments", "scale", "a", "web"),
            'deployments.apps "web" is forbidden: User "ann" cannot patch resource "deployments/scale" in '
            'API group "apps" in the namespace "a"',
            {"name": "web", "group": "apps", "kind": "deployments"},
            id="part-of-an-object",
        ),
        pytest.param(
            Question("get", path="/metrics"),
            'forbidden: User "ann" cannot get path "/metrics"',
            {},
            id="path",
        ),
        pytest.param(
            Question("get", path="/<x>&"),
            'forbidden: User "ann" cannot get path "/&lt;x&gt;&amp;"',
            {},
            id="no-html",
        ),
    ],
)
def test_a_refusal_names_user_verb_and_place(question, message, details):
    """In kube-apiserver's words."""
    refused = forbidden(ANN, question)
    assert (refused.code, refused.reason, refused.message) == (403, "Forbidden", message)
    assert refused.details == details
    assert forbidden(ANN, question, "since").message == f"{message}: since"
