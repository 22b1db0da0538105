"""Field errors in upstream's words."""

import pytest

from mockcloud.kube import field_errors as errors
from mockcloud.kube.field_errors import Cause, Invalid


@pytest.mark.parametrize(
    ("cause", "reason", "text"),
    [
        pytest.param(errors.required("spec.ports"), "FieldValueRequired", "Required value", id="required"),
        pytest.param(
            errors.required("metadata.name", "say it"),
            "FieldValueRequired",
            "Required value: say it",
            id="why",
        ),
        pytest.param(errors.invalid("f", 0, "no"), "FieldValueInvalid", "Invalid value: 0: no", id="number"),
        pytest.param(
            errors.invalid("f", 'a "b"', "no"),
            "FieldValueInvalid",
            'Invalid value: "a \\"b\\"": no',
            id="string",
        ),
        pytest.param(
            errors.invalid("f", ["10.0.0.1"], "no"),
            "FieldValueInvalid",
            'Invalid value: ["10.0.0.1"]: no',
            id="list",
        ),
        pytest.param(
            errors.invalid("f", {"a": "<&>"}, "no"),
            "FieldValueInvalid",
            'Invalid value: {"a":"\\u003c\\u0026\\u003e"}: no',
            id="go-escapes-html-in-json",
        ),
        pytest.param(
            errors.invalid("f", None, "no"), "FieldValueInvalid", "Invalid value: null: no", id="null"
        ),
        pytest.param(
            errors.duplicate("f", "a"), "FieldValueDuplicate", 'Duplicate value: "a"', id="duplicate"
        ),
        pytest.param(errors.forbidden("f", "no"), "FieldValueForbidden", "Forbidden: no", id="forbidden"),
        pytest.param(
            errors.not_supported("f", "x", ("A", "B")),
            "FieldValueNotSupported",
            'Unsupported value: "x": supported values: "A", "B"',
            id="not-supported",
        ),
        pytest.param(errors.not_found("f", "x"), "FieldValueNotFound", 'Not found: "x"', id="not-found"),
        pytest.param(
            errors.too_long("f", 63),
            "FieldValueTooLong",
            "Too long: may not be more than 63 bytes",
            id="too-long",
        ),
        pytest.param(
            errors.too_long("f", 1),
            "FieldValueTooLong",
            "Too long: may not be more than 1 byte",
            id="singular",
        ),
        pytest.param(
            errors.too_many("f", 3, 2),
            "FieldValueTooMany",
            "Too many: 3: must have at most 2 items",
            id="too-many",
        ),
        pytest.param(errors.internal("f", "full"), "InternalError", "Internal error: full", id="internal"),
    ],
)
def test_causes(cause, reason, text):
    """The machine-readable reason and the text of every kind of cause."""
    assert (cause.reason, cause.message) == (reason, text)


def test_one_cause_stands_bare_and_several_in_brackets():
    """As kubectl prints them after `Service "x" is invalid: `."""
    one, other = Cause("a", "r", "no"), Cause("b", "r", "never")
    assert str(Invalid([one])) == "a: no"
    assert str(Invalid([one, other])) == "[a: no, b: never]"


def test_a_repeated_cause_is_said_once():
    """Upstream aggregates errors by their text."""
    one = Cause("a", "r", "no")
    assert str(Invalid([one, one])) == "a: no"
