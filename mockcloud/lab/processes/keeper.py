"""The two processes above the supervisor: they see to it that nothing of a lab outlives it.

keeper      in the user's pid namespace; makes the lab's user and pid namespaces, waits, cleans the folder
 └─ init    pid 1 of the lab's pid namespace; reaps orphans. When it ends, the kernel kills all the others.
     └─ supervisor
Kill any of the three, with any signal, and the lab is gone: the supervisor's end ends init, the keeper's
end kills init (PR_SET_PDEATHSIG), and init's end kills the rest (pid_namespaces(7)).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import select
import signal
import socket
from typing import TYPE_CHECKING, Final

from mockcloud.lab.environment import without_proxies
from mockcloud.lab.errors import LabError
from mockcloud.lab.forking import fork
from mockcloud.lab.interruptions import SIGNALS
from mockcloud.lab.namespaces import NoNamespace, enter_user_and_pid_namespace, limits
from mockcloud.linux import PR_SET_NAME, PR_SET_PDEATHSIG, close_all_but, prctl

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.lab.plan import Plan
    from mockcloud.lab.state import LabFolder

_TOLD_TO_END: Final = 0
_FAILED: Final = 1  # it could not start, and said so
_CRASHED: Final = 2
GIVE_UP: Final = b"give up\n"  # what `up` tells a supervisor that takes too long
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
        for number in SIGNALS:  # how the command heeds them is not how the lab's processes do
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        # A second fork: the keeper is no session leader, and no child of the command that was typed.
        fork(lambda: _keep(plan, folder, theirs))
        return 0

    os.waitpid(fork(detach), 0)
    theirs.close()
    return ours


def _keep(plan: Plan, folder: LabFolder, reports: socket.socket) -> int:
    pid, machine = os.getpid(), limits()
    try:
        _background(folder)
        prctl(PR_SET_NAME, b"mockcloud\0")
        _say(reports, keeper=pid)
        _end_by_itself(plan, pid)
        enter_user_and_pid_namespace()
        init = fork(lambda: _init(lambda: _supervise(plan, folder, reports, (pid, machine))))
    except (LabError, OSError) as exc:
        _say(reports, failed=exc.where_limits_are(machine) if isinstance(exc, NoNamespace) else str(exc))
        _keep_logs(folder)
        return _FAILED
    reports.close()
    code = _wait_forwarding(init)
    if code == _TOLD_TO_END:
        folder.remove()
    elif code == _FAILED:  # after a crash, too, the logs stay to be read
        _keep_logs(folder)
    return code


def _end_by_itself(plan: Plan, keeper: int) -> None:
    """Where the plan says so, a child ends this lab as `down` does; LabError.

    No thread: the keeper's next child is in another pid namespace, and so its threads would have to be.
    """
    if plan.pid is None and plan.ttl is None:
        return
    try:
        awaited = [] if plan.pid is None else [os.pidfd_open(plan.pid)]
    except OSError as exc:
        msg = f"the lab can't end with process {plan.pid} (--pid): {exc.strerror}"
        raise LabError(msg) from exc

    def wait() -> int:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        close_all_but({*_STANDARD, *awaited})
        if os.getppid() == keeper:
            select.select(awaited, [], [], plan.ttl)
            os.kill(keeper, signal.SIGTERM)
        return 0

    fork(wait)
    for fd in awaited:
        os.close(fd)


def _keep_logs(folder: LabFolder) -> None:
    from mockcloud.lab.system_pods import log_files  # only here: an `up` that goes well need not wait for it

    folder.keep_logs(log_files(folder))


def _say(reports: socket.socket, **fields: object) -> None:
    with contextlib.suppress(OSError):  # nobody waits for it any more
        reports.sendall(json.dumps(fields).encode() + b"\n")


def _init(supervise: Callable[[], int]) -> int:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    code = _wait_forwarding(fork(supervise))
    return code if code in {_TOLD_TO_END, _FAILED} else _CRASHED


def _supervise(
    plan: Plan, folder: LabFolder, reports: socket.socket, keeper: tuple[int, dict[str, str]]
) -> int:
    from mockcloud import logs
    from mockcloud.lab.processes.members import Members
    from mockcloud.lab.processes.supervisor import Supervisor

    logs.configure()
    keeper_pid, machine = keeper
    try:
        supervisor = Supervisor(plan, folder, reports, keeper_pid)
    except NoNamespace as exc:
        _say(reports, failed=exc.where_limits_are(machine))
        return _FAILED
    except OSError as exc:
        _say(reports, failed=f"its network could not be made: {exc}")
        return _FAILED
    return asyncio.run(supervisor.run(Members(supervisor).change))


def _wait_forwarding(child: int) -> int:
    """Reap children, passing signals on, until that one ends: its code, or minus the signal."""
    for number in SIGNALS:
        signal.signal(number, lambda received, _: os.kill(child, received))
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def _background(folder: LabFolder) -> None:
    os.chdir("/")
    os.umask(0o077)
    for variable in os.environ.keys() - without_proxies(os.environ).keys():
        del os.environ[variable]
    # Libraries that keep caches or settings of their own do so in the lab's folder, which goes with it.
    for variable in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        os.environ[variable] = str(folder.data("home"))
    null = os.open(os.devnull, os.O_RDONLY)
    log = os.open(folder.log("lab"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for fd, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(fd, target)
    os.close(null)
    os.close(log)
