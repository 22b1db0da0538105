"""The kinds of the group flowcontrol.apiserver.k8s.io: FlowSchemas and PriorityLevelConfigurations.

They are stored, checked and shown, and ordain nothing: this API bounds what is at work for all together.
"""

from collections.abc import Iterator
from math import log2
from typing import Final

from mockcloud.kube.field_errors import Cause, duplicate, forbidden, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, filled, object_at, objects_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import NONE, Cell, Printer, age, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes

GROUP: Final = "flowcontrol.apiserver.k8s.io"
EXEMPT: Final = "exempt"
CATCH_ALL: Final = "catch-all"
MOST_PRECEDENCE: Final = 10_000
METHODS: Final = ("ByNamespace", "ByUser")
SUBJECTS: Final = {"Group": "group", "ServiceAccount": "serviceAccount", "User": "user"}
VERBS: Final = (
    *("create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"),
)
MOST_QUEUES: Final = 10_000_000
MOST_BITS: Final = 60
"""Of entropy that a request's hash has to choose its queues by."""
CATCH_ALL_SPEC: Final[JsonObject] = {
    "type": "Limited",
    "limited": {
        "nominalConcurrencyShares": 5,
        "limitResponse": {"type": "Reject"},
        "lendablePercent": 0,
    },
}
MANDATORY_LEVELS: Final[dict[str, JsonObject]] = {CATCH_ALL: CATCH_ALL_SPEC}


def _everybody(group: str, level: str, precedence: int) -> JsonObject:
    return {
        "priorityLevelConfiguration": {"name": level},
        "matchingPrecedence": precedence,
        "rules": [
            {
                "subjects": [{"kind": "Group", "group": {"name": each}} for each in group.split()],
                "resourceRules": [
                    {
                        "verbs": ["*"],
                        "apiGroups": ["*"],
                        "resources": ["*"],
                        "clusterScope": True,
                        "namespaces": ["*"],
                    }
                ],
                "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
            }
        ],
    }


MANDATORY_SCHEMAS: Final[dict[str, JsonObject]] = {
    EXEMPT: _everybody("system:masters", EXEMPT, 1),
    CATCH_ALL: {
        **_everybody("system:unauthenticated system:authenticated", CATCH_ALL, MOST_PRECEDENCE),
        "distinguisherMethod": {"type": "ByUser"},
    },
}
"""What FlowSchemas of these names have to say, as upstream has them."""


def flow_schema_defaults(obj: JsonObject) -> JsonObject:
    """In the middle of all."""
    spec = object_at(obj, "spec")
    return {**obj, "spec": {**spec, "matchingPrecedence": spec.get("matchingPrecedence") or 1000}}


def flow_schema_problems(new: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    """Whose requests are of which priority."""
    name, spec = str(object_at(new, "metadata").get("name") or ""), object_at(new, "spec")
    precedence, at = spec.get("matchingPrecedence") or 0, "spec.matchingPrecedence"
    if precedence <= 0:
        yield invalid(at, precedence, "must be a positive value")
    if precedence > MOST_PRECEDENCE:
        yield invalid(at, precedence, f"must not be greater than {MOST_PRECEDENCE}")
    if precedence == 1 and name != EXEMPT:
        yield invalid(at, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")
    method = spec.get("distinguisherMethod")
    if method is not None and method.get("type") not in METHODS:
        yield not_supported("spec.distinguisherMethod.type", method, METHODS)
    level = object_at(spec, "priorityLevelConfiguration").get("name") or ""
    if level:
        yield from causes("spec.priorityLevelConfiguration.name", level, formats.dns_1123_subdomain(level))
    else:
        yield required("spec.priorityLevelConfiguration.name", "must reference a priority level")
    for index, rule in enumerate(objects_at(spec, "rules")):
        yield from _rule(f"spec.rules[{index}]", rule)
    fixed = MANDATORY_SCHEMAS.get(name)
    if fixed is not None and spec != fixed:
        yield invalid("spec", spec, f"spec of '{name}' must equal the fixed value")
    yield from _conditions(new)


def _rule(at: str, rule: JsonObject) -> Iterator[Cause]:
    subjects, resources = objects_at(rule, "subjects"), objects_at(rule, "resourceRules")
    urls = objects_at(rule, "nonResourceRules")
    if not subjects:
        yield required(f"{at}.subjects", "subjects must contain at least one value")
    for index, subject in enumerate(subjects):
        yield from _subject(f"{at}.subjects[{index}]", subject)
    if not resources and not urls:
        why = "at least one of resourceRules and nonResourceRules has to be non-empty"
        yield required(at, why)
    for index, each in enumerate(resources):
        yield from _resource_rule(f"{at}.resourceRules[{index}]", each)
    for index, each in enumerate(urls):
        yield from _url_rule(f"{at}.nonResourceRules[{index}]", each)


def _subject(at: str, subject: JsonObject) -> Iterator[Cause]:
    kind = subject.get("kind") or ""
    if kind not in SUBJECTS:
        yield not_supported(f"{at}.kind", kind, SUBJECTS)
        return
    own = SUBJECTS[kind]
    held = subject.get(own)
    if held is None:
        yield required(f"{at}.{own}", f"{own} is required when subject kind is '{kind}'")
    elif kind == "ServiceAccount":
        yield from _service_account(f"{at}.{own}", held)
    elif not held.get("name"):
        yield required(f"{at}.{own}.name")
    others = [name for name in ("serviceAccount", "user", "group") if name != own]
    for name in others:
        if subject.get(name) is not None:
            its = next(kind for kind, key in SUBJECTS.items() if key == name)
            yield forbidden(f"{at}.{name}", f"{name} is forbidden when subject kind is not '{its}'")


def _service_account(at: str, account: JsonObject) -> Iterator[Cause]:
    name, namespace = account.get("name") or "", account.get("namespace") or ""
    if not name:
        yield required(f"{at}.name")
    elif name != "*":
        yield from causes(f"{at}.name", name, formats.dns_1123_subdomain(name))
    if namespace:
        yield from causes(f"{at}.namespace", namespace, formats.dns_1123_label(namespace))
    else:
        yield required(f"{at}.namespace", "must specify namespace for service account")


def _verbs(at: str, verbs: list[str]) -> Iterator[Cause]:
    if not verbs:
        yield required(at, "verbs must contain at least one value")
    elif "*" in verbs:
        if len(verbs) > 1:
            yield invalid(at, verbs, "if '*' is present, must not specify other verbs")
    elif not set(verbs) <= set(VERBS):
        yield not_supported(at, verbs, VERBS)


def _resource_rule(at: str, rule: JsonObject) -> Iterator[Cause]:
    yield from _verbs(f"{at}.verbs", rule.get("verbs") or [])
    for key, one, words in (
        ("apiGroups", "api group", "api groups"),
        ("resources", "resource", "resources"),
    ):
        values = rule.get(key) or []
        if not values:
            yield required(f"{at}.{key}", f"resource rules must supply at least one {one}")
        elif len(values) > 1 and "*" in values:
            yield invalid(f"{at}.{key}", values, f"if '*' is present, must not specify other {words}")
    held, of_cluster = rule.get("namespaces") or [], bool(rule.get("clusterScope"))
    yield from _namespaces(f"{at}.namespaces", held, of_cluster=of_cluster)


def _namespaces(at: str, namespaces: list[str], *, of_cluster: bool) -> Iterator[Cause]:
    if not namespaces and not of_cluster:
        why = "resource rules that are not cluster scoped must supply at least one namespace"
        yield required(at, why)
    elif "*" in namespaces:
        if len(namespaces) > 1:
            why = "if '*' is present, must not specify other namespaces"
            yield invalid(at, namespaces, why)
    else:
        for index, each in enumerate(namespaces):
            for complaint in formats.dns_1123_label(each):
                why = f"each member of this list must be '*' or a DNS-1123 label; {complaint}"
                yield invalid(f"{at}[{index}]", each, why)


def _url_rule(at: str, rule: JsonObject) -> Iterator[Cause]:
    yield from _verbs(f"{at}.verbs", rule.get("verbs") or [])
    urls, at = rule.get("nonResourceURLs") or [], f"{at}.nonResourceURLs"
    if not urls:
        yield required(at, "nonResourceURLs must contain at least one value")
    elif "*" in urls:
        if len(urls) > 1:
            yield invalid(at, urls, "if '*' is present, must not specify other non-resource URLs")
    else:
        for index, url in enumerate(urls):
            if (why := _wrong_url(url)) is not None:
                yield invalid(f"{at}[{index}]", url, why)


def _wrong_url(url: str) -> str | None:
    found = {
        "must not be empty": not url,
        "must start with slash": not url.startswith("/"),
        "must not contain white-space": " " in url,
        "must not contain double slash": "//" in url,
        "wildcard can only do suffix matching": url.count("*") > 1 or ("*" in url and not url.endswith("/*")),
    }
    return next((why for why, so in found.items() if so), None)


def _conditions(obj: JsonObject) -> Iterator[Cause]:
    seen: set[str] = set()
    for index, condition in enumerate(objects_at(object_at(obj, "status"), "conditions")):
        at, kind = f"status.conditions[{index}].type", condition.get("type") or ""
        if kind in seen:
            yield duplicate(at, kind)
        seen.add(kind)
        if not kind:
            yield required(at)


def level_defaults(obj: JsonObject) -> JsonObject:
    """A share of what is at work at once, and queues before it."""
    spec = object_at(obj, "spec")
    exempt, limited = spec.get("exempt"), spec.get("limited")
    if exempt is not None:
        spec = {**spec, "exempt": filled(exempt, nominalConcurrencyShares=0, lendablePercent=0)}
    if limited is not None:
        limited = filled(limited, nominalConcurrencyShares=30, lendablePercent=0)
        response = object_at(limited, "limitResponse")
        if response.get("queuing") is not None:
            sizes = {"queues": 64, "handSize": 8, "queueLengthLimit": 50}
            queuing = {key: response["queuing"].get(key) or size for key, size in sizes.items()}
            limited = {**limited, "limitResponse": {**response, "queuing": queuing}}
        spec = {**spec, "limited": limited}
    return {**obj, "spec": spec}


def level_problems(new: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    """How much of it is at work at once, and what waits."""
    name, spec = str(object_at(new, "metadata").get("name") or ""), object_at(new, "spec")
    kind, exempt, limited = spec.get("type") or "", spec.get("exempt"), spec.get("limited")
    if (name == EXEMPT) != (kind == "Exempt"):
        yield invalid("spec.type", kind, "must be 'Exempt' if and only if `name` is 'exempt'")
    if kind == "Exempt":
        if limited is not None:
            yield forbidden("spec.limited", "must be nil if the type is not Limited")
        yield from _shares("spec.exempt", exempt or {})
    elif kind == "Limited":
        if exempt is not None:
            yield forbidden("spec.exempt", "must be nil if the type is Limited")
        if limited is None:
            yield required("spec.limited", "must not be empty when type is Limited")
        else:
            yield from _limited("spec.limited", limited)
    else:
        yield not_supported("spec.type", kind, ("Exempt", "Limited"))
    yield from _fixed_level(name, spec)
    yield from _conditions(new)


def _fixed_level(name: str, spec: JsonObject) -> Iterator[Cause]:
    fixed = MANDATORY_LEVELS.get(name)
    if name == EXEMPT and {key for key, value in spec.items() if value is not None} - {"type", "exempt"}:
        why = "spec of 'exempt' except the 'spec.exempt' field must equal the fixed value"
        yield invalid("spec", spec, why)
    if fixed is not None and spec != fixed:
        yield invalid("spec", spec, f"spec of '{name}' must equal the fixed value")


def _shares(at: str, held: JsonObject) -> Iterator[Cause]:
    if (held.get("nominalConcurrencyShares") or 0) < 0:
        shares = held["nominalConcurrencyShares"]
        yield invalid(f"{at}.nominalConcurrencyShares", shares, "must be a non-negative integer")
    lendable = held.get("lendablePercent") or 0
    if not 0 <= lendable <= 100 and at.endswith("exempt"):
        yield invalid(f"{at}.lendablePercent", lendable, "must be between 0 and 100, inclusive")


def _limited(at: str, limited: JsonObject) -> Iterator[Cause]:
    yield from _shares(at, limited)
    yield from _response(f"{at}.limitResponse", object_at(limited, "limitResponse"))
    lendable, borrowed = limited.get("lendablePercent") or 0, limited.get("borrowingLimitPercent")
    if not 0 <= lendable <= 100:
        yield invalid(f"{at}.lendablePercent", lendable, "must be between 0 and 100, inclusive")
    if borrowed is not None and borrowed < 0:
        why = "if specified, must be a non-negative integer"
        yield invalid(f"{at}.borrowingLimitPercent", borrowed, why)


def _response(at: str, response: JsonObject) -> Iterator[Cause]:
    kind, queuing = response.get("type") or "", response.get("queuing")
    if kind == "Reject":
        if queuing is not None:
            yield forbidden(f"{at}.queuing", "must be nil if limited.limitResponse.type is not Limited")
    elif kind == "Queue":
        if queuing is None:
            why = "must not be empty if limited.limitResponse.type is Limited"
            yield required(f"{at}.queuing", why)
        else:
            yield from _queuing(f"{at}.queuing", queuing)
    else:
        yield not_supported(f"{at}.type", kind, ("Queue", "Reject"))


def _queuing(at: str, queuing: JsonObject) -> Iterator[Cause]:
    length, queues = queuing.get("queueLengthLimit") or 0, queuing.get("queues") or 0
    hand = queuing.get("handSize") or 0
    if length <= 0:
        yield invalid(f"{at}.queueLengthLimit", length, "must be positive")
    if queues <= 0:
        yield invalid(f"{at}.queues", queues, "must be positive")
    elif queues > MOST_QUEUES:
        yield invalid(f"{at}.queues", queues, f"must not be greater than {MOST_QUEUES}")
    if hand <= 0:
        yield invalid(f"{at}.handSize", hand, "must be positive")
    elif hand > queues:
        yield invalid(f"{at}.handSize", hand, f"should not be greater than queues ({queues})")
    elif _entropy(queues, hand) > MOST_BITS:
        why = f"required entropy bits of deckSize {queues} and handSize {hand} should not be greater than"
        yield invalid(f"{at}.handSize", hand, f"{why} {MOST_BITS}")


def _entropy(deck: int, hand: int) -> int:
    """How many bits choose a hand of so many cards out of the deck."""
    return -int(-sum(log2(deck - each) for each in range(hand)) // 1)


def _schema_row(schema: JsonObject, now: float) -> list[Cell]:
    spec, status = object_at(schema, "spec"), object_at(schema, "status")
    dangling = (each for each in objects_at(status, "conditions") if each.get("type") == "Dangling")
    return [
        name_of(schema),
        str(object_at(spec, "priorityLevelConfiguration").get("name") or ""),
        spec.get("matchingPrecedence") or 0,
        str(object_at(spec, "distinguisherMethod").get("type") or NONE),
        age(schema, now),
        str(next(dangling, {}).get("status") or "?"),
    ]


def _level_row(level: JsonObject, now: float) -> list[Cell]:
    spec = object_at(level, "spec")
    limited = object_at(spec, "limited")
    queuing = object_at(object_at(limited, "limitResponse"), "queuing")
    return [
        name_of(level),
        str(spec.get("type") or ""),
        limited.get("nominalConcurrencyShares") if limited else NONE,
        *(queuing.get(key) if queuing else NONE for key in ("queues", "handSize", "queueLengthLimit")),
        age(level, now),
    ]


FLOW_SCHEMA: Final = Kind(
    GROUP,
    "v1",
    "FlowSchema",
    "flowschemas",
    namespaced=False,
    subresources=("status",),
    model="V1FlowSchema",
    has_generation=True,
    defaults=flow_schema_defaults,
    validate=flow_schema_problems,
    printer=Printer(
        texts("Name", "PriorityLevel", "MatchingPrecedence", "DistinguisherMethod", "Age", "MissingPL"),
        _schema_row,
    ),
)
PRIORITY_LEVEL: Final = Kind(
    GROUP,
    "v1",
    "PriorityLevelConfiguration",
    "prioritylevelconfigurations",
    namespaced=False,
    subresources=("status",),
    model="V1PriorityLevelConfiguration",
    has_generation=True,
    defaults=level_defaults,
    validate=level_problems,
    printer=Printer(
        (
            *texts("Name", "Type", "NominalConcurrencyShares", "Queues", "HandSize", "QueueLengthLimit"),
            *texts("Age"),
        ),
        _level_row,
    ),
)
