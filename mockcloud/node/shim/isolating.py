"""The namespaces of one pod, made by the process that will hold it, and the pod's process 1.

The pod has a user namespace, and its network, host name, IPC objects and cgroups belong to that: being root
there is being nobody elsewhere. A pod in its node's network is in the user namespace that owns this network,
with all others of its kind on the node: what it is capable of, it is there, and nowhere else (decision 36).
Process numbers and mounts (`sandbox/view`) belong to the holder's user namespace, so nobody in the pod can
change them.
"""

import os
import signal
import socket
from typing import Final, NamedTuple, NoReturn

from mockcloud.linux import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_REC,
    MS_SLAVE,
    PR_SET_DUMPABLE,
    PR_SET_NAME,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    bound_capabilities,
    make_read_only,
    mount,
    owning_user_namespace,
    pivot_root,
    prctl,
    set_capabilities,
    setns,
    unmount,
    unshare,
)
from mockcloud.node.shim import inside

NAMES: Final = {CLONE_NEWUTS: "uts", CLONE_NEWIPC: "ipc", CLONE_NEWCGROUP: "cgroup", CLONE_NEWNET: "net"}
TITLE: Final = "/pause"  # as the process is called that does the same in a real pod
EMPTY: Final = "/proc"  # a place that every host has, for a moment the pod's process 1's root
MOST_FDS: Final = 1 << 20


class Place(NamedTuple):
    """A pod's namespaces, as its holder keeps them; the holder's further children are in all but `user`."""

    user: int  # a descriptor of the pod's user namespace
    first: int  # the pod's process 1, as this process numbers it
    outer: int  # the same, as /proc does


def isolate(first_id: int, count: int, hostname: str, *, own_network: bool) -> Place:
    """Make them; the pod's ids 0, 1, ... are so many here from `first_id` on. OSError where refused."""
    kinds = [flag for flag in NAMES if own_network or flag != CLONE_NEWNET]
    shared = None if own_network else _owner_of_the_network()
    ours, theirs = socket.socketpair()
    maker = os.fork()
    if maker == 0:
        ours.close()
        _make(theirs, sum(kinds), hostname, shared)
    theirs.close()
    outer = _hear(ours)
    user = os.open(f"/proc/{outer}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    for kind in ("uid_map", "gid_map") if shared is None else ():
        with open(f"/proc/{outer}/{kind}", "w") as file:
            file.write(f"0 {first_id} {count}")
    ours.send(b"\n")
    _hear(ours)
    for flag in kinds:
        namespace = os.open(f"/proc/{outer}/ns/{NAMES[flag]}", os.O_RDONLY | os.O_CLOEXEC)
        setns(namespace, flag)
        os.close(namespace)
    ours.close()  # it ends
    os.waitpid(maker, 0)
    if shared is not None:
        os.close(shared)
    unshare(CLONE_NEWPID)
    return Place(user, *_start_first(user))


def may_set_groups() -> bool:
    """Whether processes here may choose their groups, user_namespaces(7); needs /proc."""
    with open("/proc/self/setgroups") as file:
        return file.read().strip() == "allow"


def _hear(connection: socket.socket) -> int:
    said = connection.recv(4096).decode()
    if not said.strip().isdecimal():
        msg = f"the pod's namespaces cannot be made: {said or 'their maker has ended'}"
        raise OSError(msg)
    return int(said)


def _owner_of_the_network() -> int | None:
    """A descriptor of the user namespace that the network here belongs to.

    None where that is this process's own, or above: a pod in there would have to be nobody.
    """
    network = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        owner = owning_user_namespace(network)
    except PermissionError:
        return None
    finally:
        os.close(network)
    if os.path.samestat(os.fstat(owner), os.stat("/proc/self/ns/user")):
        os.close(owner)
        return None
    return owner


def _make(answer: socket.socket, kinds: int, hostname: str, shared: int | None) -> NoReturn:
    """In a child: the pod's namespaces, in which they find them; `shared`: a user namespace that is there."""
    try:
        if shared is None:
            unshare(CLONE_NEWUSER)
        else:
            setns(shared, CLONE_NEWUSER)
        number = os.readlink("/proc/self").encode()  # /proc is the host's
        answer.send(number)
        if answer.recv(1):
            unshare(kinds)
            socket.sethostname(hostname)
            answer.send(number)
            answer.recv(1)
    except OSError as error:
        answer.send(str(error).encode())
    finally:
        os._exit(0)


def _start_first(user: int) -> tuple[int, int]:
    """The pod's process 1, which does nothing: its pid here, and as /proc numbers it."""
    answer, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        _be_first(user, told)
    os.close(told)
    said = b""
    while chunk := os.read(answer, 4096):
        said += chunk
    os.close(answer)
    outer, _, rest = said.decode().partition("\n")
    if rest != "\n":
        os.waitpid(pid, 0)
        msg = f"could not start the pod's process 1: {rest or 'it has ended'}"
        raise OSError(msg)
    return pid, int(outer)


def _be_first(user: int, told: int) -> NoReturn:
    """In a child: nobody, nowhere, with nothing; orphans are reaped by the kernel."""
    try:
        os.setsid()
        os.write(told, os.readlink("/proc/self").encode() + b"\n")
        inside.show(TITLE)
        prctl(PR_SET_NAME, b"pause\0")
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        groups = may_set_groups()
        _leave_the_host()
        setns(user, CLONE_NEWUSER)
        if groups:
            os.setgroups(())
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
        bound_capabilities(())
        set_capabilities(())
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        prctl(PR_SET_DUMPABLE, 0)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # after the change of ids, which would undo it
        os.closerange(0, told)
        os.closerange(told + 1, MOST_FDS)
        os.write(told, b"\n")
        os.close(told)
        while True:
            signal.pause()
    except OSError as error:
        os.write(told, str(error).encode())
    finally:
        os._exit(1)


def _leave_the_host() -> None:
    """The root is an empty folder that nothing can be written in."""
    unshare(CLONE_NEWNS)
    mount("none", "/", flags=MS_REC | MS_SLAVE)
    mount("tmpfs", EMPTY, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,mode=555")
    os.chdir(EMPTY)
    pivot_root(".", ".")  # the old root lies on the new one, pivot_root(2)
    unmount(".")
    os.chdir("/")
    make_read_only("/")
