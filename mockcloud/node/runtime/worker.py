"""One pod's shell: performs what its machine says, and tells the machine what came of it."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, assert_never

from tenacity import AsyncRetrying, retry_if_exception, wait_random_exponential

from mockcloud.client.events import EventRecorder
from mockcloud.client.informer import may_pass
from mockcloud.client.resources import PODS
from mockcloud.client.rest import Client
from mockcloud.images.image_lookup import Catalogue, UnknownImage
from mockcloud.images.servers import stop_signal
from mockcloud.node.container_config.launch import BadContainer, Prepared
from mockcloud.node.container_config.objects import ClusterObjects
from mockcloud.node.container_config.starting import NodeConfig, PodStarter
from mockcloud.node.pods.commands import (
    Command,
    Finish,
    Kill,
    Launch,
    MakeSandbox,
    RemoveSandbox,
    RunHook,
    RunProbe,
    Tell,
)
from mockcloud.node.pods.container import CONFIG_ERROR, CONTAINER_ERROR, ERR_PULL, Step
from mockcloud.node.pods.convert import active_seconds, ephemeral
from mockcloud.node.pods.files.sources import Kind
from mockcloud.node.pods.machine import PodMachine
from mockcloud.node.pods.rendering import NoVolume
from mockcloud.node.pods.spec import (
    ContainerSpec,
    Exec,
    Grpc,
    HookAction,
    HttpGet,
    PodSpec,
    ProbeAction,
    Sleep,
    TcpSocket,
)
from mockcloud.node.pods.status import StatusContext, pod_status
from mockcloud.node.pods.sysctls import for_one_group, refused
from mockcloud.node.runtime.exec_attach import ContainerAccess, NoContainer, last_lines
from mockcloud.node.runtime.grpc_health import ask_grpc
from mockcloud.node.runtime.host_ports import HostPorts, openings
from mockcloud.node.runtime.prober import Answer, ask_http, ask_tcp
from mockcloud.node.runtime.programs import Ended, News, NotStarted, PodPrograms, Ran, container_runs
from mockcloud.node.runtime.status_writer import StatusWriter
from mockcloud.node.sandbox.holder import Lost, Process
from mockcloud.node.sandbox.maker import Sandbox, SandboxError, SandboxMaker, SandboxSpec
from mockcloud.node.sandbox.records import PodKey
from mockcloud.node.sandbox.sysctls import set_sysctls
from mockcloud.node.sandbox.view import ViewError
from mockcloud.policy.enforcer import NetworkPolicies, NotInForce

LOG: Final = logging.getLogger(__name__)
Object = dict[str, Any]
# After this the containers of a node that stops are killed, whatever grace their pods have.
SHUTDOWN_GRACE: Final = 2.0
DOWNWARD: Final = ("labels", "annotations")  # what files may tell of that changes while a pod runs


@dataclass(frozen=True, slots=True)
class NodeServices:
    """What all pods of a node share."""

    client: Client
    recorder: EventRecorder
    sandboxes: SandboxMaker
    catalogue: Catalogue
    clock: Callable[[], float]  # seconds since the epoch, never going back
    objects: ClusterObjects
    setting: NodeConfig
    host_ports: HostPorts
    policies: NetworkPolicies


class PodWorker:
    """Runs one pod from first sight to removal."""

    def __init__(self, services: NodeServices, obj: Object, machine: PodMachine) -> None:
        self.object = obj  # as last seen
        self._services = services
        self._machine = machine
        self._sandbox: Sandbox | None = None
        self._programs: PodPrograms | None = None
        self._wake = asyncio.Event()
        self._finish = False
        self._stopped = False  # the node stops: the API is not told
        self._errands: set[asyncio.Task[None]] = set()  # that end with the pod
        self._group: asyncio.TaskGroup | None = None
        self._early: list[Callable[[], None]] = []  # what is to be begun when there is one: news come sooner
        spec = machine.spec
        self._starter = PodStarter(
            services.client, services.objects, services.setting, spec, services.sandboxes.folder(_key(spec))
        )
        self._status = StatusWriter(services.client, machine.spec, self._current_status)

    @property
    def uid(self) -> str:
        return self._machine.spec.uid

    def adopt(self, sandbox: Sandbox, processes: Sequence[Process]) -> None:
        """Take over a sandbox that lived on; called before `run`."""
        self._take(sandbox, processes)
        self._machine.adopted(sandbox.record.ips, container_runs(processes))

    def update(self, obj: Object, grace: float | None) -> None:
        """The object changed; `grace` seconds are left where its deletion was asked for."""
        changed = any(obj["metadata"].get(key) != self.object["metadata"].get(key) for key in DOWNWARD)
        self.object = obj
        if changed:
            self._refresh()
        self._heed(obj, changed=changed)
        if grace is not None and not self._finish:
            self._do(self._machine.delete(grace, self._services.clock()))

    def _heed(self, obj: Object, *, changed: bool = False) -> None:
        """What of a pod's spec and status others change while it runs."""
        if self._finish:
            return
        now = self._services.clock()
        if changed:  # what failed may have been for want of a label, or for a wrong one
            self._do(self._machine.hurry(now))
        self._do(self._machine.look_into(ephemeral(obj), now))
        self._do(self._machine.limit(active_seconds(obj), now))

    def concern(self, kind: Kind, name: str) -> None:
        """A ConfigMap or Secret of the pod's namespace has changed, come or gone."""
        if self._starter.refers_to(kind, name) and not self._finish:
            self._refresh()
            self._do(self._machine.hurry(self._services.clock()))

    def door(self, container: str) -> ContainerAccess:
        """The way into a container, by default the first; NoContainer."""
        machines = [one for one in self._machine.containers if one.spec.name == container or not container]
        if not machines:
            label = f"{self._machine.spec.namespace}/{self._machine.spec.name}"
            msg = f"container {container} is not valid for pod {label}"
            raise NoContainer(msg)
        one = machines[0] if container else self._machine.main[0]
        return ContainerAccess(one.spec, one.attempt, one.step is Step.RUNNING, self.folder, self._programs)

    @property
    def folder(self) -> Path:
        """The pod's own on this node."""
        return self._services.sandboxes.folder(_key(self._machine.spec))

    def running(self) -> list[str]:
        """The containers that run, by name."""
        return [one.spec.name for one in self._machine.containers if one.step is Step.RUNNING]

    def gone(self) -> None:
        """The object is gone (deleted by force): whatever runs is ended now."""
        if not self._finish:
            self._do(self._machine.delete(0.0, self._services.clock()))

    def stop(self) -> None:
        """The node stops: end the pod, but leave its object to the API."""
        self._stopped = True
        if not self._finish:
            grace = min(self._machine.spec.grace, SHUTDOWN_GRACE)
            self._do(self._machine.delete(grace, self._services.clock()))

    async def run(self) -> None:
        """Until the pod is removed."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for begin in self._early:
                begin()
            writer = group.create_task(self._status.run(), name=f"status of {self._machine.spec.label}")
            self._heed(self.object)
            self._errands.add(group.create_task(self._starter.tokens.keep(self._refresh)))
            if self._sandbox is not None:
                self._errands.add(group.create_task(self._catch_up()))
            while not self._finish:
                self._wake.clear()
                if commands := self._machine.advance(self._services.clock()):
                    self._do(commands)
                await self._until_due()
            for task in self._errands:
                task.cancel()
            writer.cancel()
        await self._remove()

    async def _remove(self) -> None:
        """The pod has ended: its last status, its sandbox, its object, its folder."""
        if self._stopped:
            await self._remove_sandbox()
            return
        if await self._status.write():
            await self._remove_sandbox()
            await delete_object(self._services.client, self.object)
        else:
            await self._remove_sandbox()
        self._services.sandboxes.forget(_key(self._machine.spec))

    async def _until_due(self) -> None:
        due = self._machine.wake()
        delay = None if due is None else max(due - self._services.clock(), 0.0)
        try:
            async with asyncio.timeout(delay):
                await self._wake.wait()
        except TimeoutError:
            return

    def _do(self, commands: Sequence[Command]) -> None:
        for command in commands:
            self._perform(command)
        self._status.changed()
        self._wake.set()

    def _perform(self, command: Command) -> None:
        match command:
            case MakeSandbox() | RemoveSandbox() | RunProbe() | RunHook() | Launch():
                self._spawn(command)
            case Kill(container, attempt, number):
                if self._programs is not None:
                    self._programs.signal(container, attempt, self._signal(container, number))
            case Tell(reason, message, warning):
                LOG.info("%s: %s: %s", self._machine.spec.label, reason, message)
                self._services.recorder.record(self.object, reason, message, warning=warning)
            case Finish():
                self._finish = True
            case _:
                assert_never(command)

    def _signal(self, container: str, number: int) -> int:
        """The image's own signal to stop, where SIGTERM is meant."""
        image = self.door(container).spec.image
        try:
            entry = self._services.catalogue.find(image)
        except UnknownImage:  # it was known when it was started
            return number
        return stop_signal(entry) if number == signal.SIGTERM else number

    def _spawn(self, command: MakeSandbox | RemoveSandbox | RunProbe | RunHook | Launch) -> None:
        if self._group is None:
            self._early.append(partial(self._spawn, command))
            return
        match command:
            case MakeSandbox():
                self._group.create_task(self._make_sandbox())
            case RemoveSandbox():
                self._group.create_task(self._remove_sandbox())
            case Launch():
                self._group.create_task(self._launch(command))
            case RunProbe():
                self._run_errand(self._group.create_task(self._probe(command)))
            case RunHook():
                self._run_errand(self._group.create_task(self._run_hook(command)))

    def _run_errand(self, task: asyncio.Task[None]) -> None:
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _make_sandbox(self) -> None:
        spec, clock = self._machine.spec, self._services.clock
        if why := refused(name for name, _ in spec.sysctls):
            self._do(self._machine.sandbox_failed("SysctlForbidden", why, clock()))
            return
        try:
            await self._starter.make_volumes(self.object)
            names = tuple(one.name for one in spec.containers)
            place = (self._starter.hostname, spec.dns.host_network)
            wish = SandboxSpec(_key(spec), names, *place, self._warm())
            sandbox = await self._services.sandboxes.make(wish, clock())
            try:
                await self._set_sysctls(sandbox)
                self._starter.write_etc(sandbox.record.ips)
                if not spec.dns.host_network:  # no policy holds for these
                    await self._services.policies.admit(self.object, sandbox.record.ips)
            except (OSError, NotInForce):
                await self._services.sandboxes.remove(sandbox)
                raise
        except NoVolume as error:
            self._do(self._machine.sandbox_failed("FailedMount", str(error), clock()))
            return
        except (SandboxError, NotInForce, OSError, ValueError) as error:
            message = f"Failed to create pod sandbox: {error}"
            self._do(self._machine.sandbox_failed("FailedCreatePodSandBox", message, clock()))
            return
        self._take(sandbox)
        self._do(self._machine.sandboxed(sandbox.record.ips, clock()))

    async def _set_sysctls(self, sandbox: Sandbox) -> None:
        if settings := self._machine.spec.sysctls:
            ids = self._services.setting.ids
            wanted = tuple(for_one_group(settings)) if ids.single else settings
            await asyncio.to_thread(set_sysctls, sandbox.folder, ids.first, wanted)

    def _warm(self) -> Path | None:
        """Where an interpreter is warm that has the program of one of the pod's images."""
        for container in self._machine.spec.containers:
            try:
                entry = self._services.catalogue.find(container.image)
            except UnknownImage:
                continue
            for name in entry.binary:
                if name in self._services.setting.warm:
                    return self._services.setting.warm[name]
        return None

    def _take(self, sandbox: Sandbox, processes: Sequence[Process] = ()) -> None:
        self._sandbox = sandbox
        self._programs = PodPrograms(sandbox, self._on_news, processes)
        record = sandbox.record
        self._services.host_ports.open(self.uid, openings(self._machine.spec, record.ips), record.interface)
        self._services.policies.begin(self.object, record.ips)

    async def _catch_up(self) -> None:
        """The agent before us may have been gone while things changed that the pod is made from."""
        await self._starter.watch()
        await self._starter.tokens.insist()
        self._refresh()

    def _refresh(self) -> None:
        if self._sandbox is not None:
            self._starter.refresh(self.object, self._sandbox.record.ips)

    async def _remove_sandbox(self) -> None:
        sandbox, self._sandbox = self._sandbox, None
        programs, self._programs = self._programs, None
        if programs is not None:
            programs.close()
        self._services.host_ports.close(self.uid)
        self._services.policies.end(self.uid)
        if sandbox is not None:
            await self._services.sandboxes.remove(sandbox)

    async def _launch(self, command: Launch) -> None:
        container, services, programs = command.container, self._services, self._programs
        try:
            entry = services.catalogue.find(container.image)
            prepared, view = await self._starter.prepare(self.object, container, entry, self._machine.ips)
        except UnknownImage as error:
            failure = (ERR_PULL, str(error))
        except BadContainer as error:
            failure = (CONFIG_ERROR, str(error))
        except (ViewError, OSError) as error:
            failure = (CONTAINER_ERROR, str(error))
        else:
            try:
                if programs is self._programs and programs is not None:
                    self._tell_created(container, prepared)
                    programs.launch(container.name, command.attempt, prepared, view)
            finally:
                os.close(view)
            return
        if programs is self._programs:  # or else the sandbox was lost meanwhile, and it begins anew
            self._launch_failed(container.name, *failure)

    def _tell_created(self, container: ContainerSpec, prepared: Prepared) -> None:
        tell = self._services.recorder.record
        if prepared.lacking:
            LOG.warning("%s: %s", self._machine.spec.label, prepared.lacking)
            tell(self.object, "StandIn", prepared.lacking, warning=True)
        tell(self.object, "Pulled", f'Container image "{container.image}" already present on machine')
        tell(self.object, "Created", f"Created container: {container.name}")

    def _launch_failed(self, container: str, reason: str, message: str) -> None:
        self._do(self._machine.launch_failed(container, reason, message, self._services.clock()))

    def _on_news(self, news: News) -> None:
        match news:
            case Ran(container, attempt, at):
                self._do(self._machine.launched(container, attempt, at))
            case NotStarted(container, attempt, why):
                self._do(self._machine.start_failed(container, attempt, why, self._services.clock()))
            case Ended(container, code, at):
                self._do(self._machine.exited(container, code, at, self._last_words(container, code)))
            case Lost():
                self._lose_sandbox()

    def _last_words(self, container: str, code: int) -> str:
        """The message of a run that has ended: what it left for that, or the end of its log."""
        door = self.door(container)
        words = self._starter.last_words(door.spec)
        if words or not code or not door.spec.log_is_last_words:
            return words
        log = door.log()
        return last_lines(log) if log is not None else ""

    def _lose_sandbox(self) -> None:
        sandbox, self._sandbox, self._programs = self._sandbox, None, None
        self._services.host_ports.close(self.uid)
        self._services.policies.end(self.uid)
        if sandbox is not None:
            self._release(sandbox)
        self._do(self._machine.sandbox_lost(self._services.clock()))

    def _release(self, sandbox: Sandbox) -> None:
        if self._group is None:
            self._early.append(partial(self._release, sandbox))
            return
        self._group.create_task(self._services.sandboxes.release(sandbox))

    async def _probe(self, command: RunProbe) -> None:
        spec = command.probe
        answer = await self._ask(command.container, spec.action, spec.timeout)
        now = self._services.clock()
        self._do(self._machine.probed(command.container, spec.kind, answer.output, now, ok=answer.ok))

    async def _run_hook(self, command: RunHook) -> None:
        answer = await self._ask(command.container, command.action, command.timeout)
        now = self._services.clock()
        if not answer.ok:
            label = f"{self._machine.spec.label}: {command.hook} hook of {command.container}"
            LOG.warning("%s failed: %s", label, answer.output)
        self._do(self._machine.hooked(command.container, command.attempt, command.hook, now, ok=answer.ok))

    async def _ask(self, container: str, action: ProbeAction | HookAction, timeout: float) -> Answer:
        if not self._machine.ips or self._programs is None:
            return Answer(ok=False, output="the pod has no sandbox")
        match action:
            case HttpGet():
                return await ask_http(action, self._machine.ips[0], timeout)
            case TcpSocket():
                return await ask_tcp(action, self._machine.ips[0], timeout)
            case Grpc():
                return await ask_grpc(action, self._machine.ips[0], timeout)
            case Sleep(seconds):
                await asyncio.sleep(min(seconds, timeout))
                return Answer(ok=True, output="")
            case Exec():
                return await self._programs.execute(container, action, timeout)

    def _current_status(self) -> Object:
        old: Mapping[str, Any] = self._status.known(self.object).get("status") or {}
        around = StatusContext(
            self._services.setting.node_ips, old.get("conditions") or [], self._services.clock()
        )
        return pod_status(self._machine, around)


async def delete_object(client: Client, obj: Object) -> None:
    """The pod has ended on its node: its object may go. One that waits for a finalizer stays, as it is."""
    metadata = obj["metadata"]
    async for attempt in AsyncRetrying(
        retry=retry_if_exception(may_pass), wait=wait_random_exponential(multiplier=0.1, max=5)
    ):
        with attempt:
            await client.delete(
                PODS, metadata["name"], namespace=metadata["namespace"], uid=metadata["uid"], grace_seconds=0
            )


def _key(spec: PodSpec) -> PodKey:
    return PodKey(spec.namespace, spec.name, spec.uid)
