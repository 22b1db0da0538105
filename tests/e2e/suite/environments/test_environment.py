"""What an environment's commands become for a node, and what --fault makes of them."""

from __future__ import annotations

import pytest

from e2e.suite.environments import known
from e2e.suite.environments.environment import FAULTS, Fault, fault, with_fault


def test_a_fault_is_of_one_node():
    """`{node}` stands for its name in any word, also as a part of it."""
    anywhere = Fault(("nsenter", "--net=/run/{node}/net", "true"), ("start", "{node}"))

    assert anywhere.on("node-2") == Fault(("nsenter", "--net=/run/node-2/net", "true"), ("start", "node-2"))


@pytest.mark.parametrize("name", FAULTS)
def test_an_option_says_how_to_do_a_fault(name):
    """Two commands as a shell would read them; the other faults stay as they are."""
    found = with_fault(known.plain(), name, "stop '{node}' now", "start {node}")

    assert fault(found, name) == Fault(("stop", "{node}", "now"), ("start", "{node}"))
    others = set(FAULTS) - {name}
    assert {each: fault(found, each) for each in others} == {
        each: fault(known.plain(), each) for each in others
    }


def test_a_fault_that_is_none_is_refused():
    """The message lists those there are."""
    with pytest.raises(ValueError, match="--fault burn: expected cut, kill or pause"):
        with_fault(known.plain(), "burn", "a", "b")
