"""A right that RBAC withholds from us: which one, from whom, and what gives it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_USER: Final = re.compile(r'\bUser "([^"]+)" cannot\b')  # as kube-apiserver has it, whoever decides
_ACCOUNT: Final = "system:serviceaccount:"
_TOGETHER: Final = {"list": "list,watch", "watch": "list,watch"}  # no client has a use for one of them alone
# What everything else works without: said, and nothing is held back for it.
_OPTIONAL: Final = frozenset(
    {
        ("create", "events"),
        ("patch", "configmaps"),  # the verdict on the pools' ConfigMap
        ("create", "secrets"),  # the heartbeats' key, which the chart may have made
        ("list", "leases.coordination.k8s.io"),  # of other releases
        ("watch", "leases.coordination.k8s.io"),
        ("get", "namespaces"),
        ("create", "namespaces"),  # the one for reports, likewise
        ("list", "servicecidrs.networking.k8s.io"),
        ("watch", "servicecidrs.networking.k8s.io"),
    }
)


@dataclass(frozen=True, slots=True)
class Right:
    """To do `verb`, as RBAC has it, with `resource`, as kubectl takes it: `leases.coordination.k8s.io`.

    `namespace` None: in the whole cluster.
    """

    verb: str
    resource: str
    namespace: str | None = None

    def __str__(self) -> str:
        where = f"in namespace {self.namespace}" if self.namespace else "in the whole cluster"
        return f"{self.verb} {self.resource} {where}"

    @property
    def is_optional(self) -> bool:
        """Whether a daemon does its work without it."""
        return (self.verb, self.resource) in _OPTIONAL

    def command(self, user: str) -> str:
        """What an admin types to give it."""
        kind, where = ("role", f" -n {self.namespace}") if self.namespace else ("clusterrole", "")
        name = re.sub(r"[^a-z0-9]+", "-", f"{_plain(user)}-{self.verb}-{self.resource}".lower()).strip("-")
        verbs = _TOGETHER.get(self.verb, self.verb)
        return (
            f"kubectl create {kind} {name} --verb={verbs} --resource={self.resource}{where} && "
            f"kubectl create {kind}binding {name} --{kind}={name} {_subject(user)}{where}"
        )


def user_in(message: str) -> str:
    """Who is refused, by the words of a 403; empty where they do not say."""
    found = _USER.search(message)
    return found[1] if found else ""


def who(user: str) -> str:
    """A user for people: `ServiceAccount NAMESPACE/NAME`, where it is one."""
    account = user.removeprefix(_ACCOUNT)
    return f"user {user}" if account == user else f"ServiceAccount {account.replace(':', '/', 1)}"


def _plain(user: str) -> str:
    return user.rpartition(":")[2]


def _subject(user: str) -> str:
    account = user.removeprefix(_ACCOUNT)
    return f"--user={user}" if account == user else f"--serviceaccount={account}"
