"""Makes and removes pods' sandboxes: namespaces, a holder in them, addresses, a link to the node."""

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import select
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from pyroute2.netlink.exceptions import NetlinkError

from mockcloud import start
from mockcloud.linux import (
    CLONE_NEWNET,
    setns,
)
from mockcloud.node.host.kernel import open_to_all
from mockcloud.node.host.network.keeper import NetworkKeeper
from mockcloud.node.sandbox.addresses import next_free
from mockcloud.node.sandbox.holder import HolderClient, HolderGone, Process
from mockcloud.node.sandbox.links import (
    Link,
    set_up_inside,
    set_up_outside,
    take_down,
    this_namespace,
)
from mockcloud.node.sandbox.namespaces import in_own_thread
from mockcloud.node.sandbox.records import PodKey, Record, RecordStore
from mockcloud.node.shim.outside import see_the_host_read_only
from mockcloud.pod_ids import PodIds
from mockcloud.proxy.decide.views import IPNetwork

LOG: Final = logging.getLogger(__name__)
START: Final = Path(start.__file__)
# -I: neither the environment nor the working directory reaches the interpreter; -S: no site-packages.
PYTHON: Final = (sys.executable, "-I", "-S")
LOG_FILE: Final = "holder.log"
HOLDER_SECONDS: Final = 10.0
WARM_SECONDS: Final = 120.0  # one that is asked while it still imports, on a busy machine


class SandboxError(Exception):
    """A sandbox could not be made; the message is for the pod's Event."""


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """A sandbox to make."""

    pod: PodKey
    containers: tuple[str, ...]
    hostname: str  # what its kernel says
    host_network: bool = False  # its network is the node's
    warm: Path | None = None  # the socket of an interpreter that has its program (`shim/warm`)


@dataclass(slots=True)
class Sandbox:
    """A pod's place, while it is there."""

    record: Record
    folder: Path
    holder: HolderClient
    child: subprocess.Popen[bytes] | None = None  # None where an agent before us started it

    @property
    def link(self) -> Link | None:
        """None in the node's own network."""
        return _link(self.record)


class SandboxMaker:
    """Knows which addresses are given away."""

    def __init__(
        self,
        ranges: Sequence[IPNetwork],
        node_ips: tuple[str, ...],
        store: RecordStore,
        network: NetworkKeeper,
        ids: PodIds,
    ) -> None:
        self._ranges = tuple(ranges)
        self._node_ips = node_ips
        self._store = store
        self._network = network
        self._ids = ids
        self._used: set[str] = set()
        self._last: dict[IPNetwork, str] = {}

    async def make(self, wish: SandboxSpec, now: float) -> Sandbox:
        """A new sandbox with new addresses; SandboxError where that fails, with nothing left behind."""
        record = self._record(wish, now)
        link = _link(record)
        child = None
        try:
            # What a sandbox before this one may have left.
            await self._take_down(link)
            lock = self._store.write(record)
            child = await self._start(record, lock, wish)
            if link is not None:
                await set_up_outside(link, self._network.netlink)
                self._network.keep(link.interface, link.outside)
            holder, _ = HolderClient.connect(self._store.folder(record.key))
        except (OSError, NetlinkError, LookupError, HolderGone) as error:
            self._used.difference_update(record.ips)
            await self._take_down(link)
            await _end(child)
            raise SandboxError(str(error)) from error
        return Sandbox(record, self._store.folder(record.key), holder, child)

    def folder(self, pod: PodKey) -> Path:
        """The pod's folder, whether there is one or not."""
        return self._store.folder(pod)

    def _record(self, wish: SandboxSpec, now: float) -> Record:
        uid, namespace, name = wish.pod.uid, wish.pod.namespace, wish.pod.name
        if wish.host_network:
            return Record(uid, namespace, name, self._node_ips, "", now, wish.containers)
        interface = f"veth{hashlib.sha256(uid.encode()).hexdigest()[:10]}"
        return Record(uid, namespace, name, self._take_addresses(), interface, now, wish.containers)

    async def _take_down(self, link: Link | None) -> None:
        if link is not None:
            self._network.release(link.interface)
            await take_down(link, self._network.netlink)

    def adopt(self) -> list[tuple[Sandbox, tuple[Process, ...]]]:
        """The sandboxes that an agent before us made, with their programs. Called once, before `make`."""
        found = []
        for record in self._store.living():
            folder = self._store.folder(record.key)
            try:
                holder, processes = HolderClient.connect(folder)
            except HolderGone as error:
                LOG.error("could not take over a pod: %s", error)
                continue
            self._used.update(record.ips)
            found.append((Sandbox(record, folder, holder), processes))
        for sandbox, _ in sorted(found, key=lambda one: one[0].record.began):
            if sandbox.link is not None:
                self._network.keep(sandbox.link.interface, sandbox.link.outside)
                self._remember(sandbox.record.ips)
        return found

    async def remove(self, sandbox: Sandbox) -> None:
        """End whatever runs, and give the addresses back."""
        await self._take_down(sandbox.link)
        sandbox.holder.quit()
        sandbox.holder.close()
        await self.release(sandbox)

    async def release(self, sandbox: Sandbox) -> None:
        """Its holder has ended, or was told to."""
        if sandbox.link is not None:
            self._network.release(sandbox.link.interface)
        self._used.difference_update(sandbox.record.ips)
        if sandbox.child is not None:
            await asyncio.to_thread(sandbox.child.wait)

    def forget(self, pod: PodKey) -> None:
        """Remove the pod's folder, with its logs."""
        self._store.remove(pod)

    def _take_addresses(self) -> tuple[str, ...]:
        found = []
        for network in self._ranges:
            address = next_free(network, self._used, self._last.get(network))
            if address is None:
                msg = f"no address is free in the node's pod range {network}"
                raise SandboxError(msg)
            found.append(address)
        self._used.update(found)
        self._remember(tuple(found))
        return tuple(found)

    def _remember(self, ips: tuple[str, ...]) -> None:
        self._last.update(dict(zip(self._ranges, ips, strict=False)))

    async def _start(self, record: Record, lock: int, wish: SandboxSpec) -> subprocess.Popen[bytes] | None:
        node = this_namespace()
        folder = os.open(self._store.folder(record.key), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        network = "own" if record.interface else "node"
        words = (str(self._ids.first), str(self._ids.count), wish.hostname, network)
        try:
            child, answer = await self._begin(wish.warm, (lock, folder), words)
            try:
                seconds = HOLDER_SECONDS if child is not None else WARM_SECONDS
                await in_own_thread(lambda: _await_holder(answer, folder, (_link(record), node), seconds))
            except BaseException:
                await _end(child)
                raise
            return child
        finally:
            for fd in (node, folder, lock):
                os.close(fd)

    async def _begin(
        self, warm: Path | None, fds: tuple[int, int], words: Sequence[str]
    ) -> tuple[subprocess.Popen[bytes] | None, int]:
        """A holder: forked from the warm interpreter, where that answers; else started anew."""
        if warm is not None:
            try:
                return None, await in_own_thread(lambda: _ask_for_holder(warm, fds, words))
            except FileNotFoundError:
                pass  # this lab has none
            except OSError as error:
                LOG.warning("%s does not answer (%s): starting an interpreter anew", warm, error)
        return await in_own_thread(lambda: _start_holder(fds, words))


async def _end(child: subprocess.Popen[bytes] | None) -> None:
    """One that is not our child ends when nobody holds its folder's lock for it: the sweep removes it."""
    if child is not None:
        child.kill()
        await asyncio.to_thread(child.wait)


def _link(record: Record) -> Link | None:
    return Link(record.ips, record.interface) if record.interface else None


def _start_holder(fds: tuple[int, int], words: Sequence[str]) -> tuple[subprocess.Popen[bytes], int]:
    """In a thread of its own: the holder, and a descriptor on which it says how far it is."""
    see_the_host_read_only()
    answer, ready = os.pipe()
    log = _open_log(fds[1])
    try:
        child = subprocess.Popen(
            [*PYTHON, str(START), "node.shim:holder", *map(str, (*fds, ready)), *words],
            cwd="/",
            env={},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(*fds, ready),
            start_new_session=True,
        )
    except BaseException:
        os.close(answer)
        raise
    finally:
        os.close(ready)
        os.close(log)
    return child, answer


def _ask_for_holder(path: Path, fds: tuple[int, int], words: Sequence[str]) -> int:
    """In a thread of its own: as `_start_holder`, by an interpreter that is warm (`shim/warm`); OSError."""
    answer, ready = os.pipe()
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, ready)
        log = _open_log(fds[1])
        stack.callback(os.close, log)
        network = this_namespace()
        stack.callback(os.close, network)
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        stack.callback(os.close, folder)
        asked = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        asked.settimeout(HOLDER_SECONDS)
        try:
            # By descriptor, since a socket's address has room for 107 characters only.
            asked.connect(f"/proc/thread-self/fd/{folder}/{path.name}")
            socket.send_fds(asked, [json.dumps(words).encode()], [*fds, ready, log, network])
        except BaseException:
            os.close(answer)
            raise
    return answer


def _open_log(folder: int) -> int:
    return os.open(LOG_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600, dir_fd=folder)


def _await_holder(answer: int, folder: int, link: tuple[Link | None, int], seconds: float) -> None:
    """In a thread of its own: set up the pod's side of its link while the holder starts."""
    own, node = link
    with os.fdopen(answer, "rb", buffering=0) as said:
        pid = _await_line(said, folder, seconds)
        if own is not None:
            _set_up_link(pid, own, node)
        _await_line(said, folder, HOLDER_SECONDS)


def _set_up_link(pid: str, link: Link, node: int) -> None:
    """The pod's side, by a thread that leaves its own network; `pid`: the holder, as /proc numbers it."""
    namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        setns(namespace, CLONE_NEWNET)
    finally:
        os.close(namespace)
    open_to_all()
    set_up_inside(link, node)


def _await_line(said: BinaryIO, folder: int, seconds: float) -> str:
    readable, _, _ = select.select([said], [], [], seconds)
    line = said.readline() if readable else b""
    if not line.endswith(b"\n"):
        with open(os.open(LOG_FILE, os.O_RDONLY, dir_fd=folder), errors="replace") as log:
            complaint = log.read().strip().splitlines()[-1:]
        msg = f"the pod's holder did not start: {''.join(complaint) or 'it said nothing'}"
        raise HolderGone(msg)
    return line.decode().strip()
