"""The kind of CustomResourceDefinitions."""

from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.apiextensions.names import FINALIZER, ending
from mockcloud.kube.resources.apiextensions.specs import definition_problems
from mockcloud.kube.resources.kind import Deletion, Kind
from mockcloud.kube.resources.printing import Cell, Printer, name_of, texts
from mockcloud.kube.resources.validation.webhooks import DEFAULT_PORT


def with_defaults(definition: JsonObject) -> JsonObject:
    """Names made of the kind's, no conversion, and the port of the webhook's Service."""
    spec = object_at(definition, "spec")
    names, conversion = {**object_at(spec, "names")}, object_at(spec, "conversion")
    kind = names.get("kind") or ""
    if not names.get("singular"):
        names["singular"] = kind.lower()
    if not names.get("listKind") and kind:
        names["listKind"] = f"{kind}List"
    client = object_at(object_at(conversion, "webhook"), "clientConfig")
    if "service" in client:
        service = {"port": DEFAULT_PORT, **object_at(client, "service")}
        webhook = {**conversion["webhook"], "clientConfig": {**client, "service": service}}
        conversion = {**conversion, "webhook": webhook}
    spec = {**spec, "names": names, "conversion": conversion or {"strategy": "None"}}
    return {**definition, "spec": spec}


def storage_version(spec: JsonObject) -> str:
    """The version in which objects are stored, "" where none is named."""
    return next((each.get("name") or "" for each in objects_at(spec, "versions") if each.get("storage")), "")


def _first_state(definition: JsonObject) -> JsonObject:
    stored = storage_version(object_at(definition, "spec"))
    status = {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}}
    return {**definition, "status": {**status, "storedVersions": [stored] if stored else []}}


def _prepare_update(part: JsonObject, _old: JsonObject, subresource: str) -> JsonObject:
    """A version in which objects are stored from now on is remembered."""
    stored = storage_version(object_at(part, "spec"))
    status = object_at(part, "status")
    before = status.get("storedVersions") or []
    if subresource or not stored or stored in before:
        return part
    return {**part, "status": {**status, "storedVersions": [*before, stored]}}


def _is_held(definition: JsonObject) -> bool:
    """Nobody deletes one at once: its objects go first."""
    metadata = object_at(definition, "metadata")
    return not metadata.get("deletionTimestamp") or FINALIZER in (metadata.get("finalizers") or ())


def _row(definition: JsonObject, _now: float) -> list[Cell]:
    return [name_of(definition), str(object_at(definition, "metadata").get("creationTimestamp") or "")]


CUSTOM_RESOURCE_DEFINITION: Final = Kind(
    "apiextensions.k8s.io",
    "v1",
    "CustomResourceDefinition",
    "customresourcedefinitions",
    ("crd", "crds"),
    namespaced=False,
    categories=("api-extensions",),
    subresources=("status",),
    model="V1CustomResourceDefinition",
    has_generation=True,
    unconditional_update=False,
    defaults=with_defaults,
    validate=definition_problems,
    validates_metadata=True,
    first_state=_first_state,
    prepare_update=_prepare_update,
    deletion=Deletion(is_held=_is_held, marked=ending),
    printer=Printer(texts("Name", "Created At"), _row),
)
