"""Resources within resources: they have a kind, a version and metadata (apiserver's `schema/objectmeta`)."""

from collections.abc import Iterator
from typing import Any

from mockcloud.kube.field_errors import Cause, invalid, required
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.structural.schema import EMBEDDED, child, parts
from mockcloud.kube.resources.validation.formats import dns_1035_label, path_segment
from mockcloud.kube.resources.validation.metadata import metadata_problems

MIXED_CASE = "may have mixed case, but should otherwise match: "


def embedded_problems(value: Any, schema: JsonObject, path: str = "") -> Iterator[Cause]:  # noqa: ANN401
    """What is wrong with the identity of each embedded resource."""
    if isinstance(value, dict) and schema.get(EMBEDDED):
        yield from _of_resource(value, path)
    for inner, held, at in parts(value, schema, path):
        yield from embedded_problems(inner, held, at)


def _of_resource(value: JsonObject, path: str) -> Iterator[Cause]:
    for name in ("apiVersion", "kind"):
        at = child(path, name)
        if name not in value:
            yield required(at)
        elif not isinstance(value[name], str):
            yield invalid(at, value[name], "must be a string")
        elif not value[name]:
            yield invalid(at, "", "must not be empty")
        else:
            yield from (invalid(at, value[name], why) for why in _complaints(name, value[name]))
    metadata = object_at(value, "metadata")
    named = {"metadata": {"name": "fakename", **metadata}}
    for cause in metadata_problems(
        named, None, names=path_segment, namespaced=bool(metadata.get("namespace"))
    ):
        yield Cause(child(path, cause.field), cause.reason, cause.message)


def _complaints(name: str, text: str) -> list[str]:
    if name == "apiVersion":
        return [f"unexpected GroupVersion string: {text}"] if text.count("/") > 1 else []
    complaints = dns_1035_label(text.lower())
    return [MIXED_CASE + ",".join(complaints)] if complaints else []
