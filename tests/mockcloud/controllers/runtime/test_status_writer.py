"""The patch from one status to another."""

import pytest

from mockcloud.controllers.runtime.status_writer import status_patch


@pytest.mark.parametrize(
    ("present", "wanted", "expected"),
    [
        pytest.param({"replicas": 1}, {"replicas": 1}, None, id="nothing-differs"),
        pytest.param({"replicas": 1}, {"replicas": 2}, {"replicas": 2}, id="changed"),
        pytest.param({"ready": 1}, {}, {"ready": None}, id="removed"),
        pytest.param({"ready": 0}, {}, None, id="a-zero-is-as-good-as-absent"),
        pytest.param({"a": 1, "b": 2}, {"a": 1, "b": 3}, {"b": 3}, id="only-what-differs"),
    ],
)
def test_status_patch(present, wanted, expected):
    """Each row: what stands, what should, and the merge patch in between."""
    assert status_patch(present, wanted) == (expected and {"status": expected})
