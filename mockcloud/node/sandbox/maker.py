"""Makes and removes pods' sandboxes: namespaces, a holder in them, addresses, a link to the node."""

import asyncio
import hashlib
import logging
import os
import select
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyroute2.netlink.exceptions import NetlinkError

import mockcloud.node.programs
from mockcloud.linux import CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWUTS, unshare
from mockcloud.node.host.network.keeper import NetworkKeeper
from mockcloud.node.sandbox.addresses import next_free
from mockcloud.node.sandbox.holder import HolderClient, HolderGone, Process
from mockcloud.node.sandbox.links import Link, set_up_inside, set_up_outside, take_down, this_namespace
from mockcloud.node.sandbox.namespaces import in_own_thread
from mockcloud.node.sandbox.records import PodKey, Record, RecordStore
from mockcloud.node.services.decide.views import IPNetwork

LOG: Final = logging.getLogger(__name__)
PROGRAMS: Final = Path(mockcloud.node.programs.__path__[0])
# -I: neither the environment nor the working directory reaches the interpreter; -S: no site-packages.
PYTHON: Final = (sys.executable, "-I", "-S")
HOLDER_SECONDS: Final = 10.0


class SandboxError(Exception):
    """A sandbox could not be made; the message is for the pod's Event."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A sandbox to make."""

    pod: PodKey
    containers: tuple[str, ...]
    hostname: str  # what its kernel says
    host_network: bool = False  # its network is the node's


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
    ) -> None:
        self._ranges = tuple(ranges)
        self._node_ips = node_ips
        self._store = store
        self._network = network
        self._used: set[str] = set()
        self._last: dict[IPNetwork, str] = {}

    async def make(self, wish: Wish, now: float) -> Sandbox:
        """A new sandbox with new addresses; SandboxError where that fails, with nothing left behind."""
        record = self._record(wish, now)
        link = _link(record)
        child = None
        try:
            # What a sandbox before this one may have left.
            await self._take_down(link)
            lock = self._store.write(record)
            child = await self._start(record, lock, wish.hostname)
            if link is not None:
                await set_up_outside(link, self._network.netlink)
                self._network.keep(link.interface, link.outside)
            holder, _ = HolderClient.connect(self._store.folder(record.key))
        except (OSError, NetlinkError, LookupError, HolderGone) as error:
            self._used.difference_update(record.ips)
            await self._take_down(link)
            if child is not None:
                child.kill()
                await asyncio.to_thread(child.wait)
            raise SandboxError(str(error)) from error
        return Sandbox(record, self._store.folder(record.key), holder, child)

    def folder(self, pod: PodKey) -> Path:
        """The pod's folder, whether there is one or not."""
        return self._store.folder(pod)

    def _record(self, wish: Wish, now: float) -> Record:
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
                LOG.error("a pod cannot be taken over: %s", error)
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

    async def _start(self, record: Record, lock: int, hostname: str) -> subprocess.Popen[bytes]:
        node = this_namespace()
        try:
            return await in_own_thread(
                lambda: _start_inside(self._store.folder(record.key), _link(record), (node, lock), hostname)
            )
        finally:
            os.close(node)
            os.close(lock)


def _link(record: Record) -> Link | None:
    return Link(record.ips, record.interface) if record.interface else None


def _start_inside(
    folder: Path, link: Link | None, fds: tuple[int, int], hostname: str
) -> subprocess.Popen[bytes]:
    """In a thread of its own: enter new namespaces, start the holder there, set up the pod's side."""
    node, lock = fds
    unshare(CLONE_NEWUTS | CLONE_NEWPID | (CLONE_NEWNET if link else 0))
    socket.sethostname(hostname)
    answer, ready = os.pipe()
    with (folder / "holder.log").open("ab") as log:
        child = subprocess.Popen(
            [*PYTHON, str(PROGRAMS / "start.py"), "holder", str(lock), str(ready)],
            cwd=folder,
            env={},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(lock, ready),
            start_new_session=True,
        )
    os.close(ready)
    try:
        if link is not None:
            set_up_inside(link, node)
        _await_ready(answer, folder)
    except BaseException:
        child.kill()
        child.wait()
        raise
    finally:
        os.close(answer)
    return child


def _await_ready(answer: int, folder: Path) -> None:
    readable, _, _ = select.select([answer], [], [], HOLDER_SECONDS)
    if not readable or os.read(answer, 1) != b"\n":
        complaint = (folder / "holder.log").read_text(errors="replace").strip().splitlines()[-1:]
        msg = f"the pod's holder did not start: {''.join(complaint) or 'it said nothing'}"
        raise HolderGone(msg)
