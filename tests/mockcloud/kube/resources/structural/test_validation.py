"""What a structural schema does to objects: pruning, defaults, refusals (all words: make conformance)."""

import pytest

from mockcloud.kube.resources.structural.defaulting import completed
from mockcloud.kube.resources.structural.embedded import embedded_problems
from mockcloud.kube.resources.structural.formats import fits
from mockcloud.kube.resources.structural.lists import list_problems
from mockcloud.kube.resources.structural.pruning import pruned
from mockcloud.kube.resources.structural.validation import schema_problems

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
ONE = {"type": "integer", "default": 1}


def of(**fields: dict) -> dict:
    return {"type": "object", "properties": fields}


@pytest.mark.parametrize(
    ("schema", "value", "kept", "unknown"),
    [
        pytest.param(of(a=TEXT), {"a": "x", "b": 1}, {"a": "x"}, ["b"], id="field"),
        pytest.param(of(a=of(b=TEXT)), {"a": {"c": {}}}, {"a": {}}, ["a.c"], id="deeper"),
        pytest.param(
            of(a={"type": "array", "items": of(b=TEXT)}),
            {"a": [{"b": "x"}, {"c": 1}]},
            {"a": [{"b": "x"}, {}]},
            ["a[1].c"],
            id="item",
        ),
        pytest.param(
            of(a={"type": "object", "additionalProperties": of(b=TEXT)}),
            {"a": {"k": {"b": "x", "c": 1}}},
            {"a": {"k": {"b": "x"}}},
            ["a.k.c"],
            id="map",
        ),
        pytest.param(
            of(a={**of(b=of(c=TEXT)), "x-kubernetes-preserve-unknown-fields": True}),
            {"a": {"b": {"c": "x", "d": 1}, "e": {"f": 1}}},
            {"a": {"b": {"c": "x"}, "e": {"f": 1}}},
            ["a.b.d"],
            id="preserved, but not within what is named",
        ),
        pytest.param(
            of(a={**of(spec=of()), "x-kubernetes-embedded-resource": True}),
            {
                "apiVersion": "v1",
                "kind": "K",
                "metadata": {"x": 1},
                "a": {"kind": "L", "metadata": {}, "b": 1},
            },
            {"apiVersion": "v1", "kind": "K", "metadata": {"x": 1}, "a": {"kind": "L", "metadata": {}}},
            ["a.b"],
            id="a resource within has its identity",
        ),
    ],
)
def test_unknown_fields_are_left_out_and_named(schema, value, kept, unknown):
    assert pruned(value, schema) == (kept, unknown)


@pytest.mark.parametrize(
    ("schema", "value", "whole"),
    [
        pytest.param(of(a={**TEXT, "default": "x"}), {}, {"a": "x"}, id="absent"),
        pytest.param(of(a={**TEXT, "default": "x"}), {"a": None}, {"a": "x"}, id="null that may not be"),
        pytest.param(of(a={**TEXT, "default": "x", "nullable": True}), {"a": None}, {"a": None}, id="nil"),
        pytest.param(of(a=TEXT), {"a": None}, {}, id="null without default"),
        pytest.param(of(a={**of(b=ONE), "default": {}}), {}, {"a": {"b": 1}}, id="in a default"),
        pytest.param(of(a=of(b=ONE)), {}, {}, id="not in what is absent"),
        pytest.param(
            of(a={"type": "array", "items": of(b=ONE)}),
            {"a": [{}, {"b": 2}]},
            {"a": [{"b": 1}, {"b": 2}]},
            id="items",
        ),
    ],
)
def test_defaults_are_filled_in(schema, value, whole):
    assert completed(value, schema) == whole


def test_what_a_change_leaves_alone_is_not_judged_again():
    """A schema became stricter: the old part stays, the changed one is refused; items of a map by key."""
    item = of(name=TEXT, size={**NUMBER, "maximum": 5})
    keyed = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    schema = of(a={**NUMBER, "maximum": 5}, b=TEXT, c={"type": "array", "items": item, **keyed})
    old = {"a": 9, "b": "x", "c": [{"name": "p", "size": 9}]}
    assert schema_problems({**old, "b": "y"}, schema, old) == []
    assert [each.field for each in schema_problems({**old, "a": 8}, schema, old)] == ["a"]
    longer = {**old, "c": [{"name": "q", "size": 8}, *old["c"]]}
    assert [each.field for each in schema_problems(longer, schema, old)] == ["c[0].size"]
    assert {each.field for each in schema_problems(old, schema)} == {"a", "c[0].size"}


def test_of_alternatives_the_nearest_is_told_of():
    """Its own causes follow the one that says that none fits."""
    near = {"properties": {"a": {"minimum": 5}}, "required": ["a"]}
    schema = {**of(a=NUMBER, b=NUMBER), "anyOf": [{"required": ["b"]}, near]}
    assert [str(each) for each in schema_problems({"a": 1}, schema)] == [
        '<nil>: Invalid value: "": "" must validate at least one schema (anyOf)',
        "a: Invalid value: 1: a in body should be greater than or equal to 5",
    ]


def test_sets_maps_and_resources_within():
    """A second of a kind is named once; a resource within needs a kind and a version."""
    doubled = {"type": "array", "items": TEXT, "x-kubernetes-list-type": "set"}
    assert [str(each) for each in list_problems({"a": ["x", "y", "x", "x"]}, of(a=doubled))] == [
        'a[2]: Duplicate value: "x"'
    ]
    within = {"type": "object", "x-kubernetes-embedded-resource": True}
    assert [each.field for each in embedded_problems({"a": {"kind": "A B"}}, of(a=within))] == [
        "a.apiVersion",
        "a.kind",
    ]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date-time", "2026-12-01T00:00:00Z", "2026-13-01T00:00:00Z"),
        ("date", "2026-12-01", "1.12.2026"),
        ("cidr", "10.0.0.1/24", "10.0.0.1"),
        ("ipv4", "10.0.0.1", "::1"),
        ("ipv6", "::1", "10.0.0.1"),
        ("mac", "02:00:00:00:00:01", "02:00"),
        ("uuid", "0a1B2c3d-0000-4000-8000-000000000000", "x"),
        ("duration", "1h30m", "soon"),
        ("duration", "10µs 3 days", "1ms" * 100 + "!"),  # judged at once, though it nearly is one
        ("byte", "YQ==", "Y"),
        ("hostname", "a.example.com", "a b"),
        ("email", "a@example.com", "a"),
        ("uri", "https://example.com/x", "example"),
        ("no-such-format", "anything", None),
    ],
)
def test_formats(name, good, bad):
    """Those that are checked; any other says something to people only."""
    assert fits(name, good)
    assert bad is None or not fits(name, bad)


def test_a_step_that_is_too_small_to_be_counted():
    """More steps than a float can count are none: the value is refused, and nothing breaks."""
    (cause,) = schema_problems({"a": 0.3}, of(a={"type": "number", "multipleOf": 1e-320}))
    assert "should be a multiple of" in str(cause)


def test_a_pattern_takes_no_longer_than_its_text():
    """What Python's `re` would try for ever is refused at once."""
    (cause,) = schema_problems({"a": "a" * 40 + "!"}, of(a={**TEXT, "pattern": "^(a+)+$"}))
    assert str(cause).endswith("a in body should match '^(a+)+$'")
