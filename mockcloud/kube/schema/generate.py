"""Writes `definitions.json` from the models of the installed `kubernetes` package.

`python -m mockcloud.kube.schema.generate` rewrites the file beside this module; run it after an upgrade of
the package. Importing the models is slow, so a running server never does: it reads the file.
"""

import re
import sys
import types
import typing
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import orjson

from mockcloud.kube.resources.built_in import BUILT_IN
from mockcloud.kube.schema import hints

ROOTS: dict[str, str] = {
    **{"/".join(kind.gvk): kind.model for kind in BUILT_IN if kind.model},
    "authentication.k8s.io/v1/TokenRequest": "AuthenticationV1TokenRequest",
    "policy/v1/Eviction": "V1Eviction",
    "autoscaling/v1/Scale": "V1Scale",
}
"""The model of every kind that is served, by group/version/kind."""

# The models' names do not say which API group a struct is from; upstream's names do, and `kubectl explain`
# and Go's error texts show them. First match wins; then what begins with the name of a kind is of that kind's
# group; anything else is core/v1.
PACKAGES: tuple[tuple[str, str], ...] = (
    (
        r"(ObjectMeta|OwnerReference|ManagedFieldsEntry|Condition|LabelSelector(Requirement)?|FieldSelectorRequirement)$",
        "io.k8s.apimachinery.pkg.apis.meta.v1",
    ),
    (
        r"(CustomResource|JSONSchemaProps$|ExternalDocumentation$|ValidationRule$|WebhookConversion$|SelectableField$)",
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1",
    ),
    (
        r"((Mutating|Validating)Webhook|RuleWithOperations$|MatchCondition$)",
        "io.k8s.api.admissionregistration.v1",
    ),
    (r"RollingUpdate(?!Strategy$)", "io.k8s.api.apps.v1"),
    (r"APIService", "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1"),
    (r"CrossVersionObjectReference$", "io.k8s.api.autoscaling.v1"),
    (r"ParentReference$", "io.k8s.api.networking.v1"),
    (
        r"(Exempt|Limited)?PriorityLevelConfiguration|FlowDistinguisherMethod$|(User|Group|ServiceAccount)Subject$"
        r"|LimitResponse$|(NonResource|Resource)PolicyRule$|PolicyRulesWithSubjects$|QueuingConfiguration$",
        "io.k8s.api.flowcontrol.v1",
    ),
    (r"Volume(Error|NodeResources)$", "io.k8s.api.storage.v1"),
    (r"IPBlock$", "io.k8s.api.networking.v1"),
    (r"Eviction$", "io.k8s.api.policy.v1"),
    (
        r"(Token(Request|Review)|SelfSubjectReview|BoundObjectReference$|UserInfo$)",
        "io.k8s.api.authentication.v1",
    ),
    (
        r"((Local|Self)?Subject|NonResource(Attributes|Rule)$|Resource(Attributes|Rule)$|(Field|Label)SelectorAttributes)",
        "io.k8s.api.authorization.v1",
    ),
    (r"(HTTPIngress|ServiceBackendPort)", "io.k8s.api.networking.v1"),
    (r"(Overhead|Scheduling)$", "io.k8s.api.node.v1"),
    (r"(PodFailurePolicy|SuccessPolicy|UncountedTerminatedPods)", "io.k8s.api.batch.v1"),
    (r"(Aggregation|Policy)Rule$", "io.k8s.api.rbac.v1"),
    (r"Scale(Spec|Status)?$", "io.k8s.api.autoscaling.v1"),
    (r"(Endpoint(Conditions|Hints)?|For(Node|Zone))$", "io.k8s.api.discovery.v1"),
    *(
        (kind.kind, f"io.k8s.api.{kind.group.partition('.')[0]}.{kind.version}")
        for kind in BUILT_IN
        if kind.group and kind.model.startswith("V1")
    ),
)
PREFIXED: dict[str, str] = {
    "AdmissionregistrationV1": "io.k8s.api.admissionregistration.v1",
    "ApiextensionsV1": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1",
    "ApiregistrationV1": "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1",
    "AuthenticationV1": "io.k8s.api.authentication.v1",
    "CoreV1": "io.k8s.api.core.v1",
    "DiscoveryV1": "io.k8s.api.discovery.v1",
    "EventsV1": "io.k8s.api.events.v1",
    "FlowcontrolV1": "io.k8s.api.flowcontrol.v1",
    "RbacV1": "io.k8s.api.rbac.v1",
    "StorageV1": "io.k8s.api.storage.v1",
    "V2": "io.k8s.api.autoscaling.v2",
}
"""Prefixes the client generator uses where two groups have a struct of one name."""

PLAIN: dict[object, str] = {
    bool: "boolean",
    bytes: "bytes",
    datetime: "date-time",
    dict: "object",
    float: "number",
    int: "int32",
    object: "object",
    str: "string",
    typing.Any: "object",
}


def upstream_name(model: str) -> str:
    """`V1ServicePort` -> `io.k8s.api.core.v1.ServicePort`."""
    for prefix, package in PREFIXED.items():
        if model.startswith(prefix):
            return f"{package}.{model.removeprefix(prefix)}"
    bare = model.removeprefix("V1")
    package = next(
        (package for pattern, package in PACKAGES if re.match(pattern, bare)), "io.k8s.api.core.v1"
    )
    return f"{package}.{bare}"


def type_of(annotation: object) -> str:
    """A pydantic annotation in the spelling of `definitions.py`."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return type_of(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return _type_of_union([each for each in arguments if each is not type(None)])
    if origin is list:
        return f"[]{type_of(arguments[0])}"
    if origin is dict:
        held = type_of(arguments[1])
        return "object" if held == "object" else f"map[{held}]"
    return PLAIN.get(annotation) or upstream_name(typing.cast("type", annotation).__name__)


def _type_of_union(members: list[object]) -> str:
    if len(members) == 1:
        return type_of(members[0])
    found = {type_of(each) for each in members}
    known = {
        frozenset({"int32", "string"}): "int-or-string",
        frozenset({"bytes", "string"}): "bytes",
        frozenset({"int32", "number"}): "number",
        frozenset({"boolean", "object"}): "object",  # a schema, or whether anything goes
        frozenset({"[]object", "object"}): "object",  # a schema, or several
        frozenset({"[]string", "object"}): "object",
    }
    return known[frozenset(found)]


def generated() -> bytes:
    """The whole file: the package's version, the kinds, then one definition a line, sorted."""
    from kubernetes.client import models  # slow, and wanted here only

    definitions: dict[str, dict[str, object]] = {}
    waiting = list(ROOTS.values())
    while waiting:
        name = waiting.pop()
        if upstream_name(name) in definitions:
            continue
        model = getattr(models, name)
        definitions[upstream_name(name)] = _definition(model)
        waiting += [
            inner
            for field, held in model.model_fields.items()
            for inner in _models_in(held.annotation)
            if f"{upstream_name(name).rsplit('.', 1)[1]}.{field}" not in hints.ALPHA
        ]
    kinds = {gvk: upstream_name(model) for gvk, model in sorted(ROOTS.items())}
    head = f'{{"kubernetes":{_line(version("kubernetes"))},\n"kinds":{_line(kinds)},\n"definitions":{{\n'
    body = ",\n".join(f"{_line(name)}:{_line(definitions[name])}" for name in sorted(definitions))
    return f"{head}{body}\n}}}}\n".encode()


def _models_in(annotation: object) -> list[str]:
    inner = typing.get_args(annotation)
    if inner:
        return [name for each in inner for name in _models_in(each)]
    return (
        [annotation.__name__] if isinstance(annotation, type) and hasattr(annotation, "model_fields") else []
    )


def _definition(model: typing.Any) -> dict[str, object]:  # noqa: ANN401 (a class made by pydantic)
    struct = upstream_name(model.__name__).rsplit(".", 1)[1]
    fields = {
        field.serialization_alias or name: _field(struct, field.serialization_alias or name, field)
        for name, field in model.model_fields.items()
        if f"{struct}.{field.serialization_alias or name}" not in hints.ALPHA
    }
    found: dict[str, object] = {"fields": dict(sorted(fields.items()))}
    packaged = ".".join(upstream_name(model.__name__).split(".")[-3:])
    if hints.ATOMIC_STRUCTS & {struct, packaged}:
        found["map_type"] = "atomic"
    return found


def _field(struct: str, name: str, field: typing.Any) -> dict[str, object]:  # noqa: ANN401 (pydantic's FieldInfo)
    path = f"{struct}.{name}"
    found: dict[str, object] = {"type": _refined(path, type_of(field.annotation))}
    if field.is_required():
        found["required"] = True
    if field.description:
        found["description"] = field.description
    for hint in hints.HINTS:
        if path in hint.of.split():
            found |= {key: value for key in HINT_KEYS if (value := getattr(hint, key))}
    return found


HINT_KEYS = ("patch_strategy", "patch_merge_key", "list_type", "list_map_keys", "map_type")


def _refined(path: str, type_: str) -> str:
    if path in hints.QUANTITIES:
        return type_.replace("string", "quantity")
    if path in hints.WIDE_INTEGERS:
        return type_.replace("int32", "int64")
    return type_


def _line(value: object) -> str:
    return orjson.dumps(value).decode()


def main() -> int:
    """Rewrite the file."""
    path = Path(__file__).with_name("definitions.json")
    path.write_bytes(generated())
    print(f"{path}: {path.stat().st_size} bytes, kubernetes {version('kubernetes')}")  # noqa: T201 (a developer's command)
    return 0


if __name__ == "__main__":
    sys.exit(main())
