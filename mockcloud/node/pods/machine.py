"""A pod's life, as kubelet leads it: sandbox, init containers in turn, all others, deletion. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mockcloud.node.pods.backoff import doubled
from mockcloud.node.pods.commands import Command, Finish, MakeSandbox, RemoveSandbox, Tell
from mockcloud.node.pods.container import Container, Step
from mockcloud.node.pods.spec import PodSpec, ProbeKind, RestartPolicy


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
        machine.init = [Container(spec, one, policy) for one in spec.init_containers]
        machine.main = [Container(spec, one, spec.restart_policy) for one in spec.containers]
        return machine

    def resume(self, restarts: Mapping[str, int]) -> None:
        """Containers that ran in a sandbox that is lost: the count of their restarts goes on."""
        for one in self.containers:
            one.attempt = restarts.get(one.spec.name, -1)

    @property
    def containers(self) -> list[Container]:
        return [*self.init, *self.main]

    @property
    def initialized(self) -> bool:
        return all(one.succeeded for one in self.init)

    @property
    def over(self) -> bool:
        """Nothing runs, and nothing will."""
        if any(one.step is not Step.DONE for one in self.main) and not self._init_failed:
            return False
        return not any(one.step in (Step.RUNNING, Step.LAUNCHING) for one in self.containers)

    @property
    def _init_failed(self) -> bool:
        return any(one.step is Step.DONE and not one.succeeded for one in self.init)

    def advance(self, now: float) -> list[Command]:
        """What is due now."""
        if self.deleting:
            moved = [command for one in self.containers for command in one.advance(now)]
            return [*moved, *self._finish()]
        if self._sandbox_at is not None and now >= self._sandbox_at:
            self._sandbox_at = None
            return [MakeSandbox()]
        if not self.ips:
            return []
        for one in self._startable():
            if one.step is Step.WAITING and one.start_at is None:
                one.start_at = now
        commands = [command for one in self.containers for command in one.advance(now)]
        if self.over and not self._finished:
            self._finished, self.ips = True, ()
            commands.append(RemoveSandbox())
        return commands

    def wake(self) -> float | None:
        """When `advance` has something to do next."""
        times = [one.wake() for one in self.containers] if self.ips else []
        return min((at for at in (*times, self._sandbox_at) if at is not None), default=None)

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
        return [*told, *(one.stop(at, self.spec.grace) if self.deleting else [])]

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
        return self._find(container).probed(kind, output, now, ok=ok)

    def delete(self, grace: float, now: float) -> list[Command]:
        """Its deletion was asked for, `grace` seconds to go from now."""
        self.deleting = True
        self._sandbox_at = None
        stops = [command for one in self.containers for command in one.stop(now, grace)]
        return [*stops, *self._finish()]

    def _finish(self) -> list[Command]:
        if self._finished and not self.deleting:
            return []
        if any(one.step in (Step.RUNNING, Step.LAUNCHING) for one in self.containers):
            return []
        return [Finish()]

    def _startable(self) -> Iterator[Container]:
        """Init containers one after the other, then all others together."""
        for one in self.init:
            if not one.succeeded:
                yield one
                return
        yield from self.main

    def _find(self, name: str) -> Container:
        return next(one for one in self.containers if one.spec.name == name)
