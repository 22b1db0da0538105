"""What a proxy's line says; that it says it: tests/e2e/test_cloud_services.py."""

from __future__ import annotations

import pytest

from mockcloud.trace.model import End, Flow, Protocol
from mockcloud.trace.relays import relayed

FLOW = Flow(End("203.0.113.100", 50_000), End("198.18.0.3", 80), Protocol.TCP)


@pytest.mark.parametrize(
    ("said", "own"),
    [
        ("203.0.113.100 50000 10.0.1.4 40000 10.0.1.11 30080", ("10.0.1.4", 40_000, "10.0.1.11", 30_080)),
        ("203.0.113.100 50000 - 0 - 0", None),
        ("203.0.113.100 50000 - - - -", None),
        ("203.0.113.100 50000", None),
    ],
    ids=["a target", "no connection", "no server", "half a line"],
)
def test_a_line(said, own):
    """The proxy's own connection, where there is one."""
    assert relayed(said, FLOW) == (own and Flow(End(own[0], own[1]), End(own[2], own[3]), Protocol.TCP))
