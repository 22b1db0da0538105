"""Nodes that join a lab that runs, and leave it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mockcloud.lab.address_plan import CLOUD
from mockcloud.lab.components import registry
from mockcloud.lab.components.network import JOIN, LEAVE, rewiring
from mockcloud.lab.errors import LabError, UsageError
from mockcloud.node.sandbox.records import living_pods

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.lab.components.component import Lab
    from mockcloud.lab.processes.supervisor import Supervisor
    from mockcloud.lab.topology import Host

    Say = Callable[[str], object]

_JOIN_SECONDS: Final = 60.0
_PODS_SECONDS: Final = 10.0
_PAUSE: Final = 0.02


class Members:
    """One change at a time (requests.py sees to that)."""

    def __init__(self, supervisor: Supervisor) -> None:
        """The lab as it is now."""
        self._supervisor = supervisor
        self._highest = supervisor.plan.nodes  # no later node gets the number of an earlier one

    async def change(self, request: dict[str, str], say: Say) -> str:
        """Carry out a request: the node's name. LabError, OSError; then the lab is as it was."""
        if self._supervisor.plan.provider == CLOUD:
            msg = "the nodes of a cloud's lab are its instances, as many as it began with (up --nodes)"
            raise UsageError(msg)
        match request:
            case {"do": "add-node"}:
                return await self._add(say)
            case {"do": "remove-node", "node": str(name)}:
                return await self._remove(name, say)
            case {"do": "may-remove-node", "node": str(name)}:
                return self._may_remove(name)
            case _:
                msg = f"not a request: {request}"
                raise UsageError(msg)

    async def _add(self, say: Say) -> str:
        lab = self._lab(self._highest + 1)
        host = lab.topology.nodes[-1]
        self._supervisor.open_host(lab, host)
        self._highest += 1
        try:
            async with asyncio.timeout(_JOIN_SECONDS):
                await self._rewire(lab, host, JOIN)
                for daemon in sorted(registry.daemons_of(lab, host.name), key=lambda each: each.stage):
                    say(f"waiting for {daemon.name}")
                    await self._supervisor.begin([daemon])
        except BaseException as exc:
            await self._take_out(lab, host)
            if isinstance(exc, TimeoutError):
                msg = f"{host.name} did not get ready within {_JOIN_SECONDS:g} s"
                raise LabError(msg) from exc
            raise
        return host.name

    def _may_remove(self, name: str) -> str:
        names = self._supervisor.nodes()
        if name not in names:
            msg = f"no node is called {name!r}: this lab has {', '.join(names)}"
            raise UsageError(msg)
        if len(names) == 1:
            msg = f"{name} is the lab's only node: `mockcloud down` ends the lab"
            raise UsageError(msg)
        return name

    async def _remove(self, name: str, say: Say) -> str:
        self._may_remove(name)
        lab = self._lab(self._highest)
        say(f"stopping what runs on {name}")
        await self._take_out(lab, lab.topology.host(name))
        return name

    def _lab(self, nodes: int) -> Lab:
        """The lab as if it had begun with so many; UsageError where there is no room for them."""
        supervisor = self._supervisor
        return registry.make_lab(replace(supervisor.plan, nodes=nodes), supervisor.folder)

    async def _rewire(self, lab: Lab, host: Host, what: str) -> None:
        daemon = rewiring(lab, host, what)
        await self._supervisor.begin([daemon])
        await self._supervisor.end([daemon.name])

    async def _take_out(self, lab: Lab, host: Host) -> None:
        await self._supervisor.end([each.name for each in registry.daemons_of(lab, host.name)])
        await self._end_pods(host.name)
        with suppress(LabError):  # a node that did not get that far has no cable
            await self._rewire(lab, host, LEAVE)
        self._supervisor.close_host(lab, host)
        shutil.rmtree(self._supervisor.folder.data(host.name), ignore_errors=True)

    async def _end_pods(self, host: str) -> None:
        deadline = asyncio.get_running_loop().time() + _PODS_SECONDS
        while left := living_pods(self._supervisor.folder.data(host)):
            for first in left.values():
                _kill(first)
            if asyncio.get_running_loop().time() > deadline:
                return  # they are in nobody's way: their network is cut
            await asyncio.sleep(_PAUSE)


def _kill(pid: int) -> None:
    """A process by the host's number, which is not that of this pid namespace (pidfd_send_signal(2))."""
    try:
        folder = os.open(f"/proc/{pid}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        signal.pidfd_send_signal(folder, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        os.close(folder)
