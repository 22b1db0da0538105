"""What the bill says of AWS' balancers."""

from mockcloud.cloud.invoice import invoice
from tests.mockcloud.cloud.core.elastic.cloud import NOW, Cloud


def test_a_network_balancer_costs_by_the_hour_with_its_addresses():
    """One for the balancer, one for the address in each zone; groups and listeners cost nothing."""
    cloud = Cloud()
    cloud.frontend(cloud.balancer(zones=("fsn1", "nbg1")), cloud.group())
    bill = invoice(cloud.state, cloud.catalogue, NOW + 3_601)
    rows = [(each["what"], each["hourly"], each["so_far"]) for each in bill["rows"]]
    assert rows == [("load balancer", "0.0225", "0.0450"), *[("address", "0.0008", "0.0016")] * 2]
