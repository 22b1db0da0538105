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

from pyroute2 import AsyncIPRoute
from pyroute2.netlink.exceptions import NetlinkError

import mockcloud.node.programs
from mockcloud.linux import CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWUTS, unshare
from mockcloud.node.pods.spec import PodSpec
from mockcloud.node.runtime.records import PodKey, Record, RecordStore
from mockcloud.node.sandbox.addresses import next_free
from mockcloud.node.sandbox.holder import HolderClient, HolderGone, Process
from mockcloud.node.sandbox.links import Link, set_up_inside, set_up_outside, take_down, this_namespace
from mockcloud.node.sandbox.namespaces import in_own_thread
from mockcloud.node.services.decide.views import IPNetwork

LOG: Final = logging.getLogger(__name__)
PROGRAMS: Final = Path(mockcloud.node.programs.__path__[0])
# -I: neither the environment nor the working directory reaches the interpreter; -S: no site-packages.
PYTHON: Final = (sys.executable, "-I", "-S")
HOLDER_SECONDS: Final = 10.0


class SandboxError(Exception):
    """A sandbox could not be made; the message is for the pod's Event."""


@dataclass(slots=True)
class Sandbox:
    """A pod's place, while it is there."""

    record: Record
    folder: Path
    holder: HolderClient
    child: subprocess.Popen[bytes] | None = None  # None where an agent before us started it

    @property
    def link(self) -> Link:
        return Link(self.record.ips, self.record.interface)


class SandboxMaker:
    """Knows which addresses are given away."""

    def __init__(self, ranges: Sequence[IPNetwork], store: RecordStore, netlink: AsyncIPRoute) -> None:
        self._ranges = tuple(ranges)
        self._store = store
        self._netlink = netlink
        self._used: set[str] = set()
        self._last: dict[IPNetwork, str] = {}

    async def make(self, spec: PodSpec, now: float) -> Sandbox:
        """A new sandbox with new addresses; SandboxError where that fails, with nothing left behind."""
        ips = self._take_addresses()
        interface = f"veth{hashlib.sha256(spec.uid.encode()).hexdigest()[:10]}"
        record = Record(spec.uid, spec.namespace, spec.name, ips, interface, now)
        link = Link(ips, interface)
        child = None
        try:
            # What a sandbox before this one may have left.
            await take_down(link, self._netlink)
            lock = self._store.write(record)
            child = await self._start(record, link, lock, spec.hostname)
            await set_up_outside(link, self._netlink)
            holder, _ = HolderClient.connect(self._store.folder(record.key))
        except (OSError, NetlinkError, LookupError, HolderGone) as error:
            self._used.difference_update(ips)
            await take_down(link, self._netlink)
            if child is not None:
                child.kill()
                await asyncio.to_thread(child.wait)
            raise SandboxError(str(error)) from error
        return Sandbox(record, self._store.folder(record.key), holder, child)

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
            self._remember(sandbox.record.ips)
        return found

    async def remove(self, sandbox: Sandbox) -> None:
        """End whatever runs, and give the addresses back."""
        await take_down(sandbox.link, self._netlink)
        sandbox.holder.quit()
        sandbox.holder.close()
        await self.release(sandbox)

    async def release(self, sandbox: Sandbox) -> None:
        """Its holder has ended, or was told to."""
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

    async def _start(self, record: Record, link: Link, lock: int, hostname: str) -> subprocess.Popen[bytes]:
        node = this_namespace()
        try:
            return await in_own_thread(
                lambda: _start_inside(self._store.folder(record.key), link, (node, lock), hostname)
            )
        finally:
            os.close(node)
            os.close(lock)


def _start_inside(folder: Path, link: Link, fds: tuple[int, int], hostname: str) -> subprocess.Popen[bytes]:
    """In a thread of its own: enter new namespaces, start the holder there, set up the pod's side."""
    node, lock = fds
    unshare(CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWPID)
    socket.sethostname(hostname[:63])
    answer, ready = os.pipe()
    with (folder / "holder.log").open("ab") as log:
        child = subprocess.Popen(
            [*PYTHON, str(PROGRAMS / "holder.py"), str(lock), str(ready)],
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
