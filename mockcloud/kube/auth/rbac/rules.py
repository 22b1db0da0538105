"""PolicyRules: what one allows, and whether it covers another (component-helpers' auth/rbac/validation)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mockcloud.kube.auth.questions import Question
from mockcloud.kube.field_errors import quoted
from mockcloud.kube.json_types import JsonObject, objects_at

ALL: Final = "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """Verbs on resources of groups (of the names alone, where there are any), or on URL paths."""

    verbs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()

    def allows_some(self, question: Question) -> bool:
        """Whether the rule allows this, of the object named or at least of objects of other names."""
        if not _among(question.verb, self.verbs):
            return False
        if question.path:
            return any(_url_covers(url, question.path) for url in self.urls)
        return _among(question.group, self.groups) and any(
            _resource_covers(resource, question.what) for resource in self.resources
        )

    def covers(self, other: "Rule") -> bool:
        """Whether this one allows all that `other`, a rule of one verb and one thing, does."""
        named = not self.names or (bool(other.names) and set(other.names) <= set(self.names))
        return (
            named
            and all(_among(verb, self.verbs) for verb in other.verbs)
            and all(_among(group, self.groups) for group in other.groups)
            and all(any(_resource_covers(own, each) for own in self.resources) for each in other.resources)
            and all(any(_url_covers(own, each) for own in self.urls) for each in other.urls)
        )

    def text(self) -> str:
        """As kube-apiserver says which rights are missing."""
        parts = (
            ("APIGroups", self.groups),
            ("Resources", self.resources),
            ("NonResourceURLs", self.urls),
            ("ResourceNames", self.names),
            ("Verbs", self.verbs),
        )
        shown = (f"{name}:[{' '.join(map(quoted, values))}]" for name, values in parts if values)
        return "{" + ", ".join(shown) + "}"


EVERYTHING: Final = (Rule((ALL,), (ALL,), (ALL,)), Rule((ALL,), urls=(ALL,)))
"""What a cluster-admin may."""
_FIELDS: Final = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")


def rules_of(role: JsonObject) -> tuple[Rule, ...]:
    """The rules of a Role or ClusterRole."""
    return tuple(Rule(*(tuple(each.get(key) or ()) for key in _FIELDS)) for each in objects_at(role, "rules"))


def missing(held: Sequence[Rule], wanted: Iterable[Rule]) -> list[Rule]:
    """What of the wanted rules no held one covers, put together by their verbs."""
    lacking: dict[Rule, list[str]] = {}
    for rule in wanted:
        for part in _parts(rule):
            if not any(own.covers(part) for own in held):
                verbs = lacking.setdefault(replace(part, verbs=()) if part.resources else part, [])
                verbs.extend(part.verbs)
    return [replace(rule, verbs=tuple(verbs)) for rule, verbs in lacking.items()]


def _parts(rule: Rule) -> Iterator[Rule]:
    """The rule as many of one verb and one thing each."""
    for verb in rule.verbs:
        for url in rule.urls:
            yield Rule((verb,), urls=(url,))
    for group in rule.groups:
        for resource in rule.resources:
            for verb in rule.verbs:
                for names in _each(rule.names):
                    yield Rule((verb,), (group,), (resource,), names)


def _each(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Each name alone; no name at all where there is none."""
    yield from ((name,) for name in names) if names else ((),)


def _among(one: str, allowed: tuple[str, ...]) -> bool:
    return one in allowed or ALL in allowed


def _resource_covers(own: str, what: str) -> bool:
    """Whether `pods`, `pods/log`, `*/scale` or `*` is, or includes, what is asked for."""
    if own in (ALL, what):
        return True
    _, slash, part = what.partition("/")
    return bool(slash) and own == f"*/{part}"


def _url_covers(own: str, path: str) -> bool:
    return own in (ALL, path) or (own.endswith("*") and path.startswith(own.rstrip("*")))
