"""What a pod asks for. Nouns only; times are in seconds."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DEFAULT_GRACE: Final = 30.0


class RestartPolicy(StrEnum):
    """spec.restartPolicy."""

    ALWAYS = "Always"
    ON_FAILURE = "OnFailure"
    NEVER = "Never"


class ProbeKind(StrEnum):
    """Which question a probe answers; the value begins kubelet's messages."""

    STARTUP = "Startup"
    LIVENESS = "Liveness"
    READINESS = "Readiness"


@dataclass(frozen=True, slots=True)
class HttpGet:
    """GET this; a status from 200 to 399 is a yes. `host` empty means the pod's own address."""

    port: int
    path: str = "/"
    host: str = ""
    https: bool = False
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TcpSocket:
    """Connect there; a connection is a yes."""

    port: int
    host: str = ""


@dataclass(frozen=True, slots=True)
class Exec:
    """Run this in the pod; exit code 0 is a yes."""

    command: tuple[str, ...]


ProbeAction = HttpGet | TcpSocket | Exec


@dataclass(frozen=True, slots=True)
class ProbeSpec:
    """One probe, with the API's defaults."""

    kind: ProbeKind
    action: ProbeAction
    initial_delay: float = 0.0
    period: float = 10.0
    timeout: float = 1.0
    successes: int = 1
    failures: int = 3


@dataclass(frozen=True, slots=True)
class EnvVar:
    """One variable: a value, or the path of a field of the pod (valueFrom.fieldRef)."""

    name: str
    value: str = ""
    field_path: str = ""


@dataclass(frozen=True, slots=True)
class PortSpec:
    """One entry of a container's ports; protocol TCP, UDP or SCTP."""

    port: int
    protocol: str = "TCP"
    name: str = ""


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """One container."""

    name: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[EnvVar, ...] = ()
    working_dir: str = "/"
    ports: tuple[PortSpec, ...] = ()
    probes: tuple[ProbeSpec, ...] = ()
    refusal: str = ""  # why the agent cannot run it; empty where it can


@dataclass(frozen=True, slots=True)
class PodSpec:
    """One pod, as it was first seen: but for its deletion, its spec does not change."""

    uid: str
    namespace: str
    name: str
    containers: tuple[ContainerSpec, ...]
    init_containers: tuple[ContainerSpec, ...] = ()
    restart_policy: RestartPolicy = RestartPolicy.ALWAYS
    grace: float = DEFAULT_GRACE
    hostname: str = ""

    @property
    def label(self) -> str:
        """How kubelet names a pod in messages: NAME_NAMESPACE(UID)."""
        return f"{self.name}_{self.namespace}({self.uid})"
