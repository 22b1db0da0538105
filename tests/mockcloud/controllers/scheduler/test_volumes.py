"""Where a pod may go because of its volumes."""

import pytest

from mockcloud.controllers.objects.nodes import parse_node
from mockcloud.controllers.objects.pods import parse_pod
from mockcloud.controllers.scheduler.volumes import Mounts, WhyNotHere, mounts_of
from testkit import objects
from tests.mockcloud.controllers.persistentvolume.conftest import (
    BOUND,
    claim,
    on_node,
    storage_class,
    volume,
)

NODES = {name: parse_node(objects.node(name, metadata={"uid": name})) for name in ("node-1", "node-2")}
MOUNT = [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
POD = parse_pod(objects.pod("p", namespace="ns", metadata={"uid": "p"}, volumes=MOUNT))
HAS = claim(meta={"annotations": BOUND}, volumeName="v", phase="Bound")
FAR = volume(owner="data", **on_node("node-2"))


@pytest.mark.parametrize(
    ("held", "volumes", "classes", "expected"),
    [
        pytest.param(None, {}, {}, Mounts('persistentvolumeclaim "data" not found'), id="no-claim"),
        pytest.param(
            claim(meta={"deletionTimestamp": "2026-11-21T12:00:00Z"}),
            {},
            {},
            Mounts('persistentvolumeclaim "data" is being deleted'),
            id="leaving",
        ),
        pytest.param(
            claim(phase="Lost", volumeName="v"),
            {},
            {},
            Mounts('persistentvolumeclaim "data" bound to non-existent persistentvolume "v"'),
            id="lost",
        ),
        pytest.param(
            claim(), {}, {}, Mounts("pod has unbound immediate PersistentVolumeClaims"), id="unbound"
        ),
        pytest.param(
            claim(), {}, {"manual": storage_class(delayed=True)}, Mounts("", (), (claim(),)), id="delayed"
        ),
        pytest.param(HAS, {"v": FAR}, {}, Mounts("", (FAR,)), id="bound"),
        pytest.param(HAS, {}, {}, Mounts("", (None,)), id="volume-gone"),
    ],
)
def test_mounts_of(held, volumes, classes, expected):
    """Each row: the pod's claim, the volumes and classes, and what the scheduler makes of it."""
    found = mounts_of(POD, lambda _key: held, lambda key: volumes.get(key[1]), classes)
    assert found == expected


@pytest.mark.parametrize(
    ("mounts", "refusals"),
    [
        pytest.param(Mounts(), {}, id="none"),
        pytest.param(Mounts("", (FAR,)), {"node-1": WhyNotHere.OTHER_NODES}, id="reached-from-one"),
        pytest.param(Mounts("", (None,)), {"node-1": WhyNotHere.GONE, "node-2": WhyNotHere.GONE}, id="gone"),
        pytest.param(
            Mounts(delayed=(claim(meta={"annotations": {"volume.kubernetes.io/selected-node": "node-1"}}),)),
            {"node-2": WhyNotHere.NO_VOLUME},
            id="node-is-chosen",
        ),
        pytest.param(
            Mounts(delayed=(claim(meta={"annotations": {"volume.kubernetes.io/selected-node": "gone"}}),)),
            {},
            id="chosen-node-is-gone",
        ),
    ],
)
def test_refused_by(mounts, refusals):
    """Which nodes do not do, and why."""
    found = {name: mounts.refused_by(node, NODES) for name, node in NODES.items()}
    assert {name: why for name, why in found.items() if why} == refusals
