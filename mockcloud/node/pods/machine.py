"""A pod's life, as kubelet leads it: sandbox, init containers in turn, all others, deletion. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mockcloud.node.pods.backoff import doubled
from mockcloud.node.pods.commands import Command, Finish, MakeSandbox, RemoveSandbox, Tell
from mockcloud.node.pods.container import Container, Step
from mockcloud.node.pods.spec import ContainerSpec, Hook, PodSpec, ProbeKind, RestartPolicy

DEADLINE_EXCEEDED = "DeadlineExceeded"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a container's program; times in seconds since the epoch, a signal as its negative number."""

    container: str
    attempt: int
    started: float
    exited: float | None = None
    code: int = 0


@dataclass(slots=True)
class PodMachine:
    """Each method takes what happened and `now` (seconds since the epoch), and returns what to do."""

    spec: PodSpec
    began: float
    ips: tuple[str, ...] = ()  # while there is a sandbox
    last_ips: tuple[str, ...] = ()
    deleting: bool = False
    init: list[Container] = field(default_factory=list)
    main: list[Container] = field(default_factory=list)
    ephemeral: list[Container] = field(default_factory=list)  # somebody looks into the pod by these
    deadline: float | None = None  # spec.activeDeadlineSeconds after `began`
    late: bool = False  # that has passed
    _stop_at: float = 0.0  # when the grace ends of a pod that stops
    _sandbox_at: float | None = None  # when to make one
    _sandbox_failures: int = 0
    _finished: bool = False

    @classmethod
    def create(cls, spec: PodSpec, now: float) -> "PodMachine":
        """A pod that has no sandbox yet."""
        # An init container that failed is run again, except under Never.
        policy = (
            RestartPolicy.NEVER if spec.restart_policy is RestartPolicy.NEVER else RestartPolicy.ON_FAILURE
        )
        machine = cls(spec, began=now, _sandbox_at=now)
        always = RestartPolicy.ALWAYS
        machine.init = [Container(spec, one, always if one.stays else policy) for one in spec.init_containers]
        machine.main = [Container(spec, one, spec.restart_policy) for one in spec.containers]
        return machine

    def resume(self, restarts: Mapping[str, int]) -> None:
        """Containers that ran in a sandbox that is lost: the count of their restarts goes on."""
        for one in self.containers:
            one.attempt = restarts.get(one.spec.name, -1)

    @property
    def containers(self) -> list[Container]:
        return [*self.init, *self.main, *self.ephemeral]

    @property
    def sidecars(self) -> list[Container]:
        return [one for one in self.init if one.spec.stays]

    @property
    def initialized(self) -> bool:
        return all(one.let_on for one in self.init)

    @property
    def init_failed(self) -> bool:
        """An init container has ended for good, and not well."""
        return any(one.step is Step.DONE and not (one.succeeded or one.spec.stays) for one in self.init)

    @property
    def over(self) -> bool:
        """Nothing runs, and nothing will."""
        return self._main_over and not any(map(_is_active, self.containers))

    @property
    def _main_over(self) -> bool:
        """Of what the pod is for, nothing runs, and nothing will."""
        if self.init_failed or self.late:
            return not any(_is_active(one) for one in self.main)
        return all(one.step is Step.DONE for one in self.main)

    def advance(self, now: float) -> list[Command]:
        """What is due now."""
        if self.deleting:
            moved = [command for one in self.containers for command in one.advance(now)]
            return [*moved, *self._stop_others(now), *self._finish()]
        if self.deadline is not None and now >= self.deadline and not self.late:
            return [*self._exceed(now), *self.advance(now)]
        if self._sandbox_at is not None and now >= self._sandbox_at:
            self._sandbox_at = None
            return [MakeSandbox()]
        if not self.ips:
            return []
        for one in self._startable():
            if one.step is Step.WAITING and one.start_at is None:
                one.start_at = now
        commands = [command for one in self.containers for command in one.advance(now)]
        return [*commands, *self._end(now)]

    def _end(self, now: float) -> list[Command]:
        """What follows when the main containers are over."""
        if not self._main_over:
            return []
        self._stop_at = self._stop_at or now + self.spec.grace
        commands = self._stop_others(now)
        if self.over and not self._finished:
            self._finished, self.ips = True, ()
            commands.append(RemoveSandbox())
        return commands

    def wake(self) -> float | None:
        """When `advance` has something to do next."""
        times = [one.wake() for one in self.containers] if self.ips else []
        deadline = None if self.late or self.deleting or self._finished else self.deadline
        return min((at for at in (*times, self._sandbox_at, deadline) if at is not None), default=None)

    def sandboxed(self, ips: tuple[str, ...], now: float) -> list[Command]:
        """There is a sandbox with these addresses."""
        self.ips = self.last_ips = ips
        self._sandbox_failures = 0
        return self.advance(now)

    def adopted(self, ips: tuple[str, ...], runs: Iterable[Run]) -> None:
        """The sandbox lived on while no agent was there; `runs` are its programs, oldest first."""
        self.ips = self.last_ips = ips
        self._sandbox_at = None
        containers = {one.spec.name: one for one in self.containers}
        for run in runs:
            one = containers[run.container]
            # What this would have us tell has been told by the agent before us.
            one.launched(run.attempt, run.started)
            if run.exited is not None:
                one.exited(run.code, run.exited)

    def sandbox_failed(self, reason: str, message: str, now: float) -> list[Command]:
        """There could be none; it is tried again."""
        self._sandbox_failures += 1
        self._sandbox_at = now + doubled(self._sandbox_failures)
        return [Tell(reason, message, warning=True)]

    def hurry(self, now: float) -> list[Command]:
        """Something that it may wait for is there now: what failed for want of it is tried at once."""
        if self._sandbox_failures and self._sandbox_at is not None:
            self._sandbox_at = now
        for one in self.containers:
            one.hurry(now)
        return self.advance(now)

    def sandbox_lost(self, now: float) -> list[Command]:
        """The holder died, and with it all that ran."""
        self.ips = ()
        for one in self.containers:
            one.lost(now)
        if self.deleting or self.over:
            return self.advance(now)
        self._sandbox_at = now
        told = Tell("SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
        return [told, *self.advance(now)]

    def launched(self, container: str, attempt: int, at: float) -> list[Command]:
        """A container's program runs."""
        one = self._find(container)
        told = one.launched(attempt, at)
        return [*told, *(one.stop(at, self.spec.grace) if self.deleting or self.late else [])]

    def launch_failed(self, container: str, reason: str, message: str, now: float) -> list[Command]:
        """It could not be started."""
        one = self._find(container)
        told = one.launch_failed(reason, message, now)
        return [*told, *one.stop(now, 0), *self._finish()] if self.deleting else told

    def start_failed(self, container: str, attempt: int, why: str, now: float) -> list[Command]:
        """Its program could not be run at all; to the pod that is an exit."""
        return [*self._find(container).start_failed(attempt, why, now), *self.advance(now)]

    def exited(self, container: str, code: int, at: float, message: str = "") -> list[Command]:
        """A container's program ended, with these last words; a negative code is a signal's number."""
        return [*self._find(container).exited(code, at, message), *self.advance(at)]

    def probed(self, container: str, kind: ProbeKind, output: str, now: float, *, ok: bool) -> list[Command]:
        """A probe has answered."""
        told = self._find(container).probed(kind, output, now, ok=ok)
        # The end of a startup probe may be what the containers after this one wait for.
        return [*told, *self.advance(now)] if kind is ProbeKind.STARTUP and ok else told

    def hooked(self, container: str, attempt: int, hook: Hook, now: float, *, ok: bool) -> list[Command]:
        """A lifecycle hook is over."""
        return self._find(container).hooked(hook, attempt, now, ok=ok)

    def look_into(self, specs: Iterable[ContainerSpec], now: float) -> list[Command]:
        """The pod's ephemeral containers, all that there are: new ones are started, and never again."""
        return self.advance(now) if self.expect(specs) else []

    def expect(self, specs: Iterable[ContainerSpec]) -> bool:
        """Know of ephemeral containers, which may have run; whether one of them is new."""
        known = {one.spec.name for one in self.ephemeral}
        new = [Container(self.spec, one, RestartPolicy.NEVER) for one in specs if one.name not in known]
        self.ephemeral += new
        return bool(new)

    def limit(self, seconds: float | None, now: float) -> list[Command]:
        """spec.activeDeadlineSeconds, which may change while the pod runs."""
        self.deadline = None if seconds is None else self.began + seconds
        return self.advance(now)

    def delete(self, grace: float, now: float) -> list[Command]:
        """Its deletion was asked for, `grace` seconds to go from now."""
        self.deleting = True
        self._sandbox_at = None
        return [*self._stop(grace, now), *self._finish()]

    def _exceed(self, now: float) -> list[Command]:
        """It has been there for as long as it may."""
        self.late, self._sandbox_at = True, None
        why = "Pod was active on the node longer than the specified deadline"
        return [Tell(DEADLINE_EXCEEDED, why), *self._stop(self.spec.grace, now)]

    def _stop(self, grace: float, now: float) -> list[Command]:
        self._stop_at = now + grace
        first = [*(one for one in self.init if not one.spec.stays), *self.main, *self.ephemeral]
        stops = [command for one in first for command in one.stop(now, grace)]
        return [*stops, *self._stop_others(now)]

    def _stop_others(self, now: float) -> list[Command]:
        """What serves the main containers ends when those have: sidecars in turn, the last one first."""
        if any(map(_is_active, self.main)):
            return [] if now < self._stop_at else self._hurry_sidecars(now)
        commands = [command for one in self.ephemeral for command in one.stop(now, self._stop_at - now)]
        for one in reversed(self.sidecars):
            commands += one.stop(now, max(self._stop_at - now, 0.0))
            if _is_active(one):
                break
        return commands

    def _hurry_sidecars(self, now: float) -> list[Command]:
        return [command for one in self.sidecars for command in one.stop(now, 0.0)]

    def _finish(self) -> list[Command]:
        if self._finished and not self.deleting:
            return []
        return [] if any(map(_is_active, self.containers)) else [Finish()]

    def _startable(self) -> Iterator[Container]:
        """Init containers in turn (after one that stays, when it has begun); then all others together."""
        if self.late:
            return
        yield from self.ephemeral
        for one in self.init:
            if not one.succeeded or one.spec.stays:
                yield one
                if not (one.spec.stays and one.begun):
                    return
        yield from self.main

    def _find(self, name: str) -> Container:
        return next(one for one in self.containers if one.spec.name == name)


def _is_active(one: Container) -> bool:
    return one.step in (Step.RUNNING, Step.LAUNCHING)
