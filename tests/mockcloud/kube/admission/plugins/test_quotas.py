"""Quotas are charged where the object is stored: of two writes at once one gets the last room."""

import asyncio
from random import Random

import pytest

from mockcloud.kube.admission.chain import Chain
from mockcloud.kube.admission.plugins.quotas import resource_quota
from mockcloud.kube.registry import ITSELF, Place, Registry
from mockcloud.kube.resources.built_in import BUILT_IN
from mockcloud.kube.resources.core.configmap import CONFIG_MAP
from mockcloud.kube.resources.core.namespace import NAMESPACE
from mockcloud.kube.resources.core.resourcequota import RESOURCE_QUOTA
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes.refusals import Refusal
from testkit import objects


@pytest.fixture
def registry():
    """Room for one ConfigMap; admission takes its time."""
    store = Store()
    store.put(NAMESPACE.storage, ("", "default"), objects.namespace("default"))
    hard = {"configmaps": "1"}
    quota = objects.made(
        "ResourceQuota",
        "q",
        metadata={"namespace": "default"},
        spec={"hard": hard},
        status={"hard": hard, "used": {"configmaps": "0"}},
    )
    store.put(RESOURCE_QUOTA.storage, ("default", "q"), quota)

    async def slow(write):
        await asyncio.sleep(0)
        return write.object

    chain = Chain(mutating=[slow], charging=[resource_quota(store)])
    return Registry(store, Scheme(BUILT_IN), chain, None, lambda: 0.0, iter("abcdefgh").__next__, Random(1))


def used(registry):
    return registry.store.get(RESOURCE_QUOTA.storage, ("default", "q")).object["status"]["used"]


async def test_of_two_at_once_one_gets_the_room(registry):
    """The other is refused, and nothing is charged twice."""
    made = await asyncio.gather(
        *(
            registry.create(Place(CONFIG_MAP, "default", name), objects.config_map(name), ITSELF)
            for name in "ab"
        ),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in made) == ["Refusal", "Stored"]
    assert used(registry) == {"configmaps": "1"}


async def test_a_trial_costs_nothing(registry):
    """But is refused where the real thing would be."""
    place = Place(CONFIG_MAP, "default", "a")
    await registry.create(place, objects.config_map("a"), ITSELF, dry_run=True)
    assert used(registry) == {"configmaps": "0"}
    await registry.create(place, objects.config_map("a"), ITSELF)
    with pytest.raises(Refusal, match="exceeded quota: q, requested: configmaps=1, used: configmaps=1"):
        await registry.create(
            Place(CONFIG_MAP, "default", "b"), objects.config_map("b"), ITSELF, dry_run=True
        )
