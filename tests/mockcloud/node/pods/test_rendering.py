"""Volumes as files."""

import base64

import pytest

from mockcloud.node.pods.downward.fields import Place, PodFields
from mockcloud.node.pods.files.convert import volume
from mockcloud.node.pods.files.sources import Claim, EmptyDir, HostPath, Kind, Unsupported
from mockcloud.node.pods.rendering import File, NoVolume, Origins, volume_files
from mockcloud.node.pods.spec import ContainerSpec, PodSpec

OBJECTS = {
    (Kind.CONFIG_MAP, "conf"): {
        "data": {"a.txt": "A", "b.txt": "B"},
        "binaryData": {"raw": base64.b64encode(b"\0\xff").decode()},
    },
    (Kind.SECRET, "sec"): {"data": {"key": base64.b64encode(b"K").decode()}},
}
POD = PodSpec("u", "shop", "web-1", (ContainerSpec("main", "nginx", limits={"memory": "64Mi"}),))
METADATA = {"labels": {"b": 'say "hi"', "a": "1"}, "annotations": {}}
FIELDS = PodFields(POD, METADATA, "default", Place("node-1", ("1.1.1.1",), (), {}))
ORIGINS = Origins(
    lambda kind, name: OBJECTS.get((kind, name)), FIELDS, lambda wanted: f"for {wanted.audience}"
)


def files(**source):
    return volume_files(volume({"name": "v", **source}).content, ORIGINS)


def test_a_config_map_is_a_file_a_key():
    """Text and bytes, with the default mode."""
    assert files(configMap={"name": "conf"}) == {
        "a.txt": File(b"A", 0o644),
        "b.txt": File(b"B", 0o644),
        "raw": File(b"\0\xff", 0o644),
    }


def test_items_choose_rename_and_have_their_own_mode():
    """Only the named keys; defaultMode for those without one."""
    items = [{"key": "a.txt", "path": "sub/x", "mode": 0o600}, {"key": "b.txt", "path": "y"}]
    assert files(configMap={"name": "conf", "items": items, "defaultMode": 0o440}) == {
        "sub/x": File(b"A", 0o600),
        "y": File(b"B", 0o440),
    }


def test_the_downward_api_quotes_labels_and_divides_resources():
    """Labels sorted, one a line, as kubelet formats maps."""
    resource = {"containerName": "main", "resource": "limits.memory", "divisor": "1Mi"}
    items = [
        {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
        {"path": "name", "fieldRef": {"fieldPath": "metadata.name"}},
        {"path": "memory", "resourceFieldRef": resource},
    ]
    found = {path: file.content for path, file in files(downwardAPI={"items": items}).items()}
    assert found == {"labels": b'a="1"\nb="say \\"hi\\""', "name": b"web-1", "memory": b"64"}


def test_a_projected_volume_joins_its_sources():
    """The service account's own is such a one."""
    sources = [
        {"serviceAccountToken": {"path": "token", "audience": "vault"}},
        {"configMap": {"name": "conf", "items": [{"key": "a.txt", "path": "a"}]}},
        {"secret": {"name": "sec"}},
        {"downwardAPI": {"items": [{"path": "ns", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]
    found = {path: file.content for path, file in files(projected={"sources": sources}).items()}
    assert found == {"token": b"for vault", "a": b"A", "key": b"K", "ns": b"shop"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"configMap": {"name": "gone"}}, 'configmap "gone" not found'),
        ({"secret": {"secretName": "gone"}}, 'secret "gone" not found'),
        (
            {"configMap": {"name": "conf", "items": [{"key": "k", "path": "p"}]}},
            "configmap references non-existent config key: k",
        ),
        (
            {"secret": {"secretName": "sec", "items": [{"key": "k", "path": "p"}]}},
            "references non-existent secret key: k",
        ),
    ],
)
def test_what_is_missing_is_named_unless_optional(source, message):
    """The end of kubelet's FailedMount; an optional one is an empty folder."""
    with pytest.raises(NoVolume) as caught:
        files(**source)
    assert str(caught.value) == message
    ((kind, inner),) = source.items()
    assert files(**{kind: {**inner, "optional": True}}) == {}


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "", ".", ".."])
def test_a_file_outside_of_its_volume_is_refused(path):
    """Whatever the API lets through."""
    with pytest.raises(NoVolume, match="invalid path"):
        files(configMap={"name": "conf", "items": [{"key": "a.txt", "path": path}]})


def test_a_volumes_name_is_a_label():
    """It becomes a folder's name."""
    with pytest.raises(ValueError, match="expected a DNS label"):
        volume({"name": "../x", "emptyDir": {}})


@pytest.mark.parametrize(
    ("obj", "content"),
    [
        ({"emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}, EmptyDir(memory=True, size="1Mi")),
        ({}, EmptyDir()),
        ({"persistentVolumeClaim": {"claimName": "data", "readOnly": True}}, Claim("data", read_only=True)),
        ({"hostPath": {"path": "/x", "type": "File"}}, HostPath("/x", "File")),
        ({"nfs": {"server": "x", "path": "/"}}, Unsupported("nfs")),
    ],
)
def test_other_volumes_are_told_apart(obj, content):
    """By their one key."""
    assert volume({"name": "v", **obj}).content == content
