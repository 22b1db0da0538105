"""How long a pod waits for its account."""

import asyncio
from random import Random

import pytest

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.plugins.service_accounts import MOUNT_PATH, service_account
from mockcloud.kube.auth.user import API_SERVER
from mockcloud.kube.resources.core.serviceaccount import SERVICE_ACCOUNT
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes.refusals import Refusal

SPEC = {"containers": [{"name": "c"}]}


def creation(spec):
    return Attributes(API_SERVER, Operation.CREATE, POD, "a", "p", {"metadata": {"name": "p"}, "spec": spec})


def put(store, name, **fields):
    store.put(SERVICE_ACCOUNT.storage, ("a", name), {"metadata": {"name": name}, **fields})


async def admitted(spec, *accounts):
    store = Store()
    for account in accounts:
        put(store, **account)
    return (await service_account(store, Random(1), asyncio.sleep)(creation(spec)))["spec"]


async def test_default_comes_a_moment_later():
    """Its controller makes it when it sees the namespace: the pod waits, and is not refused."""
    store, waits = Store(), []

    async def pause(seconds):
        waits.append(seconds)
        if len(waits) == 3:
            put(store, "default")

    spec = (await service_account(store, Random(1), pause)(creation(SPEC)))["spec"]
    assert (spec["serviceAccountName"], len(waits)) == ("default", 3)


async def test_an_account_that_does_not_come():
    """A second for `default`, none for others."""
    waits = []

    async def pause(seconds):
        waits.append(seconds)

    for name, seconds in (("default", 1.0), ("me", 0)):
        waits.clear()
        with pytest.raises(Refusal, match=f'serviceaccount "{name}" not found'):
            await service_account(Store(), Random(1), pause)(creation({**SPEC, "serviceAccountName": name}))
        assert sum(waits) == pytest.approx(seconds)


async def test_what_the_account_gives():
    """Pull secrets where the pod has none; no token where the account says so, and the pod does not."""
    me = {"name": "me", "imagePullSecrets": [{"name": "s"}], "automountServiceAccountToken": False}
    spec = {**SPEC, "serviceAccountName": "me"}
    found = await admitted(spec, me)
    assert (found["imagePullSecrets"], "volumes" in found) == ([{"name": "s"}], False)
    found = await admitted(
        {**spec, "automountServiceAccountToken": True, "imagePullSecrets": [{"name": "t"}]}, me
    )
    assert (found["imagePullSecrets"], len(found["volumes"])) == ([{"name": "t"}], 1)


async def test_a_mount_of_ones_own_stays():
    """Who mounts something there gets no token."""
    mount = {"name": "v", "mountPath": MOUNT_PATH}
    found = await admitted({"containers": [{"name": "c", "volumeMounts": [mount]}]}, {"name": "default"})
    assert (found["containers"][0]["volumeMounts"], "volumes" in found) == ([mount], False)
