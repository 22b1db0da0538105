"""What is wrong with a CustomResourceDefinition, in upstream's words.

Upstream's own form of it says what all versions have in common once, outside of them: so `spec.validation...`
is the field of a schema that every version has.
"""

from collections.abc import Iterator
from typing import Any, Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.patterns import MOST_TOGETHER, too_large_together
from mockcloud.kube.resources.apiextensions.conversion import conversion_problems
from mockcloud.kube.resources.apiextensions.fields import column_problems, scale_problems, selectable_problems
from mockcloud.kube.resources.apiextensions.schemas import version_schema_problems
from mockcloud.kube.resources.structural.embedded import MIXED_CASE
from mockcloud.kube.resources.validation.formats import Check, causes, dns_1035_label, dns_1123_subdomain
from mockcloud.kube.resources.validation.metadata import immutable, metadata_problems

SCOPES: Final = ("Cluster", "Namespaced")
APPROVED: Final = "api-approved.kubernetes.io"
PROTECTED: Final = ("k8s.io", "kubernetes.io")
_NAMES: Final = ("plural", "singular", "kind", "listKind")


def definition_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Metadata, spec, status and the approval of a protected group."""
    spec, status = object_at(new, "spec"), object_at(new, "status")
    yield from metadata_problems(new, old, names=_name_check(spec), namespaced=False)
    if too_large_together(set(_patterns(spec.get("versions")))):
        why = f"the patterns of its schemas are too large: more than {MOST_TOGETHER} instructions in all"
        yield forbidden("spec.versions", why)
        return
    yield from _spec_problems(spec)
    if old is not None:
        yield from _fixed(spec, object_at(old, "spec"), established=is_true(old, "Established"))
    yield from _names_problems(object_at(status, "acceptedNames"), "status.acceptedNames")
    yield from _stored_problems(status.get("storedVersions") or [], objects_at(spec, "versions"))
    yield from _approval_problems(new, old)


def is_true(definition: JsonObject, condition: str) -> bool:
    """Whether a condition of the CustomResourceDefinition holds."""
    conditions = objects_at(object_at(definition, "status"), "conditions")
    return any(each.get("type") == condition and each.get("status") == "True" for each in conditions)


def _name_check(spec: JsonObject) -> Check:
    wanted = f"{object_at(spec, 'names').get('plural') or ''}.{spec.get('group') or ''}"

    def check(name: str) -> list[str]:
        wrong = [] if name == wanted else ['must be spec.names.plural+"."+spec.group']
        return [*dns_1123_subdomain(name), *wrong]

    return check


def _spec_problems(spec: JsonObject) -> Iterator[Cause]:
    versions, names = objects_at(spec, "versions"), object_at(spec, "names")
    yield from _place_problems(spec.get("group") or "", spec.get("scope") or "")
    for number, version in enumerate(versions):
        if object_at(version, "schema").get("openAPIV3Schema") is None:
            yield required(f"spec.versions[{number}].schema.openAPIV3Schema")
    if spec.get("preserveUnknownFields") and any(_has_default(version.get("schema")) for version in versions):
        why = "must be false in order to use defaults in the schema"
        yield invalid("spec.preserveUnknownFields", True, why)
    yield from _versions_problems(versions)
    yield from (required(f"spec.names.{word}") for word in _NAMES if not names.get(word))
    yield from _names_problems(names, "spec.names")
    yield from _common_problems(versions)
    yield from conversion_problems(object_at(spec, "conversion"), "spec.conversion")
    if spec.get("preserveUnknownFields"):
        why = (
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema"
        )
        yield invalid("spec.preserveUnknownFields", True, f"{why} instead")


def _place_problems(group: str, scope: str) -> Iterator[Cause]:
    if not group:
        yield required("spec.group")
    elif complaints := dns_1123_subdomain(group):
        yield invalid("spec.group", group, ",".join(complaints))
    elif "." not in group:
        yield invalid("spec.group", group, "should be a domain with at least one dot")
    if not scope:
        yield required("spec.scope")
    elif scope not in SCOPES:
        yield not_supported("spec.scope", scope, SCOPES)


def _patterns(value: Any) -> Iterator[str]:  # noqa: ANN401 (any JSON)
    """Whatever may be a pattern, in schemas of any form."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict) and isinstance(value.get("pattern"), str):
        yield value["pattern"]
    for each in inner:
        yield from _patterns(each)


def _has_default(schema: Any) -> bool:  # noqa: ANN401 (any JSON)
    """Whether a default stands anywhere in it."""
    if isinstance(schema, dict):
        return "default" in schema or any(map(_has_default, schema.values()))
    return isinstance(schema, list) and any(map(_has_default, schema))


def _versions_problems(versions: list[JsonObject]) -> Iterator[Cause]:
    common = {part: _is_common(versions, part) for part in _PARTS}
    for number, version in enumerate(versions):
        at, name = f"spec.versions[{number}]", version.get("name") or ""
        if complaints := dns_1035_label(name):
            yield invalid(f"{at}.name", name, ",".join(complaints))
        yield from _deprecation_problems(version, f"{at}.deprecationWarning")
        for part, check in _PARTS.items():
            if not common[part]:
                yield from check(version, at)
    names = [version.get("name") for version in versions]
    if len(set(names)) < len(names):
        yield invalid("spec.versions", versions, "must contain unique version names")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        yield invalid("spec.versions", versions, "must have exactly one version marked as storage version")
    if versions and (complaints := dns_1035_label(versions[0].get("name") or "")):
        yield invalid("spec.version", versions[0].get("name"), ",".join(complaints))


def _common_problems(versions: list[JsonObject]) -> Iterator[Cause]:
    common = [part for part in _PARTS if _is_common(versions, part)]
    for part in common:
        yield from _PARTS[part]({name: versions[0].get(name) for name in common}, "spec")


def _is_common(versions: list[JsonObject], part: str) -> bool:
    return bool(versions) and all(
        version.get(part) and version[part] == versions[0].get(part) for version in versions
    )


def _schema_problems(version: JsonObject, at: str) -> Iterator[Cause]:
    schema = object_at(version, "schema").get("openAPIV3Schema")
    if schema is not None:
        where = f"{at}.validation" if at == "spec" else f"{at}.schema"
        has_status = "status" in object_at(version, "subresources")
        yield from version_schema_problems(schema, f"{where}.openAPIV3Schema", has_status=has_status)


def _subresources_problems(version: JsonObject, at: str) -> Iterator[Cause]:
    scale = object_at(version, "subresources").get("scale")
    if scale is not None:
        yield from scale_problems(scale, f"{at}.subresources.scale")


def _columns_problems(version: JsonObject, at: str) -> Iterator[Cause]:
    for number, column in enumerate(objects_at(version, "additionalPrinterColumns")):
        yield from column_problems(column, f"{at}.additionalPrinterColumns[{number}]")


def _selectable_problems(version: JsonObject, at: str) -> Iterator[Cause]:
    if at == "spec" and version.get("selectableFields") and not version.get("schema"):
        yield invalid(f"{at}.selectableFields", "", "may only be set when validations.schema is included")
        return
    schema = object_at(object_at(version, "schema"), "openAPIV3Schema")
    fields = objects_at(version, "selectableFields")
    yield from selectable_problems(fields, schema, f"{at}.selectableFields")


_PARTS: Final = {
    "schema": _schema_problems,
    "subresources": _subresources_problems,
    "additionalPrinterColumns": _columns_problems,
    "selectableFields": _selectable_problems,
}


def _deprecation_problems(version: JsonObject, at: str) -> Iterator[Cause]:
    warning = version.get("deprecationWarning")
    if warning is None:
        return
    if not version.get("deprecated"):
        yield invalid(at, warning, "can only be set for deprecated versions")
    elif not warning:
        yield invalid(at, warning, "must not be an empty string")
    elif len(warning.encode()) > 256:
        yield invalid(at, warning, "must be <= 256 characters long")


def _names_problems(names: JsonObject, at: str) -> Iterator[Cause]:
    for word in _NAMES:
        name = names.get(word) or ""
        complaints = dns_1035_label(name.lower() if word in ("kind", "listKind") else name) if name else []
        if complaints:
            mixed = MIXED_CASE if word in ("kind", "listKind") else ""
            yield invalid(f"{at}.{word}", name, mixed + ",".join(complaints))
    for word in ("shortNames", "categories"):
        for number, name in enumerate(names.get(word) or ()):
            complaints = dns_1035_label(name)
            yield from causes(f"{at}.{word}[{number}]", name, [",".join(complaints)] if complaints else [])
    if names.get("kind") and names.get("kind") == names.get("listKind"):
        yield invalid(f"{at}.listKind", names["listKind"], "kind and listKind may not be the same")


def _fixed(spec: JsonObject, old: JsonObject, *, established: bool) -> Iterator[Cause]:
    """What may not change: names make the path under which objects are stored."""

    def of(place: JsonObject, *path: str) -> Any:  # noqa: ANN401 (any JSON)
        return place.get(path[0]) if len(path) == 1 else object_at(place, path[0]).get(path[1])

    always = (("group",), ("names", "plural"))
    once_served = (("scope",), ("names", "kind")) if established else ()
    for path in (*once_served, *always):
        yield from immutable(".".join(("spec", *path)), of(spec, *path), of(old, *path))


def _stored_problems(stored: list[str], versions: list[JsonObject]) -> Iterator[Cause]:
    at = "status.storedVersions"
    if not stored:
        yield invalid(at, None, "must have at least one stored version")
        return
    for version in versions:
        if version.get("storage") and version.get("name") not in stored:
            yield invalid(at, stored, f"must have the storage version {version.get('name')}")
    names = [version.get("name") for version in versions]
    for number, name in enumerate(stored):
        if name not in names:
            why = (
                f"missing from spec.versions; {name} was previously a storage version, and must remain in "
                f"spec.versions until a storage migration ensures no data remains persisted in {name} and "
                f"removes {name} from status.storedVersions"
            )
            yield invalid(f"{at}[{number}]", name, why)


def _approval_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Groups of Kubernetes' own need its approval: a URL, or a text that begins with `unapproved`."""
    group = object_at(new, "spec").get("group") or ""
    if not any(group == each or group.endswith(f".{each}") for each in PROTECTED):
        return
    said = object_at(object_at(new, "metadata"), "annotations").get(APPROVED)
    if old is not None and said == object_at(object_at(old, "metadata"), "annotations").get(APPROVED):
        return
    why = "protected groups must have approval annotation"
    url = "https://github.com/kubernetes/enhancements/pull/1111"
    at = f"metadata.annotations[{APPROVED}]"
    if not said:
        yield required(at, f'{why} "{APPROVED}", see {url}')
    elif not (said.startswith("unapproved") or "://" in said):
        shape = 'with either a URL or a reason starting with "unapproved"'
        yield invalid(at, said, f'{why} "{APPROVED}" {shape}, see {url}')
