"""What the lab's own daemons may, by the roles that the API makes."""

import pytest

from mockcloud.cluster_defaults import INGRESS_NAME, INGRESS_NAMESPACE
from mockcloud.kube.auth.questions import Question
from mockcloud.kube.auth.rbac.defaults import default_objects
from mockcloud.kube.auth.rbac.lab import CONTROLLERS, DNS, lab_objects
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.auth.user import ALL_AUTHENTICATED, User
from mockcloud.kube.resources.rbac import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from mockcloud.kube.storage.store import Store

KINDS = {kind.kind: kind for kind in (ROLE, CLUSTER_ROLE, ROLE_BINDING, CLUSTER_ROLE_BINDING)}
NODE = User("system:node:node-1", ("system:nodes", ALL_AUTHENTICATED))
MANAGER, NAMES = User(CONTROLLERS, (ALL_AUTHENTICATED,)), User(DNS, (ALL_AUTHENTICATED,))

INGRESS = User(f"system:serviceaccount:{INGRESS_NAMESPACE}:{INGRESS_NAME}", (ALL_AUTHENTICATED,))


@pytest.fixture(scope="module")
def policy():
    store = Store()
    for each in (*default_objects(), *lab_objects()):
        metadata = each["metadata"]
        key = (metadata.get("namespace", ""), metadata["name"])
        assert KINDS[each["kind"]].problems(KINDS[each["kind"]].defaults(each), None) == []
        assert store.get(KINDS[each["kind"]].storage, key) is None
        store.put(KINDS[each["kind"]].storage, key, each)
    return Policy(store)


@pytest.mark.parametrize(
    ("user", "question", "allowed"),
    [
        pytest.param(NODE, Question("patch", "", "pods", "status", "a", "p"), True, id="node-status-of-pods"),
        pytest.param(
            NODE, Question("create", "", "serviceaccounts", "token", "a", "s"), True, id="node-token"
        ),
        pytest.param(NODE, Question("watch", "discovery.k8s.io", "endpointslices"), True, id="node-slices"),
        pytest.param(NODE, Question("create", "apps", "deployments", "", "a"), False, id="node-no-workloads"),
        pytest.param(
            NODE, Question("delete", "", "secrets", "", "a", "s"), False, id="node-no-secret-deleted"
        ),
        pytest.param(
            NODE, Question("watch", "networking.k8s.io", "networkpolicies"), True, id="node-policies"
        ),
        pytest.param(
            NODE, Question("get", "networking.k8s.io", "ingresses", "", "a", "i"), False, id="no-more"
        ),
        pytest.param(NAMES, Question("watch", "", "services"), True, id="dns-services"),
        pytest.param(
            NAMES, Question("create", "", "services", "", "kube-system"), True, id="dns-own-service"
        ),
        pytest.param(NAMES, Question("create", "", "services", "", "default"), False, id="dns-no-other"),
        pytest.param(NAMES, Question("list", "", "secrets"), False, id="dns-no-secrets"),
        pytest.param(MANAGER, Question("delete", "example.com", "things", "", "a", "t"), True, id="garbage"),
        pytest.param(MANAGER, Question("create", "", "pods", "binding", "a", "p"), True, id="scheduler"),
        pytest.param(MANAGER, Question("create", "", "secrets", "", "a"), False, id="controllers-no-secrets"),
        pytest.param(MANAGER, Question("create", "apps", "deployments", "", "a"), True, id="installs"),
        pytest.param(INGRESS, Question("watch", "", "secrets"), True, id="ingress-certificates"),
        pytest.param(
            INGRESS,
            Question("patch", "networking.k8s.io", "ingresses", "status", "a", "i"),
            True,
            id="ingress-status",
        ),
        pytest.param(
            INGRESS,
            Question("patch", "networking.k8s.io", "ingresses", "", "a", "i"),
            False,
            id="no-spec",
        ),
        pytest.param(MANAGER, Question("impersonate", "", "users", name="x"), False, id="nobody-else"),
    ],
)
def test_what_daemons_may(policy, user, question, allowed):
    """What each needs, and not what the others do."""
    assert policy.decide(user, question).allowed is allowed
