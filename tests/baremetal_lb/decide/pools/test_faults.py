"""pydantic's errors in our words."""

import pytest
from pydantic import ValidationError

from baremetal_lb.decide.pools.faults import LONGEST, dotted, faults, shown
from baremetal_lb.decide.pools.schema import PoolSection

GOOD = {"name": "lab", "protocol": "layer2", "addresses": ["10.0.0.1"]}


def told(**changes):
    with pytest.raises(ValidationError) as caught:
        PoolSection.model_validate({**GOOD, **changes})
    return [str(each) for each in faults(caught.value, PoolSection, ("address-pools", 0))]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"protocol": "l2"}, "address-pools[0].protocol: is 'l2'; expected 'layer2' or 'bgp'"),
        ({"addresses": []}, "address-pools[0].addresses: is empty; expected at least one item"),
        ({"addresses": "10.0.0.1"}, "address-pools[0].addresses: is '10.0.0.1'; expected a list"),
        ({"name": None}, "address-pools[0].name: is required"),
        (
            {"service-allocation": {"namespace": []}},
            "address-pools[0].service-allocation.namespace: is not a known key; did you mean namespaces?",
        ),
    ],
)
def test_a_fault_has_its_place_its_value_and_what_was_expected(changes, said):
    """As a person would write the place."""
    (found,) = told(**changes)
    assert found.replace('"', "'").startswith(said[:60])


def test_several_faults_are_all_told():
    """In the order of the text."""
    assert len(told(protocol="x", addresses=[])) == 2


def test_a_place_with_odd_keys_is_still_one_line():
    """What can't be printed is escaped, what is long is cut."""
    assert dotted(("peers", 1, "hold-time")) == "peers[1].hold-time"
    assert "\n" not in dotted(("a\nb",))
    assert len(dotted(("x" * 1000,))) < LONGEST + 10


@pytest.mark.parametrize(
    ("value", "text"), [({"a": 1}, "a mapping"), ([1], "a list"), (None, "nothing"), ("", "empty"), (5, "5")]
)
def test_containers_are_quoted_by_kind(value, text):
    """Their contents may be long."""
    assert shown(value) == text
