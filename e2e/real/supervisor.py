"""Process 1 of the cluster: brings it up, says so, and then does what the command line asks over a socket.

A request is one line of JSON, a list of words; so is the answer: what went wrong, or "".
"""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

from e2e.real.cluster import Cluster
from e2e.real.node import NodeError
from testkit.control_planes.processes import StartError
from testkit.lan import NamespaceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NODE_DEEDS: Final[dict[str, Callable[[Cluster, str], object]]] = {
    "kill": lambda cluster, name: cluster.node(name).cut_power(),
    "start": lambda cluster, name: cluster.restart(name),
    "cut": lambda cluster, name: cluster.network.unplug(cluster.node(name).name),
    "mend": lambda cluster, name: cluster.network.plug(cluster.node(name).name),
    "pause": lambda cluster, name: cluster.node(name).pause(),
    "resume": lambda cluster, name: cluster.node(name).resume(),
}
READY: Final = "ready"
_MOST: Final = 65536


def supervise(folder: Path, programs: Path, count: int, archives: Sequence[Path], saying: int) -> int:
    """Ends only with the process; 1, and the reason on `saying`, where it does not come up."""
    try:
        cluster = Cluster(folder, programs, count)
        cluster.up(archives)
    except (StartError, NodeError, NamespaceError) as error:
        os.write(saying, str(error).encode())
        return 1
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "control.sock"))
    listener.listen()
    state = {"netns": cluster.network.descriptors, "nodes": list(cluster.nodes)}
    staged = folder / "state.staged"
    staged.write_text(json.dumps(state))
    staged.rename(folder / "state.json")
    os.write(saying, READY.encode())
    os.close(saying)
    while True:
        asked, _ = listener.accept()
        with asked:
            words = json.loads(asked.recv(_MOST))
            asked.sendall(json.dumps(_do(cluster, words)).encode())


def _do(cluster: Cluster, words: list[str]) -> str:
    deed, what = words
    try:
        if deed == "load":
            cluster.load([Path(what)])
        else:
            NODE_DEEDS[deed](cluster, what)
    except (NodeError, OSError) as error:
        return str(error)
    return ""


def ask(folder: Path, *words: str) -> str:
    """What went wrong, or ""; called from outside."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(os.fspath(folder / "control.sock"))
        asking.sendall(json.dumps(words).encode())
        answer = asking.recv(_MOST)
    return str(json.loads(answer)) if answer else "the cluster ended"
