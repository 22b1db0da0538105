"""The node's pods as the server needs them, by way of the runtime."""

import asyncio
import errno
import os
import socket
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from mockcloud.linux import CLONE_NEWNET, setns
from mockcloud.node.measuring.usage import PodProcesses
from mockcloud.node.runtime.exec_attach import LOGS, ContainerAccess, NoContainer
from mockcloud.node.runtime.pods import PodRunner
from mockcloud.node.runtime.worker import PodWorker
from mockcloud.node.sandbox.namespaces import in_own_thread

Object = dict[str, Any]
STATUSES: Final = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
PID: Final = "pid"  # in a pod's folder: its process 1, as /proc numbers it; in a container's: its program
LOOPBACK: Final = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


class NodePods:
    """All pods of the node."""

    def __init__(self, runner: PodRunner) -> None:
        self._runner = runner

    def find(self, namespace: str, name: str) -> "RunningPod | None":
        """The pod, None where no such pod is here."""
        worker = self._runner.find(namespace, name)
        return None if worker is None else RunningPod(worker)

    def objects(self) -> Sequence[Object]:
        """All pods of the node, as the API has them."""
        return self._runner.objects()

    def processes(self) -> Sequence[PodProcesses]:
        """Where the processes of those hang that run, as far as they are there yet."""
        found = (_processes(worker) for worker in self._runner.running())
        return [pod for pod in found if pod is not None]


class RunningPod:
    """One pod of the node."""

    def __init__(self, worker: PodWorker) -> None:
        self._worker = worker

    def statuses(self) -> Sequence[Object]:
        """Its containers' statuses, those of init and ephemeral containers too."""
        status = self._worker.object.get("status") or {}
        return [one for kind in STATUSES for one in status.get(kind) or ()]

    def door(self, container: str) -> ContainerAccess | None:
        """The container as it is now; None where the pod has no such container."""
        try:
            return self._worker.door(container)
        except NoContainer:
            return None

    async def dial(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to a port of the pod's own loopback; OSError where nobody listens."""
        folder = self._worker.door("").folder
        failure = OSError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        for family, host in LOOPBACK:
            sock = await in_own_thread(partial(_socket_inside, folder, family))
            try:
                sock.setblocking(False)
                await asyncio.get_running_loop().sock_connect(sock, (host, port))
                return await asyncio.open_connection(sock=sock)
            except OSError as error:
                sock.close()
                failure = error
            except asyncio.CancelledError:
                sock.close()
                raise
        raise failure


def _processes(worker: PodWorker) -> PodProcesses | None:
    """None for a pod that has no process yet."""
    metadata, folder = worker.object["metadata"], worker.folder
    first = _pid(folder / PID)
    if first is None:
        return None
    mains = {name: _pid(folder / LOGS / name / PID) for name in worker.running()}
    known = {name: pid for name, pid in mains.items() if pid is not None}
    return PodProcesses((metadata["namespace"], metadata["name"]), first, known)


def _pid(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # not there yet, or not written in full
        return None


def _socket_inside(folder: Path, family: socket.AddressFamily) -> socket.socket:
    """In a thread of its own: a socket of the pod's network."""
    namespace = os.open(f"/proc/{(folder / PID).read_text()}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        setns(namespace, CLONE_NEWNET)
    finally:
        os.close(namespace)
    return socket.socket(family, socket.SOCK_STREAM)
