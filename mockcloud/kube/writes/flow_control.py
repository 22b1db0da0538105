"""The FlowSchemas and PriorityLevelConfigurations that a cluster starts with, and how they are kept so.

Source: k8s.io/apiserver v0.34 `pkg/apis/flowcontrol/bootstrap`; v1.34 `pkg/registry/flowcontrol/ensurer`.
"""

from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.flowcontrol import (
    CATCH_ALL,
    EXEMPT,
    FLOW_SCHEMA,
    MANDATORY_LEVELS,
    MANDATORY_SCHEMAS,
    PRIORITY_LEVEL,
)
from mockcloud.kube.resources.kind import Kind

AUTO_UPDATE: Final = "apf.kubernetes.io/autoupdate-spec"
"""The annotation by which an administrator keeps what he made of a suggested object: "false"."""
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_EVERYTHING: Final[JsonObject] = {
    "resourceRules": [
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": True, "namespaces": ["*"]}
    ],
    "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
}


def _level(shares: int, lendable: int, queues: int, hand: int) -> JsonObject:
    queuing = {"queues": queues, "handSize": hand, "queueLengthLimit": 50}
    limited = {
        "nominalConcurrencyShares": shares,
        "limitResponse": {"type": "Queue", "queuing": queuing},
        "lendablePercent": lendable,
    }
    return {"type": "Limited", "limited": limited}


def _groups(*names: str) -> list[JsonObject]:
    return [{"kind": "Group", "group": {"name": name}} for name in names]


def _users(*names: str) -> list[JsonObject]:
    return [{"kind": "User", "user": {"name": name}} for name in names]


def _rule(group: str, *resources: str, verbs: str = "*", cluster: bool = False) -> JsonObject:
    rule: JsonObject = {"verbs": verbs.split(), "apiGroups": [group], "resources": list(resources)}
    return {**rule, **({"clusterScope": True} if cluster else {}), "namespaces": ["*"]}


def _schema(
    level: str, precedence: int, method: str, subjects: list[JsonObject], rules: JsonObject = _EVERYTHING
) -> JsonObject:
    spec: JsonObject = {"priorityLevelConfiguration": {"name": level}, "matchingPrecedence": precedence}
    if method:
        spec["distinguisherMethod"] = {"type": method}
    return {**spec, "rules": [{"subjects": subjects, **rules}]}


_SYSTEM_ACCOUNTS: Final[list[JsonObject]] = [
    {"kind": "ServiceAccount", "serviceAccount": {"namespace": "kube-system", "name": "*"}}
]
_EVERYBODY: Final = ("system:unauthenticated", "system:authenticated")
_PROBES: Final = ("/healthz", "/readyz", "/livez")
_LEADERS: Final = _rule("coordination.k8s.io", "leases", verbs="get create update")
LEVELS: Final[dict[str, JsonObject]] = {
    EXEMPT: {"type": "Exempt", "exempt": {"nominalConcurrencyShares": 0, "lendablePercent": 0}},
    **MANDATORY_LEVELS,
    "system": _level(30, 33, 64, 6),
    "node-high": _level(40, 25, 64, 6),
    "leader-election": _level(10, 0, 16, 4),
    "workload-high": _level(40, 50, 128, 6),
    "workload-low": _level(100, 90, 128, 6),
    "global-default": _level(20, 50, 128, 6),
}
"""Name -> spec."""
SCHEMAS: Final[dict[str, JsonObject]] = {
    **MANDATORY_SCHEMAS,
    "probes": _schema(
        EXEMPT, 2, "", _groups(*_EVERYBODY),
        {"nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": list(_PROBES)}]},
    ),
    "system-leader-election": _schema(
        "leader-election", 100, "ByUser",
        [*_users("system:kube-controller-manager", "system:kube-scheduler"), *_SYSTEM_ACCOUNTS],
        {"resourceRules": [_LEADERS]},
    ),
    "system-node-high": _schema(
        "node-high", 400, "ByUser", _groups("system:nodes"),
        {"resourceRules": [
            _rule("", "nodes", "nodes/status", cluster=True), _rule("coordination.k8s.io", "leases"),
        ]},
    ),
    "system-nodes": _schema("system", 500, "ByUser", _groups("system:nodes")),
    "kube-controller-manager": _schema(
        "workload-high", 800, "ByNamespace", _users("system:kube-controller-manager")
    ),
    "kube-scheduler": _schema("workload-high", 800, "ByNamespace", _users("system:kube-scheduler")),
    "kube-system-service-accounts": _schema("workload-high", 900, "ByNamespace", _SYSTEM_ACCOUNTS),
    "service-accounts": _schema("workload-low", 9000, "ByUser", _groups("system:serviceaccounts")),
    "global-default": _schema("global-default", 9900, "ByUser", _groups(*_EVERYBODY)),
}  # fmt: skip
"""Name -> spec."""
MANDATORY: Final = frozenset({EXEMPT, CATCH_ALL})
"""Nobody makes these otherwise; the other ones are suggestions."""


def objects() -> list[tuple[Kind, JsonObject]]:
    """What a cluster starts with: levels before the schemas that name them."""
    return [
        (kind, _object(kind.kind, name, spec))
        for kind, specs in ((PRIORITY_LEVEL, LEVELS), (FLOW_SCHEMA, SCHEMAS))
        for name, spec in specs.items()
    ]


def _object(kind: str, name: str, spec: JsonObject) -> JsonObject:
    return {
        "apiVersion": FLOW_SCHEMA.group_version,
        "kind": kind,
        "metadata": {"name": name, "annotations": {AUTO_UPDATE: "true"}},
        "spec": spec,
    }


def revised(present: JsonObject, wanted: JsonObject) -> JsonObject:
    """The object as upstream's API servers keep it: an administrator's change of a suggestion stays."""
    metadata, spec = present["metadata"], present["spec"]
    annotations = object_at(metadata, "annotations")
    stated = _stated(annotations.get(AUTO_UPDATE))
    automatic = metadata["name"] in MANDATORY or (
        metadata.get("generation") == 1 if stated is None else stated
    )
    if automatic and not _same(metadata["name"], spec, wanted["spec"]):
        spec = wanted["spec"]
    if stated is not automatic:
        metadata = {**metadata, "annotations": {**annotations, AUTO_UPDATE: "true" if automatic else "false"}}
    return {**present, "metadata": metadata, "spec": spec}


def _stated(text: object) -> bool | None:
    return True if text in _TRUE else False if text in _FALSE else None


def _same(name: str, spec: JsonObject, wanted: JsonObject) -> bool:
    """The shares of what is exempt are anybody's to set."""
    if name == EXEMPT and object_at(spec, "exempt") and object_at(wanted, "exempt"):
        spec = {**spec, "exempt": wanted["exempt"]}
    return spec == wanted


def with_dangling(schema: JsonObject, levels: frozenset[str], now: str) -> JsonObject:
    """The FlowSchema with its condition: whether the priority level that it names is missing.

    `now` is a time as objects have it, for a condition that changes.
    """
    level = object_at(object_at(schema, "spec"), "priorityLevelConfiguration").get("name") or ""
    found = level in levels
    tail = "it exists" if found else "there is no such object"
    joint = "and" if found else "but"
    said = {
        "type": "Dangling",
        "status": "False" if found else "True",
        "reason": "Found" if found else "NotFound",
        "message": "This FlowSchema references the PriorityLevelConfiguration object named "
        f'"{level}" {joint} {tail}',
    }
    conditions: list[JsonObject] = list(object_at(schema, "status").get("conditions") or ())
    before = next((each for each in conditions if each.get("type") == "Dangling"), {})
    if all(before.get(key) == value for key, value in said.items()):
        return schema
    same = before.get("status") == said["status"] and before.get("lastTransitionTime")
    changed = {**said, "lastTransitionTime": before["lastTransitionTime"] if same else now}
    others = [each for each in conditions if each.get("type") != "Dangling"]
    return {**schema, "status": {**object_at(schema, "status"), "conditions": [*others, changed]}}
