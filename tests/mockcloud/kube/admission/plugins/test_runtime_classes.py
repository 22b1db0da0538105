"""What a pod gets from its RuntimeClass, and when they disagree."""

import pytest

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.plugins.runtime_classes import runtime_class
from mockcloud.kube.auth.user import API_SERVER
from mockcloud.kube.resources.node import RUNTIME_CLASS
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes.refusals import Refusal
from testkit import objects

TOLERATION = {"key": "vm", "operator": "Exists"}


async def admitted(**spec):
    store = Store()
    scheduling = {"nodeSelector": {"kind": "vm"}, "tolerations": [TOLERATION]}
    body = {"metadata": {"name": "vm"}, "overhead": {"podFixed": {"cpu": "10m"}}, "scheduling": scheduling}
    store.put(RUNTIME_CLASS.storage, ("", "vm"), body)
    write = Attributes(API_SERVER, Operation.CREATE, POD, "default", "p", objects.pod("p", **spec))
    return (await runtime_class(store)(write))["spec"]


async def test_a_pod_gets_what_its_class_has():
    """Each once, however it was written."""
    spec = await admitted(runtimeClassName="vm", overhead={"cpu": "0.01"}, tolerations=[TOLERATION])
    assert spec["overhead"] == {"cpu": "10m"}
    assert spec["nodeSelector"] == {"kind": "vm"}
    assert spec["tolerations"] == [TOLERATION]
    assert "overhead" not in await admitted()


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param({"runtimeClassName": "x"}, 'RuntimeClass "x" not found', id="absent"),
        pytest.param({"overhead": {"cpu": "1"}}, "without corresponding RuntimeClass", id="overhead-alone"),
        pytest.param({"runtimeClassName": "vm", "overhead": {"cpu": "1"}}, "doesn't match", id="overhead"),
        pytest.param(
            {"runtimeClassName": "vm", "nodeSelector": {"kind": "metal"}},
            "conflict: runtimeClass",
            id="place",
        ),
    ],
)
async def test_refusals(spec, said):
    """One row a reason."""
    with pytest.raises(Refusal, match=said):
        await admitted(**spec)
