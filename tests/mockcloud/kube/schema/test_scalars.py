"""Plain values, taken or refused as Go's JSON decoder does."""

import pytest

from mockcloud.kube.schema.scalars import BAD_QUANTITY, is_quantity, json_kind, problem

UNMARSHAL = "json: cannot unmarshal {} into Go struct field S.f of type {}"


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        pytest.param("string", "x", None, id="string"),
        pytest.param("string", 1, UNMARSHAL.format("number", "string"), id="number-for-string"),
        pytest.param("boolean", True, None, id="bool"),
        pytest.param("boolean", 1, UNMARSHAL.format("number", "bool"), id="number-for-bool"),
        pytest.param("int32", True, UNMARSHAL.format("bool", "int32"), id="bool-for-number"),
        pytest.param("int32", 2**31, UNMARSHAL.format("number 2147483648", "int32"), id="overflow"),
        pytest.param("int64", 2**31, None, id="wide"),
        pytest.param("number", 1.5, None, id="fraction"),
        pytest.param("number", "1", UNMARSHAL.format("string", "float64"), id="string-for-fraction"),
        pytest.param("int-or-string", "http", None, id="either-string"),
        pytest.param("int-or-string", 80, None, id="either-number"),
        pytest.param(
            "int-or-string", True, "json: cannot unmarshal bool into Go value of type int32", id="neither"
        ),
        pytest.param("date-time", "2026-11-21T10:00:00Z", None, id="time"),
        pytest.param("date-time", "2026-11-21T10:00:00.123456+01:00", None, id="micro-time"),
        pytest.param(
            "date-time",
            "yesterday",
            'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
            id="no-time",
        ),
        pytest.param(
            "date-time",
            "2026-13-41T10:00:00Z",
            'parsing time "2026-13-41T10:00:00Z" as "2006-01-02T15:04:05Z07:00":'
            ' cannot parse "2026-13-41T10:00:00Z" as "2006"',
            id="no-such-day",
        ),
        pytest.param(
            "date-time", 5, "json: cannot unmarshal number into Go value of type string", id="number-for-time"
        ),
        pytest.param("bytes", "aGk=", None, id="bytes"),
        pytest.param("bytes", "aGk", "illegal base64 data at input byte 3", id="cut-short"),
        pytest.param("bytes", 1, UNMARSHAL.format("number", "[]uint8"), id="number-for-bytes"),
        pytest.param("quantity", "100m", None, id="quantity"),
        pytest.param("quantity", 2, None, id="quantity-number"),
        pytest.param("quantity", "lots", BAD_QUANTITY, id="no-quantity"),
        pytest.param("quantity", [], BAD_QUANTITY, id="list-for-quantity"),
        pytest.param("object", object(), None, id="anything"),
    ],
)
def test_problem(type_, value, text):
    """One row a type and a way to get it wrong."""
    assert problem(type_, value, "S.f") == text


@pytest.mark.parametrize("text", ["1", "1.5", ".5", "100m", "1Gi", "1e3", "2E-1", "-3k"])
def test_quantities(text):
    """The forms of k8s.io/apimachinery/pkg/api/resource."""
    assert is_quantity(text)


@pytest.mark.parametrize("text", ["", "1 Gi", "Gi", "1gi", "0x10", "1e", "one"])
def test_not_quantities(text):
    """What looks like one and is not."""
    assert not is_quantity(text)


def test_json_kinds():
    """bool is not a number, though it is in Python."""
    kinds = [json_kind(value) for value in ({}, [], "", True, 1, 1.5)]
    assert kinds == ["object", "array", "string", "bool", "number", "number"]
