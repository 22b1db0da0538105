"""managedFields as a client says them: what is in their form, and what is not."""

import pytest

from mockcloud.kube.storage.managed_fields import read


def said(fields: object) -> list[dict[str, object]]:
    return [{"operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields}]


@pytest.mark.parametrize(
    "fields",
    [
        {"f:data": None},
        {"f:data": 1},
        {"f:data": {"f:a": "x"}},
        "f:data",
        [1],
        {"data": {}},
        {"": {}},
        {"x:a": {}},
        {"k:{": {}},
        {"k:[]": {}},
        {'k:{"a":[1]}': {}},
        {"v:{": {}},
        {"i:x": {}},
    ],
)
def test_what_is_no_set_of_fields_is_not_taken(fields):
    """Its object would be one that nobody can write any more."""
    assert read(said(fields)) is None


@pytest.mark.parametrize(
    "fields", [None, {}, {"f:a": {".": {}, 'k:{"a":1}': {}, 'v:"x"': {}, "i:0": {}, "f:": {}}}]
)
def test_a_set_of_fields_is_taken(fields):
    """With each kind of step."""
    assert read(said(fields)) is not None
