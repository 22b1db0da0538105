"""Garbage collection on the real embedded API, by each of kubectl's --cascade values."""

import pytest

from mockcloud.client.resources import CONFIG_MAPS, DEPLOYMENTS, EVENTS, NAMESPACES, PODS, REPLICA_SETS


@pytest.fixture
async def web(lab, make_deployment):
    await lab.client.create(DEPLOYMENTS, make_deployment(replicas=2))
    await lab.until(lambda: len(lab.pods()) == 2 and lab.of(REPLICA_SETS) and lab.of(DEPLOYMENTS))
    return lab


async def delete(lab, policy):
    await lab.client.delete_with(DEPLOYMENTS, "web", {"propagationPolicy": policy}, namespace=lab.namespace)


@pytest.mark.parametrize("policy", ["Background", "Foreground"])
async def test_a_deleted_deployment_takes_all_below_it_along(web, policy):
    """ReplicaSets and pods go, through two levels of owners."""
    await delete(web, policy)
    await web.until(lambda: not web.of(PODS) and not web.of(REPLICA_SETS) and not web.of(DEPLOYMENTS))


async def test_foreground_keeps_the_owner_until_its_dependents_are_gone(web):
    """The Deployment stays, terminating, as long as a pod that blocks it does."""
    web.alive.clear()
    await delete(web, "Foreground")
    await web.until(lambda: all("deletionTimestamp" in pod["metadata"] for pod in web.of(PODS)))
    await web.until(lambda: "deletionTimestamp" in web.one(DEPLOYMENTS, "web")["metadata"])
    for pod in web.of(PODS):
        await web.client.delete(PODS, pod["metadata"]["name"], namespace=web.namespace, grace_seconds=0)
    await web.until(lambda: not web.of(DEPLOYMENTS))


async def test_orphans_stay_and_are_adopted_by_the_next_of_the_name(web, make_deployment):
    """--cascade=orphan, then apply again: not one pod is replaced."""
    before = {pod["metadata"]["uid"] for pod in web.pods()}
    await delete(web, "Orphan")
    await web.until(lambda: not web.of(DEPLOYMENTS))
    await web.until(lambda: "ownerReferences" not in web.of(REPLICA_SETS)[0]["metadata"])
    await web.client.create(DEPLOYMENTS, make_deployment(replicas=2))
    await web.until(lambda: "ownerReferences" in web.of(REPLICA_SETS)[0]["metadata"])
    assert {pod["metadata"]["uid"] for pod in web.pods()} == before


async def test_an_owner_that_never_was_is_as_good_as_gone(lab):
    """Whose only owner is nobody goes; whose other owner is there stays, without the first."""

    def config(name, *owners):
        references = [{"apiVersion": "v1", "kind": "ConfigMap", "name": n, "uid": u} for n, u in owners]
        meta = {"namespace": lab.namespace, "name": name, "ownerReferences": references}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}

    owner = await lab.client.create(CONFIG_MAPS, config("owner"))
    gone = ("ghost", "00000000-0000-0000-0000-000000000000")
    await lab.client.create(CONFIG_MAPS, config("lost", gone))
    await lab.client.create(CONFIG_MAPS, config("kept", gone, ("owner", owner["metadata"]["uid"])))
    await lab.until(
        lambda: (
            lab.one(CONFIG_MAPS, "kept")
            and len(lab.one(CONFIG_MAPS, "kept")["metadata"]["ownerReferences"]) == 1
        )
    )
    await lab.until(lambda: lab.one(CONFIG_MAPS, "lost") is None)


async def test_an_owner_in_another_namespace_is_none_and_an_event_says_so(lab):
    """The object goes, as with an owner that never was; upstream's Event is what is left to tell why."""
    far = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": "far"}}
    uid = (await lab.client.create(CONFIG_MAPS, far))["metadata"]["uid"]
    try:
        owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "far", "uid": uid}
        meta = {"namespace": lab.namespace, "name": "near", "ownerReferences": [owner]}
        near = await lab.client.create(
            CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}
        )
        said = (
            f"ownerRef [v1/ConfigMap, namespace: {lab.namespace}, name: far, uid: {uid}] "
            f'does not exist in namespace "{lab.namespace}"'
        )
        about = ("OwnerRefInvalidNamespace", "ConfigMap", near["metadata"]["uid"], said)
        await lab.until(
            lambda: (
                about
                in [
                    (
                        each["reason"],
                        each["involvedObject"]["kind"],
                        each["involvedObject"]["uid"],
                        each["message"],
                    )
                    for each in lab.of(EVENTS)
                ]
            )
        )
        await lab.until(lambda: lab.one(CONFIG_MAPS, "near") is None)
    finally:
        await lab.client.delete(CONFIG_MAPS, "far", namespace="default")


async def test_a_circle_of_owners_goes_whole(lab):
    """Deleted in the foreground, each of three would wait for the next for ever."""
    names, uids = ("a", "b", "c"), {}
    for name in names:
        made = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"namespace": lab.namespace, "name": name},
        }
        uids[name] = (await lab.client.create(CONFIG_MAPS, made))["metadata"]["uid"]
    for name, owner in zip(names, ("c", "a", "b"), strict=True):
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": owner, "uid": uids[owner]}
        patch = {"metadata": {"ownerReferences": [{**reference, "blockOwnerDeletion": True}]}}
        await lab.client.patch(CONFIG_MAPS, name, patch, namespace=lab.namespace)
    await lab.client.delete_with(
        CONFIG_MAPS, "a", {"propagationPolicy": "Foreground"}, namespace=lab.namespace
    )
    await lab.until(lambda: not {each["metadata"]["name"] for each in lab.of(CONFIG_MAPS)} & set(names))


async def test_a_deleted_namespace_is_emptied_first(web):
    """Pods end with their agents' help, then the namespace goes."""
    await web.client.delete(NAMESPACES, web.namespace)
    await web.until(lambda: ("", web.namespace) not in web.informers[NAMESPACES].items)
    await web.becomes(lambda: (web.of(PODS), web.of(DEPLOYMENTS)), ([], []))
