"""Sets of fields in the form of fieldsV1."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockcloud.kube.managed_fields import field_sets
from mockcloud.kube.managed_fields.field_sets import (
    difference,
    intersection,
    parsed,
    path_text,
    paths,
    text_of,
    union,
)

PATHS = st.lists(
    st.lists(st.sampled_from(["f:a", "f:b", 'k:{"n":1}', 'v:"x"']), min_size=1, max_size=3).map(tuple),
    max_size=8,
)


def set_of(found):
    made = {}
    for path in found:
        node = {}
        for step in reversed(path):
            node = {step: node}
        made = union(made, node)
    return made


@settings(max_examples=60, deadline=None)
@given(PATHS, PATHS)
def test_sets_of_fields_are_sets(a, b):
    """Union, difference and intersection are those of the sets of paths; the text gives the set back."""
    one, other = set_of(a), set_of(b)
    assert set(paths(one)) == set(a)
    assert set(paths(union(one, other))) == set(a) | set(b)
    assert set(paths(difference(one, other))) == set(a) - set(b)
    assert set(paths(intersection(one, other))) == set(a) & set(b)
    assert set(paths(parsed(text_of(one)))) == set(a)
    assert field_sets.without(text_of(one), text_of(other)) == text_of(difference(one, other))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("f:spec", 'k:{"port":80,"protocol":"TCP"}', "f:name"), '.spec[port=80,protocol="TCP"].name'),
        (("f:metadata", "f:finalizers", 'v:"a/b"'), '.metadata.finalizers[="a/b"]'),
        (("f:x", "i:3"), ".x[3]"),
    ],
)
def test_paths_read_as_upstream_writes_them(path, text):
    """Conflicts name fields so."""
    assert path_text(path) == text


def test_equal_sets_share_their_text():
    """Thousands of objects that are written alike cost one text."""
    assert text_of({"f:b": {}, "f:a": {}}) is text_of({"f:a": {}, "f:b": {}})
