"""Deployments against the real embedded API: what kubectl's rollout commands rely on."""

from mockcloud.client.resources import DEPLOYMENTS, EVENTS, PODS, REPLICA_SETS


def rolled_out(lab, name="web", replicas=3):
    """As `kubectl rollout status` decides it."""

    def question():
        found = lab.one(DEPLOYMENTS, name)
        status = (found or {}).get("status") or {}
        return (
            found
            and status.get("observedGeneration", 0) >= found["metadata"]["generation"]
            and status.get("updatedReplicas", 0) == status.get("replicas", 0) == replicas
            and status.get("availableReplicas", 0) == replicas
        )

    return question


def image_patch(image):
    return {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}}}


def conditions(lab, name="web"):
    found = lab.one(DEPLOYMENTS, name)["status"]["conditions"]
    return {each["type"]: (each["status"], each["reason"]) for each in found}


def images(found):
    """Of pods, in order."""
    return sorted(pod["spec"]["containers"][0]["image"] for pod in found)


def revision(obj):
    return obj["metadata"]["annotations"]["deployment.kubernetes.io/revision"]


async def test_deployment_runs_its_pods_one_a_node(lab, make_deployment):
    """Create: one ReplicaSet of the hashed name, pods on all nodes, conditions, revision 1."""
    await lab.client.create(DEPLOYMENTS, make_deployment())
    await lab.until(rolled_out(lab))
    await lab.until(lambda: lab.of(REPLICA_SETS))
    (replica_set,) = lab.of(REPLICA_SETS)
    mark = replica_set["metadata"]["labels"]["pod-template-hash"]
    assert replica_set["metadata"]["name"] == f"web-{mark}"
    await lab.becomes(
        lambda: sorted(pod["spec"]["nodeName"] for pod in lab.pods()), ["node-1", "node-2", "node-3"]
    )
    assert all(pod["metadata"]["name"].startswith(f"web-{mark}-") for pod in lab.pods())
    wanted = {
        "Available": ("True", "MinimumReplicasAvailable"),
        "Progressing": ("True", "NewReplicaSetAvailable"),
    }
    await lab.becomes(lambda: (conditions(lab), revision(lab.one(DEPLOYMENTS, "web"))), (wanted, "1"))


async def test_deployment_rolls_forward_back_and_scales(lab, make_deployment):
    """set image, undo (the old template again), scale: revisions 1, 2, 3; never over the surge.

    That is of what ReplicaSets are told: one may be faster to make a pod than another is to delete one.
    """
    await lab.client.create(DEPLOYMENTS, make_deployment())
    await lab.until(rolled_out(lab))
    for image in ("v2", "v1"):
        await lab.patch(DEPLOYMENTS, "web", image_patch(image))
        await lab.until(rolled_out(lab), image)
        await lab.becomes(lambda: images(lab.of(PODS)), [image] * 3)
    assert lab.most_wanted == 4

    def revisions():
        sets = lab.of(REPLICA_SETS)
        return {each["spec"]["template"]["spec"]["containers"][0]["image"]: revision(each) for each in sets}

    await lab.becomes(revisions, {"v2": "2", "v1": "3"})
    await lab.patch(DEPLOYMENTS, "web", {"spec": {"replicas": 1}})
    await lab.until(rolled_out(lab, replicas=1))


async def test_a_rollout_whose_pods_do_not_become_ready_stops_and_says_so(lab, make_deployment):
    """The old pods stay in service; after the deadline Progressing is False."""
    body = make_deployment(progressDeadlineSeconds=1, minReadySeconds=0)
    await lab.client.create(DEPLOYMENTS, body)
    await lab.until(rolled_out(lab))
    lab.ready = False
    await lab.patch(DEPLOYMENTS, "web", image_patch("bad"))
    await lab.until(lambda: conditions(lab)["Progressing"] == ("False", "ProgressDeadlineExceeded"))
    await lab.becomes(lambda: images(lab.pods()), ["bad", "v1", "v1", "v1"])


async def test_recreate_never_runs_two_versions_at_once(lab, make_deployment):
    """All old pods are gone before the first new one is made."""
    await lab.client.create(DEPLOYMENTS, make_deployment(strategy={"type": "Recreate"}))
    await lab.until(rolled_out(lab))
    lab.most_pods = 0
    await lab.patch(DEPLOYMENTS, "web", image_patch("v2"))
    await lab.until(rolled_out(lab))
    await lab.becomes(lambda: images(lab.pods()), ["v2"] * 3)
    assert lab.most_pods <= 3


async def test_a_paused_deployment_waits_for_resume(lab, make_deployment):
    """Pause, change, resume: nothing rolls in between, Progressing says why."""
    await lab.client.create(DEPLOYMENTS, make_deployment())
    await lab.until(rolled_out(lab))
    paused = {"spec": {"paused": True, **image_patch("v2")["spec"]}}
    await lab.patch(DEPLOYMENTS, "web", paused)
    await lab.until(lambda: conditions(lab)["Progressing"] == ("Unknown", "DeploymentPaused"))
    await lab.becomes(lambda: len(lab.of(REPLICA_SETS)), 1)
    await lab.patch(DEPLOYMENTS, "web", {"spec": {"paused": False}})
    await lab.until(rolled_out(lab))
    await lab.until(lambda: conditions(lab)["Progressing"] == ("True", "NewReplicaSetAvailable"))


async def test_history_is_kept_to_its_limit(lab, make_deployment):
    """revisionHistoryLimit: old, empty ReplicaSets beyond it are deleted."""
    await lab.client.create(DEPLOYMENTS, make_deployment(replicas=1, revisionHistoryLimit=1))
    for image in ("v1", "v2", "v3", "v4"):
        await lab.patch(DEPLOYMENTS, "web", image_patch(image))
        await lab.until(rolled_out(lab, replicas=1), image)
    await lab.until(lambda: len(lab.of(REPLICA_SETS)) == 2)


async def test_events_tell_what_was_done(lab, make_deployment):
    """What `kubectl describe` shows of a Deployment, its ReplicaSet and a pod."""
    await lab.client.create(DEPLOYMENTS, make_deployment(replicas=1))
    await lab.until(lambda: lab.pods() and lab.pods()[0]["spec"].get("nodeName") and lab.of(REPLICA_SETS))
    (pod,) = lab.pods()
    (replica_set,) = lab.of(REPLICA_SETS)
    name = pod["metadata"]["name"]
    wanted = {
        (
            "Deployment",
            "ScalingReplicaSet",
            f"Scaled up replica set {replica_set['metadata']['name']} from 0 to 1",
        ),
        ("ReplicaSet", "SuccessfulCreate", f"Created pod: {name}"),
        ("Pod", "Scheduled", f"Successfully assigned {lab.namespace}/{name} to {pod['spec']['nodeName']}"),
    }
    await lab.becomes(
        lambda: {(e["involvedObject"]["kind"], e["reason"], e["message"]) for e in lab.of(EVENTS)}, wanted
    )


async def test_a_name_that_is_taken_by_another_is_avoided(lab, make_deployment):
    """The hash of the template is somebody else's ReplicaSet: collisionCount makes another name."""
    await lab.client.create(DEPLOYMENTS, make_deployment(replicas=1))
    await lab.until(lambda: rolled_out(lab, replicas=1)() and lab.of(REPLICA_SETS))
    taken = lab.of(REPLICA_SETS)[0]["metadata"]["name"]
    await lab.client.delete(DEPLOYMENTS, "web", namespace=lab.namespace)
    await lab.until(lambda: not lab.of(REPLICA_SETS) and not lab.of(PODS) and not lab.of(DEPLOYMENTS))
    foreign = make_deployment(name="other", replicas=0)
    await lab.client.create(
        REPLICA_SETS, {**foreign, "kind": "ReplicaSet", "metadata": {**foreign["metadata"], "name": taken}}
    )
    await lab.client.create(DEPLOYMENTS, make_deployment(replicas=1))
    await lab.until(rolled_out(lab, replicas=1))
    await lab.becomes(lambda: lab.one(DEPLOYMENTS, "web")["status"]["collisionCount"], 1)
    await lab.becomes(lambda: lab.one(REPLICA_SETS, taken)["spec"]["replicas"], 0)
