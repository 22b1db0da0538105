"""The pods that are parts of a lab: what it installs runs in them, beside daemons that are its processes.

They are looked for in the folders of the nodes' agents, so that they are found where no API answers, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mockcloud.cluster_defaults import BAREMETAL_LB_NAMESPACE, INGRESS_NAMESPACE
from mockcloud.node.sandbox.records import entrance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mockcloud.lab.state import LabFolder

_NAMESPACES: Final = (BAREMETAL_LB_NAMESPACE, INGRESS_NAMESPACE)
RUNNING: Final = "running"
ENDED: Final = "ended"  # and its node's agent will start it again


@dataclass(frozen=True, slots=True)
class PodState:
    """One pod as `mockcloud status` shows it; `pid` is the host's, of its main container's first process."""

    namespace: str
    name: str
    host: str
    state: str
    pid: int | None
    note: str = ""


def system_pods(folder: LabFolder, hosts: Iterable[str]) -> tuple[PodState, ...]:
    """Those of these hosts, by name."""
    found = ((host, *_names(path)) for host in hosts for path in _folders(folder.data(host)))
    return tuple(sorted((_state(folder, *each) for each in found), key=lambda pod: pod.name))


def log_files(folder: LabFolder) -> dict[Path, str]:
    """Their containers' log files, with the names of the pods."""
    data = folder.path / "data"
    agents = sorted(data.iterdir()) if data.is_dir() else []
    pods = (path for agent in agents for path in _folders(agent))
    return {log: _names(path)[1] for path in pods for log in sorted(path.glob("logs/*/*.log"))}


def _folders(data_dir: Path) -> Iterator[Path]:
    pods = data_dir / "pods"
    return (path for each in _NAMESPACES for path in pods.glob(f"{each}_*"))


def _names(folder: Path) -> tuple[str, str]:
    """Namespace and name of the pod whose folder it is (records.PodKey)."""
    namespace, name, _ = folder.name.split("_")
    return namespace, name


def _state(folder: LabFolder, host: str, namespace: str, name: str) -> PodState:
    way = entrance(folder.data(host), namespace, name)
    pid = None if way is None else way.container
    return PodState(namespace, name, host, ENDED if pid is None else RUNNING, pid)
