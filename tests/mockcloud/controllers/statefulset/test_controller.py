"""StatefulSets on the real embedded API: lasting names, one pod after the other, claims that outlive pods."""

import asyncio

import pytest

from mockcloud.client.resources import (
    CONTROLLER_REVISIONS,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    STATEFUL_SETS,
)
from testkit import objects

CLAIM = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def stateful_set(lab, **spec):
    containers = [objects.container(image="redis:7")]
    spec = {"replicas": 3, **spec}
    return objects.stateful_set("redis", namespace=lab.namespace, containers=containers, **spec)


def names(lab):
    return sorted(pod["metadata"]["name"] for pod in lab.pods())


def status(lab):
    found = lab.one(STATEFUL_SETS, "redis")
    return found["status"] if found else {}


async def started(lab, **spec):
    """Create the set and wait until all of its pods are ready, and they and their claims are seen."""
    body = stateful_set(lab, **spec)
    await lab.client.create(STATEFUL_SETS, body)
    count = body["spec"]["replicas"]
    await lab.until(lambda: status(lab).get("readyReplicas") == count)
    await lab.becomes(lambda: names(lab), [f"redis-{number}" for number in range(count)])
    if body["spec"].get("volumeClaimTemplates"):
        await lab.becomes(lambda: sorted(claims(lab)), [f"data-redis-{number}" for number in range(count)])
    await lab.becomes(lambda: len(lab.of(CONTROLLER_REVISIONS)), 1)


def claims(lab):
    """The uid of each claim, by name."""
    return {each["metadata"]["name"]: each["metadata"]["uid"] for each in lab.of(PERSISTENT_VOLUME_CLAIMS)}


def pod_uids(lab):
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in lab.pods()}


def images(lab):
    return {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in lab.pods()}


def new_image(image):
    return {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}}}


async def test_pods_start_one_after_the_other(lab):
    """redis-1 is made when redis-0 is ready, and each knows its name and its place."""
    lab.ready = False
    await lab.client.create(STATEFUL_SETS, stateful_set(lab))
    await lab.until(lambda: [pod for pod in lab.pods() if pod["status"].get("podIP")])
    assert names(lab) == ["redis-0"]

    lab.ready = True
    await lab.set_ready(lab.pods()[0], True)
    await lab.becomes(lambda: names(lab), ["redis-0", "redis-1", "redis-2"])
    last = next(pod for pod in lab.pods() if pod["metadata"]["name"] == "redis-2")
    assert (last["spec"]["hostname"], last["spec"]["subdomain"]) == ("redis-2", "redis")
    await lab.until(lambda: lab.of(CONTROLLER_REVISIONS))
    revision = lab.of(CONTROLLER_REVISIONS)[0]["metadata"]["name"]
    assert last["metadata"]["labels"] == {
        "app": "redis",
        "apps.kubernetes.io/pod-index": "2",
        "controller-revision-hash": revision,
        "statefulset.kubernetes.io/pod-name": "redis-2",
    }
    wanted = {
        "observedGeneration": 1,
        "replicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 3,
        "currentReplicas": 3,
        "updatedReplicas": 3,
        "currentRevision": revision,
        "updateRevision": revision,
        "collisionCount": 0,
    }
    await lab.becomes(lambda: status(lab), wanted)


async def test_parallel_pods_do_not_wait_for_each_other(lab):
    """All are made at once, though none is ready."""
    lab.ready = False
    await lab.client.create(STATEFUL_SETS, stateful_set(lab, podManagementPolicy="Parallel"))
    await lab.until(lambda: names(lab) == ["redis-0", "redis-1", "redis-2"])


async def test_a_deleted_pod_comes_back_under_its_name(lab):
    """It is another pod, in the same place."""
    await started(lab)
    before = pod_uids(lab)
    await lab.client.delete(PODS, "redis-1", namespace=lab.namespace)
    await lab.until(lambda: len(lab.pods_ever) == 4 and pod_uids(lab).keys() == before.keys())
    assert dict(before.items() ^ pod_uids(lab).items()).keys() == {"redis-1"}


async def test_scaling_down_takes_the_highest_and_keeps_its_claim(lab):
    """The claim is bound, stays, and is found again when the set grows."""
    await started(lab, volumeClaimTemplates=[CLAIM])
    before = claims(lab)
    await lab.until(
        lambda: {each["status"]["phase"] for each in lab.of(PERSISTENT_VOLUME_CLAIMS)} == {"Bound"}
    )

    await lab.patch(STATEFUL_SETS, "redis", {"spec": {"replicas": 1}})
    await lab.until(lambda: len(lab.of(PODS)) == 1 and names(lab) == ["redis-0"])
    assert claims(lab) == before

    await lab.patch(STATEFUL_SETS, "redis", {"spec": {"replicas": 2}})
    await lab.until(lambda: names(lab) == ["redis-0", "redis-1"])
    volume = next(pod for pod in lab.pods() if pod["metadata"]["name"] == "redis-1")["spec"]["volumes"][0]
    assert volume == {"name": "data", "persistentVolumeClaim": {"claimName": "data-redis-1"}}
    assert claims(lab) == before


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        pytest.param({"whenScaled": "Delete"}, ["data-redis-0"], id="gone-when-scaled"),
        pytest.param({"whenDeleted": "Delete"}, ["data-redis-0", "data-redis-1"], id="kept-when-scaled"),
    ],
)
async def test_claims_go_as_the_policy_says(lab, policy, left):
    """A claim that is to go does so after its pod."""
    await started(lab, replicas=2, volumeClaimTemplates=[CLAIM], persistentVolumeClaimRetentionPolicy=policy)
    await lab.patch(STATEFUL_SETS, "redis", {"spec": {"replicas": 1}})
    await lab.until(lambda: len(lab.of(PODS)) == 1)
    await lab.becomes(lambda: sorted(claims(lab)), left)

    await lab.client.delete(STATEFUL_SETS, "redis", namespace=lab.namespace)
    await lab.until(lambda: not lab.of(PODS) and not lab.of(CONTROLLER_REVISIONS))
    kept = 0 if policy.get("whenDeleted") else 1
    await lab.until(lambda: len(lab.of(PERSISTENT_VOLUME_CLAIMS)) == kept)


async def test_a_deleted_claim_waits_for_its_pod(lab):
    """It is Terminating while the pod mounts it, and gone afterwards; the next pod has a new one."""
    await started(lab, replicas=1, volumeClaimTemplates=[CLAIM])
    first = lab.of(PERSISTENT_VOLUME_CLAIMS)[0]["metadata"]["uid"]
    await lab.client.delete(PERSISTENT_VOLUME_CLAIMS, "data-redis-0", namespace=lab.namespace)
    await lab.until(lambda: "deletionTimestamp" in lab.of(PERSISTENT_VOLUME_CLAIMS)[0]["metadata"])
    assert names(lab) == ["redis-0"]

    await lab.client.delete(PODS, "redis-0", namespace=lab.namespace)
    await lab.until(
        lambda: [each["metadata"]["uid"] for each in lab.of(PERSISTENT_VOLUME_CLAIMS)] not in ([first], [])
    )
    await lab.until(lambda: names(lab) == ["redis-0"])


async def test_an_update_goes_from_the_highest_down_to_the_partition(lab):
    """Pods below the partition keep the old template, also when they are made anew."""
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    await started(lab, updateStrategy=strategy)
    await lab.patch(STATEFUL_SETS, "redis", new_image("redis:8"))
    counts = ("updatedReplicas", "readyReplicas", "currentReplicas")
    await lab.becomes(lambda: tuple(status(lab).get(each) for each in counts), (2, 3, 1))
    assert status(lab)["currentRevision"] != status(lab)["updateRevision"]
    await lab.becomes(lambda: images(lab), {"redis-0": "redis:7", "redis-1": "redis:8", "redis-2": "redis:8"})

    first = pod_uids(lab)["redis-0"]
    await lab.client.delete(PODS, "redis-0", namespace=lab.namespace)
    await lab.until(lambda: pod_uids(lab).get("redis-0", first) != first)
    assert images(lab)["redis-0"] == "redis:7"

    await lab.patch(STATEFUL_SETS, "redis", {"spec": {"updateStrategy": {"rollingUpdate": {"partition": 0}}}})
    await lab.until(lambda: status(lab)["currentRevision"] == status(lab)["updateRevision"])
    await lab.becomes(lambda: sorted(images(lab).values()), ["redis:8"] * 3)


async def test_going_back_to_an_old_template_renumbers_its_revision(lab):
    """What `kubectl rollout undo` does: two revisions, the old one is the newest now."""
    await started(lab, replicas=1)
    await lab.patch(STATEFUL_SETS, "redis", new_image("redis:8"))
    await lab.until(lambda: images(lab) == {"redis-0": "redis:8"})
    await lab.patch(STATEFUL_SETS, "redis", new_image("redis:7"))
    await lab.until(lambda: images(lab) == {"redis-0": "redis:7"})

    def numbers():
        return {
            each["data"]["spec"]["template"]["spec"]["containers"][0]["image"]: each["revision"]
            for each in lab.of(CONTROLLER_REVISIONS)
        }

    await lab.becomes(numbers, {"redis:7": 3, "redis:8": 2})


async def test_on_delete_leaves_old_pods_until_somebody_deletes_them(lab):
    """The new template comes with the pod's next life."""
    await started(lab, replicas=2, updateStrategy={"type": "OnDelete"})
    await lab.patch(STATEFUL_SETS, "redis", new_image("redis:8"))
    await lab.until(lambda: status(lab).get("updatedReplicas", 0) == 0)
    await lab.client.delete(PODS, "redis-0", namespace=lab.namespace)
    await lab.until(lambda: images(lab) == {"redis-0": "redis:8", "redis-1": "redis:7"})


async def test_an_api_that_is_killed_amid_the_start_delays_it_only(api, lab):
    """Each pod and each claim is made once, and one revision."""
    await lab.client.create(STATEFUL_SETS, stateful_set(lab, replicas=5, volumeClaimTemplates=[CLAIM]))
    await lab.until(lambda: len(names(lab)) == 2)
    api.kill()
    await asyncio.to_thread(api.start)
    await lab.until(lambda: status(lab).get("readyReplicas") == 5)

    def made():
        return [len(lab.pods_ever), len(lab.of(CONTROLLER_REVISIONS)), len(lab.of(PERSISTENT_VOLUME_CLAIMS))]

    await lab.becomes(made, [5, 1, 5])


async def test_a_pod_of_the_right_name_and_labels_is_adopted(lab):
    """What `kubectl delete sts --cascade=orphan` left behind, taken over by the next set of that name."""
    await started(lab, replicas=2)
    before = {pod["metadata"]["uid"] for pod in lab.pods()}
    await lab.client.delete_with(
        STATEFUL_SETS, "redis", {"propagationPolicy": "Orphan"}, namespace=lab.namespace
    )
    await lab.until(lambda: lab.one(STATEFUL_SETS, "redis") is None)
    await lab.until(lambda: not any("ownerReferences" in pod["metadata"] for pod in lab.pods()))
    await started(lab, replicas=2)
    assert {pod["metadata"]["uid"] for pod in lab.pods()} == before


async def test_old_revisions_past_the_limit_go(lab):
    """The present one is never counted."""
    await started(lab, replicas=1, revisionHistoryLimit=1)
    for image in ("redis:8", "redis:9", "redis:10"):
        await lab.patch(STATEFUL_SETS, "redis", new_image(image))
        await lab.until(lambda image=image: images(lab) == {"redis-0": image})
    await lab.until(lambda: sorted(each["revision"] for each in lab.of(CONTROLLER_REVISIONS)) == [3, 4])
