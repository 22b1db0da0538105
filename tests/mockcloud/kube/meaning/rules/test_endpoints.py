"""EndpointSlices and Endpoints."""

import pytest

from mockcloud.kube.meaning.defaults import with_defaults
from mockcloud.kube.meaning.rules.endpoints import endpoints_problems, slice_problems


def endpoint_slice(*addresses, kind="IPv4", **fields):
    endpoints = [{"addresses": list(addresses)}] if addresses else []
    return with_defaults("EndpointSlice", {"addressType": kind, "endpoints": endpoints, **fields})


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
    texts = [str(cause) for cause in slice_problems(new, None)]
    assert [text.startswith(start) for text, start in zip(texts, found, strict=True)] == [True] * len(found)


def test_the_address_type_never_changes():
    """A slice of the other family is another slice."""
    (cause,) = slice_problems(endpoint_slice(kind="IPv6"), endpoint_slice())
    assert str(cause) == 'addressType: Invalid value: "IPv6": field is immutable'


@pytest.mark.parametrize(
    ("subset", "found"),
    [
        pytest.param(
            {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80, "protocol": "TCP"}]}, [], id="right"
        ),
        pytest.param(
            {},
            ["subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"],
            id="no-address",
        ),
        pytest.param(
            {"notReadyAddresses": [{"ip": "x"}]},
            [
                'subsets[0].notReadyAddresses[0].ip: Invalid value: "x":'
                " must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            ],
            id="bad-address",
        ),
        pytest.param(
            {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}, {"port": 81, "name": "a"}]},
            ["subsets[0].ports[0].name: Required value"],
            id="nameless-port",
        ),
    ],
)
def test_endpoints(subset, found):
    """One row a rule."""
    new = with_defaults("Endpoints", {"subsets": [subset]})
    assert [str(cause) for cause in endpoints_problems(new, None)] == found
