"""What a program in a container may: whom it is, what it is capable of, which system calls it has.

All of it is taken from a process that has just been forked, in this order: what of the system it sees, then
the pod's user namespace, then its capabilities, system calls and ids.
"""

import contextlib
import os
import stat
from typing import Final, NamedTuple

from mockcloud.linux import (
    CLONE_NEWNS,
    CLONE_NEWUSER,
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_RDONLY,
    MS_REC,
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    bound_capabilities,
    leave_session_keyring,
    load_seccomp,
    make_read_only,
    mount,
    prctl,
    set_capabilities,
    setns,
    unshare,
)
from mockcloud.node.shim.isolating import may_set_groups

# What container runtimes keep containers from writing, and from seeing (runtime-spec: linux.maskedPaths).
READ_ONLY: Final = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
MASKED: Final = (
    *("/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats"),
    *("/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats"),
    *("/sys/devices/virtual/powercap", "/sys/firmware"),
)


class Confinement(NamedTuple):
    """What a program is, and may. Without `pod`, it is whatever its holder is."""

    uid: int = 0  # in the pod
    gid: int = 0
    groups: tuple[int, ...] = ()
    owner: tuple[int, int] = (0, 0)  # the same uid and gid, as its holder sees them
    renamed: bool = False  # the pod has one id only: what it is called is up to the program
    capabilities: tuple[int, ...] | None = None  # None: all that there are
    no_new_privileges: bool = True
    seccomp: str = ""  # the filter, struct sock_filter's in hexadecimal digits
    masked: bool = True  # what of /proc and /sys tells or changes the machine is out of reach
    mounts: bool = False  # it may mount: its mounts are the pod's own

    def give(self, fd: int) -> None:
        """Let the program open its pipes and terminals again, as /dev/stdout; the rest is not ours."""
        mode = os.fstat(fd).st_mode
        if stat.S_ISFIFO(mode) or (stat.S_ISCHR(mode) and os.isatty(fd)):
            os.fchown(fd, *self.owner)


def hide_system(*, masked: bool) -> None:
    """Mount /proc and /sys, by a process of the pod in a fresh view, and shut what is the machine's."""
    # Some systems let nobody mount these: then the host's stay, seen but not to be written.
    with contextlib.suppress(OSError):
        mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    with contextlib.suppress(OSError):
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    make_read_only("/sys")
    if not masked:
        return
    for path in READ_ONLY:
        with contextlib.suppress(FileNotFoundError):
            mount(path, path, flags=MS_BIND | MS_REC)
            make_read_only(path)
    for path in MASKED:
        if os.path.isdir(path):
            mount("tmpfs", path, "tmpfs", MS_RDONLY, "size=0k,nr_inodes=2,mode=555")
        elif os.path.exists(path):
            mount("/dev/null", path, flags=MS_BIND)


def confine(wish: Confinement, user: int) -> None:
    """Make the calling process what it is to be, for ever; `user` is its pod's user namespace."""
    may_choose = may_set_groups()
    leave_session_keyring()
    # Until all is done nobody in the pod can trace this process, which has more than they should.
    prctl(PR_SET_DUMPABLE, 0)
    setns(user, CLONE_NEWUSER)
    if wish.mounts:
        unshare(CLONE_NEWNS)
    if wish.renamed:
        _rename(wish)
    if wish.capabilities is not None:
        bound_capabilities(wish.capabilities)
    if wish.no_new_privileges:
        prctl(PR_SET_NO_NEW_PRIVS, 1)
    if wish.seccomp:
        load_seccomp(bytes.fromhex(wish.seccomp))
    _be(wish, may_choose_groups=may_choose)
    prctl(PR_SET_DUMPABLE, 1)


def _be(wish: Confinement, *, may_choose_groups: bool) -> None:
    """Its ids, and the capabilities that it begins with."""
    if not wish.renamed:
        if may_choose_groups:
            os.setgroups(wish.groups)
        os.setresgid(wish.gid, wish.gid, wish.gid)
        os.setresuid(wish.uid, wish.uid, wish.uid)
    # As in a real container: who is not root has none, unless a file gives it some.
    if wish.uid != 0:
        set_capabilities(())
    elif wish.capabilities is not None:
        set_capabilities(wish.capabilities)


def _rename(wish: Confinement) -> None:
    """In a user namespace in which the pod's only id has another number."""
    unshare(CLONE_NEWUSER)
    for kind, number in (("uid_map", wish.uid), ("gid_map", wish.gid)):
        with open(f"/proc/self/{kind}", "w") as file:
            file.write(f"{number} 0 1")
