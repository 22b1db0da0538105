"""What is repeated of what somebody wrote."""

from ipaddress import ip_address

import pytest

from baremetal_lb.model.quoting import MOST, cut
from tests.baremetal_lb.fakes.paper_cluster import Cluster

LONG = "x" * 50_000


def test_short_texts_are_whole_and_long_ones_end_in_dots():
    """To the letter."""
    assert cut("a" * MOST) == "a" * MOST
    assert cut("a" * (MOST + 1)) == "a" * MOST + "..."


@pytest.mark.parametrize("annotation", ["address-pool", "loadBalancerIPs", "allow-shared-ip"])
def test_what_a_service_is_told_is_short_however_long_its_annotations_are(annotation):
    """A condition of 50,000 letters helps nobody, and has to be stored."""
    cluster = Cluster().pools("name: lab, addresses: [10.0.0.1]")
    cluster.create("a", asks={"allow-shared-ip": "one"}, ports="TCP/80")
    cluster.create("b", asks={annotation: LONG}, ports="TCP/81")
    assert len(cluster.says("b")) < 4 * MOST
    assert all(len(text) < 4 * MOST for text in cluster.texts())
    assert ip_address(cluster.has("a"))
