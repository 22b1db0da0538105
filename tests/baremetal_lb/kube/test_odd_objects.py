"""Fuzz: whatever stands in an object, its reader copes, or fails in a way that a watch is prepared for."""

import pytest
from hypothesis import given, settings

from baremetal_lb.kube import convert, topology
from baremetal_lb.kube.resources import CONFIG_MAPS, SERVICES
from baremetal_lb.kube.watch import Informer
from tests.fakes.odd_objects import EXAMPLES, odd_objects

READERS = {
    "services": ("Service", convert.service),
    "namespaces": ("Namespace", convert.labels),
    "config maps": ("ConfigMap", convert.config_text),
    "service ranges": ("ServiceCIDR", convert.service_ranges),
    "nodes, for the controller": ("Node", topology.node_facts),
    "nodes, for the speakers": ("Node", topology.node_view),
    "endpoint slices": ("EndpointSlice", topology.slice_view),
}


@pytest.mark.parametrize(("kind", "read"), [pytest.param(*each, id=name) for name, each in READERS.items()])
def test_a_watch_goes_on(kind, read):
    """An odd object is left out, or kept as it was; a good one after it is reported."""

    @settings(max_examples=50)
    @given(odd_objects(kind))
    def fuzz(odd):
        reported = []
        informer = Informer(None, SERVICES if kind == "Service" else CONFIG_MAPS, read)
        informer._report = reported.append
        informer._event({"type": "ADDED", "object": odd})
        fine = {**EXAMPLES[kind], "metadata": {**EXAMPLES[kind]["metadata"], "name": "good"}}
        informer._event({"type": "ADDED", "object": fine})
        informer._event(
            {"type": "MODIFIED", "object": {**odd, "metadata": {**odd["metadata"], "resourceVersion": "9"}}}
        )
        assert "good" in [change.key.name for change in reported]
        assert informer.get(reported[-1].key) is not None or kind == "ConfigMap"

    fuzz()
