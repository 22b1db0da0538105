"""How long a client is without an answer when the node that announces its address goes.

The pod that answers is on another node, so that what is seen is the address that moves, and not how soon
kube-proxy forgets the pods of a node that died.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from e2e.suite.cluster.preparation import PINNED, SERVER
from e2e.suite.cluster.services import announced_elsewhere, announcers
from e2e.suite.environments.environment import FAULTS, fault

if TYPE_CHECKING:
    from e2e.suite.cluster.cluster import Service


@dataclass(frozen=True)
class Moving:
    """A Service, and the node that announces it, which runs none of its pods."""

    service: Service
    address: str
    owner: str

    def moves(self):
        """Wait until another node announces it."""
        self.service.until(announced_elsewhere(self.owner))


@pytest.fixture
def moving(cluster, expose):
    """One whose owner may be hurt."""
    if len(cluster.nodes) < 2:
        pytest.skip(
            f"one node that runs pods ({', '.join(cluster.nodes)}) has no other to take an address over"
        )
    service = expose("moving", selector={"app": PINNED})
    address = service.address()
    owner = announcers(service.object())[address]
    if owner not in cluster.nodes:
        pytest.skip(
            f"{owner} announces {address}, and belongs to the control plane, or runs no pods of the suite"
        )
    other = next(node for node in cluster.nodes if node != owner)
    service.patch(selector={"app": PINNED, "node": other})
    cluster.outside.comes_to_be_answered_by(address, other)
    return Moving(service, address, owner)


@pytest.mark.parametrize("name", FAULTS)
def test_an_address_moves_when_its_owner_is_hurt(cluster, moving, name):
    """Its link is cut, it is killed, or paused: another announces it, and no gap is longer than stated."""
    cluster.needs(fault(cluster.environment, name))

    with cluster.outside.connecting(moving.address) as seen, cluster.hurt(name, moving.owner):
        moving.moves()

    assert seen.longest < cluster.environment.longest_gap


@pytest.mark.parametrize("verb", ["cordon", "drain"])
def test_an_address_leaves_a_node_that_is_to_be_emptied(cluster, moving, verb):
    """`kubectl cordon` and `drain` of its owner: another announces it, without a gap longer than stated."""
    # Only pods of the suite: the cluster may be somebody's.
    options = (
        (f"--pod-selector=app={SERVER}", f"--timeout={cluster.kubectl.seconds:g}s") if verb == "drain" else ()
    )
    with cluster.outside.connecting(moving.address) as seen:
        cluster.kubectl(verb, moving.owner, *options)
        try:
            moving.moves()
        finally:
            cluster.kubectl("uncordon", moving.owner)

    assert seen.longest < cluster.environment.longest_gap
