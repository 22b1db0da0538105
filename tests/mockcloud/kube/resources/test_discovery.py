"""EndpointSlices."""

import pytest

from mockcloud.kube.resources.discovery import ENDPOINT_SLICE


def endpoint_slice(*addresses, kind="IPv4", **fields):
    endpoints = [{"addresses": list(addresses)}] if addresses else []
    return ENDPOINT_SLICE.defaults({"addressType": kind, "endpoints": endpoints, **fields})


@pytest.mark.parametrize(
    ("new", "found"),
    [
        pytest.param(endpoint_slice("10.244.1.2", ports=[{"port": 80}]), [], id="right"),
        pytest.param(endpoint_slice(), [], id="empty"),
        pytest.param(endpoint_slice(kind=""), ["addressType: Required value"], id="no-type"),
        pytest.param(
            endpoint_slice(kind="IPv5"),
            ['addressType: Unsupported value: "IPv5": supported values: "FQDN", "IPv4", "IPv6"'],
            id="type",
        ),
        pytest.param(
            endpoint_slice("fd00::1"),
            ['endpoints[0].addresses: Invalid value: "fd00::1": must be an IPv4 address'],
            id="other-family",
        ),
        pytest.param(
            endpoint_slice("127.0.0.1"),
            [
                'endpoints[0].addresses[0]: Invalid value: "127.0.0.1":'
                " may not be in the loopback range (127.0.0.0/8, ::1/128)"
            ],
            id="loopback",
        ),
        pytest.param(
            endpoint_slice("::ffff:10.0.0.1", kind="IPv6"),
            [
                'endpoints[0].addresses[0]: Invalid value: "::ffff:10.0.0.1":'
                " must not be an IPv4-mapped IPv6 address"
            ],
            id="mapped",
        ),
        pytest.param(endpoint_slice("a.example.com", kind="FQDN"), [], id="name"),
        pytest.param(
            endpoint_slice(endpoints=[{}]),
            ["endpoints[0].addresses: Required value: must contain at least 1 address"],
            id="no-address",
        ),
        pytest.param(
            endpoint_slice(endpoints=[{"addresses": ["10.0.0.1"]}] * 1001),
            ["endpoints: Too many: 1001: must have at most 1000 items"],
            id="too-many",
        ),
        pytest.param(
            endpoint_slice(ports=[{"port": 80}, {"port": 81}]),
            ['ports[1].name: Duplicate value: ""'],
            id="two-nameless-ports",
        ),
        pytest.param(
            endpoint_slice(endpoints=[{"addresses": ["10.0.0.1"], "nodeName": "A", "hostname": "a.b"}]),
            ["endpoints[0].nodeName: Invalid", "endpoints[0].hostname: Invalid"],
            id="names",
        ),
    ],
)
def test_slices(new, found):
    """One row a rule; long texts by their beginning."""
    texts = [str(cause) for cause in ENDPOINT_SLICE.validate(new, None)]
    assert [text.startswith(start) for text, start in zip(texts, found, strict=True)] == [True] * len(found)


def test_the_address_type_never_changes():
    """A slice of the other family is another slice."""
    (cause,) = ENDPOINT_SLICE.validate(endpoint_slice(kind="IPv6"), endpoint_slice())
    assert str(cause) == 'addressType: Invalid value: "IPv6": field is immutable'
