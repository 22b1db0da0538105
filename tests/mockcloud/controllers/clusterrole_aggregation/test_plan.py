"""What a gathering ClusterRole gathers."""

from mockcloud.controllers.clusterrole_aggregation.plan import gathered, parse_cluster_role

A, B, C = ({"verbs": ["get"], "apiGroups": [""], "resources": [name]} for name in "abc")
ONE, TWO = (
    {"matchLabels": {"to": "one"}},
    {"matchExpressions": [{"key": "to", "operator": "In", "values": ["two"]}]},
)


def role(name, *rules, labels=None, selectors=()):
    body = {"metadata": {"name": name, "labels": labels}, "rules": list(rules)}
    return parse_cluster_role(
        {**body, **({"aggregationRule": {"clusterRoleSelectors": selectors}} if selectors else {})}
    )


def test_rules_by_selector_and_name():
    """Each rule once, and none of its own."""
    gathering = role("x", C, labels={"to": "one"}, selectors=[TWO, ONE])
    others = [
        role("n", B, A, labels={"to": "one"}),
        role("m", A, labels={"to": "one"}),
        role("z", B, labels={"to": "two"}),
    ]
    assert gathered(gathering, [gathering, *others, role("o", C)]) == [B, A]


def test_what_it_has_is_not_written_again():
    """None where there is nothing to do; an empty list where nothing is left to gather."""
    other = role("m", A, labels={"to": "one"})
    assert gathered(role("x", A, selectors=[ONE]), [other]) is None
    assert gathered(role("x", A, selectors=[ONE]), []) == []
    assert gathered(role("x", selectors=[ONE]), []) is None
