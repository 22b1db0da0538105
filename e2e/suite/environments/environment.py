"""What an environment is: commands, by value. Nothing is run here."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import Final

FAULTS: Final = ("cut", "kill", "pause")
_NODE: Final = "{node}"


@dataclass(frozen=True, slots=True)
class Cannot:
    """What this environment has no way to do; scenarios that need it are skipped with the reason."""

    why: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is run to hurt a node, and to mend it; `{node}` in a word stands for the node's name."""

    begin: tuple[str, ...]
    end: tuple[str, ...]

    def on(self, node: str) -> Fault:
        """The same for this node."""
        return Fault(_filled(self.begin, node), _filled(self.end, node))


@dataclass(frozen=True, slots=True)
class Environment:
    """One cluster's surroundings.

    `client` comes before a command that a host outside of the cluster, on the nodes' LAN, is to run; `python`
    is Python 3 as that host calls it. `image` is an image that has a `python3`. `pool` names addresses of the
    LAN that are the suite's for the time of the run; without it they are taken from the cluster's own pools.
    `longest_gap` bounds, in seconds, how long a client may be without an answer in a failover.
    """

    name: str
    image: str
    client: tuple[str, ...] = ()
    python: str = "python3"
    pool: str = ""
    longest_gap: float = 10.0
    cut: Fault | Cannot = Cannot("nothing here cuts a node's link: pass --fault cut BEGIN END")
    kill: Fault | Cannot = Cannot("nothing here kills a node: pass --fault kill BEGIN END")
    pause: Fault | Cannot = Cannot("nothing here pauses a node: pass --fault pause BEGIN END")
    upgrade: tuple[str, ...] | Cannot = Cannot("nothing here upgrades the balancer: pass --upgrade COMMAND")
    uninstall: tuple[str, ...] | Cannot = Cannot(
        "nothing here uninstalls the balancer: pass --uninstall COMMAND"
    )
    install: tuple[str, ...] | Cannot = Cannot(
        "nothing here installs the balancer again: pass --install COMMAND"
    )


def fault(environment: Environment, name: str) -> Fault | Cannot:
    """The one of FAULTS that has this name."""
    return {"cut": environment.cut, "kill": environment.kill, "pause": environment.pause}[name]


def with_fault(environment: Environment, name: str, begin: str, end: str) -> Environment:
    """The same where these commands do this fault; ValueError for one that is none of FAULTS."""
    if name not in FAULTS:
        msg = f"--fault {name}: expected {', '.join(FAULTS[:-1])} or {FAULTS[-1]}"
        raise ValueError(msg)
    given = Fault(tuple(shlex.split(begin)), tuple(shlex.split(end)))
    return replace(
        environment,
        cut=given if name == "cut" else environment.cut,
        kill=given if name == "kill" else environment.kill,
        pause=given if name == "pause" else environment.pause,
    )


def _filled(words: tuple[str, ...], node: str) -> tuple[str, ...]:
    return tuple(word.replace(_NODE, node) for word in words)
