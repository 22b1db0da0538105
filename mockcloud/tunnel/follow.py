"""A tunnel at work: doors open and close as Services come and go, until it is told to end or the lab does."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mockcloud.client.informer import Informer
from mockcloud.client.resources import NODES, SERVICES
from mockcloud.client.rest import Client
from mockcloud.lab.errors import LabError
from mockcloud.tunnel.decide import doors
from mockcloud.tunnel.inside import Inside
from mockcloud.tunnel.names import Names
from mockcloud.tunnel.relay import TcpRelay, UdpRelay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockcloud.lab.state import LabFolder
    from mockcloud.tunnel.decide.doors import Target

HOST: Final = "client"
"""As whom the lab sees what comes through."""
_LOWEST: Final = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
_PAUSE: Final = 0.1  # changes come in bursts
_LOOKING: Final = 0.2  # seconds: who looks whether one runs has its lock for less
_LOOK: Final = 2.0  # seconds between questions for names


@dataclass(frozen=True, slots=True)
class Door:
    """An open one: what is behind it, and where it is on this machine."""

    target: Target
    address: str
    port: int

    @property
    def url(self) -> str:
        """To be typed."""
        return doors.url(self.target.scheme, self.address, self.port)


class Tunnel:
    """All doors of one lab. `tell` gets each that opens (True) or closes, with its Door."""

    def __init__(self, folder: LabFolder, tell: Callable[[bool, Door], None]) -> None:
        """LabError where the lab is not up, is another user's, or has a tunnel already."""
        self._folder, self._tell = folder, tell
        state = folder.read()
        self._lock = _only_one(folder)
        _record(folder).unlink(missing_ok=True)  # of one that was killed
        self._keeper = os.pidfd_open(state.keeper_pid)
        self._inside = Inside(folder, state, HOST)
        self._names = Names(folder, self._inside)
        self._open: dict[Target, tuple[Door, TcpRelay | UdpRelay]] = {}

    async def run(self, ready: Callable[[], None]) -> None:
        """Until cancelled, or until the lab ends; then all is closed. `ready`: what is there is open."""
        loop, ended, changed = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        loop.add_reader(self._keeper, ended.set)
        try:
            async with Client.from_kubeconfig(str(self._folder.kubeconfig)) as client:
                informers = [Informer(client, resource) for resource in (SERVICES, NODES)]
                follow = [
                    loop.create_task(each.run(lambda *_change: changed.set()), name="watch")
                    for each in informers
                ]
                work = loop.create_task(self._follow(informers, changed, ready), name="doors")
                end = loop.create_task(ended.wait(), name="the lab's end")
                tasks = [*follow, work, end]
                try:
                    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        await task
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            loop.remove_reader(self._keeper)
            await self._close(list(self._open))
            self._inside.close()
            with contextlib.suppress(OSError):
                _record(self._folder).unlink()
            os.close(self._lock)

    async def _follow(
        self, informers: list[Informer], changed: asyncio.Event, ready: Callable[[], None]
    ) -> None:
        for each in informers:
            await each.synced.wait()
        first = True
        while True:
            changed.clear()
            services, nodes = (list(each.items.values()) for each in informers)
            names = doors.names(services)
            known = await self._names.look_up(names)
            await self._settle(doors.targets(services, nodes, known))
            if first:
                ready()
            first = False
            with contextlib.suppress(TimeoutError):  # nobody tells of a name that has other addresses now
                async with asyncio.timeout(_LOOK if names else None):
                    await changed.wait()
            await asyncio.sleep(_PAUSE)

    async def _settle(self, wanted: list[Target]) -> None:
        await self._close([each for each in self._open if each not in wanted])
        places = doors.loopback(self._folder.name, (each.address for each in wanted))
        for target in wanted:
            if target not in self._open:
                await self._opened(target, places[target.address])
        _write(self._folder, [door for door, _ in self._open.values()])

    async def _opened(self, target: Target, place: str) -> None:
        local = _listening(target, place)
        relay = (TcpRelay if target.protocol == "TCP" else UdpRelay)(
            (target.address, target.port), lambda: self._inside.socket(target.address, target.protocol)
        )
        door = Door(target, place, local.getsockname()[1])
        await relay.listen(local)
        self._open[target] = (door, relay)
        self._tell(True, door)

    async def _close(self, targets: list[Target]) -> None:
        for target in targets:
            door, relay = self._open.pop(target)
            await relay.close()
            self._tell(False, door)


def _listening(target: Target, place: str) -> socket.socket:
    """A local socket at the first of the target's ports that is to be had. LabError where there is none."""
    kind = socket.SOCK_STREAM if target.protocol == "TCP" else socket.SOCK_DGRAM
    why: OSError | None = None
    for port in doors.ports(target.port, _first_open()):
        local = socket.socket(socket.AF_INET, kind)
        try:
            if kind == socket.SOCK_STREAM:
                local.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            local.bind((place, port))
            local.setblocking(False)
        except OSError as error:
            local.close()
            why = error
            continue
        return local
    msg = f"cannot listen at {place} for {target.namespace}/{target.service}: {why}"
    raise LabError(msg)


def _first_open() -> int:
    """The lowest port that this user may listen on."""
    if os.geteuid() == 0:
        return 0
    try:
        return int(_LOWEST.read_text())
    except (OSError, ValueError):
        return 1024


def _only_one(folder: LabFolder) -> int:
    if (fd := _locked(folder, fcntl.LOCK_EX)) is None:
        time.sleep(_LOOKING)
        if (fd := _locked(folder, fcntl.LOCK_EX)) is None:
            msg = f"lab {folder.name!r} has a tunnel already: `mockcloud url` shows where it leads"
            raise LabError(msg)
    return fd


def _locked(folder: LabFolder, how: int) -> int | None:
    """The lock that a tunnel has as long as it lives; None where somebody else has it."""
    fd = os.open(folder.path / "tunnel.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd


def _runs(folder: LabFolder) -> bool:
    """Whether a tunnel lives: one that was killed has left its record."""
    fd = _locked(folder, fcntl.LOCK_SH)
    if fd is not None:
        os.close(fd)
    return fd is None


def _record(folder: LabFolder) -> Path:
    return folder.path / "tunnel.json"


def _write(folder: LabFolder, found: list[Door]) -> None:
    fresh = folder.path / "tunnel.json.new"
    with contextlib.suppress(FileNotFoundError):  # the lab has just gone
        fresh.write_text(json.dumps([asdict(each) for each in found]))
        fresh.replace(_record(folder))


def is_open(folder: LabFolder) -> bool:
    """Whether a tunnel has opened all that was there when it began."""
    return _record(folder).exists()


def open_doors(folder: LabFolder) -> Iterator[Door]:
    """Those of the tunnel that runs. LabError where none does."""
    folder.read()
    try:
        written: list[dict[str, Any]] | None = json.loads(_record(folder).read_text())
    except FileNotFoundError:
        written = None
    if written is None or not _runs(folder):
        msg = f"lab {folder.name!r} has no tunnel: start one with `mockcloud tunnel`"
        raise LabError(msg)
    for each in written:
        yield Door(doors.Target(**each["target"]), each["address"], each["port"])
