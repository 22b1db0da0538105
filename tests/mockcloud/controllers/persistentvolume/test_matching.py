"""Which volume a claim gets."""

import pytest

from mockcloud.controllers.objects.nodes import parse_node
from mockcloud.controllers.persistentvolume.matching import best_match, unfit
from testkit import objects
from tests.mockcloud.controllers.persistentvolume.conftest import claim, on_node, volume

NODE = parse_node(objects.node("node-1", metadata={"uid": "n"}))
LEAVING = {"deletionTimestamp": "2026-12-01T03:00:00Z"}
LABEL = {"matchLabels": {"disk": "fast"}}


@pytest.mark.parametrize(
    ("claim", "volumes", "node", "delayed", "chosen"),
    [
        pytest.param(claim(), [], None, False, None, id="there-is-none"),
        pytest.param(claim(), [volume("b", "4Gi"), volume("a", "2Gi")], None, False, "a", id="the-smallest"),
        pytest.param(
            claim(size="3Gi"), [volume("a", "2G"), volume("b", "3Gi")], None, False, "b", id="large"
        ),
        pytest.param(
            claim(), [volume("a"), volume("b", "9Gi", owner="data:")], None, True, "b", id="waits-for-it"
        ),
        pytest.param(claim(), [volume(owner="other")], None, False, None, id="anothers"),
        pytest.param(claim(), [volume(phase="Released")], None, False, None, id="not-available"),
        pytest.param(claim(), [volume(meta=LEAVING)], None, False, None, id="being-deleted"),
        pytest.param(claim(), [volume(storageClassName="")], None, False, None, id="class"),
        pytest.param(
            claim(storageClassName=None), [volume(storageClassName="")], None, False, "v", id="no-class"
        ),
        pytest.param(claim(modes=["ReadWriteMany"]), [volume()], None, False, None, id="modes"),
        pytest.param(claim(volumeMode="Block"), [volume()], None, False, None, id="volume-mode"),
        pytest.param(
            claim(selector=LABEL),
            [volume("a"), volume("b", meta={"labels": {"disk": "fast"}})],
            None,
            False,
            "b",
            id="label",
        ),
        pytest.param(claim(), [volume()], None, True, None, id="delayed"),
        pytest.param(claim(), [volume(**on_node("node-2"))], NODE, True, None, id="elsewhere"),
        pytest.param(claim(), [volume(**on_node("node-1"))], NODE, True, "v", id="here"),
    ],
)
def test_best_match(claim, volumes, node, delayed, chosen):
    """Each row: a claim, the volumes, its pod's node, whether it waits for one, and what it gets."""
    found = best_match(claim, volumes, node=node, delayed=delayed)
    assert (found and found.meta.name) == chosen


@pytest.mark.parametrize(
    ("claim", "volume", "why"),
    [
        pytest.param(claim(), volume(), None, id="fits"),
        pytest.param(claim(), volume(meta=LEAVING), 'the volume is marked for deletion "v"', id="leaving"),
        pytest.param(claim(size="2Gi"), volume(), "requested PV is too small", id="size"),
        pytest.param(claim(storageClassName=""), volume(), "storageClassName does not match", id="class"),
        pytest.param(
            claim(volumeAttributesClassName="x"),
            volume(),
            "volumeAttributesClassName does not match",
            id="attributes",
        ),
        pytest.param(claim(volumeMode="Block"), volume(), "incompatible volumeMode", id="volume-mode"),
        pytest.param(claim(modes=["ReadWriteMany"]), volume(), "incompatible accessMode", id="modes"),
    ],
)
def test_unfit(claim, volume, why):
    """Why a claim cannot have the volume that it names."""
    assert unfit(claim, volume) == why
