"""Endpoints."""

import pytest

from mockcloud.kube.resources.core.endpoints import ENDPOINTS


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
                " must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
                'subsets[0].notReadyAddresses[0].ip: Invalid value: "x": must be a valid IP address',
            ],
            id="bad-address",
        ),
        pytest.param(
            {"addresses": [{"ip": "::ffff:127.0.0.1"}]},
            [
                'subsets[0].addresses[0].ip: Invalid value: "::ffff:127.0.0.1":'
                " may not be in the loopback range (127.0.0.0/8, ::1/128)"
            ],
            id="mapped-loopback",
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
    new = ENDPOINTS.defaults({"subsets": [subset]})
    assert [str(cause) for cause in ENDPOINTS.validate(new, None)] == found
