"""What claims and volumes need (in the API's words: conformance, test_stored_volumes)."""

import pytest

from mockcloud.controllers.objects.pods import parse_pod
from mockcloud.controllers.persistentvolume.plan import (
    Bind,
    LookAtClaim,
    Nothing,
    Provision,
    Reclaim,
    RemoveFinalizer,
    SetClass,
    SetPhase,
    Storage,
    Told,
    Unbind,
    decide_claim,
    decide_volume,
    unprotected,
    unprotected_volume,
)
from testkit import objects
from tests.mockcloud.controllers.persistentvolume.conftest import BOUND, claim, storage_class, volume

PROTECTION = "kubernetes.io/pvc-protection"
LEAVING = {"deletionTimestamp": "2026-11-21T12:00:00Z", "finalizers": ["other", PROTECTION]}
NOTED = {"annotations": BOUND}
SELECTED = {"annotations": {"volume.kubernetes.io/selected-node": "node-1"}}
OURS = {"annotations": {"pv.kubernetes.io/bound-by-controller": "yes"}}
MADE = {"annotations": {"pv.kubernetes.io/provisioned-by": "example.com/disk"}}


def pod(node):
    volumes = [
        {"name": "v", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "e", "emptyDir": {}},
    ]
    return parse_pod(objects.pod("p", namespace="ns", metadata={"uid": "p"}, nodeName=node, volumes=volumes))


@pytest.mark.parametrize(
    ("claim", "pods", "expected"),
    [
        pytest.param(claim(), [], Nothing(), id="stays"),
        pytest.param(claim(meta=LEAVING), [pod("node-1")], Nothing(), id="mounted"),
        pytest.param(claim(meta=LEAVING), [pod("")], RemoveFinalizer(("other",)), id="never-mounted"),
        pytest.param(claim(meta=LEAVING), [], RemoveFinalizer(("other",)), id="unused"),
        pytest.param(claim(meta={**LEAVING, "finalizers": ["other"]}), [], Nothing(), id="held-by-others"),
    ],
)
def test_unprotected(claim, pods, expected):
    """A claim that is deleted is kept for as long as a pod on a node mounts it."""
    assert unprotected(claim, pods) == expected


@pytest.mark.parametrize(
    ("phase", "expected"), [("Bound", Nothing()), ("Released", RemoveFinalizer(("other",)))]
)
def test_unprotected_volume(phase, expected):
    """A volume that is deleted is kept for as long as a claim has it."""
    meta = {**LEAVING, "finalizers": ["other", "kubernetes.io/pv-protection"]}
    assert unprotected_volume(volume(phase=phase, meta=meta)) == expected


FREE, HELD, OTHERS = volume(), volume(owner="data"), volume(owner="other")
CLASS, DELAYED = storage_class(), storage_class(delayed=True)
NONE = storage_class(provisioner="kubernetes.io/no-provisioner")
MISMATCH = Told(
    "VolumeMismatch", 'Cannot bind to requested volume "v": requested PV is too small', warning=True
)
TAKEN = Told("FailedBinding", 'volume "v" already bound to a different claim.', warning=True)
WAITS = Told("WaitForFirstConsumer", "waiting for first consumer to be created before binding")
ABSENT = Told("ProvisioningFailed", 'storageclass.storage.k8s.io "manual" not found', warning=True)
NO_CLASS = Told("FailedBinding", "no persistent volumes available for this claim and no storage class is set")
LOST = "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
DEFAULT = storage_class("standard", default=True)


@pytest.mark.parametrize(
    ("claim", "volumes", "classes", "expected"),
    [
        pytest.param(claim(), [FREE], [], Bind(FREE), id="a-free-one"),
        pytest.param(claim(), [], [CLASS], Provision(CLASS), id="none-yet"),
        pytest.param(claim(), [], [NONE], Nothing(), id="made-by-hand"),
        pytest.param(claim(), [FREE], [DELAYED], WAITS, id="waits-for-a-pod"),
        pytest.param(claim(meta=SELECTED), [], [DELAYED], Provision(DELAYED), id="has-a-node"),
        pytest.param(claim(), [], [], ABSENT, id="unknown-class"),
        pytest.param(claim(storageClassName=""), [FREE], [DEFAULT], NO_CLASS, id="no-class"),
        pytest.param(claim(storageClassName=None), [], [DEFAULT], SetClass("standard"), id="late-default"),
        pytest.param(claim(storageClassName=None), [], [CLASS], NO_CLASS, id="no-default"),
        pytest.param(claim(volumeName="v"), [FREE], [], Bind(FREE), id="names-a-free-one"),
        pytest.param(claim(volumeName="v"), [HELD], [], Bind(HELD), id="names-its-own"),
        pytest.param(claim(volumeName="v", size="2Gi"), [FREE], [], MISMATCH, id="names-a-small-one"),
        pytest.param(claim(volumeName="v"), [OTHERS], [], TAKEN, id="names-anothers"),
        pytest.param(claim(volumeName="v"), [], [], Nothing(), id="names-none"),
        pytest.param(claim(meta=NOTED, volumeName="v"), [HELD], [], Bind(HELD), id="has-it"),
        pytest.param(
            claim(meta=NOTED, volumeName="v"),
            [],
            [],
            Told("ClaimLost", LOST, warning=True, phase="Lost"),
            id="lost",
        ),
        pytest.param(claim(meta=NOTED, volumeName="v", phase="Lost"), [], [], Nothing(), id="stays-lost"),
    ],
)
def test_decide_claim(claim, volumes, classes, expected):
    """Each row: a claim, the volumes and classes that there are, and what it needs."""
    assert decide_claim(claim, Storage(volumes, {each.meta.name: each for each in classes})) == expected


def test_the_newest_default_class_counts():
    """Of one age, that of the first name."""
    classes = [storage_class(name, default=True) for name in ("b", "a")]
    found = Storage(classes={each.meta.name: each for each in [*classes, storage_class("c")]}).default_class()
    assert found is not None
    assert found.meta.name == "a"


@pytest.mark.parametrize(
    ("volume", "claim", "expected"),
    [
        pytest.param(volume(phase="Pending"), None, SetPhase("Available"), id="new"),
        pytest.param(volume(), None, Nothing(), id="free"),
        pytest.param(volume(phase="Pending", owner="data:"), None, SetPhase("Available"), id="waits"),
        pytest.param(volume(owner="data"), None, Reclaim(), id="its-claim-is-gone"),
        pytest.param(volume(owner="data"), claim(meta={"uid": "new"}), Reclaim(), id="another-of-the-name"),
        pytest.param(volume(owner="data"), claim(), LookAtClaim(), id="not-known-to-its-claim"),
        pytest.param(volume(owner="data"), claim(volumeName="v"), SetPhase("Bound"), id="bound"),
        pytest.param(volume(owner="data", meta=OURS), claim(volumeName="w"), Unbind(), id="not-needed"),
        pytest.param(volume(owner="data"), claim(volumeName="w"), Nothing(), id="by-hand"),
        pytest.param(
            volume(owner="data", meta=MADE, persistentVolumeReclaimPolicy="Delete"),
            claim(volumeName="w"),
            Reclaim(),
            id="made-in-vain",
        ),
    ],
)
def test_decide_volume(volume, claim, expected):
    """Each row: a volume, the claim of the name that it is for, and what it needs."""
    assert decide_volume(volume, claim) == expected


def test_a_pod_names_the_claims_that_it_mounts():
    """Its other volumes are none of the controller's."""
    assert pod("").claims == ("data",)
