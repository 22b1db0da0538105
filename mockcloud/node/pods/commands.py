"""What a pod's machine wants done; the runtime performs it, and tells the machine what came of it."""

from dataclasses import dataclass

from mockcloud.node.pods.spec import ContainerSpec, Hook, HookAction, ProbeSpec


@dataclass(frozen=True, slots=True)
class MakeSandbox:
    """Make the pod's namespaces, address and holder."""


@dataclass(frozen=True, slots=True)
class RemoveSandbox:
    """The pod's programs have all ended for good: give the address back. Logs stay."""


@dataclass(frozen=True, slots=True)
class Launch:
    """Start the container's program; `attempt` counts its runs from 0."""

    container: ContainerSpec
    attempt: int


@dataclass(frozen=True, slots=True)
class Kill:
    """Send a signal to a container's program."""

    container: str
    attempt: int
    signal: int


@dataclass(frozen=True, slots=True)
class RunProbe:
    """Ask a probe once."""

    container: str
    probe: ProbeSpec


@dataclass(frozen=True, slots=True)
class RunHook:
    """Run a container's lifecycle hook, for so many seconds at most."""

    container: str
    attempt: int
    hook: Hook
    action: HookAction
    timeout: float


@dataclass(frozen=True, slots=True)
class Tell:
    """Record an Event about the pod."""

    reason: str
    message: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Finish:
    """The deleted pod has ended: remove all of it, and its object."""


Command = MakeSandbox | RemoveSandbox | Launch | Kill | RunProbe | RunHook | Tell | Finish
