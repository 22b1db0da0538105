"""Secrets."""

import base64

import pytest

from mockcloud.kube.resources.core.secret import SECRET

BIG = "x" * (1024 * 1024 + 1)


def texts(causes):
    return [str(cause) for cause in causes]


def data(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("new", "found"),
    [
        pytest.param({"data": {"a": data("1")}}, [], id="opaque"),
        pytest.param(
            {"type": "kubernetes.io/tls", "data": {"tls.crt": data("x")}},
            ["data[tls.key]: Required value"],
            id="tls",
        ),
        pytest.param(
            {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": data("no")}},
            [
                'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid'
                " character in JSON"
            ],
            id="docker-config",
        ),
        pytest.param(
            {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": data("{}")}},
            [],
            id="docker",
        ),
        pytest.param(
            {"type": "kubernetes.io/basic-auth"},
            ["data[username]: Required value", "data[password]: Required value"],
            id="basic-auth",
        ),
        pytest.param(
            {"type": "kubernetes.io/service-account-token"},
            ["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
            id="account-token",
        ),
        pytest.param(
            {"data": {"a": data(BIG)}}, ["data: Too long: may not be more than 1048576 bytes"], id="big"
        ),
    ],
)
def test_secrets(new, found):
    """A type has its keys."""
    assert texts(SECRET.validate(SECRET.defaults(new), None)) == found


def test_a_secret_keeps_its_type():
    """What was made for TLS stays so."""
    old, new = {"type": "Opaque"}, {"type": "example.com/mine"}
    assert texts(SECRET.validate(new, old)) == ['type: Invalid value: "example.com/mine": field is immutable']
