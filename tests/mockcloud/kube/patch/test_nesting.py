"""How deep values are."""

import pytest

from mockcloud.kube.patch.nesting import deeper_than


def lists(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "levels", "deeper"),
    [
        pytest.param(1, 0, False, id="a-number-has-no-levels"),
        pytest.param([], 0, True, id="an-empty-list-is-one"),
        pytest.param({"a": []}, 2, False, id="just-so"),
        pytest.param({"a": [], "b": {"c": [1, {}]}}, 3, True, id="the-deepest-counts"),
        pytest.param(lists(100_000), 100, True, id="deeper-than-any-recursion"),
    ],
)
def test_levels_of_lists_and_objects_are_counted(value, levels, deeper):
    """Without recursion: depth itself cannot hurt."""
    assert deeper_than(value, levels) is deeper
