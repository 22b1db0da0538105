"""MetalLB's objects, as they are read."""

import pytest

from baremetal_lb.decide.migration.metallb_objects import Selector, read
from baremetal_lb.model.errors import ConfigRejected


def manifest(kind: str, name: str = "a", spec: object = None, **metadata) -> dict:
    return {
        "apiVersion": "metallb.io/v1beta1",
        "kind": kind,
        "metadata": {"name": name, **metadata},
        "spec": spec if spec is not None else {},
    }


def pool(name: str = "a", **spec) -> dict:
    return manifest("IPAddressPool", name, {"addresses": ["10.0.0.0/24"], **spec})


def test_defaults_are_metallbs():
    """What is left out, or has no value, is as MetalLB takes it."""
    (found,) = read([pool(autoAssign=None)]).pools
    assert (found.spec.autoAssign, found.spec.avoidBuggyIPs, found.spec.serviceAllocation) == (
        True,
        False,
        None,
    )


def test_objects_come_by_name_and_those_that_go_or_are_status_are_passed_over():
    """The API gives them in no order that means something."""
    going = {**pool("c"), "metadata": {"name": "c", "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    found = read([pool("b"), going, manifest("ServiceL2Status"), manifest("ConfigurationState"), pool("a")])
    assert [each.name for each in found.pools] == ["a", "b"]
    assert found.left == ()


def test_what_is_of_bgp_is_left_by_name():
    """Nothing is dropped in silence."""
    found = read([manifest(kind, "x") for kind in ("BGPPeer", "BGPAdvertisement", "BFDProfile", "Community")])
    assert found.left == ("BGPPeer x", "BGPAdvertisement x", "BFDProfile x", "Community x")
    assert [each.name for each in found.bgp] == ["x"]


def test_fields_of_a_newer_release_are_named():
    """They may matter."""
    found = read([pool(shiny=1), manifest("L2Advertisement", spec={"glitter": True})])
    assert found.unknown == ("IPAddressPool a: spec.shiny", "L2Advertisement a: spec.glitter")


@pytest.mark.parametrize(
    ("manifests", "message"),
    [
        pytest.param(
            [pool(addresses=[])], "IPAddressPool a: spec.addresses: list should have at least 1", id="empty"
        ),
        pytest.param(
            [manifest("IPAddressPool")], "IPAddressPool a: spec.addresses: field required", id="none"
        ),
        pytest.param(
            [pool(autoAssign="maybe")], "spec.autoAssign: input should be a valid boolean", id="no-truth"
        ),
        pytest.param(
            [manifest("IPAddressPool", spec=["x"])], "IPAddressPool a: spec: input should be", id="a-list"
        ),
        pytest.param(
            [manifest("L2Advertisement", spec={"nodeSelectors": [{"matchExpressions": [{"key": "a"}]}]})],
            "L2Advertisement a: spec.nodeSelectors[0].matchExpressions[0].operator: field required",
            id="half-a-requirement",
        ),
    ],
)
def test_an_object_that_is_not_valid_is_named_with_its_field(manifests, message):
    """As the configuration's own faults are."""
    with pytest.raises(ConfigRejected) as caught:
        read(manifests)
    assert message in str(caught.value)


def test_an_advertisement_chooses_pools_by_name_or_labels_and_without_either_all():
    """As MetalLB's speaker does."""
    every, named, labelled = (
        each.spec
        for each in read(
            [
                manifest("L2Advertisement", "1"),
                manifest("L2Advertisement", "2", {"ipAddressPools": ["x"]}),
                manifest(
                    "L2Advertisement", "3", {"ipAddressPoolSelectors": [{"matchLabels": {"zone": "a"}}]}
                ),
            ]
        ).layer2
    )
    assert every.selects("any", {})
    assert [named.selects(name, {}) for name in ("x", "y")] == [True, False]
    assert [labelled.selects("y", {"zone": zone}) for zone in "ab"] == [True, False]


def test_a_selector_means_what_kubernetes_says():
    """All lines must be met; NotIn is met by who lacks the label."""
    selector = Selector.model_validate(
        {
            "matchLabels": {"a": "1"},
            "matchExpressions": [{"key": "b", "operator": "NotIn", "values": ["x"]}],
        }
    )
    assert selector.matches({"a": "1"})
    assert not selector.matches({"a": "1", "b": "x"})
    assert not selector.matches({"b": "y"})
