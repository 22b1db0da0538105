"""PersistentVolumeClaims: what they must say, and what may change once they are there."""

import pytest

from mockcloud.kube.resources.core.persistentvolumeclaim import claim_problems


def claim(phase="Pending", **spec):
    whole = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "volumeMode": "Filesystem",
        **spec,
    }
    return {"metadata": {"name": "data"}, "spec": whole, "status": {"phase": phase}}


MODES = '"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"'


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        pytest.param({}, [], id="right"),
        pytest.param(
            {"accessModes": []},
            ["spec.accessModes: Required value: at least 1 access mode is required"],
            id="no-mode",
        ),
        pytest.param(
            {"accessModes": ["Often"]},
            [f'spec.accessModes: Unsupported value: "Often": supported values: {MODES}'],
            id="mode",
        ),
        pytest.param(
            {"accessModes": ["ReadWriteOncePod", "ReadWriteOnce"]},
            ["spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"],
            id="alone",
        ),
        pytest.param({"resources": {}}, ["spec.resources[storage]: Required value"], id="no-size"),
        pytest.param(
            {"resources": {"requests": {"storage": "0Gi"}}},
            ['spec.resources[storage]: Invalid value: "0Gi": must be greater than zero'],
            id="zero",
        ),
        pytest.param(
            {"volumeMode": "Tape"},
            ['spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"'],
            id="volume-mode",
        ),
        pytest.param({"storageClassName": "fast"}, [], id="class"),
        pytest.param(
            {"selector": {"matchExpressions": [{"key": "a", "operator": "X"}]}},
            ['spec.selector.matchExpressions[0].operator: Invalid value: "X": not a valid selector operator'],
            id="selector",
        ),
    ],
)
def test_a_new_claim(spec, found):
    """Upstream's words."""
    assert [str(cause) for cause in claim_problems(claim(**spec), None)] == found


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        pytest.param(claim(), claim(volumeName="pvc-1"), False, id="gets-its-volume"),
        pytest.param(claim(volumeName="a"), claim(volumeName="b"), True, id="another-volume"),
        pytest.param(claim(), claim(accessModes=["ReadWriteMany"]), True, id="modes"),
        pytest.param(
            claim("Bound"), claim("Bound", resources={"requests": {"storage": "2Gi"}}), False, id="grows"
        ),
        pytest.param(
            claim(), claim(resources={"requests": {"storage": "2Gi"}}), True, id="not-before-it-is-bound"
        ),
    ],
)
def test_what_may_change(old, new, refused):
    """Little: the volume once, the size when bound."""
    found = [str(cause) for cause in claim_problems(new, old)]
    assert [cause[:51] for cause in found] == [
        "spec: Forbidden: spec is immutable after creation e"
    ] * refused
