"""The official Python client beyond typed calls: custom objects, the dynamic client, elections, files."""

from __future__ import annotations

import pytest
from kubernetes import client, config, watch
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ConflictError
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock
from kubernetes.utils import create_from_yaml

from tests.clients.conftest import HERE

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]

WIDGETS = ("clients.example", "v1")


@pytest.fixture(scope="module")
def connection(place):
    """The client's connection."""
    with config.new_client_from_config(place.kubeconfig, persist_config=False) as found:
        yield found


def widget(name: str, **spec: object) -> dict:
    return {"apiVersion": "/".join(WIDGETS), "kind": "Widget", "metadata": {"name": name}, "spec": spec}


def test_custom_objects(connection, place, widgets):
    """Made, patched, scaled, given a status, watched from a list's version, and deleted as a collection."""
    api, where = client.CustomObjectsApi(connection), (*WIDGETS, place.namespace, "widgets")
    listed = api.list_namespaced_custom_object(*where)
    assert api.create_namespaced_custom_object(*where, widget("w", colour="red"))["spec"]["replicas"] == 1
    api.patch_namespaced_custom_object(*where, "w", {"spec": {"colour": "blue"}})
    api.patch_namespaced_custom_object_scale(*where, "w", {"spec": {"replicas": 2}})
    status = api.patch_namespaced_custom_object_status(
        *where, "w", {"status": {"replicas": 2}, "spec": {"replicas": 9}}
    )
    assert (status["spec"], status["status"]) == ({"colour": "blue", "replicas": 2}, {"replicas": 2})
    api.delete_collection_namespaced_custom_object(*where)
    seen, watching = [], watch.Watch()
    since = listed["metadata"]["resourceVersion"]
    for event in watching.stream(
        api.list_namespaced_custom_object, *where, resource_version=since, timeout_seconds=90
    ):
        seen.append(
            (event["type"], event["object"]["spec"].get("colour"), event["object"]["spec"]["replicas"])
        )
        if event["type"] == "DELETED":
            watching.stop()
    assert seen == [
        ("ADDED", "red", 1),
        ("MODIFIED", "blue", 1),
        ("MODIFIED", "blue", 2),
        ("MODIFIED", "blue", 2),
        ("DELETED", "blue", 2),
    ]


def test_the_dynamic_client(connection, place, widgets, tmp_path):
    """Kinds by discovery; server-side apply with its conflict; the watch of a kind that it found."""
    dynamic = DynamicClient(connection, cache_file=str(tmp_path / "discovery"))
    kind = dynamic.resources.get(api_version="/".join(WIDGETS), kind="Widget")
    body = widget("dynamic", colour="red")
    kind.server_side_apply(body, namespace=place.namespace, field_manager="one")
    with pytest.raises(ConflictError):
        kind.server_side_apply(
            widget("dynamic", colour="blue"), namespace=place.namespace, field_manager="two"
        )
    made = kind.get(name="dynamic", namespace=place.namespace)
    for event in kind.watch(namespace=place.namespace, timeout=90):
        assert event["object"].spec.colour == "red"
        break
    kind.delete(name="dynamic", namespace=place.namespace)
    again = DynamicClient(connection, cache_file=str(tmp_path / "discovery"))
    assert again.resources.get(api_version="v1", kind="ConfigMap").namespaced
    assert made.metadata.name == "dynamic"


class Resigned(Exception):
    """A leader's work is over."""


def test_an_election(connection, place):
    """A leader that has gone is followed by the next candidate when its Lease has run out, and not sooner."""
    order = []

    def stand(name: str) -> None:
        def lead() -> None:
            order.append(
                (name, coordination.read_namespaced_lease("election", place.namespace).spec.holder_identity)
            )
            raise Resigned

        lock = LeaseLock("election", place.namespace, name)
        lock.api_instance = coordination
        times = {"lease_duration": 2, "renew_deadline": 1.5, "retry_period": 1}
        leaderelection.LeaderElection(
            electionconfig.Config(lock, onstarted_leading=lead, onstopped_leading=lambda: None, **times)
        ).run()

    coordination = client.CoordinationV1Api(connection)
    stand("one")
    stand("two")
    lease = coordination.read_namespaced_lease("election", place.namespace).spec
    assert order == [("one", "one"), ("two", "two")]
    assert lease.acquire_time <= lease.renew_time


def test_files(connection, place):
    """All objects of a file with several documents."""
    made = create_from_yaml(connection, str(HERE / "web.yaml"), namespace=place.namespace)
    assert [each.kind for (each,) in made] == ["Pod", "Service"]
    client.CoreV1Api(connection).delete_namespaced_pod("web", place.namespace)
