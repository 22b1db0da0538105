"""The kinds of the group rbac.authorization.k8s.io: Roles, ClusterRoles and their bindings."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, filled, object_at, objects_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import UNKNOWN, Cell, Printer, age, name_of, texts, wide
from mockcloud.kube.resources.validation.formats import causes, dns_1123_subdomain, path_segment
from mockcloud.kube.resources.validation.metadata import label_selector

GROUP: Final = "rbac.authorization.k8s.io"
_REFERENCE: Final = (("APIGroup", "apiGroup"), ("Kind", "kind"), ("Name", "name"))
SUBJECTS: Final = ("ServiceAccount", "User", "Group")


def role_problems(new: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    """A Role's rules name no paths."""
    for index, rule in enumerate(objects_at(new, "rules")):
        yield from _rule(f"rules[{index}]", rule, namespaced=True)


def cluster_role_problems(new: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    """Rules, and the selectors of the ClusterRoles that this one is made of."""
    for index, rule in enumerate(objects_at(new, "rules")):
        yield from _rule(f"rules[{index}]", rule, namespaced=False)
    aggregation = new.get("aggregationRule")
    if aggregation is not None:
        at, selectors = (
            "aggregationRule.clusterRoleSelectors",
            objects_at(aggregation, "clusterRoleSelectors"),
        )
        if not selectors:
            yield required(at, "at least one clusterRoleSelector required if aggregationRule is non-nil")
        for index, selector in enumerate(selectors):
            found = label_selector(f"{at}[{index}]", selector)
            yield from found
            if found:
                yield invalid(f"{at}[{index}]", None, "invalid label selector.")


def binding_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """What a RoleBinding binds to whom; a binding's role never changes."""
    yield from _binding(new, old, ("Role", "ClusterRole"), namespaced=True)


def cluster_binding_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """As for a RoleBinding; only ClusterRoles can be bound."""
    yield from _binding(new, old, ("ClusterRole",), namespaced=False)


def binding_defaults(obj: JsonObject) -> JsonObject:
    """Roles, users and groups are of this API group where none is stated."""
    obj = {**obj, "roleRef": filled(object_at(obj, "roleRef"), apiGroup=GROUP)}
    if obj.get("subjects"):
        obj["subjects"] = [
            filled(each, apiGroup=GROUP) if each.get("kind") in ("User", "Group") else each
            for each in objects_at(obj, "subjects")
        ]
    return obj


def role_defaults(obj: JsonObject) -> JsonObject:
    """A role without rules says so."""
    return {**obj, "rules": obj.get("rules")}


def _rule(at: str, rule: JsonObject, *, namespaced: bool) -> Iterator[Cause]:
    if not rule.get("verbs"):
        yield required(f"{at}.verbs", "verbs must contain at least one value")
    urls = rule.get("nonResourceURLs")
    if urls:
        if namespaced:
            why = "namespaced rules cannot apply to non-resource URLs"
            yield invalid(f"{at}.nonResourceURLs", urls, why)
        if any(rule.get(key) for key in ("apiGroups", "resources", "resourceNames")):
            why = "rules cannot apply to both regular resources and non-resource URLs"
            yield invalid(f"{at}.nonResourceURLs", urls, why)
        return
    if not rule.get("apiGroups"):
        yield required(f"{at}.apiGroups", "resource rules must supply at least one api group")
    if not rule.get("resources"):
        yield required(f"{at}.resources", "resource rules must supply at least one resource")


def _binding(
    new: JsonObject, old: JsonObject | None, kinds: tuple[str, ...], *, namespaced: bool
) -> Iterator[Cause]:
    role = object_at(new, "roleRef")
    if role.get("apiGroup") != GROUP:
        yield not_supported("roleRef.apiGroup", role.get("apiGroup") or "", [GROUP])
    if role.get("kind") not in kinds:
        yield not_supported("roleRef.kind", role.get("kind") or "", kinds)
    if not role.get("name"):
        yield required("roleRef.name")
    else:
        yield from causes("roleRef.name", role["name"], path_segment(role["name"]))
    for index, subject in enumerate(objects_at(new, "subjects")):
        yield from _subject(f"subjects[{index}]", subject, namespaced=namespaced)
    if old is not None and role != object_at(old, "roleRef"):
        # Upstream shows its own struct here.
        shown = {name: role.get(key) or "" for name, key in _REFERENCE}
        yield invalid("roleRef", shown, "cannot change roleRef")


def _subject(at: str, subject: JsonObject, *, namespaced: bool) -> Iterator[Cause]:
    kind, name, group = (subject.get(key) or "" for key in ("kind", "name", "apiGroup"))
    if not name:
        yield required(f"{at}.name")
    if kind not in SUBJECTS:
        yield not_supported(f"{at}.kind", kind, SUBJECTS)
    elif kind == "ServiceAccount":
        if name:
            yield from causes(f"{at}.name", name, dns_1123_subdomain(name))
        if group:
            yield not_supported(f"{at}.apiGroup", group, [""])
        if not namespaced and not subject.get("namespace"):
            yield required(f"{at}.namespace")
    elif group != GROUP:
        yield not_supported(f"{at}.apiGroup", group, [GROUP])


def _role_row(role: JsonObject, _now: float) -> list[Cell]:
    return [name_of(role), role["metadata"].get("creationTimestamp") or UNKNOWN]


def _binding_row(binding: JsonObject, now: float) -> list[Cell]:
    role, subjects = object_at(binding, "roleRef"), objects_at(binding, "subjects")
    names: dict[str, list[str]] = {kind: [] for kind in SUBJECTS}
    for subject in subjects:
        account = subject.get("kind") == "ServiceAccount"
        shown = f"{subject.get('namespace') or ''}/{subject['name']}" if account else str(subject["name"])
        names.setdefault(str(subject.get("kind")), []).append(shown)
    who = [", ".join(names[kind]) for kind in ("User", "Group", "ServiceAccount")]
    return [name_of(binding), f"{role.get('kind')}/{role.get('name')}", age(binding, now), *who]


_ROLES: Final = Printer(texts("Name", "Created At"), _role_row)
_BINDINGS: Final = Printer(
    (*texts("Name", "Role", "Age"), *wide("Users", "Groups", "ServiceAccounts")), _binding_row
)

ROLE: Final = Kind(
    GROUP,
    "v1",
    "Role",
    "roles",
    model="V1Role",
    names=path_segment,
    defaults=role_defaults,
    validate=role_problems,
    printer=_ROLES,
)
CLUSTER_ROLE: Final = Kind(
    GROUP,
    "v1",
    "ClusterRole",
    "clusterroles",
    namespaced=False,
    model="V1ClusterRole",
    names=path_segment,
    defaults=role_defaults,
    validate=cluster_role_problems,
    printer=_ROLES,
)
ROLE_BINDING: Final = Kind(
    GROUP,
    "v1",
    "RoleBinding",
    "rolebindings",
    model="V1RoleBinding",
    names=path_segment,
    defaults=binding_defaults,
    validate=binding_problems,
    printer=_BINDINGS,
)
CLUSTER_ROLE_BINDING: Final = Kind(
    GROUP,
    "v1",
    "ClusterRoleBinding",
    "clusterrolebindings",
    namespaced=False,
    model="V1ClusterRoleBinding",
    names=path_segment,
    defaults=binding_defaults,
    validate=cluster_binding_problems,
    printer=_BINDINGS,
)
