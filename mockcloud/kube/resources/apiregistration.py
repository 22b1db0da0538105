"""APIServices: who serves a group version. This API passes nothing on to others."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes

MOST_GROUP_PRIORITY: Final = 20_000
MOST_VERSION_PRIORITY: Final = 1_000
HTTPS: Final = 443


def api_service_defaults(obj: JsonObject) -> JsonObject:
    """HTTPS at its usual port."""
    spec = object_at(obj, "spec")
    if spec.get("service") is None:
        return obj
    service = {**spec["service"], "port": spec["service"].get("port") or HTTPS}
    return {**obj, "spec": {**spec, "service": service}}


def api_service_problems(new: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    """Of which group version it is, and where that is served."""
    name, spec = str(object_at(new, "metadata").get("name") or ""), object_at(new, "spec")
    group, version = spec.get("group") or "", spec.get("version") or ""
    if not formats.path_segment(name) and name != f"{version}.{group}":
        why = f'must be `spec.version+"."+spec.group`: "{version}.{group}"'
        yield invalid("metadata.name", name, why)
    if not group and version != "v1":
        yield required("spec.group", "only v1 may have an empty group and it better be legacy kube")
    if group:
        yield from causes("spec.group", group, formats.dns_1123_subdomain(group))
    yield from causes("spec.version", version, formats.dns_1035_label(version))
    for key, most in (
        ("groupPriorityMinimum", MOST_GROUP_PRIORITY),
        ("versionPriority", MOST_VERSION_PRIORITY),
    ):
        number = spec.get(key) or 0
        if not 0 < number <= most:
            yield invalid(f"spec.{key}", number, f"must be positive and less than {most}")
    yield from _service(spec)


def _service(spec: JsonObject) -> Iterator[Cause]:
    service, insecure = spec.get("service"), bool(spec.get("insecureSkipTLSVerify"))
    bundle = str(spec.get("caBundle") or "")
    if service is None:
        if bundle:
            size = f"{len(bundle) * 3 // 4} bytes"
            yield invalid("spec.caBundle", size, "local APIServices may not have a caBundle")
        if insecure:
            why = "local APIServices may not have insecureSkipTLSVerify"
            yield invalid("spec.insecureSkipTLSVerify", insecure, why)
        return
    yield from (required(f"spec.service.{key}") for key in ("namespace", "name") if not service.get(key))
    port = service.get("port") or 0
    if complaints := formats.port_number(port):
        yield invalid("spec.service.port", port, f"port is not valid: {', '.join(complaints)}")
    if insecure and bundle:
        yield invalid("spec.insecureSkipTLSVerify", insecure, "may not be true if caBundle is present")


def begun(obj: JsonObject) -> JsonObject:
    """What is served here is there at once; what others are to serve is not."""
    since = obj["metadata"]["creationTimestamp"]
    if object_at(obj, "spec").get("service") is None:
        said = ("True", "Local", "Local APIServices are always available")
    else:
        said = ("False", "NotAggregated", "this API passes no requests on to other API servers")
    status, reason, message = said
    condition = {
        "type": "Available",
        "status": status,
        "lastTransitionTime": since,
        "reason": reason,
        "message": message,
    }
    return {**obj, "status": {"conditions": [condition]}}


def _row(service: JsonObject, now: float) -> list[Cell]:
    where = object_at(service, "spec").get("service")
    conditions = objects_at(object_at(service, "status"), "conditions")
    found = next((each for each in conditions if each.get("type") == "Available"), {})
    status, reason = str(found.get("status") or "Unknown"), found.get("reason")
    return [
        name_of(service),
        f"{where.get('namespace')}/{where.get('name')}" if where else "Local",
        f"{status} ({reason})" if reason and status != "True" else status,
        age(service, now),
    ]


API_SERVICE: Final = Kind(
    "apiregistration.k8s.io",
    "v1",
    "APIService",
    "apiservices",
    namespaced=False,
    categories=("api-extensions",),
    subresources=("status",),
    model="V1APIService",
    unconditional_update=False,
    status_alone=True,
    names=formats.path_segment,
    defaults=api_service_defaults,
    validate=api_service_problems,
    identified=begun,
    printer=Printer(texts("Name", "Service", "Available", "Age"), _row),
)
