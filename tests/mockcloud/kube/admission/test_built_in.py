"""What the API's own members of the admission make of a write, and what they refuse."""

from random import Random

import pytest

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.built_in import chain
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.auth.user import API_SERVER
from mockcloud.kube.resources.core.configmap import CONFIG_MAP
from mockcloud.kube.resources.core.namespace import NAMESPACE
from mockcloud.kube.resources.core.node import NODE
from mockcloud.kube.resources.core.persistentvolumeclaim import PERSISTENT_VOLUME_CLAIM
from mockcloud.kube.resources.core.serviceaccount import SERVICE_ACCOUNT
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes.refusals import Refusal


def chain_of_a_cluster():
    """Its namespaces: `default`, and `ending`."""
    store = Store()
    store.put(NAMESPACE.storage, ("", "default"), {"metadata": {"name": "default"}})
    store.put(NAMESPACE.storage, ("", "ending"), {"metadata": {"name": "ending", "deletionTimestamp": "t"}})
    for name in ("default", "me"):
        store.put(SERVICE_ACCOUNT.storage, ("default", name), {"metadata": {"name": name}})
    return chain(Policy(store), Random(1), no_pause)


async def no_pause(_seconds):
    """Nothing comes."""


def write(kind, obj, operation=Operation.CREATE, namespace="default", name="x", **fields):
    return Attributes(API_SERVER, operation, kind, namespace, name, obj, **fields)


async def admitted_pod(spec, **fields):
    pod = POD.defaults({"spec": spec})
    return (await chain_of_a_cluster().mutated(write(POD, pod, **fields)))["spec"]


async def test_a_pod_gets_more_than_a_template():
    """What the API server's admission adds: an account, a priority, five minutes for a lost node."""
    spec = await admitted_pod({"containers": [{"name": "c", "image": "nginx"}]})
    assert (spec["serviceAccountName"], spec["serviceAccount"], spec["priority"]) == ("default", "default", 0)
    assert (spec["enableServiceLinks"], spec["preemptionPolicy"]) == (True, "PreemptLowerPriority")
    assert [(each["key"], each["tolerationSeconds"]) for each in spec["tolerations"]] == [
        ("node.kubernetes.io/not-ready", 300),
        ("node.kubernetes.io/unreachable", 300),
    ]
    assert await admitted_pod(spec) == spec
    assert await admitted_pod(spec, operation=Operation.UPDATE) == spec


@pytest.mark.parametrize(
    ("stated", "keys"),
    [
        pytest.param({"operator": "Exists"}, [None], id="everything"),
        pytest.param(
            {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"},
            ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"],
            id="one-of-them",
        ),
    ],
)
async def test_stated_tolerations_stay_alone(stated, keys):
    """Only what is not tolerated yet is added."""
    spec = await admitted_pod({"tolerations": [stated]})
    assert [each.get("key") for each in spec["tolerations"]] == keys


async def test_an_account_is_stated_in_both_fields():
    """serviceAccount is the old name of serviceAccountName."""
    spec = await admitted_pod({"serviceAccountName": "me"})
    assert (spec["serviceAccountName"], spec["serviceAccount"]) == ("me", "me")


async def test_claims_are_protected_from_their_first_moment():
    """By a finalizer that is there once."""
    members, protection = chain_of_a_cluster(), "kubernetes.io/pvc-protection"
    made = await members.mutated(write(PERSISTENT_VOLUME_CLAIM, {"metadata": {}, "spec": {}}))
    assert made["metadata"]["finalizers"] == [protection]
    body = {"metadata": {"finalizers": [protection, "x"]}, "spec": {}}
    made = await members.mutated(write(PERSISTENT_VOLUME_CLAIM, body))
    assert made["metadata"]["finalizers"] == [protection, "x"]
    changed = await members.mutated(write(PERSISTENT_VOLUME_CLAIM, {"metadata": {}}, Operation.UPDATE))
    assert "finalizers" not in changed["metadata"]


@pytest.mark.parametrize(
    ("attributes", "code", "message"),
    [
        pytest.param(
            write(CONFIG_MAP, {}, namespace="nowhere"),
            404,
            'namespaces "nowhere" not found',
            id="no-namespace",
        ),
        pytest.param(write(CONFIG_MAP, {}, namespace="ending"), 403, "it is being terminated", id="ending"),
        pytest.param(
            write(NAMESPACE, {}, Operation.DELETE, "", "kube-system"),
            403,
            "this namespace may not be deleted",
            id="immortal",
        ),
        pytest.param(
            write(NODE, {"metadata": {"name": "n", "namespace": "x"}}, namespace=""),
            422,
            "metadata.namespace: Forbidden",
            id="rule-of-the-kind",
        ),
    ],
)
async def test_refusals(attributes, code, message):
    """Each in the API server's words."""
    members = chain_of_a_cluster()
    with pytest.raises(Refusal, match=message) as refused:
        await members.validated(attributes.with_object(await members.mutated(attributes)))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param(write(CONFIG_MAP, {"a": 1}, Operation.UPDATE, "ending"), id="change-in-one-that-ends"),
        pytest.param(write(NAMESPACE, {}, Operation.DELETE, "", "mine"), id="namespace-of-a-user"),
        pytest.param(write(POD, {"spec": {}}, Operation.DELETE), id="deletion-of-a-pod"),
        pytest.param(
            write(NODE, {"status": {}}, Operation.UPDATE, "", subresource="status"), id="status-of-a-node"
        ),
    ],
)
async def test_what_is_let_through_as_it_is(attributes):
    """Nothing is added to a deletion, nor to what is complete."""
    assert await chain_of_a_cluster().mutated(attributes) == attributes.object


async def test_what_is_passed_in_is_not_changed():
    """A member makes a new object."""
    given = {"spec": {"tolerations": [], "containers": [{"name": "c"}]}}
    await chain_of_a_cluster().mutated(write(POD, given))
    assert given == {"spec": {"tolerations": [], "containers": [{"name": "c"}]}}
