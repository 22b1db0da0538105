"""What botocore's clients write is what is read here, and what is written here is what they read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockcloud.cloud.aws.services import OPERATIONS
from mockcloud.cloud.aws.signing import HttpRequest
from mockcloud.cloud.aws.wire.models import operation_model, operation_names, protocol
from mockcloud.cloud.aws.wire.parsing import parse
from mockcloud.cloud.aws.wire.writing import write

DEEPEST = 4
# Of the services that have few, all that botocore has; of ec2 what is served, and what has odd shapes.
ODD = {"CreateFleet", "CreateLaunchTemplate", "DescribeImages", "ModifyVpcEndpoint", "RequestSpotFleet"}
ASKED = [
    (service, operation)
    for service, served in OPERATIONS.items()
    for operation in sorted(served.keys() | ODD if service == "ec2" else operation_names(service))
]
NAMED = [f"{service} {operation}" for service, operation in ASKED]

# What XML 1.0 can say (https://www.w3.org/TR/xml/#charsets).
TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r<&>\"'"),
    max_size=8,
)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(  # noqa: DTZ001 - the zone comes next
    lambda when: when.replace(microsecond=when.microsecond // 1000 * 1000, tzinfo=UTC)
)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXT,
    "integer": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "timestamp": MOMENTS,
    "blob": st.binary(max_size=8),
}


@st.composite
def values(draw, shape, deep: int = 0):
    """Of a shape; no empty list or structure, which a form cannot tell from none."""
    match shape.type_name:
        case "structure":
            return draw(structures(shape, deep))
        case "list":
            return draw(st.lists(values(shape.member, deep + 1), min_size=1, max_size=3))
        case "map":
            keys = st.text("abcXYZ09-./", min_size=1, max_size=5)
            return draw(st.dictionaries(keys, values(shape.value, deep + 1), min_size=1, max_size=2))
    return draw(SCALARS[shape.type_name])


@st.composite
def structures(draw, shape, deep: int = 0):
    members = [name for name, inner in shape.members.items() if deep < DEEPEST or inner.type_name in SCALARS]
    chosen = draw(st.lists(st.sampled_from(members), min_size=1, max_size=4, unique=True)) if members else []
    return {name: draw(values(shape.members[name], deep + 1)) for name in chosen}


def without_nothing(value: Any) -> Any:
    """A structure of which no member was chosen does not travel in a form, nor a list of such."""
    if isinstance(value, dict):
        kept = {key: without_nothing(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each not in ({}, [])}
    if isinstance(value, list):
        return [kept for each in value if (kept := without_nothing(each)) not in ({}, [])]
    return value


QUICK = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize(("service", "operation"), ASKED, ids=NAMED)
@QUICK
@given(data=st.data())
def test_a_request_is_read_as_it_was_meant(service, operation, data):
    """botocore's serializer, then our parser: the same values, and nothing is wrong with them."""
    model = operation_model(service, operation)
    if model.input_shape is None:
        return
    meant = without_nothing(data.draw(structures(model.input_shape)))
    serializer = create_serializer(protocol(service), include_validation=False)
    body = dict(serializer.serialize_to_request(meant, model)["body"])
    sent = urlencode({key: value for key, value in body.items() if key not in ("Action", "Version")}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    parsed = parse(service, operation, HttpRequest("POST", "/", "", headers, sent).form())
    assert parsed.problems == []
    assert parsed.wanted == meant


@pytest.mark.parametrize(("service", "operation"), ASKED, ids=NAMED)
@QUICK
@given(data=st.data())
def test_an_answer_is_read_as_it_was_meant(service, operation, data):
    """Our writer, then botocore's parser: the same values, and the request's id."""
    model = operation_model(service, operation)
    meant = data.draw(structures(model.output_shape)) if model.output_shape is not None else {}
    answer = {"status_code": 200, "headers": {}, "body": write(service, operation, meant, "id-of-it")}
    read = create_parser(protocol(service)).parse(answer, model.output_shape)
    assert read.pop("ResponseMetadata")["RequestId"] == "id-of-it"
    assert read == meant
