"""Whose rules are whose, from the roles and bindings that are stored now; and what they allow."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from mockcloud.kube.auth.questions import Question
from mockcloud.kube.auth.rbac.rules import Rule, rules_of
from mockcloud.kube.auth.service_accounts.names import user_name
from mockcloud.kube.auth.user import MASTERS, User
from mockcloud.kube.field_errors import quoted
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.rbac import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from mockcloud.kube.storage.store import Change, Store

REMEMBERED: Final = 16384

Subject = tuple[str, str]
"""("User" or "Group", name); a ServiceAccount is a user."""
Grant = tuple[tuple[str, ...], str]
"""The names of the objects that it is for (none: all), and by what it is granted."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A role that somebody has; `source` says by which binding, in kube-apiserver's words."""

    namespace: str
    role_kind: str
    role: str
    source: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it is allowed, and why (or why not, where that is known)."""

    allowed: bool
    why: str = ""


_BINDINGS: Final = (ROLE_BINDING.storage, CLUSTER_ROLE_BINDING.storage)

Bindings = dict[Subject, list[Binding]]
Asked = tuple[str, tuple[str, ...], str, str, str, str, str]


@dataclass(slots=True)
class Policy:
    """What is allowed now. It is put together anew after a change of a role or a binding.

    Answers are remembered: what is asked again costs a look-up, whatever the number of rules.
    """

    store: Store
    _bindings: dict[str, Bindings] = field(default_factory=dict)  # by namespace; "": of the whole cluster
    _rules_of: dict[tuple[str, str, str], tuple[Rule, ...] | None] = field(default_factory=dict)
    _grants: dict[Asked, tuple[tuple[Grant, ...], str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind in (CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING):
            self.store.subscribe(kind.storage, self._changed)

    def decide(self, user: User, question: Question) -> Decision:
        """Whether the user may do that."""
        if MASTERS in user.groups:
            return Decision(allowed=True)
        grants, why_not = self._granted(user, question)
        for names, source in grants:
            if not names or question.name in names:
                return Decision(allowed=True, why=f"RBAC: allowed by {source}")
        return Decision(allowed=False, why=why_not)

    def rules_for(self, user: User, namespace: str) -> list[Rule]:
        """All rules that the user has there, those of the whole cluster first."""
        return [rule for _, rule in self._rules(user, namespace) if isinstance(rule, Rule)]

    def rules_of_role(self, kind: str, namespace: str, name: str) -> tuple[Rule, ...] | None:
        """The rules of a Role of the namespace, or of a ClusterRole; None where there is none."""
        asked = (kind, namespace, name)
        if asked not in self._rules_of:
            of = ROLE if kind == ROLE.kind else CLUSTER_ROLE
            found = self.store.get(of.storage, (namespace if of is ROLE else "", name))
            self._rules_of[asked] = rules_of(found.object) if found else None
        return self._rules_of[asked]

    def _changed(self, change: Change) -> None:
        if change.kind in _BINDINGS:
            self._bindings.pop(change.key[0], None)
        else:
            self._rules_of.clear()
        self._grants.clear()

    def _granted(self, user: User, question: Question) -> tuple[tuple[Grant, ...], str]:
        what = (question.verb, question.group, question.what, question.namespace, question.path)
        asked = (user.name, user.groups, *what)
        known = self._grants.get(asked)
        if known is None:
            if len(self._grants) >= REMEMBERED:
                self._grants.clear()
                self._bindings.clear()  # there is one for each namespace that somebody has named
            known = self._grants[asked] = self._found(user, question)
        return known

    def _found(self, user: User, question: Question) -> tuple[tuple[Grant, ...], str]:
        grants: list[Grant] = []
        errors: list[str] = []
        for binding, rule in self._rules(user, question.namespace):
            if isinstance(rule, str):
                errors.append(rule)
            elif rule.allows_some(question):
                grants.append((rule.names, binding.source))
        text = errors[0] if len(errors) == 1 else f"[{', '.join(dict.fromkeys(errors))}]"
        return tuple(grants), f"RBAC: {text}" if errors else ""

    def _rules(self, user: User, namespace: str) -> Iterator[tuple[Binding, Rule | str]]:
        """Each rule with its binding; a text where the binding's role is not there."""
        subjects = [("User", user.name), *(("Group", group) for group in user.groups)]
        for place in dict.fromkeys(("", namespace)):
            if place not in self._bindings:
                self._bindings[place] = self._indexed(place)
            bindings = self._bindings[place]
            for binding in dict.fromkeys(each for subject in subjects for each in bindings.get(subject, ())):
                rules = self.rules_of_role(binding.role_kind, place, binding.role)
                if rules is None:
                    what = "clusterrole" if binding.role_kind == CLUSTER_ROLE.kind else "role"
                    yield binding, f"{what}.{CLUSTER_ROLE.group} {quoted(binding.role)} not found"
                for rule in rules or ():
                    yield binding, rule

    def _indexed(self, namespace: str) -> Bindings:
        kind = ROLE_BINDING if namespace else CLUSTER_ROLE_BINDING
        found: Bindings = {}
        for stored in self.store.objects(kind.storage, namespace or None):
            for subject in objects_at(stored.object, "subjects"):
                key = _subject(subject, namespace)
                if key is not None:
                    binding = _binding(kind.kind, stored.object, subject, namespace)
                    found.setdefault(key, []).append(binding)
        return found


def _subject(subject: JsonObject, namespace: str) -> Subject | None:
    kind, name = subject.get("kind") or "", subject.get("name") or ""
    if kind == "ServiceAccount":
        home = subject.get("namespace") or namespace
        return ("User", user_name(home, name)) if home else None
    return (kind, name) if kind in ("User", "Group") else None


def _binding(kind: str, obj: JsonObject, subject: JsonObject, namespace: str) -> Binding:
    """Its source is told as upstream does, which puts names before their namespaces."""
    role, name = object_at(obj, "roleRef"), obj["metadata"]["name"]
    holder = subject["name"]
    if subject["kind"] == "ServiceAccount":
        holder = f"{holder}/{subject.get('namespace') or namespace}"
    named = f"{name}/{namespace}" if namespace else name
    of = f"{role.get('kind')} {quoted(role.get('name') or '')} to {subject['kind']} {quoted(holder)}"
    return Binding(
        namespace, role.get("kind") or "", role.get("name") or "", f"{kind} {quoted(named)} of {of}"
    )
