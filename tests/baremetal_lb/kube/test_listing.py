"""Lists that are read once, by `status` and `check-config --plan`."""

import pytest
from hypothesis import given, settings

from baremetal_lb.kube import convert, topology
from baremetal_lb.kube.listing import Listing
from tests.fakes.odd_objects import EXAMPLES, odd_objects


def good(kind: str) -> dict:
    return {**EXAMPLES[kind], "metadata": {**EXAMPLES[kind]["metadata"], "name": "good"}}


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        pytest.param("Service", convert.service, id="services"),
        pytest.param("Namespace", convert.labels, id="namespaces"),
        pytest.param("ServiceCIDR", convert.service_ranges, id="service-ranges"),
        pytest.param("Node", topology.node_facts, id="nodes-for-pools"),
        pytest.param("Node", topology.node_view, id="nodes-for-speakers"),
    ],
)
def test_odd_object_is_read_or_said_and_hides_no_other(kind, read):
    """Whatever stands in it."""

    @settings(max_examples=50)
    @given(odd_objects(kind))
    def fuzz(odd):
        listing = Listing()
        found = [key.name for key, _ in listing.read(kind, [odd, good(kind)], read)]
        assert found[-1] == "good"
        assert len(found) + len(listing.left_out) == 2

    fuzz()


def test_what_is_left_out_is_said_by_name_with_the_reason():
    """For a person who has to find it."""
    odd = {"metadata": {"namespace": "shop", "name": "web"}, "spec": {"ports": [7]}}
    listing = Listing()
    assert listing.read("Service", [odd], convert.service) == []
    (said,) = listing.left_out
    assert said.startswith("Service shop/web cannot be read and is left out: ")
