"""Outside of the cluster's namespaces: starts its process 1, awaits the end, removes what namespaces leave.

Processes, mounts and network namespaces end with process 1 (pid_namespaces(7)), which ends with the keeper
(PR_SET_PDEATHSIG). Files and cgroups are removed here; after a keeper that was killed, by the next command.
"""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import signal
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from e2e.real.cluster import cgroup
from mockcloud.lab.forking import fork
from mockcloud.linux import (
    CLONE_NEWNS,
    CLONE_NEWPID,
    MS_PRIVATE,
    MS_REC,
    PR_SET_PDEATHSIG,
    mount,
    prctl,
    unshare,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CGROUPS: Final = Path("/sys/fs/cgroup")
_SWEEP_SECONDS: Final = 10.0
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def lock(folder: Path, *, wait: bool = False) -> int | None:
    """A descriptor: while it is open, here or in who inherited it, the cluster's name is taken.

    None where somebody has it, unless that is to be waited for.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    path = folder.with_suffix(".lock")
    while True:
        taken = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(taken, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if path.exists() and os.path.samestat(path.stat(), os.fstat(taken)):
                return taken
        except BlockingIOError:
            os.close(taken)
            return None
        os.close(taken)  # it was removed by who held it before


def held(folder: Path) -> bool:
    """Whether something of the cluster lives."""
    taken = lock(folder)
    if taken is not None:
        os.close(taken)
    return taken is None


def forget(folder: Path) -> None:
    """Remove the lock itself, which the caller holds."""
    folder.with_suffix(".lock").unlink()
    with suppress(OSError):
        folder.parent.rmdir()  # unless another cluster has files there


@dataclass(frozen=True, slots=True)
class Kept:
    """A cluster's folder; a pipe whose other end its owner has, if any; where its logs are left.

    `saying` is process 1's, to say whether it is ready.
    """

    folder: Path
    owner: int | None
    logs: Path | None
    saying: int


def keep(kept: Kept, work: Callable[[], int]) -> int:
    """Until process 1, which does `work`, ends, a signal comes, or the owner's end of the pipe is closed."""
    wakeup, waking = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    for number in _SIGNALS:
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    unshare(CLONE_NEWPID)
    first = fork(lambda: _live(work))
    os.close(kept.saying)
    (kept.folder / "pid").write_text(str(first))
    ended = os.pidfd_open(first)
    try:
        select.select([each for each in (ended, wakeup, kept.owner) if each is not None], [], [])
    finally:
        os.kill(first, signal.SIGKILL)
        os.waitpid(first, 0)
        if kept.logs is not None:
            _save(kept.folder, kept.logs)
        sweep(kept.folder)
    return 0


@contextmanager
def signals_blocked() -> Iterator[None]:
    """They wait."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def sweep(folder: Path) -> None:
    """Remove the cgroups and files of a cluster that has ended."""
    deadline = time.monotonic() + _SWEEP_SECONDS
    while left := _remove_cgroups(cgroup(folder)):
        if time.monotonic() > deadline:
            message = f"cgroup {left} is still in use"
            raise OSError(message)
        time.sleep(0.05)  # the kernel tells nobody when the last process has left one
    shutil.rmtree(folder, ignore_errors=True)


def _live(work: Callable[[], int]) -> int:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.set_wakeup_fd(-1)
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    unshare(CLONE_NEWNS)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("proc", "/proc", "proc")
    return work()


def _remove_cgroups(name: str) -> Path | None:
    """One that could not be removed, if any."""
    tops = [each / name for each in (_CGROUPS, *_CGROUPS.iterdir()) if (each / name).is_dir()]
    left = None
    for top in tops:
        for path, _, _ in os.walk(top, topdown=False):
            try:
                Path(path).rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                left = Path(path)
    return left


def _save(folder: Path, logs: Path) -> None:
    """What programs and pods have said, and the API's audit log."""
    logs.mkdir(parents=True, exist_ok=True)
    for name in ("audit.log", "keeper.log"):
        with suppress(FileNotFoundError):
            shutil.copy2(folder / name, logs / name)
    for source, target in (
        (folder / "control" / "logs", logs / "control"),
        *((each / "log", logs / each.name) for each in folder.glob("node-*")),
        *((each / "var-log" / "pods", logs / each.name / "pods") for each in folder.glob("node-*")),
    ):
        with suppress(FileNotFoundError, shutil.Error):
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
