"""Network namespaces for a measurement or a test, kept by descriptors only; an ordinary user needs no root.

The calling process stays where it is: what has to happen inside a namespace happens in a forked child,
which hands back a value and, where asked, one socket. Closing the descriptors takes the namespaces away.
"""

from __future__ import annotations

import array
import contextlib
import os
import pickle
import socket
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from pyroute2 import IPRoute

from mockcloud.linux import CLONE_NEWNET, CLONE_NEWUSER, setns, unshare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ETH_P_ARP: Final = 0x0806


class NamespaceError(Exception):
    """What had to happen inside a namespace did not; the text is the child's traceback."""


def _in_child(work: Callable[[], tuple[object, Sequence[int]]]) -> tuple[object, list[int]]:
    """Run `work` in a forked child; its value and the descriptors that it hands over."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    pid = os.fork()
    if pid == 0:
        os._exit(_answer(theirs, work))
    theirs.close()
    with ours:
        data, fds = _receive(ours)
    os.waitpid(pid, 0)
    if not data:
        message = "the child ended without an answer"
        raise NamespaceError(message)
    worked, value = pickle.loads(data)
    if not worked:
        raise NamespaceError(value)
    return value, fds


def _answer(channel: socket.socket, work: Callable[[], tuple[object, Sequence[int]]]) -> int:
    try:
        value, fds = work()
        answer = pickle.dumps((True, value))
    except BaseException:  # noqa: BLE001 - a forked child has no other way to say what went wrong
        fds, answer = (), pickle.dumps((False, traceback.format_exc()))
    control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    channel.sendmsg([answer[:1]], control)
    channel.sendall(answer[1:])
    return 0


def _receive(channel: socket.socket) -> tuple[bytes, list[int]]:
    fds = array.array("i")
    data, ancillary, _, _ = channel.recvmsg(1, socket.CMSG_SPACE(64 * fds.itemsize))
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
    chunks = [data]
    while chunk := channel.recv(65536):
        chunks.append(chunk)
    return b"".join(chunks), list(fds)


def _new_namespaces(count: int, *, own_user: bool) -> tuple[None, list[int]]:
    """A user namespace in which we are root (or, if not `own_user`, ours), and network namespaces of its."""
    if own_user:
        _become_root()
    fds = [os.open("/proc/self/ns/user", os.O_RDONLY | os.O_CLOEXEC)]
    for _ in range(count):
        unshare(CLONE_NEWNET)
        fds.append(os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
    return None, fds


def _become_root() -> None:
    uid, gid = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


@dataclass(slots=True)
class Lan:
    """Hosts by name, each a network namespace; links between them are made by `connect` and `bridge`."""

    user: int | None  # None: the caller's own, who is root
    hosts: dict[str, int]

    @classmethod
    def of(cls, *names: str, user_namespace: bool = True) -> Self:
        """New namespaces, loopback up, nothing else. Raises NamespaceError where the kernel refuses.

        Root may do without a user namespace: some limits cannot be raised inside one.
        """
        _, (user, *nets) = _in_child(lambda: _new_namespaces(len(names), own_user=user_namespace))
        if not user_namespace:
            os.close(user)
        lan = cls(user if user_namespace else None, dict(zip(names, nets, strict=True)))
        for name in names:
            lan.run(name, _keep_quiet)
            lan.link(name, _loopback_up)
        return lan

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the descriptors up; with the last process inside gone, the kernel removes the namespaces."""
        for fd in (self.user, *self.hosts.values()):
            if fd is None:
                continue
            with contextlib.suppress(OSError):
                os.close(fd)
        self.hosts.clear()

    def enter(self, host: str) -> Callable[[], None]:
        """What a child calls between fork and exec (Popen's preexec_fn) to be on `host`."""
        user, net = self.user, self.hosts[host]

        def switch() -> None:
            if user is not None:
                setns(user, CLONE_NEWUSER)
            setns(net, CLONE_NEWNET)

        return switch

    def run(self, host: str, work: Callable[[], object]) -> object:
        """The value of `work`, called on `host` in a child of its own."""

        def inside() -> tuple[object, Sequence[int]]:
            self.enter(host)()
            return work(), ()

        return _in_child(inside)[0]

    def open(self, host: str, make: Callable[[], socket.socket]) -> socket.socket:
        """The socket that `make` opened on `host`; it stays there whoever uses it."""
        kept: list[socket.socket] = []

        def inside() -> tuple[object, Sequence[int]]:
            self.enter(host)()
            kept.append(make())
            return None, [kept[0].fileno()]

        return socket.socket(fileno=_in_child(inside)[1][0])

    def packet_socket(self, host: str, interface: str, protocol: int = ETH_P_ARP) -> socket.socket:
        """A packet socket on an interface of `host` that sees the frames of one protocol."""

        def make() -> socket.socket:
            opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            opened.bind((interface, protocol))
            return opened

        return self.open(host, make)

    def connect(self, left: tuple[str, str], right: tuple[str, str]) -> None:
        """A veth pair, up, between two (host, interface) ends."""
        (host, name), (peer_host, peer_name) = left, right
        peer = {"ifname": peer_name, "net_ns_fd": self.hosts[peer_host]}

        def make(ip: IPRoute) -> None:
            ip.link("add", ifname=name, kind="veth", peer=peer)
            _set_up(ip, name)

        self.link(host, make)
        self.link(peer_host, lambda ip: _set_up(ip, peer_name))

    def bridge(self, switch: str, ports: Sequence[str]) -> None:
        """Plug `eth0` of each host in `ports` into one bridge, `lan0`, on `switch`."""

        def make(ip: IPRoute) -> None:
            ip.link("add", ifname="lan0", kind="bridge")
            _set_up(ip, "lan0")

        def plug_in(ip: IPRoute) -> None:
            for host in ports:
                ip.link("set", index=_index(ip, f"to-{host}"), master=_index(ip, "lan0"))

        self.link(switch, make)
        for host in ports:
            self.connect((switch, f"to-{host}"), (host, "eth0"))
        self.link(switch, plug_in)

    def address(self, host: str, interface: str, address: str, prefix: int) -> None:
        """Give an interface an address."""
        self.link(
            host, lambda ip: ip.addr("add", index=_index(ip, interface), address=address, prefixlen=prefix)
        )

    def mac(self, host: str, interface: str) -> bytes:
        """The interface's MAC address."""
        text = str(self.link(host, lambda ip: ip.link("get", ifname=interface)[0].get("address")))
        return bytes.fromhex(text.replace(":", ""))

    def index(self, host: str, interface: str) -> int:
        """The interface's number."""
        return int(str(self.link(host, lambda ip: _index(ip, interface))))

    def link(self, host: str, work: Callable[[IPRoute], object]) -> object:
        """The value of `work`, called on `host` with a netlink socket there."""

        def inside() -> object:
            with IPRoute() as ip:
                return work(ip)

        return self.run(host, inside)


def _index(ip: IPRoute, name: str) -> int:
    return int(ip.link_lookup(ifname=name)[0])


def _set_up(ip: IPRoute, name: str) -> None:
    ip.link("set", index=_index(ip, name), state="up")


def _keep_quiet() -> None:
    # No frames but those that are sent on purpose: no duplicate address detection, no router solicitations.
    for setting in ("accept_dad", "dad_transmits", "router_solicitations"):
        for scope in ("all", "default"):
            with open(f"/proc/sys/net/ipv6/conf/{scope}/{setting}", "w", encoding="ascii") as file:
                file.write("0")


def _loopback_up(ip: IPRoute) -> None:
    _set_up(ip, "lo")
