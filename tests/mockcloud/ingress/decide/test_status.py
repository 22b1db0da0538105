"""Where Ingresses answer."""

import pytest

from mockcloud.ingress.decide.status import addresses, status_patch

IP = {"ip": "192.0.2.1"}


def having(*ingress):
    return {"status": {"loadBalancer": {"ingress": list(ingress)} if ingress else {}}}


@pytest.mark.parametrize(
    ("service", "wanted"),
    [
        pytest.param(None, [], id="no-service"),
        pytest.param(having(), [], id="no-address"),
        pytest.param(having({**IP, "ipMode": "VIP"}), [IP], id="address"),
        pytest.param(having({"hostname": "lb.example"}), [{"hostname": "lb.example"}], id="name"),
    ],
)
def test_addresses(service, wanted):
    """Those of the Service, without what Ingresses have no field for."""
    assert addresses(service) == wanted


def test_patches():
    """Only where something differs; one that is gone is removed."""
    assert status_patch(having(IP), [IP]) is None
    assert status_patch(having(), [IP]) == {"status": {"loadBalancer": {"ingress": [IP]}}}
    assert status_patch(having(IP), []) == {"status": {"loadBalancer": {"ingress": None}}}
