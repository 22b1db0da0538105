"""User, pid and network namespaces; nothing is mounted and no file is made.

A network namespace is held by a file descriptor only: it goes with the process that holds it (namespaces(7)).
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from mockcloud.lab.errors import LabError
from mockcloud.lab.forking import fork
from mockcloud.linux import CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWUSER, setns, unshare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from ipaddress import IPv4Address, IPv6Address

    from mockcloud.pod_ids import PodIds

T = TypeVar("T")

_ALL_IDS: Final = 2**32 - 1  # uid -1 is none
_BACKLOG: Final = 512
_KINDS: Final = {CLONE_NEWUSER: "user", CLONE_NEWPID: "pid", CLONE_NEWNET: "net"}


def enter_user_and_pid_namespace() -> None:
    """Become uid 0 of a new user namespace; the next child is pid 1 of a new pid namespace.

    An ordinary user can map only their own uid and gid, which needs no privilege (user_namespaces(7)). Root
    maps all of them, so that programs that change their user (tcpdump, nginx, postgres) can run in the lab.
    """
    uid, gid = os.getuid(), os.getgid()
    mapper = _Mapper() if uid == 0 else None
    try:
        unshare(CLONE_NEWUSER)
    except OSError as exc:
        raise LabError(_why_no_user_namespace(exc)) from exc
    finally:
        mapped_all = mapper is not None and mapper.finish()
    if not mapped_all:
        _map_own_id(uid, gid)
    try:
        unshare(CLONE_NEWPID)
    except OSError as exc:
        raise NoNamespace(CLONE_NEWPID, exc) from exc


class NoNamespace(LabError):
    """The kernel gives no more namespaces of a kind: user, pid, net."""

    def __init__(self, flag: int, exc: OSError) -> None:
        """The flag of unshare(2), and why it refused: ENOSPC means no disk there (namespaces(7))."""
        self._kind = _KINDS[flag]
        super().__init__(f"the kernel gives no more {self._kind} namespaces ({os.strerror(exc.errno or 0)})")
        self._exhausted = exc.errno == errno.ENOSPC

    def where_limits_are(self, machine: Mapping[str, str]) -> str:
        """The whole message, with the machine's limit as `limits` has found it."""
        if not self._exhausted:
            return str(self)
        name = f"user.max_{self._kind}_namespaces"
        said = f"{name} is {machine.get(self._kind, 'unknown')}, and other labs or containers may hold some"
        return f"{self}: {said}. Stop what you don't need, or type: sudo sysctl {name}=100000"


def limits() -> dict[str, str]:
    """How many namespaces of each kind a user may have, as the user namespace of the caller sees it."""
    found = {kind: _read(f"/proc/sys/user/max_{kind}_namespaces") for kind in _KINDS.values()}
    return {kind: value for kind, value in found.items() if value is not None}


class _Mapper:
    """A child that stays outside the user namespace and, when this process has entered it, maps all ids."""

    def __init__(self) -> None:
        entered, self._entering = os.pipe()
        inside = os.getpid()

        def write_maps() -> int:
            os.close(self._entering)
            os.read(entered, 1)  # returns when the other end is closed
            try:
                for kind in ("uid_map", "gid_map"):
                    Path(f"/proc/{inside}/{kind}").write_text(f"0 0 {_ALL_IDS}")
            except OSError:
                return 1  # a root that may not: without capabilities, or in a container
            return 0

        self._pid = fork(write_maps)
        os.close(entered)

    def finish(self) -> bool:
        """Let it write the maps; could it?"""
        os.close(self._entering)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1]) == 0


def _map_own_id(uid: int, gid: int) -> None:
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    except OSError as exc:
        # Since Linux 5.12 a root without CAP_SETFCAP may not map itself.
        who = "root without capabilities" if uid == 0 else f"uid {uid}"
        msg = (
            f"this system does not let {who} create a user namespace ({exc.strerror}): "
            "run it as an ordinary user"
        )
        raise LabError(msg) from exc


def new_network_namespace() -> int:
    """A descriptor (close-on-exec) of a new network namespace owned by this process's user namespace.

    NoNamespace where there are too many.
    """

    def make() -> int:
        try:
            unshare(CLONE_NEWNET)
        except OSError as exc:
            raise NoNamespace(CLONE_NEWNET, exc) from exc
        return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    return _in_own_thread(make)


def new_network_namespace_of(ids: PodIds) -> int:
    """As `new_network_namespace`, owned by a user namespace of its own, below this process's, with those ids.

    Who is in that one has over this network what it is capable of, and over nothing else.
    """
    ours, theirs = socket.socketpair()

    def make() -> int:
        ours.close()
        try:
            unshare(CLONE_NEWUSER)
            number = os.readlink("/proc/self").encode()  # /proc is the host's
            theirs.send(number)
            if not theirs.recv(1):
                return 1  # its ids could not be mapped
            unshare(CLONE_NEWNET)
        except OSError as exc:
            theirs.send(f"-{exc.errno}".encode())
            return 1
        theirs.send(number)
        theirs.recv(1)  # its network is held
        return 0

    maker = fork(make)
    theirs.close()
    try:
        outer = _maker_said(ours, CLONE_NEWUSER)
        for kind in ("uid_map", "gid_map"):
            Path(f"/proc/{outer}/{kind}").write_text(f"0 {ids.first} {ids.count}")
        ours.send(b"\n")
        return os.open(f"/proc/{_maker_said(ours, CLONE_NEWNET)}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        ours.close()
        os.waitpid(maker, 0)


def _maker_said(connection: socket.socket, asked: int) -> int:
    """Its pid, as /proc numbers it; NoNamespace, with what it was asked for, where that was refused."""
    said = int(connection.recv(16) or -errno.ECHILD)
    if said < 0:
        raise NoNamespace(asked, OSError(-said, os.strerror(-said)))
    return said


def in_network_namespace(fd: int, work: Callable[[], T]) -> T:
    """What `work` returns when run inside the namespace; sockets it opens stay there."""

    def run() -> T:
        setns(fd, CLONE_NEWNET)
        return work()

    return _in_own_thread(run)


def early_socket(address: IPv4Address | IPv6Address, port: int, *, stream: bool) -> socket.socket:
    """A UDP or a listening TCP socket there, though no interface may have the address yet.

    Made in the calling thread's network namespace.
    """
    family, level, freebind = _FREEBIND[address.version]
    _set_loopback_up()
    made = socket.socket(family, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
    made.setsockopt(level, freebind, 1)
    made.bind((str(address), port))
    if stream:
        made.listen(_BACKLOG)
    return made


def _set_loopback_up() -> None:
    """Else a UDP socket would answer from whichever address its host has towards the asker.

    In a network that never had an address Linux takes any for a broadcast one (it has no table of local ones
    to look it up in), and does not speak from those.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name = _INTERFACE.pack(b"lo", 0)
        _, flags = _INTERFACE.unpack(fcntl.ioctl(any_socket, _GET_FLAGS, name))
        if not flags & _IS_UP:
            fcntl.ioctl(any_socket, _SET_FLAGS, _INTERFACE.pack(b"lo", flags | _IS_UP))


_INTERFACE: Final = struct.Struct("16sh14x")  # ifreq of netdevice(7), with flags
_GET_FLAGS, _SET_FLAGS, _IS_UP = 0x8913, 0x8914, 1


def path_socket(path: Path) -> socket.socket:
    """A listening socket for packets at that path, for its owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # By descriptor, since a socket's address has room for 107 characters only.
        made.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)
    made.listen(_BACKLOG)
    return made


# ip(7) and ipv6(7); Python names neither option.
_FREEBIND: Final = {
    4: (socket.AF_INET, socket.IPPROTO_IP, 15),
    6: (socket.AF_INET6, socket.IPPROTO_IPV6, 78),
}


def _in_own_thread(work: Callable[[], T]) -> T:
    # Namespaces belong to a thread: a thread of its own leaves the rest of the process where it is.
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as exc:  # noqa: BLE001
            failure.append(exc)

    thread = threading.Thread(target=run, name="namespace")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


def _why_no_user_namespace(exc: OSError) -> str:
    """The message for a refused user namespace, with the switch that this system has for it."""
    if exc.errno == errno.ENOSPC and limits().get("user") != "0":
        return NoNamespace(CLONE_NEWUSER, exc).where_limits_are(limits())
    advice = "the kernel or a container's seccomp profile forbids them; run on the host, or as root"
    for path, wanted, text in _SWITCHES:
        value = _read(path)
        if value is not None and value != wanted and not (wanted == ">0" and value != "0"):
            advice = f"{path} is {value}. Type: {text}"
            break
    return f"this system gives no user namespace ({exc.strerror}): {advice}"


_SWITCHES: Final = (
    ("/proc/sys/user/max_user_namespaces", ">0", "sudo sysctl user.max_user_namespaces=10000"),
    ("/proc/sys/kernel/unprivileged_userns_clone", "1", "sudo sysctl kernel.unprivileged_userns_clone=1"),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "0",
        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
)


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None
