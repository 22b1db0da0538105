"""Claims: a volume at once, and no end while a pod mounts them."""

import pytest

from mockcloud.controllers.objects.pods import parse_pod
from mockcloud.controllers.objects.volume_claims import parse_volume_claim
from mockcloud.controllers.persistentvolume.plan import Bind, Nothing, Provide, RemoveFinalizer, decide_claim
from testkit import objects

PROTECTION = "kubernetes.io/pvc-protection"


def claim(volume="", phase="Pending", **meta):
    return parse_volume_claim(
        {
            "metadata": {"namespace": "ns", "name": "data", "uid": "1-2", **meta},
            "spec": {
                "volumeName": volume,
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Gi"}},
            },
            "status": {"phase": phase},
        }
    )


def pod(node):
    volumes = [
        {"name": "v", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "e", "emptyDir": {}},
    ]
    return parse_pod(objects.pod("p", namespace="ns", metadata={"uid": "p"}, nodeName=node, volumes=volumes))


LEAVING = {"deletionTimestamp": "2026-11-21T12:00:00Z", "finalizers": ["other", PROTECTION]}
BOUND = {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}}


@pytest.mark.parametrize(
    ("claim", "pods", "expected"),
    [
        pytest.param(claim(), [], Provide("pvc-1-2"), id="new"),
        pytest.param(claim("pvc-1-2"), [], Bind(BOUND), id="has-its-volume"),
        pytest.param(claim("pvc-1-2", "Bound"), [], Nothing(), id="bound"),
        pytest.param(claim("pvc-1-2", "Bound", **LEAVING), [pod("node-1")], Nothing(), id="mounted"),
        pytest.param(
            claim("pvc-1-2", "Bound", **LEAVING), [pod("")], RemoveFinalizer(("other",)), id="never-mounted"
        ),
        pytest.param(claim(**LEAVING), [], RemoveFinalizer(("other",)), id="unused"),
        pytest.param(claim(**{**LEAVING, "finalizers": ["other"]}), [], Nothing(), id="held-by-others"),
    ],
)
def test_decide_claim(claim, pods, expected):
    """Each row: a claim, the pods that mount it, and what it needs."""
    assert decide_claim(claim, pods) == expected


def test_a_pod_names_the_claims_that_it_mounts():
    """Other volumes are none."""
    assert pod("").claims == ("data",)
