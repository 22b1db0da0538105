"""ReplicaSets on the real embedded API: exactly as many pods as wanted, whoever interferes."""

from mockcloud.client.resources import DEPLOYMENTS, EVENTS, PODS, REPLICA_SETS, REPLICATION_CONTROLLERS
from testkit import objects


async def test_a_deleted_pod_is_replaced_by_another(lab, make_deployment):
    """The name differs, the number does not."""
    await lab.client.create(DEPLOYMENTS, make_deployment(replicas=2))
    await lab.until(lambda: len(lab.pods()) == 2)
    victim = lab.pods()[0]["metadata"]
    await lab.client.delete(PODS, victim["name"], namespace=lab.namespace)
    await lab.until(lambda: len(lab.pods()) == 2 and victim["uid"] not in uids(lab))


async def test_a_pod_that_loses_its_label_is_released_and_one_that_has_it_adopted(lab, make_deployment):
    """The way to take a pod out of service for a closer look, and back."""
    await lab.client.create(DEPLOYMENTS, make_deployment(replicas=1))
    await lab.until(lambda: len(lab.pods(app="web")) == 1)
    pod = lab.pods()[0]
    await lab.patch(PODS, pod["metadata"]["name"], {"metadata": {"labels": {"app": "odd"}}})
    await lab.until(lambda: len(lab.pods(app="web")) == 1)
    await lab.until(lambda: "ownerReferences" not in lab.pods(app="odd")[0]["metadata"])
    await lab.patch(PODS, pod["metadata"]["name"], {"metadata": {"labels": {"app": "web"}}})
    await lab.until(
        lambda: len(lab.pods(app="web")) == 1 and len(lab.pods()) == 1, "adopted, then one too many"
    )


async def test_what_the_api_refuses_is_said_in_an_event_and_a_condition(lab, make_deployment):
    """A template that cannot be made into a pod: Event FailedCreate, condition ReplicaFailure."""
    body = make_deployment(replicas=2)
    body["spec"]["template"]["metadata"]["finalizers"] = ["not a finalizer"]
    await lab.client.create(DEPLOYMENTS, body)
    await lab.until(lambda: any(each["reason"] == "FailedCreate" for each in lab.of(EVENTS)))

    def failing():
        found = lab.of(REPLICA_SETS)
        return found and any(
            each["type"] == "ReplicaFailure" and each["reason"] == "FailedCreate"
            for each in found[0]["status"].get("conditions") or ()
        )

    await lab.until(failing)


async def test_a_replication_controller_is_served_as_a_replica_set_is(lab):
    """It owns its pods, counts them, lets go who no longer fits, and leaves them when it is deleted."""
    body = objects.replication_controller(namespace=lab.namespace, replicas=2)
    await lab.client.create(REPLICATION_CONTROLLERS, body)
    await lab.until(lambda: _ready(lab, "web") == 2)
    pods = lab.pods(app="web")
    owner = lab.one(REPLICATION_CONTROLLERS, "web")["metadata"]
    assert {
        (each["apiVersion"], each["kind"], each["uid"])
        for pod in pods
        for each in pod["metadata"]["ownerReferences"]
    } == {("v1", "ReplicationController", owner["uid"])}
    await lab.patch(PODS, pods[0]["metadata"]["name"], {"metadata": {"labels": {"app": "odd"}}})
    await lab.until(lambda: len(lab.pods(app="web")) == 2 and _free(lab.pods(app="odd")))
    await lab.client.delete(REPLICATION_CONTROLLERS, "web", namespace=lab.namespace)
    await lab.until(lambda: not lab.one(REPLICATION_CONTROLLERS, "web"))
    await lab.until(lambda: len(lab.pods(app="web")) == 2 and _free(lab.pods(app="web")))


def _ready(lab, name):
    found = lab.one(REPLICATION_CONTROLLERS, name)
    return found and found["status"].get("readyReplicas")


def _free(pods):
    return pods and not any("ownerReferences" in pod["metadata"] for pod in pods)


def uids(lab):
    return {pod["metadata"]["uid"] for pod in lab.pods()}
