"""Nobody grants what he does not have: roles and bindings that would are refused (pkg/registry/rbac).

Upstream has this in the storage of these kinds, behind all plug-ins.
"""

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.chain import Validating
from mockcloud.kube.auth.questions import Question
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.auth.rbac.rules import EVERYTHING, Rule, missing, rules_of
from mockcloud.kube.auth.user import MASTERS
from mockcloud.kube.field_errors import quoted
from mockcloud.kube.json_types import object_at
from mockcloud.kube.resources.rbac import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, GROUP, ROLE, ROLE_BINDING
from mockcloud.kube.writes import refusals

ROLES = (ROLE, CLUSTER_ROLE)
BINDINGS = (ROLE_BINDING, CLUSTER_ROLE_BINDING)


def no_escalation(policy: Policy) -> Validating:
    """The member: who may `escalate` roles, or `bind` this one, may grant more than he has."""

    async def admit(write: Attributes) -> None:
        if write.kind not in (*ROLES, *BINDINGS) or not write.writes_all or MASTERS in write.user.groups:
            return
        if write.old is not None and _same_but_for_owners(write):
            return
        if policy.decide(write.user, _exemption(write)).allowed:
            return
        if _gathers(write) and missing(policy.rules_for(write.user, ""), EVERYTHING):
            why = "must have cluster-admin privileges to use an aggregationRule"
            raise refusals.forbidden(write.kind, write.name, why)
        lacking = missing(policy.rules_for(write.user, write.namespace), _granted(policy, write))
        if lacking:
            groups = " ".join(map(quoted, write.user.groups))
            who = f"user {quoted(write.user.name)} (groups=[{groups}])"
            rights = "\n".join(sorted(rule.text() for rule in lacking))
            why = f"{who} is attempting to grant RBAC permissions not currently held:\n{rights}"
            raise refusals.forbidden(write.kind, write.name, why)

    return admit


def _gathers(write: Attributes) -> bool:
    """Whether the role is, or was, made of others: what these will be nobody knows."""
    return bool(write.object.get("aggregationRule") or (write.old or {}).get("aggregationRule"))


def _exemption(write: Attributes) -> Question:
    """What allows to grant more than one has."""
    if write.kind in ROLES:
        name = write.name if write.operation is Operation.UPDATE else ""
        return Question("escalate", GROUP, write.kind.plural, "", write.namespace, name)
    role = object_at(write.object, "roleRef")
    plural = ROLE.plural if role.get("kind") == ROLE.kind else CLUSTER_ROLE.plural
    return Question("bind", role.get("apiGroup") or "", plural, "", write.namespace, role.get("name") or "")


def _granted(policy: Policy, write: Attributes) -> tuple[Rule, ...]:
    if write.kind in ROLES:
        return rules_of(write.object)
    role = object_at(write.object, "roleRef")
    kind, name = role.get("kind") or "", role.get("name") or ""
    found = policy.rules_of_role(kind, write.namespace, name)
    if found is None:
        raise refusals.not_found(write.kind, name)  # upstream names the binding's resource, too
    return found


def _same_but_for_owners(write: Attributes) -> bool:
    """The garbage collector changes these, and grants nothing by it."""

    def rest(obj: dict[str, object]) -> dict[str, object]:
        metadata = object_at(obj, "metadata")
        kept = {
            k: v for k, v in metadata.items() if k not in ("ownerReferences", "finalizers", "managedFields")
        }
        return {**obj, "metadata": kept}

    return write.old is not None and rest(write.object) == rest(write.old)
