"""What rules allow and cover."""

import pytest

from mockcloud.kube.auth.questions import Question
from mockcloud.kube.auth.rbac.rules import EVERYTHING, Rule, missing, rules_of

PODS = Rule(("get", "list"), ("",), ("pods", "pods/log"))


@pytest.mark.parametrize(
    ("rule", "question", "allowed"),
    [
        pytest.param(PODS, Question("get", "", "pods", "", "a", "x"), True, id="verb-and-resource"),
        pytest.param(PODS, Question("get", "", "pods", "log", "a", "x"), True, id="part"),
        pytest.param(PODS, Question("get", "", "pods", "exec", "a", "x"), False, id="another-part"),
        pytest.param(PODS, Question("delete", "", "pods"), False, id="another-verb"),
        pytest.param(PODS, Question("get", "apps", "pods"), False, id="another-group"),
        pytest.param(PODS, Question("get", path="/pods"), False, id="a-path"),
        pytest.param(Rule(("*",), ("*",), ("*",)), Question("x", "y", "z", "w"), True, id="everything"),
        pytest.param(
            Rule(("*",), ("*",), ("*",)), Question("get", path="/healthz"), False, id="but-no-paths"
        ),
        pytest.param(
            Rule(("get",), ("*",), ("*/scale",)), Question("get", "a", "b", "scale"), True, id="each-scale"
        ),
        pytest.param(
            Rule(("get",), ("*",), ("*/scale",)), Question("get", "a", "b"), False, id="scale-alone"
        ),
        pytest.param(
            Rule(("get",), urls=("/api/*",)), Question("get", path="/api/v1"), True, id="below-a-path"
        ),
        pytest.param(Rule(("get",), urls=("/api",)), Question("get", path="/api/v1"), False, id="one-path"),
        pytest.param(Rule(("get",), urls=("/api",)), Question("post", path="/api"), False, id="method"),
    ],
)
def test_what_a_rule_allows(rule, question, allowed):
    """By verb, group, resource with its part, or path."""
    assert rule.allows_some(question) is allowed


@pytest.mark.parametrize(
    ("held", "wanted", "lacking"),
    [
        pytest.param([PODS], [Rule(("get",), ("",), ("pods",))], [], id="less"),
        pytest.param(EVERYTHING, [PODS, Rule(("get",), urls=("/x",))], [], id="everything"),
        pytest.param(
            [PODS],
            [Rule(("get", "delete", "patch"), ("",), ("pods",))],
            ['{APIGroups:[""], Resources:["pods"], Verbs:["delete" "patch"]}'],
            id="verbs-are-put-together",
        ),
        pytest.param(
            [],
            [Rule(("get",), ("",), ("pods",), ("a", "b")), Rule(("get",), urls=("/x",))],
            [
                '{APIGroups:[""], Resources:["pods"], ResourceNames:["a"], Verbs:["get"]}',
                '{APIGroups:[""], Resources:["pods"], ResourceNames:["b"], Verbs:["get"]}',
                '{NonResourceURLs:["/x"], Verbs:["get"]}',
            ],
            id="names-and-paths",
        ),
        pytest.param(
            [Rule(("get",), ("",), ("pods",), ("a",))],
            [Rule(("get",), ("",), ("pods",))],
            ['{APIGroups:[""], Resources:["pods"], Verbs:["get"]}'],
            id="one-name-is-not-all",
        ),
        pytest.param(
            [Rule(("get",), ("",), ("*/log",))], [Rule(("get",), ("",), ("pods/log",))], [], id="part-of-all"
        ),
        pytest.param(
            [Rule(("get",), urls=("/a/*",))], [Rule(("get",), urls=("/a/b", "/a/*"))], [], id="paths-below"
        ),
    ],
)
def test_what_is_missing(held, wanted, lacking):
    """What is asked for beyond what is held, as kube-apiserver prints it."""
    assert [rule.text() for rule in missing(held, wanted)] == lacking


def test_rules_of_a_role():
    """From the object; a role without rules has none."""
    role = {"rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["a"]}]}
    assert rules_of(role) == (Rule(("get",), ("",), ("pods",), ("a",)),)
    assert rules_of({"rules": None}) == ()
