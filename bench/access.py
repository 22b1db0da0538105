"""What it costs a request of the lab's API to be let in: who calls, what is asked, whether he may.

In processor time, since it is next to nothing: the roles are those that every cluster and the lab start with,
and a thousand more bindings.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from bench.figures import Figure
from mockcloud.kube.auth.access import open_access
from mockcloud.kube.auth.rbac.defaults import default_objects
from mockcloud.kube.auth.rbac.lab import lab_objects
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.auth.service_accounts.signing import SigningKey, new_key
from mockcloud.kube.auth.user import ALL_AUTHENTICATED, User
from mockcloud.kube.resources.core.serviceaccount import SERVICE_ACCOUNT
from mockcloud.kube.resources.rbac import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from mockcloud.kube.rest.questions import question
from mockcloud.kube.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BINDINGS: Final = 1_000
TIMES: Final = 10_000
SELDOM: Final = 100
PATH: Final = "/api/v1/namespaces/default/pods/p/status"


def run() -> Iterator[Figure]:
    """The best of some rounds each: what it takes when nothing comes between."""
    store = _cluster()
    policy = Policy(store)
    node = User("system:node:node-1", ("system:nodes", ALL_AUTHENTICATED))
    access = open_access(policy, SigningKey(new_key()), {"token": node}, lambda: 1e9, lambda: "id")
    account = access.issuer.issued("default", "default", {})["status"]["token"]
    asked = question("PATCH", PATH, {})

    def let_in(token: str) -> None:
        user = access.authenticator.user(f"Bearer {token}")
        policy.decide(access.acting(user, {}), question("PATCH", PATH, {}))

    def anew() -> None:
        store.put(ROLE.storage, ("default", "r"), {"metadata": {"name": "r", "namespace": "default"}})
        policy.decide(node, asked)

    yield Figure("a daemon's request", _micros(lambda: let_in("token"), TIMES), "us", "10 us")
    yield Figure("... of it, whether it may", _micros(lambda: policy.decide(node, asked), TIMES), "us", "")
    yield Figure("a ServiceAccount's request", _micros(lambda: let_in(account), TIMES), "us", "20 us")
    yield Figure("the first after a change of a role", _micros(anew, SELDOM), "us", "")


def _cluster() -> Store:
    store = Store()
    kinds = {kind.kind: kind for kind in (ROLE, CLUSTER_ROLE, ROLE_BINDING, CLUSTER_ROLE_BINDING)}
    for body in (*default_objects(), *lab_objects(), *map(_binding, range(BINDINGS))):
        metadata = body["metadata"]
        store.put(kinds[body["kind"]].storage, (metadata.get("namespace", ""), metadata["name"]), body)
    metadata = {"name": "default", "namespace": "default", "uid": "u"}
    store.put(SERVICE_ACCOUNT.storage, ("default", "default"), {"metadata": metadata})
    return store


def _binding(number: int) -> dict[str, object]:
    return {
        "kind": "RoleBinding",
        "metadata": {"name": f"b-{number}", "namespace": f"n-{number}"},
        "roleRef": {"kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "User", "name": f"u-{number}"}],
    }


def _micros(act: Callable[[], object], times: int) -> float:
    rounds = []
    for _ in range(5):
        began = time.thread_time()
        for _ in range(times):
            act()
        rounds.append((time.thread_time() - began) / times * 1e6)
    return min(rounds)
