"""The environments that the suite knows by name, as values."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from e2e.suite.environments.environment import Environment, Fault, Restart

KIND_CLIENT: Final = "baremetal-lb-e2e-client"
"""The container that e2e/kind/run starts beside kind's nodes, in their network."""

# What a link that goes down takes along and does not bring back: IPv6 addresses, routes by a gateway.
_CUT: Final = """
echo 1 > /proc/sys/net/ipv6/conf/eth0/keep_addr_on_down
for family in 4 6; do ip -$family route show dev eth0 > /run/e2e-routes-$family-$1; done
ip link set eth0 down
"""
_MEND: Final = """
ip link set eth0 up
for family in 4 6; do
    while read -r route; do ip -$family route replace $route dev eth0; done < /run/e2e-routes-$family-$1
    rm /run/e2e-routes-$family-$1
done
"""


def lab(name: str) -> Environment:
    """A lab of mockcloud. A node that is killed loses its link and all of its daemons at once."""
    faults = (sys.executable, str(Path(__file__).with_name("lab_faults.py")))
    return Environment(
        name="lab",
        image="python",
        client=(sys.executable, "-m", "mockcloud", "exec", "--name", name, "client", "--"),
        python=sys.executable,
        # What the lab itself has no use for: its own pool begins at .200, its hosts are below .20, and .100.
        pool="192.168.10.20-192.168.10.99,192.168.10.101-192.168.10.199,fd00:10::1000-fd00:10::10ff",
        cut=Fault((*faults, "cut", name, "{node}"), (*faults, "mend", name, "{node}")),
        kill=Fault((*faults, "kill", name, "{node}"), (*faults, "mend", name, "{node}")),
        pause=Fault((*faults, "pause", name, "{node}"), (*faults, "resume", name, "{node}")),
        restart=Restart((*faults, "restart", name, "{daemons}")),
    )


def namespaces(client: str, node: str) -> Environment:
    """Hosts that are network namespaces, by their paths; `{node}` in `node` stands for a node's name.

    What runs on a node is not known here: who made the cluster says by --fault how to kill one.
    """
    enter = ("nsenter", f"--net={node}", "--")
    return Environment(
        name="namespaces",
        image="localhost/baremetal-lb:latest",
        client=("nsenter", f"--net={client}", "--"),
        python=sys.executable,
        cut=_by_the_node(enter),
    )


def kind() -> Environment:
    """A cluster of kind: nodes are containers that have their nodes' names."""
    return Environment(
        name="kind",
        image="python:3-alpine",
        client=("docker", "exec", "--interactive", KIND_CLIENT),
        cut=_by_the_node(("docker", "exec", "{node}")),
        kill=Fault(("docker", "kill", "{node}"), ("docker", "start", "{node}")),
        pause=Fault(("docker", "pause", "{node}"), ("docker", "unpause", "{node}")),
    )


def plain() -> Environment:
    """Any cluster that has this host on its nodes' LAN."""
    return Environment(name="plain", image="python:3-alpine", python=sys.executable)


def _by_the_node(enter: tuple[str, ...]) -> Fault:
    """The node itself takes its link down, by commands that come after `enter`."""
    begin, end = ((*enter, "sh", "-ec", script, "sh", "{node}") for script in (_CUT, _MEND))
    return Fault(begin, end)
