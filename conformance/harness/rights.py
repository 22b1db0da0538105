"""What RBAC grants to a ServiceAccount, and what an API server's audit log shows that it used. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

AUDIT_POLICY = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}]}
FORBIDDEN = 403


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One verb on one resource; "" for namespace or name: all of them."""

    account: str  # NAMESPACE:NAME
    verb: str
    resource: str  # with its group and subresource
    namespace: str = ""
    name: str = ""

    def covers(self, used: "Right") -> bool:
        """Whether this is what allowed a request."""
        same = (self.account, self.verb, self.resource) == (used.account, used.verb, used.resource)
        return same and self.namespace in ("", used.namespace) and self.name in ("", used.name)


def granted(objects: Sequence[Mapping[str, Any]]) -> set[Right]:
    """All that the bindings among these objects give to ServiceAccounts."""
    roles = {_identity(each): each["rules"] for each in objects if each["kind"] in ("Role", "ClusterRole")}
    found = set()
    for binding in objects:
        if binding["kind"] not in ("RoleBinding", "ClusterRoleBinding"):
            continue
        namespace = binding["metadata"].get("namespace", "")
        role = roles[binding["roleRef"]["kind"], namespace, binding["roleRef"]["name"]]
        for subject in binding["subjects"]:
            account = f"{subject['namespace']}:{subject['name']}"
            found |= {right for rule in role for right in _of_rule(rule, account, namespace)}
    return found


def requests(audit: Iterable[Mapping[str, Any]], accounts: Sequence[str]) -> Iterator[tuple[Right, int]]:
    """What these accounts have asked for, by the audit log's lines, and how each was answered."""
    for line in audit:
        account = line["user"]["username"].removeprefix("system:serviceaccount:")
        target = line.get("objectRef")
        if account in accounts and target and "responseStatus" in line:
            resource = _resource(target.get("apiGroup", ""), target["resource"], target.get("subresource"))
            where = target.get("namespace", ""), target.get("name", "")
            yield Right(account, line["verb"], resource, *where), line["responseStatus"].get("code", 0)


def _of_rule(rule: Mapping[str, Any], account: str, namespace: str) -> Iterator[Right]:
    for group in rule["apiGroups"]:
        for whole in rule["resources"]:
            plural, _, subresource = whole.partition("/")
            for name in rule.get("resourceNames") or ("",):
                for verb in rule["verbs"]:
                    yield Right(account, verb, _resource(group, plural, subresource), namespace, name)


def _resource(group: str, plural: str, subresource: str | None) -> str:
    return plural + (f"/{subresource}" if subresource else "") + (f".{group}" if group else "")


def _identity(found: Mapping[str, Any]) -> tuple[str, str, str]:
    return found["kind"], found["metadata"].get("namespace", ""), found["metadata"]["name"]
