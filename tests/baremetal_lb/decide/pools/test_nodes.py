"""Which nodes and interfaces announce a pool: what may be written, and what it means."""

import pytest

from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.model.errors import ConfigRejected
from baremetal_lb.model.pools import Placement


def text(keys: str, protocol: str = "layer2") -> str:
    return f"address-pools: [{{name: p, protocol: {protocol}, addresses: [10.0.0.0/24], {keys}}}]"


def placement(keys: str) -> Placement:
    return parse_config(text(keys)).pools[0].placement


@pytest.mark.parametrize(
    ("labels", "selected"),
    [
        pytest.param({"rack": "a"}, True, id="first-selector"),
        pytest.param({"edge": ""}, True, id="second-selector"),
        pytest.param({"edge": "", "old": "1"}, False, id="one-line-of-a-selector-is-not-met"),
        pytest.param({"rack": "b"}, False, id="neither"),
        pytest.param({}, False, id="no-labels"),
    ],
)
def test_node_is_selected_by_one_of_the_selectors(labels, selected):
    """All lines of one selector, any of the selectors."""
    expressions = "{key: edge, operator: Exists}, {key: old, operator: DoesNotExist}"
    found = placement(
        f"node-selectors: [{{match-labels: {{rack: a}}}}, {{match-expressions: [{expressions}]}}]"
    )
    assert found.selects(labels) is selected


@pytest.mark.parametrize(
    ("pattern", "interface", "reached"),
    [
        pytest.param("eth0", "eth0", True, id="name"),
        pytest.param("eth1", "eth10", False, id="a-name-is-no-beginning"),
        pytest.param("eth[01]", "eth1", True, id="expression"),
        pytest.param("bond", "xbond", False, id="an-expression-is-for-the-whole-name"),
        pytest.param("eth0|br.+", "br-lan", True, id="alternatives"),
        pytest.param("br+", "br+", True, id="a-name-that-is-an-expression-too"),
    ],
)
def test_interface_is_reached_by_name_or_expression(pattern, interface, reached):
    """As a whole, so that eth1 is not eth10."""
    assert placement(f"interfaces: ['{pattern}']").reaches(interface) is reached


def test_pool_without_these_keys_is_announced_everywhere():
    """As MetalLB does without an L2Advertisement's selectors."""
    found = placement("auto-assign: true")
    assert found == Placement()
    assert (found.selects({}), found.reaches("eth0"), found.weight({})) == (True, True, 0)


def test_weights_of_all_preferences_that_a_node_meets_add_up():
    """As in Kubernetes' preferredDuringSchedulingIgnoredDuringExecution."""
    found = placement(
        "preferred-node-selectors: [{weight: 10, preference: {match-labels: {fast: 'yes'}}},"
        " {weight: 5, preference: {match-labels: {rack: a}}}]"
    )
    rack, fast = {"rack": "a"}, {"fast": "yes"}
    assert [found.weight(each) for each in ({}, rack, fast, rack | fast)] == [0, 5, 10, 15]


@pytest.mark.parametrize(
    ("keys", "path", "why"),
    [
        pytest.param("interfaces: eth0", "interfaces", "is 'eth0'; expected a list", id="no-list"),
        pytest.param(
            "interfaces: ['']", "interfaces[0]", "is empty; expected a non-empty string", id="empty"
        ),
        pytest.param(
            "interfaces: [eth0, 'eth(']",
            "interfaces[1]",
            "is 'eth('; expected an interface's name or a regular expression: missing )",
            id="expression",
        ),
        pytest.param(
            "node-selectors: [{labels: {a: b}}]",
            "node-selectors[0].labels",
            "is not a known key; did you mean 'match-labels'?",
            id="key",
        ),
        pytest.param(
            "node-selectors: [{match-labels: {a: [1]}}]",
            "node-selectors[0].match-labels.a",
            "is a list; expected a string",
            id="label-a-list",
        ),
        pytest.param(
            "interfaces: ['" + "(" * 150 + ")" * 50 + "']",
            "interfaces[0]",
            "expected an interface's name or a regular expression",
            id="brackets",
        ),
        pytest.param(
            r"interfaces: ['(eth)\1']",
            "interfaces[0]",
            "expected an interface's name or a regular expression: '\\\\1' at position 5 is not supported",
            id="reference",
        ),
        pytest.param("interfaces: ['a{99999999999999}']", "interfaces[0]", "too large", id="repetition"),
        pytest.param(
            "interfaces: [" + "e" * 201 + "]",
            "interfaces[0]",
            "has 201 characters; expected at most 200",
            id="long",
        ),
        pytest.param(
            "node-selectors: [{}, {match-expressions: [{key: a, operator: Exists, values: [b]}]}]",
            "node-selectors[1].match-expressions[0].values",
            "operator Exists takes no values",
            id="values-too-many",
        ),
        pytest.param(
            "preferred-node-selectors: [{preference: {}}]",
            "preferred-node-selectors[0].weight",
            "is required",
            id="no-weight",
        ),
        pytest.param(
            "preferred-node-selectors: [{weight: 101, preference: {}}]",
            "preferred-node-selectors[0].weight",
            "is 101; input should be less than or equal to 100",
            id="weight-too-big",
        ),
        pytest.param(
            "preferred-node-selectors:"
            " [{weight: 1, preference: {match-expressions: [{key: a, operator: In}]}}]",
            "preferred-node-selectors[0].preference.match-expressions[0].values",
            "operator In needs at least one value",
            id="preference",
        ),
    ],
)
def test_fault_in_a_placement_is_named_by_path(keys, path, why):
    """Down to the line that has it."""
    with pytest.raises(ConfigRejected) as caught:
        parse_config(text(keys))
    found = {each.path: each.message for each in caught.value.faults}
    assert why in found[f"address-pools[0].{path}"]


def test_pool_whose_protocol_is_wrong_is_not_told_that_it_is_bgp():
    """What it has for layer 2 may be right."""
    with pytest.raises(ConfigRejected) as caught:
        parse_config(text("interfaces: [eth0]", "layer3"))
    assert [each.path for each in caught.value.faults] == ["address-pools[0].protocol"]


@pytest.mark.parametrize(
    "keys",
    [
        "interfaces: [eth0]",
        "node-selectors: [{}]",
        "preferred-node-selectors: [{weight: 1, preference: {}}]",
    ],
    ids=["interfaces", "node-selectors", "preferred"],
)
def test_bgp_pool_takes_none_of_these_keys(keys):
    """They would have no effect there."""
    with pytest.raises(ConfigRejected, match="is only for pools of protocol layer2; this one is bgp"):
        parse_config(text(keys, "bgp"))
