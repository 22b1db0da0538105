"""How HAProxy comes from one set of ports to another."""

import pytest

from mockcloud.edge.decide.haproxy_config import proxied
from mockcloud.haproxy.changes import commands, farewell
from tests.mockcloud.edge.decide.ports import backend, port

A, B = backend(1), backend(2)
ONE, TWO = "b1001-80/t10.0.0.1-30080", "b1001-80/t10.0.0.2-30080"


def of(*ports):
    return proxied(ports, {})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param(of(port(A)), of(port(A)), [], id="nothing"),
        pytest.param(
            of(port(A, B)), of(port(A, B, takers=(B,))), [f"set server {ONE} state maint"], id="turned-bad"
        ),
        pytest.param(
            of(port(A, takers=())), of(port(A)), [f"set server {ONE} state ready"], id="turned-good"
        ),
        pytest.param(
            of(port(A)),
            of(port(A, B)),
            [f"add server {TWO} 10.0.0.2:30080", f"set server {TWO} state ready"],
            id="one-more",
        ),
        pytest.param(
            of(port(A)),
            of(port(A, B, takers=(A,))),
            [f"add server {TWO} 10.0.0.2:30080"],
            id="one-more-that-nobody-knows-yet",
        ),
        pytest.param(
            of(port(A, B)),
            of(port(A)),
            [f"set server {TWO} state maint", f"shutdown sessions server {TWO}", f"del server {TWO}"],
            id="one-less",
        ),
        pytest.param(of(port(A)), of(port(A, idle=5.0)), None, id="an-option-of-the-port"),
        pytest.param(of(port(A)), of(port(A), port(A, port=81)), None, id="one-more-port"),
        pytest.param(of(port(A), port(A, port=81)), of(port(A)), None, id="one-port-less"),
    ],
)
def test_commands(before, after, said):
    """Targets come, turn and go while it runs; ports need a reload."""
    assert commands(before, after) == said


def test_connections_of_what_is_gone_end():
    """The one that is followed keeps those of ports that stay."""
    before, after = of(port(A, B), port(A, port=81)), of(port(A))
    assert farewell(before, after) == [
        f"shutdown sessions server {TWO}",
        "shutdown sessions server b1001-81/t10.0.0.1-30080",
    ]
