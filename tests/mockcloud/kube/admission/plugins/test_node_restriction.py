"""What a node's agent may write, beyond what its role says."""

import pytest

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.plugins.node_restriction import node_restriction
from mockcloud.kube.auth.user import User
from mockcloud.kube.resources.coordination import LEASE
from mockcloud.kube.resources.core.node import NODE
from mockcloud.kube.resources.core.serviceaccount import SERVICE_ACCOUNT
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes.refusals import Refusal
from testkit import objects

AGENT = User("system:node:one", ("system:nodes",))
CREATE, UPDATE, DELETE = Operation.CREATE, Operation.UPDATE, Operation.DELETE
TAINT = {"key": "k", "effect": "NoSchedule"}


def on(node, name="p", **labels):
    """A pod on a node, with a token."""
    token = {"serviceAccountToken": {"path": "token"}}
    volumes = [{"name": "v", "projected": {"sources": [token]}}]
    return objects.pod(name, namespace=None, metadata={"labels": labels}, nodeName=node, volumes=volumes)


def a_node(**spec):
    return {"metadata": {"name": "one"}, "spec": spec}


def bound(name="p", uid="u", **spec):
    return {"spec": {"boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid}, **spec}}


def write(kind, operation, obj, old=None, **where):
    place = {"namespace": "a", "name": "p", **where}
    part, user = place.pop("subresource", ""), place.pop("user", AGENT)
    return Attributes(user, operation, kind, place["namespace"], place["name"], obj, old, part)


async def why_not(attributes):
    store = Store()
    for node, name in (("one", "p"), ("two", "q")):
        store.put(POD.storage, ("a", name), on(node, name))
    try:
        await node_restriction(store)(attributes)
    except Refusal as refusal:
        return f"{refusal.code} {refusal.message.partition('is forbidden: ')[2]}"
    return ""


STATUS = {"subresource": "status"}
TOKEN = {"subresource": "token", "name": "default"}
OWN_LEASE = {"namespace": "kube-node-lease", "name": "one"}


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param(write(POD, UPDATE, on("one"), on("one"), **STATUS), id="status-of-its-pod"),
        pytest.param(write(POD, DELETE, {}, on("one")), id="end-of-its-pod"),
        pytest.param(write(NODE, CREATE, a_node(taints=[TAINT]), name="one"), id="its-node"),
        pytest.param(write(NODE, UPDATE, a_node(a=1), a_node(), name="one"), id="change-of-its-node"),
        pytest.param(write(LEASE, CREATE, {}, **OWN_LEASE), id="its-lease"),
        pytest.param(write(SERVICE_ACCOUNT, CREATE, bound(), **TOKEN), id="token-of-its-pod"),
        pytest.param(write(SERVICE_ACCOUNT, CREATE, bound("gone"), **TOKEN), id="pod-that-is-gone"),
        pytest.param(write(POD, DELETE, {}, on("two"), user=User("ann")), id="somebody-else"),
    ],
)
async def test_what_is_its_own(attributes):
    """Its node, its lease, and the pods that are on it; others are not restricted by this."""
    assert await why_not(attributes) == ""


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        pytest.param(write(POD, CREATE, on("one")), "can only create mirror pods", id="pod"),
        pytest.param(
            write(POD, DELETE, {}, on("two")),
            "can only delete pods with spec.nodeName set to itself",
            id="end",
        ),
        pytest.param(
            write(POD, UPDATE, on("two"), on("two"), **STATUS),
            "can only update pod status for pods",
            id="status",
        ),
        pytest.param(
            write(POD, UPDATE, on("one", a="b"), on("one"), **STATUS), "cannot update labels", id="labels"
        ),
        pytest.param(write(POD, UPDATE, on("one"), on("one")), "unexpected operation", id="change"),
        pytest.param(
            write(POD, UPDATE, on("one"), on("one"), subresource="binding"),
            "unexpected pod subresource",
            id="part",
        ),
        pytest.param(
            write(NODE, DELETE, {}, a_node(), name="two"), "is not allowed to modify node", id="node"
        ),
        pytest.param(
            write(NODE, UPDATE, a_node(taints=[]), a_node(taints=[TAINT]), name="one"),
            "modify taints",
            id="taints",
        ),
        pytest.param(write(LEASE, UPDATE, {}, {}, name="one"), "can only access leases in the", id="leases"),
        pytest.param(
            write(LEASE, UPDATE, {}, {}, namespace="kube-node-lease", name="two"),
            "with the same name",
            id="lease",
        ),
        pytest.param(write(SERVICE_ACCOUNT, CREATE, {}, **TOKEN), "not bound to a pod", id="token"),
        pytest.param(write(SERVICE_ACCOUNT, CREATE, bound(uid=""), **TOKEN), "without a uid", id="no-uid"),
        pytest.param(
            write(SERVICE_ACCOUNT, CREATE, bound("q"), **TOKEN),
            "scheduled on a different node",
            id="anothers-pod",
        ),
        pytest.param(
            write(SERVICE_ACCOUNT, CREATE, bound(audiences=["x"]), **TOKEN),
            'audience "x" not found',
            id="audience",
        ),
        pytest.param(
            write(SERVICE_ACCOUNT, CREATE, bound(audiences=["x", "y"]), **TOKEN),
            "0 or 1 audiences",
            id="audiences",
        ),
        pytest.param(
            write(POD, DELETE, {}, on("one"), user=User("x", ("system:nodes",))),
            "could not determine node from user",
            id="no-node",
        ),
    ],
)
async def test_what_is_not(attributes, why):
    """In upstream's words."""
    told = await why_not(attributes)
    assert told.startswith("403 ")
    assert why in told
