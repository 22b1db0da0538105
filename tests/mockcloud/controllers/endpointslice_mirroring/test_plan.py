"""Hand-written Endpoints as slices."""

from mockcloud.controllers.endpointslice_mirroring.plan import groups
from mockcloud.controllers.endpointslice_shared.endpoints import Endpoint, Group, Port


def test_groups_are_by_family_and_ports_with_state_and_pod():
    """Both families in one subset are told apart; a target that is no pod is left out."""
    pod = {"kind": "Pod", "namespace": "ns", "name": "p", "uid": "u"}
    subset = {
        "addresses": [{"ip": "192.0.2.1", "targetRef": pod, "nodeName": "n", "hostname": "h"}, {"ip": "::1"}],
        "notReadyAddresses": [{"ip": "192.0.2.2", "targetRef": {"kind": "VM", "name": "v"}}],
        "ports": [{"name": "b", "port": 81, "protocol": "UDP"}, {"name": "a", "port": 80}],
    }
    ports = (Port("a", 80, "TCP"), Port("b", 81, "UDP"))
    good = Endpoint("192.0.2.1", True, True, False, node="n", hostname="h", target=("ns", "p", "u"))
    assert groups([subset]) == {
        Group("IPv4", ports): {"192.0.2.1": good, "192.0.2.2": Endpoint("192.0.2.2", False, False, False)},
        Group("IPv6", ports): {"::1": Endpoint("::1", True, True, False)},
    }
