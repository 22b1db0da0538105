"""The two processes above the supervisor: they see to it that nothing of a lab outlives it.

keeper      in the user's pid namespace; makes the lab's user and pid namespaces, waits, cleans the folder
 └─ init    pid 1 of the lab's pid namespace; reaps orphans. When it ends, the kernel kills all the others.
     └─ supervisor
Kill any of the three, with any signal, and the lab is gone: the supervisor's end ends init, the keeper's
end kills init (PR_SET_PDEATHSIG), and init's end kills the rest (pid_namespaces(7)).
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
from typing import TYPE_CHECKING, Final

from mockcloud.lab.errors import LabError
from mockcloud.lab.namespaces import enter_user_and_pid_namespace
from mockcloud.lab.processes.forking import fork
from mockcloud.linux import PR_SET_NAME, PR_SET_PDEATHSIG, close_all_but, prctl

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.lab.daemons import Plan
    from mockcloud.lab.state import LabFolder

_TOLD_TO_END: Final = (0, 1)  # stopped, or could not start and said so
_CRASHED: Final = 2
_STANDARD: Final = range(3)


def start_keeper(plan: Plan, folder: LabFolder, lock: int) -> socket.socket:
    """Fork the lab into the background; its reports (JSON lines) come over the socket returned.

    Of this process's descriptors it takes the lock and, until `_background`, the standard streams: whoever
    waits for the end of a pipe that this command was given (make, bats) does not wait for the lab.
    """
    ours, theirs = socket.socketpair()

    def detach() -> int:
        gc.freeze()  # the caller's files, if collected here, would close numbers that are others' by then
        close_all_but({*_STANDARD, lock, theirs.fileno()})
        os.setsid()
        # A second fork: the keeper is no session leader, and no child of the command that was typed.
        fork(lambda: _keep(plan, folder, theirs))
        return 0

    os.waitpid(fork(detach), 0)
    theirs.close()
    return ours


def _keep(plan: Plan, folder: LabFolder, reports: socket.socket) -> int:
    _background(folder)
    prctl(PR_SET_NAME, b"mockcloud\0")
    pid = os.getpid()
    try:
        enter_user_and_pid_namespace()
    except LabError as exc:
        reports.sendall(json.dumps({"failed": str(exc)}).encode() + b"\n")
        folder.remove()
        return 1
    init = fork(lambda: _init(lambda: _supervise(plan, folder, reports, pid)))
    reports.close()
    code = _wait_forwarding(init)
    if code in _TOLD_TO_END:  # after a crash the logs stay to be read
        folder.remove()
    return code


def _init(supervise: Callable[[], int]) -> int:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    code = _wait_forwarding(fork(supervise))
    return code if code in _TOLD_TO_END else _CRASHED


def _supervise(plan: Plan, folder: LabFolder, reports: socket.socket, keeper_pid: int) -> int:
    from mockcloud import logs
    from mockcloud.lab.processes.supervisor import Supervisor

    logs.configure()
    return asyncio.run(Supervisor(plan, folder, reports, keeper_pid).run())


def _wait_forwarding(child: int) -> int:
    """Reap children, passing SIGTERM and SIGINT on, until that one ends: its code, or minus the signal."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: os.kill(child, received))
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def _background(folder: LabFolder) -> None:
    os.chdir("/")
    os.umask(0o077)
    # Libraries that keep caches or settings of their own do so in the lab's folder, which goes with it.
    for variable in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        os.environ[variable] = str(folder.data("home"))
    null = os.open(os.devnull, os.O_RDONLY)
    log = os.open(folder.log("lab"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for fd, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(fd, target)
    os.close(null)
    os.close(log)
