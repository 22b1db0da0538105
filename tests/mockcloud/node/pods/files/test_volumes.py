"""Where volumes of the cluster are."""

import pytest

from mockcloud.cluster_defaults import VOLUME_PROVISIONER
from mockcloud.node.pods.files.volumes import volume_folder, volume_name


@pytest.mark.parametrize(
    ("spec", "folder"),
    [
        pytest.param({"csi": {"driver": VOLUME_PROVISIONER, "volumeHandle": "pvc-1"}}, "pvc-1", id="made"),
        pytest.param(
            {"csi": {"driver": VOLUME_PROVISIONER, "volumeHandle": "../x"}}, "%2E%2E%2Fx", id="no-way-out"
        ),
        pytest.param({"csi": {"driver": VOLUME_PROVISIONER, "volumeHandle": ".."}}, "%2E%2E", id="no-way-up"),
        pytest.param({"hostPath": {"path": "/mnt/../etc"}}, "nodes/node-1/%2Fmnt%2F..%2Fetc", id="host-path"),
        pytest.param({"local": {"path": "/mnt/a"}}, "nodes/node-1/%2Fmnt%2Fa", id="local"),
        pytest.param({"nfs": {"server": "a.example", "path": "/b"}}, "nfs/a.example/%2Fb", id="nfs"),
    ],
)
def test_volume_folder(spec, folder):
    """A path on a node is that node's; one on a server is the same for all."""
    assert volume_folder({"metadata": {"name": "v"}, "spec": spec}, "node-1") == folder


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"csi": {"driver": "a.example"}}, "driver name a.example not found in the list of registered CSI"),
        ({"iscsi": {}}, 'PersistentVolume "v": expected hostPath, local, nfs or csi'),
    ],
    ids=["another-driver", "another-kind"],
)
def test_a_volume_that_no_node_has(spec, why):
    """As kubelet says it, or with what there is."""
    with pytest.raises(ValueError, match=why):
        volume_folder({"metadata": {"name": "v"}, "spec": spec}, "node-1")


@pytest.mark.parametrize(
    ("spec", "phase", "name"),
    [({"volumeName": "v"}, "Bound", "v"), ({"volumeName": "v"}, "Pending", None), ({}, "Bound", None)],
)
def test_volume_name(spec, phase, name):
    """Only a claim that is bound has its volume."""
    claim = {"metadata": {"namespace": "ns", "name": "c"}, "spec": spec, "status": {"phase": phase}}
    if name is None:
        with pytest.raises(ValueError, match="error processing PVC ns/c: PVC is not bound"):
            volume_name(claim)
    else:
        assert volume_name(claim) == name
