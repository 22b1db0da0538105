"""Merge patch and JSON patch."""

import copy

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.kube.patch.errors import PatchError
from mockcloud.kube.patch.json_patch import MAX_COPIED, MAX_OPERATIONS, json_patch
from mockcloud.kube.patch.merge_patch import merge_patch

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("target", "patch", "merged"),
    [
        pytest.param({"a": "b"}, {"a": "c"}, {"a": "c"}, id="replace"),
        pytest.param({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}, id="add"),
        pytest.param({"a": "b"}, {"a": None}, {}, id="delete"),
        pytest.param({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}, id="delete-one"),
        pytest.param({"a": ["b"]}, {"a": "c"}, {"a": "c"}, id="list-by-string"),
        pytest.param({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}, id="string-by-list"),
        pytest.param(
            {"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}, id="nested-null-for-nothing"
        ),
        pytest.param({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}, id="lists-do-not-merge"),
        pytest.param(["a", "b"], ["c", "d"], ["c", "d"], id="not-objects"),
        pytest.param({"a": "b"}, ["c"], ["c"], id="object-by-list"),
        pytest.param({"a": "foo"}, None, None, id="null"),
        pytest.param({"e": None}, {"a": 1}, {"e": None, "a": 1}, id="null-in-the-target-stays"),
        pytest.param([1, 2], {"a": "b", "c": None}, {"a": "b"}, id="list-by-object"),
        pytest.param({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}, id="only-null-within"),
    ],
)
def test_merge_patch_of_rfc_7386_appendix_a(target, patch, merged):
    """The RFC's own table."""
    assert merge_patch(target, patch) == merged


@given(VALUES, VALUES)
def test_merge_patch_applied_twice_changes_nothing_more(target, patch):
    """The law that makes retries safe; and nothing that is passed in is changed."""
    before = copy.deepcopy((target, patch))
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once
    assert (target, patch) == before


@given(VALUES)
def test_an_empty_merge_patch_changes_no_object(target):
    """{} is the neutral patch for objects."""
    assert merge_patch(target, {}) == (target if isinstance(target, dict) else {})


def test_json_patch_applies_operations_in_order_to_a_copy():
    """RFC 6902 section 5."""
    target = {"spec": {"ports": [{"port": 80}]}}
    operations = [
        {"op": "test", "path": "/spec/ports/0/port", "value": 80},
        {"op": "add", "path": "/spec/ports/-", "value": {"port": 81}},
        {"op": "remove", "path": "/spec/ports/0"},
    ]
    assert json_patch(target, operations) == {"spec": {"ports": [{"port": 81}]}}
    assert target == {"spec": {"ports": [{"port": 80}]}}


@pytest.mark.parametrize(
    ("operations", "code", "text"),
    [
        pytest.param(
            [{"op": "test", "path": "/a", "value": 2}],
            422,
            "the server rejected our request",
            id="test-fails",
        ),
        pytest.param(
            [{"op": "remove", "path": "/x"}], 422, "the server rejected our request", id="nothing-there"
        ),
        pytest.param(
            [{"op": "jump", "path": "/a"}], 422, "the server rejected our request", id="no-such-operation"
        ),
        pytest.param([{"op": "add", "path": "a", "value": 1}], 422, "the server rejected", id="bad-pointer"),
        pytest.param([{"path": "/a"}], 422, "the server rejected our request", id="no-operation"),
        pytest.param(["x"], 422, "the server rejected our request", id="not-an-operation"),
        pytest.param(
            [{"op": "replace", "path": "", "value": 1}], 422, "the server rejected", id="no-object-left"
        ),
        pytest.param({"op": "add"}, 400, "json: cannot unmarshal object into Go value", id="not-a-list"),
        pytest.param(
            [{"op": "test", "path": "/a", "value": 1}] * (MAX_OPERATIONS + 1),
            413,
            "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001",
            id="too-many",
        ),
    ],
)
def test_json_patch_that_cannot_be_applied(operations, code, text):
    """Each with the code and the beginning of the text that upstream answers."""
    with pytest.raises(PatchError) as caught:
        json_patch({"a": 1}, operations)
    assert caught.value.code == code
    assert caught.value.message.startswith(text)


@pytest.mark.parametrize(
    "operations",
    [
        pytest.param([{"op": "copy", "from": "", "path": f"/{n}"} for n in range(26)], id="doubling"),
        pytest.param([{"op": "copy", "from": "/a", "path": f"/{n}"} for n in range(4)], id="four-large-ones"),
        pytest.param(
            [{"op": "copy", "from": "/c", "path": "/c/d"}, {"op": "move", "from": "/c", "path": "/c2"}] * 3,
            id="of-nothing",
        ),
    ],
)
def test_copies_may_not_add_more_than_kube_apiserver_lets_them(operations):
    """JSONPatchMaxCopyBytes: refused as upstream, before the copy is made."""
    target = {"a": "x" * (MAX_COPIED // 4 + 1), "b": 1}
    with pytest.raises(PatchError) as caught:
        json_patch(target, operations)
    assert caught.value.code == 422


def test_copies_within_the_bound_are_made():
    """Three of the four fit."""
    target = {"a": "x" * (MAX_COPIED // 4 + 1)}
    copies = [{"op": "copy", "from": "/a", "path": f"/{n}"} for n in range(3)]
    assert set(json_patch(target, copies)) == {"a", "0", "1", "2"}


_PATHS = st.sampled_from(["", "/a", "/b", "/a/b", "/a/0", "/b/-", "/c/a", "no", "/a/9"])
_OPERATIONS = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "remove", "replace", "copy", "copy", "move", "test"]), "path": _PATHS},
        optional={"from": _PATHS, "value": VALUES},
    ),
    max_size=6,
)


@given(st.fixed_dictionaries({"a": VALUES, "b": VALUES}), _OPERATIONS)
def test_counting_copies_changes_no_outcome(target, operations):
    """The bounded patch is the library's patch."""
    try:
        expected = jsonpatch.JsonPatch(copy.deepcopy(operations)).apply(target)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError, KeyError):
        expected = None
    try:
        found = json_patch(target, copy.deepcopy(operations))
    except PatchError:
        found = None
    assert found == (expected if isinstance(expected, dict) else None)
