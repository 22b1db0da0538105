"""lightkube in a lab: apply, custom kinds, waiting, watches, commands in pods and their logs."""

from __future__ import annotations

from itertools import takewhile

import pytest
from lightkube import ApiError, Client, KubeConfig, codecs
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.apps_v1 import DeploymentSpec
from lightkube.models.core_v1 import Container, PodSpec, PodTemplateSpec
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Pod
from lightkube.types import PatchType

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]

Widget = create_namespaced_resource("clients.example", "v1", "Widget", "widgets")


@pytest.fixture(scope="module")
def api(place):
    """lightkube's own client, in the module's namespace."""
    with Client(
        KubeConfig.from_file(place.kubeconfig), namespace=place.namespace, field_manager="tests"
    ) as found:
        yield found


def test_server_side_apply_and_its_conflict(api):
    """What another manager owns is refused, and taken by force; typed objects and patches of each kind."""
    wanted = ConfigMap(metadata=ObjectMeta(name="c"), data={"a": "b"})
    api.apply(wanted)
    other = ConfigMap(metadata=ObjectMeta(name="c"), data={"a": "z"})
    with pytest.raises(ApiError) as refused:
        api.apply(other, field_manager="other")
    assert refused.value.status.reason == "Conflict"
    assert 'conflict with "tests"' in refused.value.status.message
    assert api.apply(other, field_manager="other", force=True).data == {"a": "z"}
    api.patch(ConfigMap, "c", {"data": {"e": "f"}}, patch_type=PatchType.MERGE)
    api.patch(ConfigMap, "c", [{"op": "remove", "path": "/data/a"}], patch_type=PatchType.JSON)
    assert api.get(ConfigMap, "c").data == {"e": "f"}
    api.delete(ConfigMap, "c")


def test_a_custom_kind(api, widgets):
    """Applied, its status and its scale written, and read as a generic resource."""
    made = api.apply(Widget(metadata=ObjectMeta(name="w"), spec={"colour": "red"}))
    assert made.spec == {"colour": "red", "replicas": 1}
    api.patch(Widget.Status, "w", {"status": {"replicas": 1}}, patch_type=PatchType.MERGE)
    api.patch(Widget.Scale, "w", {"spec": {"replicas": 4}}, patch_type=PatchType.MERGE)
    assert (api.get(Widget, "w").spec["replicas"], api.get(Widget, "w").status) == (4, {"replicas": 1})
    api.delete(Widget, "w")


def test_a_deployment_is_waited_for(api):
    """Awaited by a condition, scaled by its subresource; a watch from that version sees it go."""
    labels = {"app": "d"}
    pod = PodTemplateSpec(
        metadata=ObjectMeta(labels=labels),
        spec=PodSpec(containers=[Container(name="d", image="traefik/whoami")]),
    )
    spec = DeploymentSpec(replicas=1, selector=LabelSelector(matchLabels=labels), template=pod)
    api.create(Deployment(metadata=ObjectMeta(name="d"), spec=spec))
    ready = api.wait(Deployment, "d", for_conditions=["Available"])
    assert [each.status.phase for each in api.list(Pod, labels=labels)] == ["Running"]
    api.patch(Deployment.Scale, "d", {"spec": {"replicas": 0}})
    api.delete(Deployment, "d")
    events = api.watch(Deployment, resource_version=ready.metadata.resourceVersion)
    seen = {(event, one.spec.replicas) for event, one in takewhile(lambda each: each[0] != "DELETED", events)}
    assert ("MODIFIED", 0) in seen


def test_commands_and_logs(api, web):
    """What a pod's command says by channel, and how it ended; the log's lines."""
    done = api.exec(
        web, command=["sh", "-c", "cat; echo err >&2; exit 3"], stdin="in", stdout=True, stderr=True
    )
    assert (done.stdout, done.stderr, done.exit_code) == ("in", "err\n", 3)
    assert list(api.log(web, tail_lines=1))


def test_manifests(api, place):
    """`load_all_yaml` of what kubectl takes; each kind finds its class."""
    text = place.kubectl(
        "create", "configmap", "m", "--from-literal=a=b", "--dry-run=client", "--output=yaml"
    )
    (loaded,) = codecs.load_all_yaml(text)
    assert api.create(loaded).data == {"a": "b"}
