"""The OpenAPI v2 document: all of v3 that it has words for."""

import orjson
import pytest

from mockcloud.kube.resources.built_in import BUILT_IN
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.schema import openapi_v2

TEXT = {"type": "string"}
PRESERVE = {"x-kubernetes-preserve-unknown-fields": True}
EMBEDDED = {"x-kubernetes-embedded-resource": True}


def published(schema: dict) -> dict:
    """What is told of a custom kind, besides its being an object like all others."""
    kind = Kind("example.com", "v1", "Pool", "pools", schema=schema)
    found = openapi_v2.document([kind])["definitions"]["com.example.v1.Pool"]
    assert found.pop("x-kubernetes-group-version-kind") == [
        {"group": "example.com", "kind": "Pool", "version": "v1"}
    ]
    for name in ("apiVersion", "kind", "metadata"):
        found.get("properties", {}).pop(name, None)
    return found


def test_all_that_is_referred_to_is_there():
    """No reference leads out of the document, and none to where v3 has its schemas."""
    document = openapi_v2.document(list(BUILT_IN))
    text = orjson.dumps(document).decode()
    referred = {each.partition('"')[0] for each in text.split('"$ref":"')[1:]}
    assert {each.removeprefix("#/definitions/") for each in referred} <= set(document["definitions"])
    create = document["paths"]["/api/v1/namespaces/{namespace}/services"]["post"]
    assert create["parameters"][-1]["schema"] == {"$ref": "#/definitions/io.k8s.api.core.v1.Service"}
    port = document["definitions"]["io.k8s.api.core.v1.ServicePort"]["properties"]["targetPort"]
    assert port["$ref"] == "#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString"


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({**TEXT, "nullable": True}, {}),
        ({"type": "array", "items": TEXT, "nullable": True}, {}),
        ({"type": "object", "properties": {"a": TEXT}, **PRESERVE}, PRESERVE),
        ({"type": "object", **PRESERVE, **EMBEDDED}, {**PRESERVE, **EMBEDDED}),
        ({"type": "object", "oneOf": [{}], "not": {}}, {"type": "object"}),
        ({"type": "array", "items": {**TEXT, "anyOf": [{}]}}, {"type": "array", "items": TEXT}),
    ],
)
def test_what_v2_has_no_word_for_is_not_told(schema, told):
    """No alternatives and no null; and nothing of what may have any field, lest kubectl refuses some."""
    whole = {"type": "object", "required": ["a"], "properties": {"a": schema}}
    rest = {} if schema.get("nullable") else {"required": ["a"]}
    assert published(whole) == {"type": "object", **rest, "properties": {"a": told}}


def test_of_a_kind_that_takes_any_field_nothing_is_told():
    """kubectl would refuse what is not named."""
    assert published({"type": "object", "properties": {"a": TEXT}, **PRESERVE}) == {"type": "object"}
