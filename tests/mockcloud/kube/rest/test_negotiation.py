"""The Accept header."""

import pytest

from mockcloud.kube.rest.negotiation import Form, Wanted, wanted
from mockcloud.kube.writes.refusals import Refusal


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param("", Wanted(), id="nothing"),
        pytest.param("*/*", Wanted(), id="anything"),
        pytest.param("application/vnd.kubernetes.protobuf,application/json", Wanted(), id="typed-go-client"),
        pytest.param("application/vnd.kubernetes.protobuf", Wanted(), id="nothing-else"),
        pytest.param(
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
            Wanted(Form.TABLE),
            id="kubectl-get",
        ),
        pytest.param(
            "application/json;as=Table;v=v1beta1;g=meta.k8s.io",
            Wanted(Form.TABLE, version="v1beta1"),
            id="older",
        ),
        pytest.param("application/json;as=Nothing,application/json", Wanted(), id="unknown-form-then-plain"),
        pytest.param(
            "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
            Wanted(Form.METADATA),
            id="metadata",
        ),
        pytest.param("application/yaml", Wanted(yaml=True), id="yaml"),
    ],
)
def test_wanted(accept, expected):
    """The first entry that can be served wins."""
    assert wanted(accept) == expected


@pytest.mark.parametrize("accept", ["image/png", "application/cbor", "application/json;as=Nothing"])
def test_nothing_that_can_be_served(accept):
    """406 says what could be had."""
    with pytest.raises(
        Refusal, match="only the following media types are accepted: application/json"
    ) as refused:
        wanted(accept)
    assert refused.value.code == 406
