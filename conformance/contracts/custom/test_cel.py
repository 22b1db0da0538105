"""Expressions in CEL: which compile, what they are worth, and what rules made of them say of objects."""

import tomllib
from copy import deepcopy
from pathlib import Path

import pytest
from conformance.contracts.custom.test_custom import DEFINITIONS, definition, serve
from conformance.harness.contract import contract
from conformance.harness.side import Side

RULES = "x-kubernetes-validations"
FIELDS = {
    "n": {"type": "integer"},
    "x": {"type": "number"},
    "s": {"type": "string", "maxLength": 9},
    "at": {"type": "string", "format": "date-time"},
    "took": {"type": "string", "format": "duration"},
    "raw": {"type": "string", "format": "byte"},
    "a-b": {"type": "integer"},
    "namespace": {"type": "string"},
    "port": {"x-kubernetes-int-or-string": True},
    "list": {"type": "array", "maxItems": 5, "items": {"type": "string", "maxLength": 9}},
    "numbers": {"type": "array", "maxItems": 5, "items": {"type": "integer"}},
    "set": {
        "type": "array",
        "maxItems": 5,
        "x-kubernetes-list-type": "set",
        "items": {"type": "string", "maxLength": 9},
    },
    "map": {"type": "object", "maxProperties": 5, "additionalProperties": {"type": "integer"}},
    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    "in": {"type": "object", "properties": {"deep": {"type": "string", "maxLength": 9}}},
}
TEXTS = tomllib.loads(Path(__file__).with_name("cel.toml").read_text())


def of_spec(api: Side, **spec: object) -> dict:
    body = deepcopy(definition(api))
    version = body["spec"]["versions"][0]
    version["schema"] = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    for name in ("selectableFields", "additionalPrinterColumns", "subresources"):
        version.pop(name, None)
    return body


def thing(api: Side, name: str, spec: object) -> dict:
    return {
        "apiVersion": f"{api.ns}.example.com/v1",
        "kind": "Pool",
        "metadata": {"name": name},
        "spec": spec,
    }


@pytest.mark.parametrize("text", TEXTS["bad"], ids=range(len(TEXTS["bad"])))
@contract
def test_cel_that_does_not_compile(api: Side, text: str) -> None:
    """Each in a definition of its own, and as a message."""
    fields = {"type": "object", "properties": FIELDS}
    api.ask("rule", "POST", DEFINITIONS, of_spec(api, **fields, **{RULES: [{"rule": text}]}))


def rule(text: str, **more: object) -> dict:
    return {"rule": text, **more}


@contract
def test_cel_rules(api: Side) -> None:
    """Messages, reasons, paths; rules for changes; what is left as it was; the status."""
    port = {
        "type": "object",
        "required": ["port"],
        "properties": {"port": {"type": "integer"}, "to": {"type": "integer"}},
        RULES: [rule("self.port > 0"), rule("self.to >= oldSelf.to", message="never goes down")],
    }
    ports = {
        "type": "array", "maxItems": 5, "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["port"], "items": port,
    }  # fmt: skip
    least = {
        "type": "integer",
        RULES: [rule("self < 10"), rule("self >= oldSelf", message="at least what it was")],
    }
    first = {"type": "string", RULES: [rule("oldSelf.hasValue() || self == 'a'", optionalOldSelf=True)]}
    fields = {"least": least, "most": {"type": "integer"}, "ports": ports, "first": first}
    rules = [
        rule(
            "self.least <= self.most",
            messageExpression="'%d > %d'.format([self.least, self.most])",
            fieldPath=".most",
        ),
        rule("self.least != 7", reason="FieldValueForbidden", message="no seven", fieldPath=".least"),
        rule("self.least != 8", reason="FieldValueDuplicate"),
        rule("self.least != 9", reason="FieldValueRequired", message="nine"),
    ]
    body = of_spec(api, type="object", properties=fields, **{RULES: rules})
    version = body["spec"]["versions"][0]
    root = version["schema"]["openAPIV3Schema"]
    root[RULES] = [rule("self.metadata.name.startsWith('a')"), rule("!has(self.status) || self.status.n < 3")]
    root["properties"]["status"] = {"type": "object", "properties": {"n": {"type": "integer"}}}
    version["subresources"] = {"status": {}}
    serve(api, body)
    where = f"/apis/{api.ns}.example.com/v1/namespaces/{api.ns}/pools"
    for name, spec in {
        "a": {"least": 1, "most": 2, "ports": [{"port": 1, "to": 1}], "first": "a"},
        "b": {"least": 1, "most": 2},
        "a1": {"least": 3, "most": 2},
        "a2": {"least": 7, "most": 9},
        "a3": {"least": 8, "most": 9},
        "a4": {"least": 9, "most": 9},
        "a5": {"most": 9},
        "a6": {"least": 1, "most": 2, "ports": [{"port": 0}]},
        "a7": {"least": 1, "most": 2, "first": "b"},
        "a8": {"least": "x", "most": 2},
    }.items():
        api.ask(f"create {name}", "POST", where, thing(api, name, spec))
    for step, change in {
        "lower": {"least": 0},
        "elsewhere": {"most": 5},
        "not first": {"first": "c"},
        "port lower": {"ports": [{"port": 1, "to": 0}]},
        "port new": {"ports": [{"port": 1, "to": 1}, {"port": 2, "to": 0}]},
    }.items():
        api.patch(step, "merge", f"{where}/a", {"spec": change})
    api.patch("status", "merge", f"{where}/a/status", {"status": {"n": 5}})


@contract
def test_cel_rules_that_cannot_be(api: Side) -> None:
    """What of a rule is wrong beside its expression; where nobody knows what a value was."""
    text = {"type": "string"}
    told = {**text, "maxLength": 2, RULES: [rule("self == oldSelf")]}
    for name, field in {
        "message": {**text, RULES: [rule("self == 'a'", messageExpression="1")]},
        "message of nothing": {**text, RULES: [rule("self == 'a'", messageExpression="zz")]},
        "no message": {**text, RULES: [rule("self == 'a'", messageExpression=" ")]},
        "path": {**text, RULES: [rule("self == 'a'", fieldPath=".zz")]},
        "blank path": {**text, RULES: [rule("self == 'a'", fieldPath=" ")]},
        "no need": {**text, RULES: [rule("self == 'a'", optionalOldSelf=True)]},
        "not told": {"type": "array", "maxItems": 2, "items": told},
        "no type": {"x-kubernetes-preserve-unknown-fields": True, RULES: [rule("true")]},
    }.items():
        api.ask(name, "POST", DEFINITIONS, of_spec(api, type="object", properties={"f": field}))
