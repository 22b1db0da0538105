"""A node's link is cut, a node loses its power: another node announces its addresses."""

from __future__ import annotations

import pytest

LONGEST = 2.0  # seconds, on a machine that does other things, too; docs/performance.md has what was measured


@pytest.mark.parametrize(("deed", "undone"), [("cut", "mend"), ("kill", "start")])
def test_another_node_takes_over(cluster, service, figure, deed, undone):
    """The owner's link is cut, or its power: another node answers the client, by the same address."""
    address = cluster.addresses(service)[0]
    owner = cluster.owner(address)
    try:
        with cluster.calling(address) as seen:
            cluster.hurt(deed, owner)
            other = cluster.until("another node answers", lambda: _other(cluster, address, owner))
    finally:
        cluster.hurt(undone, owner)
    cluster.kubectl("wait", f"node/{owner}", "--for=condition=Ready", "--timeout=120s")
    figure(f"{deed} of the node that announces", f"{seen}; then announced by another: {other}")
    assert cluster.addresses(service) == [address]
    assert seen.longest < LONGEST, seen


def _other(cluster, address, owner):
    found = cluster.owner(address)
    return found if found != owner else None
