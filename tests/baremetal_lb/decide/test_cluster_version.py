"""Which clusters are served, and what is said of older ones."""

import pytest

from baremetal_lb.decide.cluster_version import judge


@pytest.mark.parametrize(
    ("version", "too_old", "says"),
    [
        pytest.param("v1.35.4", False, "", id="new"),
        pytest.param("v1.29.0", False, "", id="the-oldest-that-is-supported"),
        pytest.param("v2.0.0", False, "", id="another-major"),
        pytest.param(
            "v1.28.11-gke.1019001", False, "Kubernetes v1.28.11-gke.1019001, expected 1.29", id="a-vendor's"
        ),
        pytest.param("v1.24.0", False, "ipMode is not stored", id="the-oldest-that-works"),
        pytest.param(
            "v1.23.17+k3s1", True, "before 1.24 the API does not store the conditions", id="too-old"
        ),
        pytest.param("v1.9.1", True, "expected 1.29 or later", id="one-digit"),
        pytest.param("1.19+", True, "expected 1.29 or later", id="as-major-and-minor"),
        pytest.param("unknown", False, "", id="no-version"),
        pytest.param("vNone.None", False, "", id="none-told"),
    ],
)
def test_a_clusters_version_is_judged(version, too_old, says):
    """Numbers compare as numbers; what follows from it is said."""
    age = judge(version)
    assert age.is_too_old == too_old
    assert says in age.remark
    assert bool(says) == bool(age.remark)
