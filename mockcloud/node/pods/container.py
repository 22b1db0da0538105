"""One container's life: launch, run, exit, restart with back-off, being killed. Pure; the pod drives it."""

import hashlib
import math
import signal
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mockcloud.node.pods.backoff import doubled, failures_after, restart_delay
from mockcloud.node.pods.commands import Command, Kill, Launch, RunHook, RunProbe, Tell
from mockcloud.node.pods.probes import ContainerProbes
from mockcloud.node.pods.spec import ContainerSpec, Hook, PodSpec, ProbeKind, RestartPolicy

START_ERROR_CODE: Final = 128
PULL_SHOWN: Final = 1.0  # how long ErrImagePull is shown before ImagePullBackOff
HOOK_WINDOW: Final = 2.0  # what a program has at least after its preStop hook, whatever that took
CREATING: Final = "ContainerCreating"
CRASH_LOOP: Final = "CrashLoopBackOff"
CONFIG_ERROR: Final = "CreateContainerConfigError"
CONTAINER_ERROR: Final = "CreateContainerError"
ERR_PULL: Final = "ErrImagePull"
PULL_BACK_OFF: Final = "ImagePullBackOff"


class Step(StrEnum):
    """Where a container stands."""

    WAITING = "waiting"
    LAUNCHING = "launching"
    RUNNING = "running"
    DONE = "done"  # exited, and not to be started again


@dataclass(frozen=True, slots=True)
class Terminated:
    """How one run ended; times are seconds since the epoch."""

    code: int
    started: float
    finished: float
    container_id: str
    reason: str = ""
    message: str = ""

    @property
    def why(self) -> str:
        """kubelet's reason."""
        return self.reason or ("Completed" if self.code == 0 else "Error")


@dataclass(slots=True)
class Container:
    """The machine. Its methods return what is to be done; `now` is in seconds since the epoch."""

    pod: PodSpec
    spec: ContainerSpec
    policy: RestartPolicy
    step: Step = Step.WAITING
    reason: str = CREATING
    message: str = ""
    start_at: float | None = None  # when WAITING: None means when the pod says so
    attempt: int = -1  # of the run that is, or was last; so it is the restart count
    started: float = 0.0
    ended: Terminated | None = None  # how the last run ended
    before: Terminated | None = None  # how the run before the present one ended
    probes: ContainerProbes | None = None
    kill_at: float | None = None  # when SIGTERM, or the hook before it, is followed by SIGKILL
    begun: bool = False  # it runs or has run, and where it has a startup probe, that has succeeded
    stopping: bool = False
    _failures: int = 0
    _pulls: int = 0
    _ending: bool = False  # SIGTERM is sent, or the hook before it runs

    @property
    def container_id(self) -> str:
        """A name for the present or last run, as a runtime would give it; empty before the first."""
        if self.attempt < 0:
            return ""
        text = f"{self.pod.uid}/{self.spec.name}/{self.attempt}"
        return f"mockcloud://{hashlib.sha256(text.encode()).hexdigest()}"

    @property
    def ready(self) -> bool:
        return self.step is Step.RUNNING and self.probes is not None and self.probes.ready

    @property
    def succeeded(self) -> bool:
        return self.step is Step.DONE and self.ended is not None and self.ended.code == 0

    @property
    def let_on(self) -> bool:
        """Of an init container: whether those after it may start."""
        return self.begun if self.spec.stays else self.succeeded

    def advance(self, now: float) -> list[Command]:
        """What time alone brings: a start, probes, SIGKILL."""
        match self.step:
            case Step.WAITING:
                return self._start(now)
            case Step.RUNNING:
                return [*self._kill_late(now), *self._ask(now)]
        return []

    def wake(self) -> float | None:
        """When `advance` has something to do."""
        match self.step:
            case Step.WAITING:
                return self.start_at
            case Step.RUNNING:
                asks = self.probes.wake() if self.probes else None
                return min((at for at in (self.kill_at, asks) if at is not None), default=None)
        return None

    def launched(self, attempt: int, at: float) -> list[Command]:
        """The program runs since `at`."""
        self.step, self.reason, self.message = Step.RUNNING, "", ""
        self.attempt, self.started, self._pulls = attempt, at, 0
        self.before, self.ended = self.ended, None
        self._ending = False
        self.probes = ContainerProbes.begin(self.spec.probes, at)
        self.begun = self.begun or self.probes.started
        return [Tell("Started", f"Started container {self.spec.name}"), *self._hook(Hook.POST_START)]

    def launch_failed(self, reason: str, message: str, now: float) -> list[Command]:
        """It could not be started; `reason` is the kubelet's."""
        self._pulls += 1
        self.step, self.reason, self.message = Step.WAITING, reason, message
        if reason == ERR_PULL:
            self.start_at = now + PULL_SHOWN
            told = f'Failed to pull image "{self.spec.image}": {message}'
            return [Tell("Failed", told, warning=True), Tell("Failed", f"Error: {ERR_PULL}", warning=True)]
        self.start_at = now + doubled(self._pulls)
        return [Tell("Failed", f"Error: {message}", warning=True)]

    def hurry(self, now: float) -> None:
        """What its configuration lacked may be there now."""
        if self.step is Step.WAITING and self.reason == CONFIG_ERROR:
            self.start_at = now

    def start_failed(self, attempt: int, why: str, now: float) -> list[Command]:
        """There is no such program: the runtime's StartError, which counts as an exit."""
        self.attempt, self.started, self.before = attempt, now, self.ended
        told = self.exited(START_ERROR_CODE, now)
        self.ended = Terminated(START_ERROR_CODE, now, now, self.container_id, "StartError", why)
        return [
            Tell("Failed", f"Error: failed to start container {self.spec.name}: {why}", warning=True),
            *told,
        ]

    def exited(self, code: int, at: float, message: str = "") -> list[Command]:
        """The program ended at `at` with these last words; a signal's code is 128 + its number."""
        code = 128 - code if code < 0 else code
        self.ended = Terminated(code, self.started, at, self.container_id, message=message)
        self.kill_at, self.probes = None, None
        self._failures = failures_after(self._failures, at - self.started)
        if self.stopping or not self._comes_back(code):
            self.step = Step.DONE
            return []
        delay = restart_delay(self._failures)
        self.step, self.start_at = Step.WAITING, at + delay
        self.reason = CRASH_LOOP if delay else ""
        if not delay:
            return []
        label = self.pod.label
        self.message = f"back-off {delay:g}s restarting failed container={self.spec.name} pod={label}"
        told = f"Back-off restarting failed container {self.spec.name} in pod {label}"
        return [Tell("BackOff", told, warning=True)]

    def probed(self, kind: ProbeKind, output: str, now: float, *, ok: bool) -> list[Command]:
        """A probe has answered."""
        if self.step is not Step.RUNNING or self.probes is None:
            return []
        counts = self.probes.answer(kind, now, ok=ok)
        self.begun = self.begun or self.probes.started
        told: list[Command] = []
        if counts and not ok:
            told.append(Tell("Unhealthy", f"{kind} probe failed: {output}", warning=True))
        failed = self.probes.failed
        if failed is not None and self.kill_at is None and not self.stopping:
            message = f"Container {self.spec.name} failed {failed.lower()} probe, will be restarted"
            told += [Tell("Killing", message), *self._end(now, self.pod.grace)]
        return told

    def hooked(self, hook: Hook, attempt: int, now: float, *, ok: bool) -> list[Command]:
        """A lifecycle hook of that run is over: SIGTERM follows a preStop, and a postStart that failed."""
        if self.step is not Step.RUNNING or attempt != self.attempt:
            return []
        told: list[Command] = [] if ok else [Tell(f"Failed{hook}Hook", f"{hook}Hook failed", warning=True)]
        if hook is Hook.PRE_STOP:
            if self.kill_at is None:  # it was too late
                return told
            self.kill_at = max(self.kill_at - HOOK_WINDOW, now + HOOK_WINDOW)
            return [*told, Kill(self.spec.name, self.attempt, signal.SIGTERM)]
        if ok or self._ending:
            return told
        return [*told, Tell("Killing", f"Failed{hook}Hook"), *self._end(now, self.pod.grace)]

    def stop(self, now: float, grace: float) -> list[Command]:
        """The pod goes: preStop, SIGTERM, SIGKILL after `grace` seconds. Said again with less, it hurries."""
        self.stopping = True
        if self.probes is not None:
            self.probes.stop()
        match self.step:
            case Step.WAITING:
                self.step = Step.DONE
            case Step.RUNNING if not self._ending:
                told = Tell("Killing", f"Stopping container {self.spec.name}")
                return [told, *self._end(now, grace)]
            case Step.RUNNING if self.kill_at is not None and now + grace < self.kill_at:
                self.kill_at = now + grace
                return self._kill_late(now)
        return []

    def lost(self, now: float) -> None:
        """The pod's holder died, and the kernel killed the program with it."""
        if self.step is Step.RUNNING:
            self.exited(-signal.SIGKILL, now)
        elif self.step is Step.LAUNCHING:
            self.step, self.start_at = Step.WAITING, now

    def _start(self, now: float) -> list[Command]:
        if self.start_at is None or now < self.start_at:
            return []
        if self.reason == ERR_PULL:
            return self._back_off_pulling(now)
        self.step, self.start_at = Step.LAUNCHING, None
        return [Launch(self.spec, self.attempt + 1)]

    def _back_off_pulling(self, now: float) -> list[Command]:
        image = self.spec.image
        self.reason = PULL_BACK_OFF
        self.message = f'Back-off pulling image "{image}": {ERR_PULL}: {self.message}'
        self.start_at = now + doubled(self._pulls)
        return [
            Tell("BackOff", f'Back-off pulling image "{image}"'),
            Tell("Failed", f"Error: {PULL_BACK_OFF}", warning=True),
        ]

    def _ask(self, now: float) -> list[Command]:
        if self.probes is None:
            return []
        return [RunProbe(self.spec.name, probe) for probe in self.probes.due(now)]

    def _hook(self, hook: Hook, timeout: float = math.inf) -> list[Command]:
        action = self.spec.hooks.get(hook)
        return [] if action is None else [RunHook(self.spec.name, self.attempt, hook, action, timeout)]

    def _end(self, now: float, grace: float) -> list[Command]:
        self._ending, self.kill_at = True, now + grace
        if grace <= 0:
            return self._kill_late(now)
        if hook := self._hook(Hook.PRE_STOP, grace):
            self.kill_at += HOOK_WINDOW
            return hook
        return [Kill(self.spec.name, self.attempt, signal.SIGTERM)]

    def _kill_late(self, now: float) -> list[Command]:
        if self.kill_at is None or now < self.kill_at:
            return []
        self.kill_at = None
        return [Kill(self.spec.name, self.attempt, signal.SIGKILL)]

    def _comes_back(self, code: int) -> bool:
        return self.policy is RestartPolicy.ALWAYS or (self.policy is RestartPolicy.ON_FAILURE and code != 0)
