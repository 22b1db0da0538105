"""The environments that the suite knows by name, as values."""

from __future__ import annotations

import shlex
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

from e2e.suite.environments.environment import Environment, Fault
from mockcloud.lab.components.baremetal import RULES_URL
from testkit.chart import CHART, helm

# What labs and real clusters have no use for: hosts are below .20, .100 and .101, own pools begin at .200.
_FREE: Final = "192.168.10.20-192.168.10.99,192.168.10.102-192.168.10.199,fd00:10::1000-fd00:10::10ff"
_POOLS: Final = (
    'addressPools=[{"name":"lan","protocol":"layer2","addresses":["192.168.10.200-192.168.10.250"]}]'
)
KIND_CLIENT: Final = "baremetal-lb-e2e-client"
"""The container that e2e/kind/run starts beside kind's nodes, in their network."""

# What a link that goes down takes along and does not bring back: IPv6 addresses, routes by a gateway.
_CUT: Final = """
echo 1 > /proc/sys/net/ipv6/conf/eth0/keep_addr_on_down
for family in 4 6; do ip -$family route show dev eth0 > /run/e2e-routes-$family; done
ip link set eth0 down
"""
_MEND: Final = """
ip link set eth0 up
for family in 4 6; do
    while read -r route; do ip -$family route replace $route dev eth0; done < /run/e2e-routes-$family
    rm /run/e2e-routes-$family
done
"""


def lab(name: str) -> Environment:
    """A lab of mockcloud. A node that is killed loses its link and all that runs in its network at once.

    Where there is Helm, a release of this checkout's chart takes over what `up` installed.
    """
    faults = (sys.executable, str(Path(__file__).with_name("lab_faults.py")))
    return Environment(
        name="lab",
        image="python",
        client=(sys.executable, "-m", "mockcloud", "exec", "--name", name, "client", "--"),
        python=sys.executable,
        pool=_FREE,
        cut=Fault((*faults, "cut", name, "{node}"), (*faults, "mend", name, "{node}")),
        kill=Fault((*faults, "kill", name, "{node}"), (*faults, "mend", name, "{node}")),
        pause=Fault((*faults, "pause", name, "{node}"), (*faults, "resume", name, "{node}")),
        **_releases(),
    )


def _releases() -> dict[str, tuple[str, ...]]:
    """Commands that upgrade, uninstall and install, by Helm; none where there is no Helm."""
    binary = helm.find()
    if binary is None:
        return {}
    release = ("baremetal-lb", "--namespace", "baremetal-lb-system", "--wait")
    # Announced once the node's rules are known, as `up` has it.
    told = ("--set", f"speaker.extraArgs={{--rules-url={RULES_URL}}}")
    install = (str(binary), "upgrade", "--install", *release, str(CHART), "--set-json", _POOLS, *told)
    return {
        "upgrade": (*install, "--set", "controller.logLevel=debug,speaker.logLevel=debug"),
        # What `up` installed is no release until Helm has taken it over.
        "uninstall": (
            "sh",
            "-ec",
            f"{shlex.join(install)}; {shlex.join((str(binary), 'uninstall', *release))}",
        ),
        "install": install,
    }


def real(name: str) -> Environment:
    """A cluster of `python -m e2e.real`; the suite runs on its control host, where the API can be reached."""
    command = (sys.executable, "-m", "e2e.real", "--name", name)
    return Environment(
        name="real",
        image=f"localhost/baremetal-lb:{version('baremetal-lb')}",
        client=(*command, "exec", "client", "--"),
        python=sys.executable,
        pool=_FREE,
        cut=Fault((*command, "cut", "{node}"), (*command, "mend", "{node}")),
        kill=Fault((*command, "kill", "{node}"), (*command, "start", "{node}")),
        pause=Fault((*command, "pause", "{node}"), (*command, "resume", "{node}")),
    )


def kind() -> Environment:
    """A cluster of kind: nodes are containers that have their nodes' names."""
    enter = ("docker", "exec", "{node}", "sh", "-ec")
    return Environment(
        name="kind",
        image="python:3-alpine",
        client=("docker", "exec", "--interactive", KIND_CLIENT),
        cut=Fault((*enter, _CUT), (*enter, _MEND)),
        kill=Fault(("docker", "kill", "{node}"), ("docker", "start", "{node}")),
        pause=Fault(("docker", "pause", "{node}"), ("docker", "unpause", "{node}")),
    )


def plain() -> Environment:
    """Any cluster that has this host on its nodes' LAN."""
    return Environment(name="plain", image="python:3-alpine", python=sys.executable)
