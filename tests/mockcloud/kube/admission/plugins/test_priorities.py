"""The priority of a pod, by its class."""

import pytest

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.plugins.priorities import priority
from mockcloud.kube.auth.user import API_SERVER
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.resources.scheduling import PRIORITY_CLASS
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes.refusals import Refusal


def store_of(**classes):
    store = Store()
    for name, fields in classes.items():
        store.put(PRIORITY_CLASS.storage, ("", name), {"metadata": {"name": name}, **fields})
    return store


async def admitted(store, operation=Operation.CREATE, **spec):
    write = Attributes(API_SERVER, operation, POD, "default", "p", {"spec": spec})
    return (await priority(store)(write))["spec"]


async def test_a_pod_has_the_number_of_its_class():
    """And whether it may take another's place."""
    store = store_of(high={"value": 1000, "preemptionPolicy": "Never"})
    assert await admitted(store, priorityClassName="high") == {
        "priorityClassName": "high",
        "priority": 1000,
        "preemptionPolicy": "Never",
    }


async def test_a_pod_without_a_class_has_the_default_one():
    """The lowest of those that say so; where none does, it has priority 0 and no class."""
    store = store_of(
        a={"value": 5, "globalDefault": True}, b={"value": 4, "globalDefault": True}, c={"value": 1}
    )
    assert (await admitted(store))["priorityClassName"] == "b"
    assert await admitted(store_of()) == {"priority": 0, "preemptionPolicy": "PreemptLowerPriority"}


async def test_a_class_that_is_not_there_keeps_the_pod_out():
    """A misspelt one must not be a pod of no importance."""
    with pytest.raises(
        Refusal, match='pods "p" is forbidden: no PriorityClass with name hihg was found'
    ) as refused:
        await admitted(store_of(), priorityClassName="hihg")
    assert refused.value.code == 403


async def test_a_pod_keeps_the_number_that_it_began_with():
    """Its class may be gone meanwhile."""
    spec = {"priorityClassName": "gone", "priority": 7, "preemptionPolicy": "Never"}
    assert await admitted(store_of(), Operation.UPDATE, **spec) == spec
