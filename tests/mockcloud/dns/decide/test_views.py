"""What the records need to know."""

from ipaddress import ip_address

import pytest

from mockcloud.dns.decide.views import ServiceView


@pytest.mark.parametrize(
    ("view", "headless"),
    [
        (ServiceView(), True),
        (ServiceView(cluster_ips=(ip_address("10.96.0.7"),)), False),
        (ServiceView(external_name="db.example.com"), False),
    ],
)
def test_a_service_without_address_and_external_name_is_headless(view, headless):
    """Its name leads to its endpoints themselves."""
    assert view.headless is headless
