"""Starts a lab's daemons stage by stage, restarts those that die, stops them in reverse; says what it does.

It runs as a child of init (keeper.py), inside the lab's pid namespace and in the user's own network.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from mockcloud import readiness
from mockcloud.client.clock import utc_now
from mockcloud.lab.components import registry
from mockcloud.lab.components.api import USERS_SOCKET
from mockcloud.lab.components.component import STAGES, Interpreter, PathSocket
from mockcloud.lab.errors import LabError
from mockcloud.lab.interruptions import SIGNALS
from mockcloud.lab.namespaces import (
    early_socket,
    in_network_namespace,
    new_network_namespace,
    new_network_namespace_of,
    path_socket,
)
from mockcloud.lab.processes import requests
from mockcloud.lab.processes.launcher import Exited, Launch, Launcher, Started
from mockcloud.lab.processes.restarts import failures_after, restart_delay
from mockcloud.lab.processes.runs import Run, how, run_of
from mockcloud.lab.state import HostState, LabState
from mockcloud.pod_ids import own_pod_ids

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from mockcloud.lab.components.component import Daemon, HostSocket, Lab
    from mockcloud.lab.plan import Plan
    from mockcloud.lab.state import LabFolder
    from mockcloud.lab.topology import Host

LOG: Final = logging.getLogger(__name__)
_STOP_SECONDS: Final = 3.0  # for each stage
_FAILURES_AT_START: Final = 4  # that many exits in a row before it was ever ready: `up` gives up
OFF: Final = "off"
"""The state of a daemon whose host has no power."""
_POWER_LOOK: Final = 0.2  # seconds between looks whether a host has power again
_PAUSE: Final = 0.01
_AT_ONCE: Final = 16  # daemons of a stage: if 160 meet the API together, their connections all time out
_LOG_TAIL: Final = 12  # lines of its log that `up` shows then


class Supervisor:
    """One lab, from its first namespace to its last process."""

    def __init__(self, plan: Plan, folder: LabFolder, reports: socket.socket, keeper_pid: int) -> None:
        """Make namespaces and sockets, and fork the warm interpreters; nothing runs yet."""
        self.plan, self.folder, self._reports = plan, folder, reports
        self._launchers = {each: Launcher(registry.modules(plan, each)) for each in Interpreter}
        lab = registry.make_lab(plan, folder)
        self._pod_ids = own_pod_ids(folder.data("claims"))
        nodes = {host.name for host in lab.topology.nodes}
        self._namespaces = {name: self._namespace(is_node=name in nodes) for name in lab.topology.names}
        self._sockets = {name: self._socket(wanted) for name, wanted in registry.sockets(lab).items()}
        api_url = f"https://127.0.0.1:{self._sockets[USERS_SOCKET].getsockname()[1]}"
        self._runs = {each.name: run_of(each) for each in registry.daemons(replace(lab, api_url=api_url))}
        shown = tuple(map(self._shown, lab.topology.hosts))
        own_pid = int(os.readlink("/proc/self"))  # /proc is the host's, and so is this number
        given = plan.catalogue or ""
        self._state = LabState(folder.name, "starting", keeper_pid, own_pid, api_url, shown, catalogue=given)
        self._state = replace(self._state, ends=plan.ends(utc_now()))
        self._stop = asyncio.Event()
        self._stop_reason = ""
        self._unwritten = ""  # why the state could not be

    def _namespace(self, *, is_node: bool) -> int:
        return new_network_namespace_of(self._pod_ids) if is_node else new_network_namespace()

    def _shown(self, host: Host) -> HostState:
        own, network = self._namespaces[host.name], self._namespaces[host.links[0].network]
        return HostState(host.name, str(host.ipv4.ip), str(host.ipv6.ip), own, network)

    def _socket(self, wanted: HostSocket | PathSocket) -> socket.socket:
        if isinstance(wanted, PathSocket):
            return path_socket(wanted.path)
        make = partial(early_socket, wanted.address, wanted.port, stream=wanted.stream)
        return make() if wanted.host is None else in_network_namespace(self._namespaces[wanted.host], make)

    async def run(self, work: requests.Work) -> int:
        """Until told to stop; 0 when it was, 1 when the lab could not start, 2 when it could not go on.

        Meanwhile `work` carries out what is requested.
        """
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._stop.set)
        for launcher in self._launchers.values():
            loop.add_reader(launcher.socket, self._take_reports, launcher)
        loop.add_reader(self._reports, self._hear_asker)
        self._publish()
        async with asyncio.TaskGroup() as group:
            starting = group.create_task(self._start_all(), name="start daemons")
            asked = group.create_task(requests.serve(self.folder.requests, work), name="hear requests")
            await self._stop.wait()
            starting.cancel()
            asked.cancel()
        was_up = self._state.phase == "running"
        self._state = replace(self._state, phase="stopping")
        await self._stop_all()
        if was_up and self._stop_reason:
            LOG.error("%s", self._stop_reason)  # to the lab's log, which stays to be read
            return 2
        if not was_up:
            self._say(failed=self._stop_reason or "it was told to stop while it started")
        return 1 if self._stop_reason else 0

    async def _start_all(self) -> None:
        self._launchers[Interpreter.API].warm()
        self._launchers[Interpreter.NODE].warm()
        for stage in sorted({run.daemon.stage for run in self._runs.values()}):
            runs = [run for run in self._runs.values() if run.daemon.stage == stage]
            for index, run in enumerate(runs):
                if index >= _AT_ONCE:
                    await runs[index - _AT_ONCE].ready.wait()
                self._start(run)
            if stage == 1:
                self._launchers[Interpreter.PROVIDER].warm()  # not before: nodes need both cores until here
            for run in runs:
                await run.ready.wait()
            self._say(what=STAGES[stage])
        self._state = replace(self._state, phase="running")
        self._publish()
        asyncio.get_running_loop().remove_reader(self._reports)
        self._say(ready=True)

    def _start(self, run: Run) -> None:
        """Ask the launcher for the daemon, now or, where this process lacks what it takes, later."""
        try:
            self._launch(run)
        except BlockingIOError:  # the launcher has more to do than fits into its socket
            asyncio.get_running_loop().call_later(_PAUSE, self._start, run)
            return
        except OSError as exc:
            why = f"could not be started: {exc}"
            if not run.ready.is_set():
                self._fail(run, f"{run.daemon.name} {why}")
                return
            run.failures += 1
            delay = restart_delay(run.failures)
            run.state = replace(run.state, state="restarting", note=f"{why}; tried again after {delay:g} s")
            asyncio.get_running_loop().call_later(delay, self._restart, run, run.state.note)
        self._publish()

    def _launch(self, run: Run) -> None:
        """Its reports come to `_take_reports`."""
        daemon = run.daemon
        with contextlib.ExitStack() as ours:
            log = os.open(self.folder.log(daemon.name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            ours.callback(os.close, log)
            ready, theirs = os.pipe()
            ours.callback(os.close, theirs)
            fds = {"log": log, "ready": theirs}
            if daemon.host is not None:
                fds["netns"] = self._namespaces[daemon.host]
            fds |= {name: self._descriptor(name) for name in daemon.fds}
            environment = {readiness.VARIABLE: "{fd:ready}"}
            launch = Launch(daemon.name, daemon.entry, daemon.argv, environment, tuple(fds))
            try:
                self._launchers[daemon.interpreter].start(launch, list(fds.values()))
            except OSError:
                os.close(ready)
                raise
        run.readiness, run.told_ready = ready, False
        asyncio.get_running_loop().add_reader(ready, self._take_readiness, run)
        run.state = replace(run.state, state="starting", note="")

    def _descriptor(self, name: str) -> int:
        if name in self._sockets:
            return self._sockets[name].fileno()
        return self._namespaces[name]

    def _take_readiness(self, run: Run) -> None:
        run.told_ready = bool(os.read(run.readiness or 0, 16))  # nothing: it closed the pipe by ending
        self._drop_readiness(run)
        if run.told_ready and run.pid is not None:
            self._is_ready(run)

    def _drop_readiness(self, run: Run) -> None:
        if run.readiness is not None:
            asyncio.get_running_loop().remove_reader(run.readiness)
            os.close(run.readiness)
            run.readiness = None

    def _is_ready(self, run: Run) -> None:
        run.ready.set()
        run.state = replace(run.state, state="done" if run.daemon.once else "ready")
        self._publish()

    def _take_reports(self, launcher: Launcher) -> None:
        reports = launcher.reports()
        if reports is None:
            asyncio.get_running_loop().remove_reader(launcher.socket)
            self._give_up(f"a launcher of the lab has ended:\n{self._tail('lab')}")
            return
        for report in reports:
            run = self._runs[report.name]
            match report:
                case Started(_, pid, host_pid):
                    run.ended.clear()
                    run.pid, run.started_at = pid, asyncio.get_running_loop().time()
                    run.state = replace(run.state, pid=host_pid, state="running")
                    self._is_ready(run) if run.told_ready else self._publish()
                case Exited(_, _, status):
                    self._ended(run, status)

    def _ended(self, run: Run, status: int) -> None:
        loop = asyncio.get_running_loop()
        self._drop_readiness(run)
        run.ended.set()
        run.pid, run.state = None, replace(run.state, pid=None, state="stopped", note=how(status))
        if self._stop.is_set() or run.leaving:
            return
        if run.daemon.once and status == 0:
            run.state = replace(run.state, note="")
            self._is_ready(run)
            return
        if self._is_off(run):
            run.failures = 0
            self._wait_for_power(run)
            return
        run.failures = failures_after(run.failures, loop.time() - run.started_at)
        if not run.ready.is_set() and run.failures >= _FAILURES_AT_START:
            self._fail(run, f"{run.daemon.name} {how(status)}:\n{self._tail(run.daemon.name)}")
            return
        delay = restart_delay(run.failures)
        note = f"{how(status)}; started again after {delay:g} s"
        run.state = replace(run.state, state="restarting", restarts=run.state.restarts + 1, note=note)
        loop.call_later(delay, self._restart, run, note)
        self._publish()

    def _restart(self, run: Run, note: str) -> None:
        if self._stop.is_set() or run.leaving:
            return
        if self._is_off(run):
            self._wait_for_power(run)
            return
        self._start(run)
        run.state = replace(run.state, note=note)

    def _is_off(self, run: Run) -> bool:
        return run.daemon.host is not None and self.folder.off(run.daemon.host).exists()

    def _wait_for_power(self, run: Run) -> None:
        if run.state.state != OFF:
            run.state = replace(run.state, state=OFF, note="its host has no power")
            self._publish()
        asyncio.get_running_loop().call_later(_POWER_LOOK, self._restart, run, "its host was without power")

    async def _stop_all(self) -> None:
        self._publish()
        for stage in sorted({run.daemon.stage for run in self._runs.values()}, reverse=True):
            runs = [run for run in self._runs.values() if run.daemon.stage == stage]
            running = [run for run in runs if run.pid is not None]
            for run in running:
                os.kill(run.pid or 0, signal.SIGTERM)
            await self._await_ends(running)

    def nodes(self) -> list[str]:
        """The names of the nodes that there are now."""
        return [each.name for each in self._state.hosts if each.name in self._runs]

    def open_host(self, lab: Lab, host: Host) -> None:
        """Make what a node of a lab that runs is made of: its namespace, and the sockets that the lab keeps.

        LabError and OSError as when a lab starts; then nothing is left.
        """
        self._namespaces[host.name] = self._namespace(is_node=True)
        try:
            for name, wanted in registry.sockets_of(lab, host.name).items():
                self._sockets[name] = self._socket(wanted)
        except OSError:
            self.close_host(lab, host)
            raise
        self._state = replace(self._state, hosts=(*self._state.hosts, self._shown(host)))
        self._publish()

    def close_host(self, lab: Lab, host: Host) -> None:
        """Let go of it; its network ends with its last process."""
        left = tuple(each for each in self._state.hosts if each.name != host.name)
        self._state = replace(self._state, hosts=left)
        for name in registry.sockets_of(lab, host.name):
            if name in self._sockets:
                self._sockets.pop(name).close()
        os.close(self._namespaces.pop(host.name))
        self._publish()

    async def begin(self, daemons: Sequence[Daemon]) -> None:
        """Start them beside what runs, and wait until all are ready; LabError where one does not get so."""
        failed = asyncio.get_running_loop().create_future()

        def fail(reason: str) -> None:
            if not failed.done():
                failed.set_exception(LabError(reason))

        for daemon in daemons:
            self._runs[daemon.name] = run_of(daemon)
            self._runs[daemon.name].failed = fail
            self._start(self._runs[daemon.name])
        ready = asyncio.ensure_future(self._all_ready(daemons))
        try:
            await asyncio.wait((ready, failed), return_when=asyncio.FIRST_COMPLETED)
            if failed.done():
                await failed
        finally:
            ready.cancel()
            failed.cancel()

    async def _all_ready(self, daemons: Sequence[Daemon]) -> None:
        for daemon in daemons:
            await self._runs[daemon.name].ready.wait()

    async def end(self, daemons: Sequence[str]) -> None:
        """Stop them for good, killing those that do not heed that, and forget them."""
        runs = [run for name in daemons if (run := self._runs.get(name))]
        for number in (signal.SIGTERM, signal.SIGKILL):
            for run in runs:
                run.leaving = True
                if run.pid is not None:
                    os.kill(run.pid, number)
            await self._await_ends([run for run in runs if run.pid is not None])
        for run in runs:
            self._drop_readiness(run)
            self._runs.pop(run.daemon.name)
        self._publish()

    async def _await_ends(self, runs: Sequence[Run]) -> None:
        with contextlib.suppress(TimeoutError):  # the kernel kills what is left
            async with asyncio.timeout(_STOP_SECONDS):
                for run in runs:
                    await run.ended.wait()

    def _hear_asker(self) -> None:
        """`mockcloud up` gives up, and wants the logs; or it is gone before the lab was ready."""
        asyncio.get_running_loop().remove_reader(self._reports)
        try:
            wants_logs = bool(self._reports.recv(16))
        except OSError:  # it went without having read all that it was told
            wants_logs = False
        if wants_logs:
            self._give_up("it took too long")
        self._stop.set()

    def _fail(self, run: Run, reason: str) -> None:
        if run.failed is None:
            self._give_up(reason)
        else:
            run.failed(reason)

    def _give_up(self, reason: str) -> None:
        self._stop_reason = reason
        self._stop.set()

    def _tail(self, name: str) -> str:
        try:
            lines = self.folder.log(name).read_text(errors="replace").splitlines()[-_LOG_TAIL:]
        except OSError as exc:
            return f"  (its log can't be read: {exc})"
        return "\n".join(f"  {line}" for line in lines)

    def _say(self, **fields: object) -> None:
        try:
            self._reports.sendall(json.dumps(fields).encode() + b"\n")
        except OSError:
            return  # nobody waits for it any more

    def _publish(self) -> None:
        self._state = replace(self._state, daemons=tuple(run.state for run in self._runs.values()))
        try:
            self.folder.write(self._state)
        except OSError as exc:  # a lab that runs goes on: `status` is late, no more
            why = f"the state of the lab can't be written: {exc}"
            if self._state.phase == "starting":
                self._give_up(why)
            elif self._unwritten != why:
                LOG.error("%s", why)
            self._unwritten = why
