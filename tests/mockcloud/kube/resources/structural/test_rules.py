"""Rules in CEL over objects; against a real API: conformance/contracts/custom/test_cel.py."""

from mockcloud.kube.resources.structural.rules import Rules

RULES = "x-kubernetes-validations"


def problems(schema: dict, new: dict, old: dict | None = None) -> list[tuple[str, str]]:
    found = Rules({"type": "object", **schema}, is_root=True).problems(new, old)
    return [(cause.field, cause.message) for cause in found]


def rule(text: str, **more: object) -> dict:
    return {"rule": text, **more}


def test_each_rule_speaks_for_itself():
    """With its message, its reason, and the field that it names."""
    schema = {
        "properties": {"least": {"type": "integer"}, "most": {"type": "integer"}},
        RULES: [
            rule("self.least <= self.most", messageExpression="'%d'.format([self.least])", fieldPath=".most"),
            rule("self.least != 3", reason="FieldValueForbidden", message="not three"),
            rule("self.most / 0 == 1"),
        ],
    }
    assert problems(schema, {"least": 3, "most": 2}) == [
        ("most", 'Invalid value: "object": 3'),
        ("<nil>", "Forbidden: not three"),
        ("<nil>", 'Invalid value: "object": division by zero evaluating rule: self.most / 0 == 1'),
    ]


def test_what_stays_as_it_was_is_let_be():
    """A change elsewhere is not held against a rule that became stricter; one for changes always is."""
    field = {"type": "integer", RULES: [rule("self < 5"), rule("self >= oldSelf", message="never down")]}
    schema = {"properties": {"a": field, "b": {"type": "integer"}}}
    assert problems(schema, {"a": 9}) == [("a", 'Invalid value: "integer": failed rule: self < 5')]
    assert problems(schema, {"a": 9, "b": 2}, {"a": 9, "b": 1}) == []
    assert problems(schema, {"a": 3}, {"a": 4}) == [("a", 'Invalid value: "integer": never down')]


def test_items_are_known_by_their_keys():
    """In a list that is a map a rule for changes compares each item with what it was."""
    item = {"type": "object", "properties": {"k": {"type": "string"}, "n": {"type": "integer"}}}
    item[RULES] = [rule("self.n >= oldSelf.n", message="never down")]
    listed = {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}
    schema = {"properties": {"l": {**listed, "items": item}}}
    old = {"l": [{"k": "a", "n": 2}, {"k": "b", "n": 2}]}
    new = {"l": [{"k": "b", "n": 1}, {"k": "c", "n": 0}, {"k": "a", "n": 3}]}
    assert problems(schema, new, old) == [("l[0]", 'Invalid value: "object": never down')]


def test_all_rules_of_an_object_share_a_budget():
    """When it is spent nothing more is asked, which is said."""
    costly = {
        "type": "integer",
        RULES: [rule("lists.range(900).all(a, lists.range(900).all(b, a + b >= 0))")],
    }
    rules = Rules({"type": "object", "properties": {"a": costly, "b": costly}}, is_root=True)
    (cause,) = rules.problems({"a": 1, "b": 1}, None, budget=10_000)
    assert cause.field == "a"
    assert "no further validation rules will be run due to call cost exceeds limit" in cause.message
