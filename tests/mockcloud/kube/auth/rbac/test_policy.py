"""Who may do what, by the roles and bindings in a store."""

import pytest

from mockcloud.kube.auth.questions import Question
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.auth.rbac.rules import Rule
from mockcloud.kube.auth.user import User
from mockcloud.kube.resources.rbac import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from mockcloud.kube.storage.store import Store

ANN = User("ann", ("devs", "system:authenticated"))
BOT = User("system:serviceaccount:a:bot", ("system:serviceaccounts",))
READ = {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]}
LIST = Question("list", "", "pods")


@pytest.fixture
def cluster():
    return Cluster()


class Cluster:
    """A store, and the policy over it."""

    def __init__(self):
        self.store = Store()
        self.policy = Policy(self.store)

    def role(self, name, *rules, namespace=""):
        kind = ROLE if namespace else CLUSTER_ROLE
        body = {"metadata": {"name": name, "namespace": namespace}, "rules": list(rules)}
        self.store.put(kind.storage, (namespace, name), body)

    def bind(self, name, role, *subjects, namespace="", kind="ClusterRole"):
        of = ROLE_BINDING if namespace else CLUSTER_ROLE_BINDING
        body = {"metadata": {"name": name, "namespace": namespace}, "subjects": list(subjects)}
        body["roleRef"] = {"kind": kind, "name": role}
        self.store.put(of.storage, (namespace, name), body)

    def allowed(self, user, question):
        return self.policy.decide(user, question).allowed


def user(name):
    return {"kind": "User", "name": name}


def group(name):
    return {"kind": "Group", "name": name}


def account(name, **namespace):
    return {"kind": "ServiceAccount", "name": name, **namespace}


def test_nobody_may_anything_but_masters(cluster):
    """What no rule allows is refused, without a reason."""
    assert cluster.policy.decide(ANN, LIST) == cluster.policy.decide(BOT, LIST)
    assert not cluster.allowed(ANN, LIST)
    assert cluster.allowed(User("x", ("system:masters",)), LIST)


def test_a_cluster_role_binding_holds_everywhere(cluster):
    """In each namespace and for all of them; the answer says by which binding."""
    cluster.role("reader", READ)
    cluster.bind("devs-read", "reader", group("devs"))
    assert cluster.allowed(ANN, LIST)
    assert cluster.allowed(ANN, Question("list", "", "pods", "", "b"))
    assert not cluster.allowed(BOT, LIST)
    why = cluster.policy.decide(ANN, LIST).why
    assert why == 'RBAC: allowed by ClusterRoleBinding "devs-read" of ClusterRole "reader" to Group "devs"'


@pytest.mark.parametrize("kind", ["Role", "ClusterRole"])
def test_a_role_binding_holds_in_its_namespace(cluster, kind):
    """Of whichever kind its role is; an account without a namespace is of the binding's."""
    cluster.role("reader", READ, namespace="a" if kind == "Role" else "")
    cluster.bind("bots", "reader", account("bot"), namespace="a", kind=kind)
    assert cluster.allowed(BOT, Question("list", "", "pods", "", "a"))
    assert not cluster.allowed(BOT, Question("list", "", "pods", "", "b"))
    assert not cluster.allowed(BOT, LIST)
    why = cluster.policy.decide(BOT, Question("list", "", "pods", "", "a")).why
    assert why == f'RBAC: allowed by RoleBinding "bots/a" of {kind} "reader" to ServiceAccount "bot/a"'


def test_names_of_a_rule(cluster):
    """Such a rule is for the objects of these names, and for no list of all."""
    cluster.role("one", {**READ, "resourceNames": ["x"]})
    cluster.bind("ann", "one", user("ann"))
    asked = [cluster.allowed(ANN, Question("get", "", "pods", "", "a", name)) for name in ("x", "y", "")]
    assert asked == [True, False, False]


def test_changes_count_at_once(cluster):
    """A binding that comes or goes, a role that changes."""
    assert not cluster.allowed(ANN, LIST)
    cluster.role("reader", READ)
    cluster.bind("ann", "reader", user("ann"))
    assert cluster.allowed(ANN, LIST)
    cluster.role("reader", {**READ, "verbs": ["get"]})
    assert not cluster.allowed(ANN, LIST)
    cluster.role("reader", READ)
    assert cluster.allowed(ANN, LIST)
    cluster.store.delete(CLUSTER_ROLE_BINDING.storage, ("", "ann"))
    assert not cluster.allowed(ANN, LIST)


def test_a_role_that_is_not_there_is_named(cluster):
    """The refusal says which binding leads nowhere; what others allow is allowed."""
    cluster.bind("broken", "gone", user("ann"))
    assert cluster.policy.decide(ANN, LIST).why == (
        'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found'
    )
    cluster.role("reader", READ)
    cluster.bind("ann", "reader", user("ann"))
    assert cluster.allowed(ANN, LIST)


def test_all_rules_of_a_user(cluster):
    """Those of the cluster, then those of the namespace; each binding once."""
    cluster.role("reader", READ)
    cluster.role("paths", {"verbs": ["get"], "nonResourceURLs": ["/x"]})
    cluster.bind("a", "paths", user("ann"), group("devs"))
    cluster.bind("b", "reader", user("ann"), namespace="a")
    here = [Rule(("get",), urls=("/x",)), Rule(("get", "list"), ("",), ("pods",))]
    assert list(dict.fromkeys(cluster.policy.rules_for(ANN, "a"))) == here
    assert list(dict.fromkeys(cluster.policy.rules_for(ANN, "b"))) == here[:1]
