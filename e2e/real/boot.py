"""Process 1 of a node: a machine's start and its power cut, in namespaces.

    python -m e2e.real.boot BOOT.json

It has pid, mount and UTS namespaces of its own already. It gives the node folders where the machine has its
own, starts what comes first, after a line on its input the rest, and exits when its input ends or a program
does: then the kernel ends everything that runs on the node, containers too (pid_namespaces(7)).
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any, Final

from mockcloud.linux import MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, mount

_OWN: Final = {"var-lib": "/var/lib", "var-log": "/var/log"}
# What kubelet would write into the machine's kernel (pkg/kubelet/cm, setupKernelTunables): it finds it done.
_TUNED: Final = {
    "/proc/sys/vm/overcommit_memory": "1",
    "/proc/sys/vm/panic_on_oom": "0",
    "/proc/sys/kernel/panic": "10",
    "/proc/sys/kernel/panic_on_oops": "1",
    "/proc/sys/kernel/keys/root_maxkeys": "1000000",
    "/proc/sys/kernel/keys/root_maxbytes": "25000000",
}


def main(path: str) -> int:
    """1 where a program ended by itself, with its name."""
    plan = json.loads(Path(path).read_text())
    folder = Path(plan["folder"])
    socket.sethostname(plan["hostname"])
    _mounts(folder)
    os.environ["PATH"] = f"{plan['path']}:{os.environ['PATH']}"
    wakeup, waking = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    running = _start(plan["first"], folder)
    while True:
        readable, _, _ = select.select([0, wakeup], [], [])
        if 0 in readable:
            if not os.read(0, 64):
                return 0
            running |= _start(plan["then"], folder)
        if wakeup in readable:
            os.read(wakeup, 4096)
            ended = [running[pid] for pid in _ended() if pid in running]
            if ended:
                print(f"{plan['hostname']}: {', '.join(ended)} ended: see {folder / 'log'}", file=sys.stderr)
                return 1


def _mounts(folder: Path) -> None:
    for name, place in _OWN.items():
        mount(str(folder / name), place, flags=MS_BIND)
    mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    tuned = Path("/run/tuned")
    tuned.mkdir()
    for number, (place, value) in enumerate(_TUNED.items()):
        copy = tuned / str(number)
        copy.write_text(f"{value}\n")
        mount(str(copy), place, flags=MS_BIND | MS_NOEXEC)


def _start(commands: dict[str, list[str]], folder: Path) -> dict[int, str]:
    """The names of the programs by their pids; each writes to a log of its name."""
    started = {}
    for name, command in commands.items():
        log = os.open(folder / "log" / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        nothing = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        files: list[Any] = [(os.POSIX_SPAWN_DUP2, nothing, 0)]
        files += [(os.POSIX_SPAWN_DUP2, log, number) for number in (1, 2)]
        started[os.posix_spawn(command[0], command, os.environ, file_actions=files)] = name
        os.close(log)
        os.close(nothing)
    return started


def _ended() -> list[int]:
    """All children that have ended: orphans of the node come here, too."""
    pids = []
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return pids
        if not pid:
            return pids
        pids.append(pid)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
