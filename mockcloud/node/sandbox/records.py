"""What is written down of each pod, so that an agent that was killed finds its pods again.

DATA_DIR/pods/NAMESPACE_NAME_UID/ has `record.json`, on which the pod's holder keeps a lock while it lives,
the holder's socket `control`, its complaints `holder.log`, and folders: `logs`, `volumes`, `last-words`, the
pod's `etc`, and `root`, where a container's mounts begin.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

RECORD: Final = "record.json"
# What a holder writes: the pid of the pod's process 1; and beside a container's logs its first process's pid,
# environment, and what it may.
PID: Final = "pid"
ENVIRONMENT: Final = "environment.json"
CONFINEMENT: Final = "confinement.json"


@dataclass(frozen=True, slots=True)
class PodKey:
    """One pod, and no other of the same name."""

    namespace: str
    name: str
    uid: str

    def __str__(self) -> str:
        return f"{self.namespace}_{self.name}_{self.uid}"


@dataclass(frozen=True, slots=True)
class Record:
    """A pod that has, or is about to have, a sandbox."""

    uid: str
    namespace: str
    name: str
    ips: tuple[str, ...]
    interface: str  # the node's end of its link
    began: float  # seconds since the epoch
    containers: tuple[str, ...]  # by name, the main one first

    @property
    def key(self) -> PodKey:
        return PodKey(self.namespace, self.name, self.uid)


class RecordStore:
    """The folder of all pods of this node."""

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir / "pods"
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def folder(self, pod: PodKey) -> Path:
        """The pod's folder."""
        return self._root / str(pod)

    def write(self, record: Record) -> int:
        """Write the record; a descriptor that holds its lock, to be handed to the pod's holder.

        What an earlier sandbox of the pod left (its socket) is removed; logs stay.
        """
        folder = self.folder(record.key)
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / "control").unlink(missing_ok=True)
        # Replaced, not rewritten: a holder that still dies keeps its lock on the old file.
        fresh = folder / f"{RECORD}.new"
        fresh.write_text(json.dumps(asdict(record)))
        fresh.replace(folder / RECORD)
        lock = os.open(folder / RECORD, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return lock

    def living(self) -> Iterator[Record]:
        """The pods whose holders live; the folders of all others are removed."""
        for folder in sorted(self._root.iterdir()):
            record = _read(folder / RECORD)
            if record is not None and _is_locked(folder / RECORD):
                yield record
            else:
                shutil.rmtree(folder, ignore_errors=True)

    def remove(self, pod: PodKey) -> None:
        """Forget the pod and its logs."""
        shutil.rmtree(self.folder(pod), ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Entrance:
    """Processes of a pod that lives, as the host numbers them."""

    first: int  # its process 1: in the pod's user namespace, network, host name and pids
    container: int | None  # in the main container's mounts, too; None where it does not run
    environment: dict[str, str]  # the main container's
    confinement: dict[str, Any]  # what programs in it may


def living_pods(data_dir: Path) -> dict[Path, int]:
    """The folder of each pod of a node that lives, and its process 1 as the host numbers it."""
    found = {}
    for folder in sorted((data_dir / "pods").glob("*_*_*")):
        with contextlib.suppress(OSError, ValueError):  # it is only being made, or has just been removed
            first = int((folder / PID).read_text())
            if _is_locked(folder / RECORD):
                found[folder] = first
    return found


def tools_folder(data_dir: Path) -> Path:
    """Where a node's agent puts the small clients for what the machine lacks."""
    return data_dir / "tools"


def entrance(data_dir: Path, namespace: str, name: str) -> Entrance | None:
    """How to enter the pod from outside the lab; None where no such pod lives here yet, or any more."""
    folders = (data_dir / "pods").iterdir() if (data_dir / "pods").is_dir() else ()
    for folder in folders:
        if not folder.name.startswith(f"{namespace}_{name}_"):  # saves reading the records of all others
            continue
        record = _read(folder / RECORD)
        if record is None or (record.namespace, record.name) != (namespace, name):
            continue
        try:
            first = int((folder / PID).read_text())
            lives = _is_locked(folder / RECORD)
        except (OSError, ValueError):
            return None  # it is only being made, or has just been removed
        if lives:
            return Entrance(first, *_main_process(folder / "logs" / record.containers[0], first))
    return None


def _main_process(logs: Path, first: int) -> tuple[int | None, dict[str, str], dict[str, Any]]:
    """The one that was written down, unless it has ended: then its number may be anybody's by now."""
    try:
        process = int((logs / PID).read_text())
        if not Path(f"/proc/{process}/ns/pid").samefile(f"/proc/{first}/ns/pid"):
            return None, {}, {}
        environment, confinement = (
            json.loads((logs / name).read_text()) for name in (ENVIRONMENT, CONFINEMENT)
        )
        return process, environment, confinement
    except (OSError, ValueError):
        return None, {}, {}


def _read(path: Path) -> Record | None:
    try:
        fields = json.loads(path.read_text())
        return Record(**{**fields, "ips": tuple(fields["ips"]), "containers": tuple(fields["containers"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None  # half written: its sandbox was never made


def _is_locked(path: Path) -> bool:
    with contextlib.ExitStack() as stack:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        stack.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
