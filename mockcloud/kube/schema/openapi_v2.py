"""OpenAPI v2 ("Swagger") of the whole API, made of the documents of v3, for clients that ask for it.

It says less than v3: no alternatives, nothing of null, and of what may have unknown fields nothing at all.
Source for custom kinds: k8s.io/apiextensions-apiserver v0.34 `pkg/controller/openapi`.
"""

from collections.abc import Sequence
from typing import Any, Final

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.structural.schema import PRESERVE, additional, items, properties
from mockcloud.kube.schema import custom, openapi, operations

_IN_V3: Final = "#/components/schemas/"
_ALTERNATIVES: Final = ("allOf", "anyOf", "not", "oneOf")
_SHARED: Final[dict[str, dict[str, Any]]] = {
    openapi.INT_OR_STRING: {"format": "int-or-string", "type": "string"},
    openapi.QUANTITY: {"type": "string"},
}


def document(kinds: Sequence[Kind]) -> dict[str, Any]:
    """The document of all that is served."""
    paths: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    for group_version in dict.fromkeys(kind.group_version for kind in kinds):
        of_v3 = openapi.document(group_version, kinds)
        paths |= {path: _path(item) for path, item in of_v3["paths"].items()}
        definitions |= of_v3["components"]["schemas"]
    definitions |= _SHARED
    for kind in kinds:
        if kind.schema is not None:
            definitions[operations.schema_name(kind)] = _published(kind, kind.schema)
    return {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": "unversioned"},
        "paths": paths,
        "definitions": {name: _referring(definitions[name]) for name in sorted(definitions)},
    }


def _published(kind: Kind, schema: JsonObject) -> dict[str, Any]:
    """The schema of a custom kind; one that preserves all fields says nothing, so that kubectl takes all."""
    if schema.get(PRESERVE):
        whole: dict[str, Any] = {"type": "object"}
        return {**whole, "x-kubernetes-group-version-kind": [operations.gvk_object(kind.gvk)]}
    return custom.published(kind.gvk, _plain(schema), of_open=False)


def _plain(schema: JsonObject) -> JsonObject:
    """A structural schema without what v2 has no word for."""
    found = {word: value for word, value in schema.items() if word not in _ALTERNATIVES}
    if found.pop("nullable", False) or schema.get(PRESERVE):
        found.pop("items", None)
        found.pop("properties", None)
        if schema.get("nullable") or found.get("type") == "object":
            found.pop("type", None)
    held, further, known = items(found), additional(found), properties(found)
    if held is None and found.get("type") == "array":
        del found["type"]
    if held is not None:
        found["items"] = _plain(held)
    if known:
        found["properties"] = {name: _plain(inner) for name, inner in known.items()}
    if further:
        found["additionalProperties"] = _plain(further)
    return _without_nullable(found, known, further or {})


def _without_nullable(found: JsonObject, known: dict[str, JsonObject], further: JsonObject) -> JsonObject:
    """Nothing that may be null is required, since null cannot be told of."""
    required = [name for name in found.get("required") or () if not known.get(name, {}).get("nullable")]
    if "required" in found and (not required or further.get("nullable")):
        return {word: value for word, value in found.items() if word != "required"}
    return {**found, "required": required} if required else found


def _path(item: dict[str, Any]) -> dict[str, Any]:
    found = {method: _operation(each) for method, each in item.items() if method != "parameters"}
    return {**found, "parameters": [_parameter(each) for each in item["parameters"]]}


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    found = {**operation, "parameters": [_parameter(each) for each in operation.get("parameters", ())]}
    body = found.pop("requestBody", None)
    if body is not None:
        schema = _referring(next(iter(body["content"].values()))["schema"])
        found["parameters"].append({"in": "body", "name": "body", "required": True, "schema": schema})
        found["consumes"] = list(body["content"])
    found["responses"] = {code: _response(each) for code, each in operation["responses"].items()}
    return {**found, "produces": ["application/json", "application/yaml"]}


def _response(response: dict[str, Any]) -> dict[str, Any]:
    content = next(iter(response["content"].values()))
    return {"description": response["description"], "schema": _referring(content["schema"])}


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    return {**{word: value for word, value in parameter.items() if word != "schema"}, **parameter["schema"]}


def _referring(schema: Any) -> Any:  # noqa: ANN401 (any JSON)
    """The same, whose references point to where v2 has its definitions."""
    if isinstance(schema, list):
        return [_referring(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {word: _referring(value) for word, value in schema.items()}
    reference = found.get("$ref")
    if isinstance(reference, str):
        return {**found, "$ref": reference.replace(_IN_V3, "#/definitions/")}
    alternatives = found.get("allOf")
    if isinstance(alternatives, list) and len(alternatives) == 1 and "$ref" in alternatives[0]:
        del found["allOf"]
        return {**alternatives[0], **found}
    return found
