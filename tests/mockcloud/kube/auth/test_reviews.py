"""What a caller is told of its rights."""

import pytest

from mockcloud.kube.auth.reviews import KINDS, RULES, answered


@pytest.mark.parametrize("plural", KINDS)
def test_the_question_comes_back_with_the_answer(plural):
    """Everything is allowed, in the form in which each kind says so."""
    review = {"kind": KINDS[plural], "apiVersion": "authorization.k8s.io/v1", "spec": {"a": "b"}}
    found = answered(review, plural)
    status = found.pop("status")
    assert found == review
    if plural == RULES:
        assert status["resourceRules"] == [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]
        assert status["incomplete"] is False
    else:
        assert status == {"allowed": True}
